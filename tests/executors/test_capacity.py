"""How many run at a time follows from cores and memory."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.executors.capacity import (
    GRADER,
    SPARE,
    SUBMISSION,
    Machine,
    because,
    cpu_quota,
    default_jobs,
    groups,
    memory_limit,
    room,
    this_machine,
)

GIB = 1 << 30


@pytest.mark.parametrize(
    ("cores", "gib", "jobs"), [(2, 16, 2), (8, 64, 8), (8, 8, 3), (8, 4, 1), (1, 64, 1), (4, 1, 1)]
)
def test_as_many_as_cores_and_memory_allow_and_one_at_least(cores: int, gib: int, jobs: int) -> None:
    assert default_jobs(Machine(cores, gib * GIB)) == jobs


def test_the_grader_and_a_reserve_come_off_the_memory_first() -> None:
    assert room(Machine(8, GRADER + SPARE + 3 * SUBMISSION)) == 3
    assert room(Machine(8, GRADER + SPARE + 3 * SUBMISSION - 1)) == 2


def test_the_choice_is_explained() -> None:
    assert because(Machine(8, 8 * GIB), 3) == "3 at a time (8 cores; 8.0 GiB of memory free, enough for 3)"


def test_this_machine_has_cores_and_memory() -> None:
    assert this_machine().cores >= 1
    assert this_machine().memory > 0


# ---------------------------------------------------------------- containers

QUOTAS = {
    "second version": ({"cpu.max": "100000 100000"}, "0::/", 1.0),
    "second version, unbounded": ({"cpu.max": "max 100000"}, "0::/", None),
    "second version, a service": (
        {"system.slice/grader.service/cpu.max": "150000 100000"},
        "0::/system.slice/grader.service",
        1.5,
    ),
    "second version, around it": ({"user.slice/cpu.max": "200000 100000"}, "0::/user.slice/user-1000.slice", 2.0),
    "second version, the path is the host's": ({"cpu.max": "50000 100000"}, "0::/docker/0123abc", 0.5),
    "first version": ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, "2:cpu:/", 1.0),
    "first version, shared controller": (
        {"cpu,cpuacct/docker/1a/cpu.cfs_quota_us": "400000", "cpu,cpuacct/docker/1a/cpu.cfs_period_us": "100000"},
        "12:pids:/\n4:cpu,cpuacct:/docker/1a\n0::/",
        4.0,
    ),
    "first version, unbounded": ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, "2:cpu:/", None),
    "damaged": ({"cpu.max": "lots"}, "what is this", None),
    "none": ({}, "", None),
}


def laid_out(root: Path, files: Mapping[str, str], own: str) -> Path:
    for name, content in files.items():
        (root / "cgroup" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "cgroup" / name).write_text(f"{content}\n")
    (root / "own").write_text(own)
    return root


@pytest.mark.parametrize("case", sorted(QUOTAS))
def test_the_quota_of_a_container_or_service_is_found(case: str, tmp_path: Path) -> None:
    files, own, expected = QUOTAS[case]
    laid_out(tmp_path, files, own)
    found = [q for g in groups("cpu", tmp_path / "cgroup", tmp_path / "own") if (q := cpu_quota(g))]
    assert found == ([expected] if expected else [])


def test_the_memory_of_a_container_is_found_in_both_versions(tmp_path: Path) -> None:
    laid_out(tmp_path, {"memory.max": "100", "memory.current": "40"}, "0::/")
    laid_out(
        tmp_path, {"memory/a/memory.limit_in_bytes": "90", "memory/a/memory.usage_in_bytes": "30"}, "4:memory:/a\n0::/"
    )
    found = [m for g in groups("memory", tmp_path / "cgroup", tmp_path / "own") if (m := memory_limit(g))]
    assert found == [(90, 30), (100, 40)]
