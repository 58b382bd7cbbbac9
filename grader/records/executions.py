"""How it ran, and within which limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Ending(StrEnum):
    """How a run ended; says nothing about what was found."""

    COMPLETED = "completed"
    CELL_ERROR = "cell error"
    """All cells had their turn, at least one raised or did not parse."""
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    OUTPUT_LIMIT = "output limit"
    PROCESS_LIMIT = "process limit"
    FILE_LIMIT = "file limit"
    KERNEL_DIED = "kernel died"
    UNREADABLE = "unreadable"
    NOTHING_TO_RUN = "nothing to run"
    GRADER_FAULT = "grader fault"


class CellStatus(StrEnum):
    """What became of one cell."""

    OK = "ok"
    ERROR = "error"
    NOT_REACHED = "not reached"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class CellRun:
    """One code cell's turn; `error` is a line such as `NameError: name 'x' is not defined`."""

    number: int
    status: CellStatus
    seconds: float = 0.0
    error: str = ""
    line: int = 0
    """The line of the cell from which the error came; 0 where that is not known."""
    shortened: bool = False
    """Quick mode had cut a training before it raised: that may be all that is wrong."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a program; a module has one cell."""

    cell: int
    line: int
    name: str = ""
    """What stands there: a function, a module, a call."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What the source of a program says of training, whether it was run or not."""

    unparsed: tuple[int, ...] = ()
    """Cells that are no Python."""
    commented_out: bool = False
    """There is nothing but comments."""
    fits: tuple[Spot, ...] = ()
    """Where training is called for, by `fit` or by a function that calls it; `name` is what is called."""
    commented_fits: tuple[Spot, ...] = ()
    """Comments that hold such a call."""
    uncalled: tuple[Spot, ...] = ()
    """Functions that train, or else build, and that nothing calls."""
    networks: tuple[Spot, ...] = ()
    """Where a network of Keras is built."""
    frameworks: tuple[Spot, ...] = ()
    """Imports of packages that train without Keras; `name` is the package."""
    loaded: tuple[Spot, ...] = ()
    """Where a finished network is loaded."""
    bindings: Mapping[str, int] = field(default_factory=dict)
    """For each name that a later cell may need, the cell that gives it its value first."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One program's run in the sandbox; memory in bytes."""

    program: str
    ending: Ending
    seconds: float
    """By the clock."""
    peak_memory: int
    cells: tuple[CellRun, ...]
    message: str
    """One sentence for people: what happened and what to do; empty when all is well."""
    sandbox: str
    advice: str = ""
    """What of `message` says what to do, where the program was never run."""
    outline: Outline | None = None
    """What its source says of training; None where it was not looked at."""

    @property
    def failed_cell(self) -> int | None:
        """The first cell that raised or was running when the run was stopped."""
        bad = {CellStatus.ERROR, CellStatus.UNFINISHED}
        return next((c.number for c in self.cells if c.status in bad), None)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a submission may use, in bytes and seconds: time for all its programs together, the rest for each."""

    seconds: float = 1800.0
    """Of computing and idling; where others are given its core that is not counted, up to a few times as long."""
    memory: int = 4 << 30
    processes: int = 256
    scratch: int = 256 << 20
    files: int = 50_000
    """In the scratch space; a file without content takes memory too."""
    trace: int = 512 << 20
    """Of what it may write to the grader, cell outputs included."""
    threads: int = 1
    cpus: tuple[int, ...] = ()
    """Cores to pin to; empty: any."""
    max_epochs: int | None = None
    """Quick mode: each `fit` trains at most so many epochs, those cut short on few rows; accuracy is not assessed."""
    fast: bool = True
    """Whole epochs in one graph where that leaves every bit as plain Keras leaves it."""

    @property
    def tasks(self) -> int:
        """Threads of all processes together; TensorFlow alone starts dozens in each."""
        return 8 * self.processes
