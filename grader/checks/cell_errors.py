"""What an error of a cell says: where it began, in words for people, and what its author can do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.i18n.texts import Text, say
from grader.inside.protocol import NOT_INSTALLED
from grader.records import Cause, CauseKind, CellRun, CellStatus, Evidence, Execution, Outline, Spot

NAME = re.compile(r"^NameError: name '(?P<name>\w+)' is not defined")
OFFLINE = re.compile(
    r"URL fetch failure|URLError|gaierror|ConnectionError|Max retries|Name or service|name resolution|"
    r"Network is unreachable|ConnectTimeout|LocalEntryNotFound|OfflineModeIsEnabled|no network here",
    re.IGNORECASE,
)
SETTINGS = re.compile(r"cannot be modified after|must be set before|after being initialized|have been initialized")
LACKING = re.compile(rf"{re.escape(NOT_INSTALLED)}|there is no \w+ here|\b(?:GPU|TPU|CUDA)\b|cuDNN")
"""What an error says where this environment may be what lacks something."""
NOT_THERE = re.compile(r"FileNotFoundError|No such file or directory|File not found|No file or directory found")
IMPORTS = re.compile(r"^(?:ModuleNotFoundError|ImportError)\b")
OWN_PLACE = re.compile(r" \([^()]{1,200}, line \d+\)$")
"""What Python says of where a syntax error is: the number of a temporary file, and a line that is named anyway."""
LONGEST = 160
"""Characters of an error that are quoted."""
EMPTY = Outline()


def outline_of(execution: Execution) -> Outline:
    """What the program says before it is run; nothing, where that was not recorded."""
    return execution.outline or EMPTY


def root_of(execution: Execution, cell: CellRun) -> CellRun:
    """The failing cell from which this one's error follows: a name that is not there, since its cell failed."""
    by_number = {c.number: c for c in execution.cells}
    seen = {cell.number}
    while name := NAME.match(cell.error):
        source = by_number.get(outline_of(execution).bindings.get(name["name"], 0))
        if source is None or source.status is not CellStatus.ERROR or source.number in seen:
            break
        seen.add(source.number)
        cell = source
    return cell


def lacking_here(evidence: Evidence) -> Iterator[Text]:
    """What stopped a cell and may be this environment's lack, not the work's: a package, the network, a GPU.

    Of the sixteen bundled submissions it holds for none.
    """
    for execution in evidence.executions:
        for cell in execution.cells:
            if cell.status is CellStatus.ERROR and (LACKING.search(cell.error) or OFFLINE.search(cell.error)):
                yield say(
                    "{place} stopped with {error}: the work's mistake, or does this environment lack something?",
                    place=at_cell(execution, cell),
                    error=quoted(cell),
                )


def stopped_with(execution: Execution, cell: CellRun) -> Cause:
    """The error of this cell as the cause, with what to do about its kind."""
    found = say(
        "{place} stopped with {error}; nothing after it was trained: your mistake, or this environment's?",
        place=at_cell(execution, cell),
        error=quoted(cell),
    )
    return Cause(CauseKind.ERROR, found, _advice(cell.error))


def _advice(error: str) -> Text:
    if OFFLINE.search(error):
        return say(
            "There is no network here: load the data with keras.datasets.mnist.load_data(), or hand the file in and "
            "open it by its name."
        )
    if SETTINGS.search(error):
        return say(
            "Settings of threads and devices come too late here, since TensorFlow has begun already. Leave these lines "
            "out; if you think that they must stay, tell your instructor."
        )
    if IMPORTS.match(error):
        return say(
            "Import only what the lab needs, and hand in your own modules beside the notebook; if the lab needs a "
            "package that is not here, tell your instructor."
        )
    if NOT_THERE.search(error):
        return say("Hand the file in beside the notebook and open it by its name alone, or leave it out.")
    if name := NAME.match(error):
        return say(
            "Nothing before it gives {name} a value: import or define it first, then restart the kernel and choose "
            "Run All.",
            name=name["name"],
        )
    return say("Mend this one first, then restart the kernel and choose Run All: the rest follows from it.")


def at_spot(execution: Execution, spot: Spot) -> Text | str:
    """Where a spot of the program is, for people."""
    return at_line(execution, spot.cell, spot.line)


def at_cell(execution: Execution, cell: CellRun) -> Text | str:
    """Where a cell raised, for people."""
    return at_line(execution, cell.number, cell.line)


def at_line(execution: Execution, cell: int, line: int) -> Text | str:
    """A script has lines only."""
    program = execution.program
    if is_script(execution):
        return say("{program}, line {line}", program=program, line=line) if line else program
    if line:
        return say("{program}, cell {cell}, line {line}", program=program, cell=cell, line=line)
    return say("{program}, cell {cell}", program=program, cell=cell)


def is_script(execution: Execution) -> bool:
    """Whether the program is a module, which has one cell and no numbers for people."""
    return execution.program.lower().endswith((".py", ".py.txt")) and len(execution.cells) == 1


def quoted(cell: CellRun) -> str:
    """The error in one line of bounded length."""
    error = OWN_PLACE.sub("", " ".join(cell.error.split())).rstrip(".")
    return error if len(error) <= LONGEST else f"{error[: LONGEST - 1]}…"
