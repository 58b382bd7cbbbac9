"""What the kernel holds for a run's sockets and pipes is its memory, though no process seems to hold it."""

from __future__ import annotations

import pytest

from grader.sandbox.base import Promise, StopReason
from grader.sandbox.kernel_memory import is_bounded
from tests.sandbox.conftest import Runner

MEBIBYTE = 1 << 20
MANY = """
import socket
for _ in range(8):
    if os.fork() == 0:
        held = [end for _ in range(CHANGE) for end in socket.socketpair()]
        time.sleep(30)
        os._exit(0)
time.sleep(30)
"""
FULL = """
import socket
door = socket.create_server(("127.0.0.1", 0), backlog=100)
held, sent = [door], 0
for _ in range(60):
    held.append(socket.create_connection(door.getsockname()))
    held.append(door.accept()[0])
    held[-1].setblocking(False)
    try:
        while True:
            sent += held[-1].send(bytes(1 << 20))
    except BlockingIOError:
        pass
say(sent >> 20)
time.sleep(10)
"""

pytestmark = pytest.mark.skipif(not is_bounded(), reason="this machine does not bound what a pipe or a socket holds")


def test_many_sockets_are_much_memory(confined: Runner) -> None:
    ran = confined(MANY.replace("CHANGE", "450"), memory=1536 * MEBIBYTE)
    assert ran.stop.reason is StopReason.OUT_OF_MEMORY


def test_as_many_sockets_as_a_notebook_has_are_little(confined: Runner) -> None:
    ran = confined("import socket\nheld = [socket.socketpair() for _ in range(30)]\ntime.sleep(1)")
    assert ran.stop.reason is StopReason.EXITED
    assert ran.stop.peak_memory < 100 * MEBIBYTE


def test_what_is_on_its_way_by_tcp_counts(confined: Runner) -> None:
    ran = confined(FULL)
    assert ran.stop.peak_memory > int(ran.said[0]) * MEBIBYTE > 100 * MEBIBYTE


def test_whoever_wants_larger_buffers_is_not_refused_and_gets_none(run: Runner) -> None:
    said = run("""
import socket
one, other = socket.socketpair()
before = one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)
one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
after = [one.getsockopt(socket.SOL_SOCKET, option) for option in (socket.SO_SNDBUF, socket.SO_REUSEADDR)]
say(after == [before, 1])
""").said
    assert said == ["True"]


def test_pages_of_ones_own_are_not_lent_to_a_pipe(run: Runner) -> None:
    said = run("""
import ctypes
page, (r, w) = ctypes.create_string_buffer(4096), os.pipe()
lent = (ctypes.c_size_t * 2)(ctypes.addressof(page), 4096)
say(ctypes.CDLL(None).vmsplice(w, ctypes.byref(lent), 1, 0))
""").said
    assert said == ["-1"]


def test_it_is_promised_where_it_is_held(confined: Runner) -> None:
    assert Promise.KERNEL_MEMORY in confined.sandbox.promises
