"""The filter's program, interpreted here, so that it is tested for machines this one is not."""

from __future__ import annotations

import errno
import struct

import pytest

from grader.sandbox.seccomp import seccomp_filter

ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {
    "x86_64": {
        "read": 0,
        "clone": 56,
        "socket": 41,
        "unshare": 272,
        "memfd_create": 319,
        "execve": 59,
        "setsockopt": 54,
        "vmsplice": 278,
    },
    "aarch64": {
        "read": 63,
        "clone": 220,
        "socket": 198,
        "unshare": 97,
        "memfd_create": 279,
        "execve": 221,
        "setsockopt": 208,
        "vmsplice": 75,
    },
}


def answer(
    machine: str, number: int, argument: int = 0, architecture: int | None = None, more: tuple[int, int] = (0, 0)
) -> str:
    """What the kernel would make of a call: allowed, or the name of an error."""
    data = struct.pack("<IIQ6Q", number, architecture or ARCHITECTURE[machine], 0, argument, *more, 0, 0, 0)
    program = seccomp_filter(machine)
    assert program is not None
    steps = list(struct.iter_unpack("<HBBI", program))
    at = loaded = 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        match code:
            case 0x20:
                (loaded,) = struct.unpack_from("<I", data, value)
            case 0x06:
                return {0x7FFF0000: "allowed", 0x50000: "left out"}.get(value) or errno.errorcode[value & 0xFFFF]
            case 0x15 | 0x35 | 0x45:
                holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[code]
                at += if_true if holds else if_false


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
class TestFilter:
    def test_ordinary_calls_are_allowed(self, machine: str) -> None:
        assert {answer(machine, CALLS[machine][name]) for name in ("read", "execve")} == {"allowed"}

    def test_unwanted_calls_are_denied(self, machine: str) -> None:
        numbers = [*(CALLS[machine][name] for name in ("unshare", "memfd_create", "vmsplice")), 425, 428, 447]
        assert {answer(machine, n) for n in numbers} == {"EPERM"}

    def test_threads_are_allowed_and_user_namespaces_denied(self, machine: str) -> None:
        clone = CALLS[machine]["clone"]
        assert answer(machine, clone, 0x3D0F00) == "allowed"
        assert answer(machine, clone, 0x10000000 | 17) == "EPERM"

    def test_the_newer_clone_seems_not_to_exist(self, machine: str) -> None:
        assert answer(machine, 435) == "ENOSYS"

    def test_the_size_of_a_sockets_buffers_stays_and_all_else_of_it_may_be_set(self, machine: str) -> None:
        number = CALLS[machine]["setsockopt"]
        found = {o for o in range(80) if answer(machine, number, 5, more=(1, o)) == "left out"}
        assert found == {7, 8, 32, 33}
        assert {answer(machine, number, 5, more=(6, o)) for o in range(80)} == {"allowed"}
        assert answer(machine, number, 5, more=(1 | 1 << 32, 7 | 1 << 40)) == "left out"

    def test_sockets_of_other_families_are_denied(self, machine: str) -> None:
        allowed = {f for f in range(64) if answer(machine, CALLS[machine]["socket"], f) == "allowed"}
        assert allowed == {1, 2, 10, 16}

    def test_high_bits_of_a_family_do_not_hide_it(self, machine: str) -> None:
        vsock = 40
        assert answer(machine, CALLS[machine]["socket"], vsock | 1 << 32) == "EPERM"

    def test_another_architectures_numbers_are_denied(self, machine: str) -> None:
        i386 = 0x40000003
        assert answer(machine, CALLS[machine]["read"], architecture=i386) == "EPERM"


def test_the_x32_variant_of_a_call_is_denied() -> None:
    assert answer("x86_64", 0x40000000 | 319) == "EPERM"


def test_a_machine_whose_numbers_are_unknown_gets_no_filter() -> None:
    assert seccomp_filter("riscv64") is None


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 203), ("aarch64", 122)])
def test_a_run_cannot_leave_its_core(machine: str, number: int) -> None:
    assert answer(machine, number) == "EPERM"
