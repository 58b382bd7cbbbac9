"""Says in words for people how one program's run ended, from how the sandbox stopped it and what its trace shows."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from grader.evidence.outline import outline
from grader.evidence.shortened import shortened_cells
from grader.evidence.trace import AdvisoryEvent, AnyEvent, CellBegin, CellEnd, End, Epoch, FitBegin, Flood
from grader.inside.cell_output import ERROR_OUTPUT, MOST_FRAMES
from grader.inside.protocol import ENDED, RESTARTED, SYSTEM_EXIT
from grader.records import CellRun, CellStatus, Ending, Execution, FileKind, Limits, Program

BUSY = 1.5
"""So many times what a run was given it must have taken by the clock, for that to be told."""
ANSI = re.compile(r"\x1b\[[0-9;]*m")
OWN_FRAME = re.compile(
    r"^(?:Cell In\[\d+\], line |(?:File )?(?P<name>[^/\\<>:\n]{1,200}\.py)(?::|, line ))(?P<number>\d{1,6})\b"
)
"""How a frame of the student's begins: `Cell In[3], line 12`, `File lab.py:12`; those of libraries have a path."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """How the sandbox stopped: `ending` where a limit did, None where the process ended by itself."""

    ending: Ending | None
    status: int | None
    seconds: float
    peak_memory: int
    sandbox: str
    before: float = 0.0
    """Seconds of the submission's time that its programs before this one had used."""
    used: float | None = None
    """Seconds of it that this one used: `seconds`, less those in which others had its core; None: not known."""


def execution(program: Program, events: Sequence[AnyEvent], stopped: Stopped, limits: Limits) -> Execution:
    """The program's run; cells that had finished stay finished, whatever came after them."""
    shortened = shortened_cells(program, events, limits)
    cells = _cells(program, events, shortened)
    ending = _ending(program, events, stopped, cells)
    trained = any(isinstance(e, FitBegin) for e in events)
    return Execution(
        program.name,
        ending,
        round(stopped.seconds, 1),
        stopped.peak_memory,
        cells,
        _message(program, ending, cells, limits, stopped, shortened) or ("" if trained else _nothing_trained(program)),
        stopped.sandbox,
        # What has trained and did not end itself needs no explanation.
        outline=outline(program) if _ended_itself(events) or not any(isinstance(e, Epoch) for e in events) else None,
    )


def _ended_itself(events: Sequence[AnyEvent]) -> bool:
    told = {e.message for e in events if isinstance(e, AdvisoryEvent)}
    return bool(told & {ENDED, RESTARTED}) or any(
        e.error.startswith(SYSTEM_EXIT) for e in events if isinstance(e, CellEnd)
    )


def _cells(program: Program, events: Sequence[AnyEvent], shortened: Collection[int]) -> tuple[CellRun, ...]:
    begun = {e.number for e in events if isinstance(e, CellBegin)}
    ended = {e.number: e for e in events if isinstance(e, CellEnd)}
    cells = (_cell(n, ended.get(n), begun=n in begun) for n in range(1, len(program.cells) + 1))
    return tuple(replace(cell, shortened=cell.number in shortened) for cell in cells)


def _cell(number: int, end: CellEnd | None, *, begun: bool) -> CellRun:
    if end is None:
        return CellRun(number, CellStatus.UNFINISHED if begun else CellStatus.NOT_REACHED)
    return CellRun(number, CellStatus(end.status), end.seconds, end.error, _line(end) if end.error else 0)


def _line(end: CellEnd) -> int:
    """The line of the cell itself that the traceback names first; 0 where it names none.

    Frames of libraries may stand before it: what an error was raised from is told first.
    """
    frames = next((o.get("traceback") for o in end.outputs if o.get("output_type") == "error"), None)
    for frame in frames[:MOST_FRAMES] if isinstance(frames, list) else ():
        head = ANSI.sub("", str(frame)[:ERROR_OUTPUT]).strip()
        if found := OWN_FRAME.match(head):
            return int(found["number"])
    return 0


def _ending(program: Program, events: Sequence[AnyEvent], stopped: Stopped, cells: Sequence[CellRun]) -> Ending:
    if stopped.ending:
        return stopped.ending
    if any(isinstance(e, Flood) for e in events):
        return Ending.OUTPUT_LIMIT
    last = next((e for e in reversed(events) if isinstance(e, End)), None)
    cut = stopped.status and any(c.status in {CellStatus.UNFINISHED, CellStatus.NOT_REACHED} for c in cells)
    # A student's program can write that all is well, but not end the runner in good order before its last cell.
    if last is None or last.ending == "kernel died" or cut:
        return Ending.KERNEL_DIED
    errors = [c.error for c in cells if c.status is CellStatus.ERROR]
    if program.kind is FileKind.MODULE:
        # `sys.exit()` at the end of a script is how scripts end.
        errors = [e for e in errors if not e.startswith(SYSTEM_EXIT)]
    return Ending.CELL_ERROR if errors else Ending.COMPLETED


