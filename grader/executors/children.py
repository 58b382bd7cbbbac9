"""The processes that read and measure for the grader: confined, warm from one submission to the next, and no loss."""

from __future__ import annotations

import os
import shutil
import stat
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event

import numpy as np

from grader import inside
from grader.errors import SandboxUnavailable
from grader.evidence.endings import Stopped
from grader.executors.child import FILES, TRACE
from grader.executors.exchange import (
    ANSWER,
    NO_MEMORY,
    NOT_BEGUN,
    Gather,
    Read,
    Reading,
    read_reading,
    request_bytes,
)
from grader.executors.ran import Ran
from grader.executors.serialize import unpack_ran
from grader.intake.program import LARGEST_FILE
from grader.records import FileKind, Limits, SourceFile, Submission
from grader.records.data_set import ARRAYS, DataSet
from grader.sandbox.base import Job, Sandbox, StopReason
from grader.sandbox.process import Process
from grader.sandbox.resident import Confinement, Resident, ResidentEndedError
from grader.sandbox.scratch import remove, scratch

START = (
    "import os, sys; sys.path.insert(0, os.path.dirname(os.environ['GRADER_GRADER'])); "
    "from grader.executors.child import main; main()"
)
"""What is run: the grader is mounted, since a sandbox hides what is installed of it."""
SECONDS = 300.0
"""That it is given, for all that is read and measured of one submission. The bundled ones take 6; 60 networks of their
size, which is all that is measured of a program, take 50."""
MEMORY = 3 << 30
"""Bytes of one process. Those that measured the bundled class came to 1.2 GiB."""
MOST_ANSWER = 512 << 20
"""Bytes: as many as a program may record."""
LIFE = 1e9
"""Seconds: it has no limit of its own, but each submission has."""
ATTEMPTS = 2
"""A process may end by the machine's bad moment; the second time it is what it was given."""


class BeyondLimitsError(Exception):
    """What was handed in cannot be read, or measured, within the limits: the reason, for a person."""


class ChildFailedError(Exception):
    """The grader's own code failed in there: its log."""


class Children:
    """As many processes as submissions are read and measured at a time, each begun when it is needed."""

    def __init__(self, cancel: Event, hidden: Callable[[], tuple[Path, ...]]) -> None:
        """Once `cancel` is set, they come to the end of what they are at, or are ended; `hidden` as in `Job`."""
        self._hidden = hidden
        self._cancel = cancel
        self._idle: deque[Child] = deque()
        self._stack = ExitStack()
        self._folder = self._stack.enter_context(scratch())
        self._official = self._new_folder("official")
        # A process dies with the thread that has started it: one that lasts as long as any is needed.
        self._starter = self._stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="starting"))
        self._stack.callback(self._end)

    def begin(self, sandbox: Sandbox) -> None:
        """Begins the first one: that it is there when the first submission comes spares a second."""
        with self.one(sandbox) as child:
            child.begin()

    def lay_out(self, data: DataSet) -> None:
        """Puts the official data set where they share it."""
        for name in ARRAYS:
            path = self._official / f"{name}.npy"
            np.save(path, getattr(data, name))
            path.chmod(0o644)

    @contextmanager
    def one(self, sandbox: Sandbox) -> Iterator[Child]:
        """One for a submission, confined as that sandbox confines, the one that was used last first."""
        try:
            child = self._idle.pop()
        except IndexError:
            child = Child(self._started, self._new_folder(os.urandom(8).hex()))
        try:
            child.sandbox = sandbox
            yield child
        finally:
            child.clear()
            self._idle.append(child)

    def close(self) -> None:
        """Ends all; none may be in use."""
        self._stack.close()

    def _end(self) -> None:
        for child in self._idle:
            child.end()

    def _new_folder(self, name: str) -> Path:
        # Nobody else on this machine may look into the folder around it.
        folder = self._folder / name
        folder.mkdir()
        folder.chmod(0o755)
        return folder

    def _started(self, sandbox: Sandbox, shown: Path) -> Future[Resident]:
        confinement = sandbox if isinstance(sandbox, Confinement) else Process(self._cancel)
        job = Job(
            command=("-c", START),
            inside=Path(inside.__file__).parent,
            files={},
            mounts={"grader": Path(inside.__file__).parents[1], "official": self._official, "shown": shown},
            stdin=b"",
            environment={},
            limits=Limits(seconds=LIFE, memory=MEMORY),
            hidden=self._hidden(),
        )
        return self._starter.submit(Resident, confinement, job, self._cancel)


