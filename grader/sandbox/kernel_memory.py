"""What the kernel holds for a run's sockets and pipes, which is no process's: counted from outside.

A socket holds what was sent and not read. How much fits in is bounded, as the seccomp filter lets nobody raise it, so
that it is enough to count sockets. Their numbers are the network's own: those of a run that has a network of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

BUFFER = Path("/proc/sys/net/core/wmem_default")
PIPE_PAGES = Path("/proc/sys/fs/pipe-user-pages-soft")
"""Pages that a user's pipes may have; beyond, each new pipe has two. 0 is no bound."""
OVERHEAD = 64 << 10
"""Bytes that a socket may hold beyond its buffer: one piece is always let in."""
QUEUE = 10
"""Messages that wait at a datagram socket, each another sender's, whose own sockets may be gone
(net.unix.max_dgram_qlen of a new network)."""
LARGEST_STREAM = 10 << 20
"""Bytes that TCP may hold for one socket (the usual tcp_rmem and tcp_wmem together)."""
PIPE_END = 4096
"""Bytes for each end of a pipe, where its user has more than the kernel gives freely."""
SMALL = 64 << 20
"""Bytes that nobody looks for more closely, since looking takes the time of many processes. An honest run has some
fifty sockets, and none of TCP."""
USED = re.compile(r"^sockets: used (\d+)", re.MULTILINE)
TCP = re.compile(r"^TCP6?: inuse (\d+)", re.MULTILINE)


def is_bounded() -> bool:
    """Whether this machine bounds what one pipe or socket holds."""
    return _number(PIPE_PAGES) > 0 and _number(BUFFER) > 0


def held_for(pids: Iterable[int]) -> int:
    """Bytes for the sockets and pipes of a run, by its processes, which are all in one network or in the host's."""
    found, sockets = 0, 0
    for pid in pids:
        sockets = sockets or of_sockets(pid)
        found += of_pipes(pid)
    return found + sockets


def of_sockets(pid: int) -> int:
    """Bytes for the sockets of the network that the process is in; 0 where that is the host's own."""
    if _is_the_hosts(pid):
        return 0
    net = Path(f"/proc/{pid}/net")
    used = sum(map(int, USED.findall(_text(net / "sockstat"))))
    streams = sum(int(n) for name in ("sockstat", "sockstat6") for n in TCP.findall(_text(net / name)))
    one = _number(BUFFER) + OVERHEAD
    if used * QUEUE * one > 4 * SMALL:
        used += QUEUE * _text(net / "unix").count(" 0002 ")
    if streams * LARGEST_STREAM <= SMALL:
        return used * one
    return used * one + 2 * sum(_queued(_text(net / name)) for name in ("tcp", "tcp6"))


def of_pipes(pid: int) -> int:
    """Bytes for the pipes that the process has open, beyond what its user is given freely."""
    with suppress(OSError):
        return PIPE_END * sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return 0


def _queued(table: str) -> int:
    """Bytes on their way, by the column `tx_queue:rx_queue`; of one that listens it is a count, and small."""
    found = 0
    for line in table.splitlines()[1:]:
        with suppress(ValueError, IndexError):
            found += sum(int(part, 16) for part in line.split()[4].split(":"))
    return found


def _is_the_hosts(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink()
    except OSError:
        # Gone, or not to be looked at: there is nothing to read either.
        return True


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _number(path: Path) -> int:
    with suppress(ValueError):
        return int(_text(path))
    return 0