def _message(
    program: Program,
    ending: Ending,
    cells: Sequence[CellRun],
    limits: Limits,
    stopped: Stopped,
    shortened: Mapping[int, str],
) -> str:
    match ending:
        case Ending.COMPLETED:
            return ""
        case Ending.CELL_ERROR:
            return _errors(program, cells, shortened)
        case _:
            begun = any(c.status is not CellStatus.NOT_REACHED for c in cells)
            kept = "What had finished before is kept." if begun else ""
            what, advice = _stopped(ending, _where(program, cells), limits, stopped)
            return " ".join(part for part in (what, kept, advice) if part)


def _stopped(ending: Ending, where: str, limits: Limits, stopped: Stopped) -> tuple[str, str]:
    """What happened and what to do, where the program did not come to its end."""
    match ending:
        case Ending.TIMED_OUT:
            advice = "Look for a loop that never ends, or train fewer networks."
            return f"Stopped after {_duration(limits.seconds)}{where}{_on_what(stopped)}.", advice
        case Ending.OUT_OF_MEMORY:
            memory = f"{limits.memory / (1 << 30):g} GiB of memory"
            advice = "Look for arrays that are copied many times, or very large layers."
            return f"Stopped{where}: it used more than {memory}.", advice
        case Ending.PROCESS_LIMIT:
            advice = "Look for code that starts itself again, or set n_jobs=1."
            most = f"{limits.processes} processes or {limits.tasks:,} threads"
            return f"Stopped{where}: it started more than {most}.", advice
        case Ending.FILE_LIMIT:
            advice = "Keep what you compute in variables, and write no more files than you read again."
            return f"Stopped{where}: it made more than {limits.files:,} files.", advice
        case Ending.OUTPUT_LIMIT:
            most = f"{limits.trace >> 20} MiB, or far more lines than a notebook records"
            return f"Stopped{where}: it wrote more than {most}.", "Print less."
        case _:
            return f"The kernel died{where}{_signal(stopped.status)}.", "Restart the kernel and choose Run All."


def _on_what(stopped: Stopped) -> str:
    """What else the time went to that was not this program's; empty where all of it was."""
    earlier = f", {_duration(stopped.before)} of them in the programs before it" if stopped.before else ""
    if stopped.used is None or stopped.seconds < BUSY * stopped.used:
        return earlier
    return f"{earlier} (by the clock it ran for {_duration(stopped.seconds)}: the machine was busy)"


def no_time_left(program: str, seconds: float) -> str:
    """What is told of a program that had no turn."""
    return (
        f"{program} was not begun: a submission may take {_duration(seconds)} with all its programs together, and "
        "those before it had used them. Look there for a loop that never ends, or train fewer networks."
    )


def _duration(seconds: float) -> str:
    value, unit = (seconds / 60, "minute") if seconds >= 60 else (seconds, "second")  # noqa: PLR2004 (a minute)
    return f"{value:.3g} {unit}{'' if value == 1 else 's'}"


def _nothing_trained(program: Program) -> str:
    defines = "It defines functions, but calls none that trains. " if "def " in "\n".join(program.cells) else ""
    return f"It ran to its end and trained nothing: fit was never called. {defines}Build your models and fit them."


def _where(program: Program, cells: Sequence[CellRun]) -> str:
    running = next((c for c in cells if c.status is CellStatus.UNFINISHED), None)
    if running is None or program.kind is FileKind.MODULE:
        return ""
    return f" in cell {running.number}"


def _signal(status: int | None) -> str:
    """A limit that is hit inside TensorFlow shows as an abort, not as a MemoryError."""
    aborted = {-6, 134, -11, 139, -9, 137}
    return " (it crashed, probably out of memory)" if status in aborted else ""


def _errors(program: Program, cells: Sequence[CellRun], shortened: Mapping[int, str]) -> str:
    failed = [c for c in cells if c.status is CellStatus.ERROR]
    first = failed[0]
    if program.kind is FileKind.MODULE:
        where = f" in line {first.line}" if first.line else ""
        return f"The script stopped{where} with {first.error}.{_cut(first, shortened)} What it had done before counts."
    more = f" (and {len(failed) - 1} more cells raised)" if len(failed) > 1 else ""
    ours = next((c for c in failed if c.number in shortened), first)
    costs = "The error itself costs nothing; the other cells were run."
    return f"Cell {first.number} raised {first.error}{more}.{_cut(ours, shortened)} {costs}"


def _cut(cell: CellRun, shortened: Mapping[int, str]) -> str:
    if cell.number not in shortened:
        return ""
    return (
        f" Before cell {cell.number} raised, quick mode had cut a training to {shortened[cell.number]}: that may be "
        "all that is wrong, and a run without --quick tells."
    )