class Child:
    """A process that reads and measures one submission at a time; begun, and begun anew, when it is asked."""

    def __init__(self, start: Callable[[Sandbox, Path], Future[Resident]], shown: Path) -> None:
        """`start` begins a process that sees the folder `shown`."""
        self.sandbox: Sandbox
        self._start = start
        self._shown = shown
        self._resident: Future[Resident] | None = None
        self._left = 0.0

    def begin(self) -> Future[Resident]:
        """Begins the process, if there is none, and waits for nothing."""
        if self._resident is None:
            self._resident = self._start(self.sandbox, self._shown)
        return self._resident

    def show(self, submission: Submission) -> None:
        """Shows it the programs of a submission, and nothing of any other."""
        self.clear()
        self._left = SECONDS
        for file in submission.files:
            if file.kind in {FileKind.NOTEBOOK, FileKind.MODULE, FileKind.HELPER}:
                # What cannot be read here is missing there, and told to its student.
                with suppress(OSError):
                    _show(submission.root / file.name, self._shown / FILES / file.name)

    def clear(self) -> None:
        """Shows it nothing any more."""
        remove(self._shown / FILES)
        (self._shown / TRACE).unlink(missing_ok=True)

    def read(self, submission: Submission, file: SourceFile) -> Reading:
        """The program in that file.

        Raises:
            BeyondLimitsError: it cannot be read within the limits.
            ResidentEndedError: stopped from outside.
        """
        return read_reading(self._asked(Read(submission, file), file))

    def gather(
        self, submission: Submission, file: SourceFile, trace: Path, key: bytes, stopped: Stopped, limits: Limits
    ) -> Ran | None:
        """What a program has shown, by the trace, which is gone afterwards; None if it never began.

        Raises:
            BeyondLimitsError: it cannot be measured within the limits.
            ResidentEndedError: stopped from outside.
        """
        shown = self._shown / TRACE
        if trace.exists():
            shutil.move(trace, shown)
            shown.chmod(0o644)
        try:
            content = self._asked(Gather(submission, file, key.hex(), stopped, limits), file)
        finally:
            shown.unlink(missing_ok=True)
        if content == NOT_BEGUN:
            return None
        ran = unpack_ran(content, submission)
        if [e.program for e in ran.evidence.executions] != [file.name]:
            raise ChildFailedError(f"Expected what {file.name} has shown, found something else.")
        return ran

    def end(self) -> None:
        """Ends the process."""
        begun, self._resident = self._resident, None
        if begun is not None:
            with suppress(SandboxUnavailable, OSError):
                begun.result().close()

    def _asked(self, asked: Read | Gather, file: SourceFile) -> bytes:
        content = self._answered(request_bytes(asked), file)
        kind, answer = content[:1], content[1:]
        if kind == ANSWER:
            return answer
        self.end()
        if kind == NO_MEMORY:
            raise BeyondLimitsError(_beyond(file, StopReason.OUT_OF_MEMORY, None))
        raise ChildFailedError(answer.decode("utf-8", "replace"))

    def _answered(self, request: bytes, file: SourceFile) -> bytes:
        if self._left <= 0:
            raise BeyondLimitsError(_beyond(file, StopReason.TIMED_OUT, None))
        for attempt in range(ATTEMPTS):
            resident = self._ready()
            try:
                return resident.ask(request, self._left, MOST_ANSWER)
            except ResidentEndedError as ended:
                self.end()
                if ended.reason is StopReason.CANCELLED:
                    raise
                if ended.reason is not StopReason.EXITED or attempt + 1 == ATTEMPTS:
                    raise BeyondLimitsError(_beyond(file, ended.reason, ended.status)) from ended
            finally:
                self._left -= resident.used
        raise AssertionError("an attempt has no end")

    def _ready(self) -> Resident:
        """The process, begun anew where it has ended while nothing was asked."""
        try:
            if self._resident is not None and not self._resident.result().is_alive:
                self.end()
            resident = self.begin().result()
            resident.wait()
        except ResidentEndedError as ended:
            self.end()
            if ended.reason is StopReason.CANCELLED:
                raise
            # Nothing of a submission was shown to it yet.
            raise ChildFailedError(f"the process that reads and measures did not begin: {ended}") from ended
        except BaseException:
            self.end()
            raise
        return resident


def _show(path: Path, target: Path) -> None:
    """Never follows a link: the file is the student's."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as copy:
            if about.st_size > LARGEST_FILE:
                # It is not read: only its size is told.
                copy.truncate(about.st_size)
            else:
                shutil.copyfileobj(opened, copy)
    target.chmod(0o644)


def _beyond(file: SourceFile, reason: StopReason, status: int | None) -> str:
    match reason:
        case StopReason.TIMED_OUT:
            why = f"it takes more than {SECONDS:g} seconds"
        case StopReason.OUT_OF_MEMORY:
            why = f"it takes more than {MEMORY / (1 << 30):g} GiB of memory"
        case StopReason.OUTPUT_LIMIT:
            why = f"there is more of it than {MOST_ANSWER >> 20} MiB"
        case StopReason.EXITED:
            why = f"it ended the grader's process for it {ATTEMPTS} times (status {status})"
        case _:
            why = f"it was stopped ({reason})"
    return f"what {file.name} holds and has recorded could not be read and measured: {why}"
