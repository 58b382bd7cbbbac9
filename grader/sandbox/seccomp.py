"""A filter for system calls that no notebook needs and that would lead around the limits or towards the kernel."""

from __future__ import annotations

import errno
import platform
import struct
import sys
from collections.abc import Mapping

# Classic BPF (linux/bpf_common.h) on struct seccomp_data: the number at 0, the architecture at 4, arguments from 16.
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT, THIRD_ARGUMENT = 0, 4, 16, 24, 32
ALLOW = 0x7FFF0000
DENY = 0x00050000 | errno.EPERM
DO_NOTHING = 0x00050000
"""The call is left out and seems to have been done."""
UNKNOWN = 0x00050000 | errno.ENOSYS
"""What glibc takes as "use the older call": `clone` shows its flags to a filter, `clone3` hides them in memory."""
X32 = 0x40000000
CLONE_NEWUSER = 0x10000000
FAMILIES = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; a network namespace does not confine the others, such as AF_VSOCK."""

ARCHITECTURES: Mapping[str, int] = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
DENIED: Mapping[str, Mapping[str, int]] = {
    "x86_64": {
        "shmget": 29, "semget": 64, "msgget": 68, "ptrace": 101, "pivot_root": 155, "chroot": 161, "mount": 165,
        "umount2": 166, "mq_open": 240, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272,
        "vmsplice": 278, "perf_event_open": 298, "setns": 308, "process_vm_readv": 310,
        "process_vm_writev": 311, "memfd_create": 319, "bpf": 321, "userfaultfd": 323,
    },
    "aarch64": {
        "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "vmsplice": 75, "unshare": 97, "ptrace": 117,
        "mq_open": 180, "msgget": 186, "semget": 190, "shmget": 194,
        "add_key": 217, "request_key": 218, "keyctl": 219, "perf_event_open": 241, "setns": 268,
        "process_vm_readv": 270, "process_vm_writev": 271, "memfd_create": 279, "bpf": 280, "userfaultfd": 282,
    },
}  # fmt: skip
CORES: Mapping[str, int] = {"x86_64": 203, "aarch64": 122}
"""`sched_setaffinity`: a run stays on the core that it was given, and takes nothing of its neighbours'."""
DENIED_EVERYWHERE: Mapping[str, int] = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_getfd": 438, "mount_setattr": 442,
    "memfd_secret": 447, "open_tree_attr": 467,
}  # fmt: skip
"""Calls that are younger than the common table of numbers."""
CLONE: Mapping[str, int] = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435
SOCKETS: Mapping[str, tuple[int, int]] = {"x86_64": (41, 53), "aarch64": (198, 199)}
"""`socket` and `socketpair`."""
BUFFERS: Mapping[str, int] = {"x86_64": 54, "aarch64": 208}
"""`setsockopt`: a socket's buffers stay as they are, since what they hold is no process's memory."""
SOL_SOCKET = 1
BUFFER_SIZES = (7, 8, 32, 33)
"""SO_SNDBUF, SO_RCVBUF, and the two that force them."""


def seccomp_filter(machine: str = platform.machine(), *, may_pin: bool = False) -> bytes | None:
    """The program as `bwrap --seccomp` reads it; None for a system or a machine whose numbers are not known here.

    `may_pin` is for what has yet to choose the run's cores.
    """
    if sys.platform != "linux" or machine not in ARCHITECTURES or sys.byteorder != "little":
        return None
    # A call by another architecture's numbers, such as a 32-bit one, would slip past all that follows.
    program = [_load(ARCHITECTURE), *_unless(EQUAL, ARCHITECTURES[machine], DENY), _load(NUMBER)]
    program += _when(AT_LEAST, X32, DENY)
    cores = () if may_pin else (CORES[machine],)
    for number in (*DENIED[machine].values(), *DENIED_EVERYWHERE.values(), *cores):
        program += _when(EQUAL, number, DENY)
    program += _when(EQUAL, CLONE3, UNKNOWN)
    program += _only_for(CLONE[machine], [*_when(ANY_BIT, CLONE_NEWUSER, DENY), _return(ALLOW)])
    families = [step for family in FAMILIES for step in _when(EQUAL, family, ALLOW)]
    for number in SOCKETS[machine]:
        program += _only_for(number, [*families, _return(DENY)])
    sizes = [step for size in BUFFER_SIZES for step in _when(EQUAL, size, DO_NOTHING)]
    of_sockets = [_load(SECOND_ARGUMENT), *_unless(EQUAL, SOL_SOCKET, ALLOW), _load(THIRD_ARGUMENT), *sizes]
    program += _only_for(BUFFERS[machine], [*of_sockets, _return(ALLOW)])
    return b"".join([*program, _return(ALLOW)])


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction; the jumps count instructions to leave out."""
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _load(offset: int) -> bytes:
    return _step(LOAD, offset)


def _return(answer: int) -> bytes:
    return _step(RETURN, answer)


def _when(test: int, value: int, answer: int) -> list[bytes]:
    return [_step(test, value, 0, 1), _return(answer)]


def _unless(test: int, value: int, answer: int) -> list[bytes]:
    return [_step(test, value, 1, 0), _return(answer)]


def _only_for(number: int, steps: list[bytes]) -> list[bytes]:
    """`steps`, which must end in an answer, on the first argument of one call."""
    return [_step(EQUAL, number, 0, len(steps) + 1), _load(FIRST_ARGUMENT), *steps]
