"""Why nothing of a submission was trained: one cause, the likeliest, from which everything else follows.

A pure function of the evidence. It fires where nothing was trained and nowhere else: at three of the sixteen bundled
submissions (one empty, one without a training, one of which every fit raises), at two of the 37 ways to hand in the lab
(CIFAR, never fitted), at none that trained anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from grader.checks.base import STOPPED
from grader.checks.handed_in import nothing_ran
from grader.i18n.texts import Text, say
from grader.records import (
    Cause,
    CauseKind,
    CellRun,
    CellStatus,
    Ending,
    Evidence,
    Execution,
    Outline,
    Spot,
    TrainingRun,
)

NAME = re.compile(r"^NameError: name '(?P<name>\w+)' is not defined")
SYNTAX = ("SyntaxError", "IndentationError", "TabError")
OFFLINE = re.compile(
    r"URL fetch failure|URLError|gaierror|ConnectionError|Max retries|Name or service|name resolution|"
    r"Network is unreachable|ConnectTimeout|LocalEntryNotFound|OfflineModeIsEnabled|no network here",
    re.IGNORECASE,
)
SETTINGS = re.compile(r"cannot be modified after|must be set before|after being initialized|have been initialized")
NOT_THERE = re.compile(r"FileNotFoundError|No such file or directory|File not found|No file or directory found")
IMPORTS = re.compile(r"^(?:ModuleNotFoundError|ImportError)\b")
OWN_PLACE = re.compile(r" \([^()]{1,200}, line \d+\)$")
"""What Python says of where a syntax error is: the number of a temporary file, and a line that is named anyway."""
LONGEST = 160
"""Characters of an error that are quoted."""
EMPTY = Outline()


def why_nothing_trained(evidence: Evidence) -> Cause | None:
    """The cause; None where something was trained, or where the grader failed or the record has gaps."""
    if evidence.faults or evidence.gaps or evidence.ending is Ending.GRADER_FAULT or any(map(_trained, evidence.runs)):
        return None
    return nothing_ran(evidence) or _cause(_likeliest(evidence), evidence.runs)


def _trained(run: TrainingRun) -> bool:
    return bool(run.custom or (run.fit and run.fit.epochs_done))


def _likeliest(evidence: Evidence) -> Execution:
    """Of several programs the one that was meant to train; else the first that ran."""
    ran = [e for e in evidence.executions if e.cells]
    return max(ran, key=lambda e: (bool(_outline(e).fits), bool(_outline(e).networks), bool(_outline(e).uncalled)))


def _outline(execution: Execution) -> Outline:
    return execution.outline or EMPTY


def _cause(execution: Execution, runs: tuple[TrainingRun, ...]) -> Cause:
    """The first of these that holds, in the order in which one would exclude the others."""
    own = [r for r in runs if r.program == execution.program]
    asked: tuple[Callable[[Execution], Cause | None], ...] = (
        _syntax,
        _stopped,
        _failed_fit,
        _commented_out,
        _other_framework,
        _uncalled,
        _commented_fit,
        _error,
        lambda e: _never_fitted(e, own),
        _loaded,
        _not_reached,
    )
    return next((found for ask in asked if (found := ask(execution))), None) or _no_network(execution)


def _syntax(execution: Execution) -> Cause | None:
    """A script that does not parse: not one line of it ran."""
    cell = execution.cells[0]
    own = len(execution.cells) == 1 and _is_script(execution) and 1 in _outline(execution).unparsed
    if not own or not cell.error.startswith(SYNTAX):
        return None
    found = say("{place} is no Python: {error}; not one line was run", place=_place(execution, cell), error=_said(cell))
    advice = say("Mend that line, run the script from its beginning to its end, and hand it in once more.")
    return Cause(CauseKind.SYNTAX, found, advice)


def _stopped(execution: Execution) -> Cause | None:
    if execution.ending not in STOPPED:
        return None
    cell = next((c for c in execution.cells if c.status is CellStatus.UNFINISHED), None)
    place = _place(execution, cell) if cell else execution.program
    found = say(
        "{place} ended the run ({ending}) before anything was trained: your mistake, or this environment's?",
        place=place,
        ending=execution.ending,
    )
    generic = say(
        "Look at what that cell does: leave out what ends or restarts the kernel, or what never comes to its end; then "
        "restart the kernel and choose Run All."
    )
    # How it ended says which limit it was, and what to look for.
    advice = " ".join(filter(None, (execution.message, generic if execution.ending is Ending.KERNEL_DIED else "")))
    return Cause(CauseKind.STOPPED, found, advice)


def _failed_fit(execution: Execution) -> Cause | None:
    """A cell that was to train raised: by itself, or for want of what an earlier cell did not come to."""
    fits = [f.cell for f in _outline(execution).fits]
    failed = next((c for c in execution.cells if c.number in fits and c.status is CellStatus.ERROR), None)
    return _by_error(execution, _root(execution, failed)) if failed else None


def _error(execution: Execution) -> Cause | None:
    """The first cell that raised, where nothing shows which one was to train."""
    first = next((c for c in execution.cells if c.status is CellStatus.ERROR), None)
    if first is None or (_is_script(execution) and first.error.startswith("SystemExit")):
        return None
    return _by_error(execution, _root(execution, first))


def _root(execution: Execution, cell: CellRun) -> CellRun:
    """The failing cell from which this one's error follows: a name that is not there, since its cell failed."""
    by_number = {c.number: c for c in execution.cells}
    seen = {cell.number}
    while name := NAME.match(cell.error):
        source = by_number.get(_outline(execution).bindings.get(name["name"], 0))
        if source is None or source.status is not CellStatus.ERROR or source.number in seen:
            break
        seen.add(source.number)
        cell = source
    return cell


def _by_error(execution: Execution, cell: CellRun) -> Cause:
    found = say(
        "{place} stopped with {error}; nothing after it was trained: your mistake, or this environment's?",
        place=_place(execution, cell),
        error=_said(cell),
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


def _commented_out(execution: Execution) -> Cause | None:
    if not _outline(execution).commented_out:
        return None
    found = say("{program} holds nothing but comments: all of its code is commented out", program=execution.program)
    return Cause(CauseKind.COMMENTED_OUT, found, say("Take the # from your code, run it, and hand it in once more."))


def _other_framework(execution: Execution) -> Cause | None:
    """Another framework, where no network of Keras is seen and its import did not fail."""
    outline = _outline(execution)
    failed = {c.number for c in execution.cells if c.status is CellStatus.ERROR}
    spot = next((s for s in outline.frameworks if s.cell not in failed), None)
    if spot is None or outline.networks:
        return None
    found = say(
        "{place} turns to {name}, and no network of Keras was trained; what another framework trains is not seen here",
        place=_at(execution, spot),
        name=spot.name,
    )
    advice = say("This lab asks for networks of Keras: build them with keras.Sequential, compile and fit them.")
    return Cause(CauseKind.OTHER_FRAMEWORK, found, advice)


def _uncalled(execution: Execution) -> Cause | None:
    """Functions that train and are never called; not where an error kept the calls from being reached."""
    outline = _outline(execution)
    if outline.fits or not outline.uncalled or outline.unparsed or not _only_missing_names(execution):
        return None
    spot = outline.uncalled[0]
    found = say(
        "{name}() in {place} is defined, and nothing calls it: nothing was trained",
        name=spot.name,
        place=_at(execution, spot),
    )
    return Cause(CauseKind.NEVER_CALLED, found, say("Call it for each stage, and fit what it builds."))


def _commented_fit(execution: Execution) -> Cause | None:
    outline = _outline(execution)
    if outline.fits or not outline.commented_fits or not _only_missing_names(execution):
        return None
    spot = outline.commented_fits[0]
    found = say("fit is commented out in {place}: nothing was trained", place=_at(execution, spot))
    return Cause(CauseKind.COMMENTED_OUT, found, say("Take the # from it, run all cells, and hand it in once more."))


def _only_missing_names(execution: Execution) -> bool:
    """Whether what raised did so for want of a name that no cell gives a value, such as `history`."""
    bindings = _outline(execution).bindings
    errors = [c for c in execution.cells if c.status is CellStatus.ERROR]
    missing = [m["name"] for c in errors if (m := NAME.match(c.error))]
    return len(missing) == len(errors) and not any(name in bindings for name in missing)


def _never_fitted(execution: Execution, runs: list[TrainingRun]) -> Cause | None:
    """Networks that were compiled, or only built."""
    built = _outline(execution).networks
    if not runs and (not built or _outline(execution).fits):
        return None
    cell = min((r.cell for r in runs), default=0)
    place = _where(execution, cell, 0) if runs else _at(execution, built[0])
    found = (
        say("the network of {place} was compiled, and fit was never called", place=place)
        if runs
        else say("the network of {place} was built, and neither compiled nor fitted", place=place)
    )
    return Cause(CauseKind.NEVER_FITTED, found, say("Call model.fit(...) on each of your networks, and run all cells."))


def _loaded(execution: Execution) -> Cause | None:
    outline = _outline(execution)
    if not outline.loaded or outline.fits:
        return None
    found = say("{place} loads a finished network, and none was trained", place=_at(execution, outline.loaded[0]))
    advice = say("Train your networks in what you hand in: only what is trained here can be seen and measured.")
    return Cause(CauseKind.LOADED, found, advice)


def _not_reached(execution: Execution) -> Cause | None:
    fits = _outline(execution).fits
    if not fits:
        return None
    found = say("fit stands in {place}, and the run trained nothing there", place=_at(execution, fits[0]))
    advice = say("See that the line is reached, and that it fits a network of Keras for at least one epoch.")
    return Cause(CauseKind.NOT_REACHED, found, advice)


def _no_network(execution: Execution) -> Cause:
    if _outline(execution).unparsed:
        # What stands in a cell that is no Python is not known.
        found = say("{program} ran to its end, and nothing was trained", program=execution.program)
    else:
        found = say("{program} ran to its end, builds no network and calls no fit", program=execution.program)
    advice = say("Is it the file that you meant? Hand in the one that builds, compiles and fits your networks.")
    return Cause(CauseKind.NO_NETWORK, found, advice)


def _at(execution: Execution, spot: Spot) -> Text | str:
    return _where(execution, spot.cell, spot.line)


def _place(execution: Execution, cell: CellRun) -> Text | str:
    return _where(execution, cell.number, cell.line)


def _where(execution: Execution, cell: int, line: int) -> Text | str:
    """A script has lines only."""
    program = execution.program
    if _is_script(execution):
        return say("{program}, line {line}", program=program, line=line) if line else program
    if line:
        return say("{program}, cell {cell}, line {line}", program=program, cell=cell, line=line)
    return say("{program}, cell {cell}", program=program, cell=cell)


def _is_script(execution: Execution) -> bool:
    return execution.program.lower().endswith((".py", ".py.txt")) and len(execution.cells) == 1


def _said(cell: CellRun) -> str:
    error = OWN_PLACE.sub("", " ".join(cell.error.split())).rstrip(".")
    return error if len(error) <= LONGEST else f"{error[: LONGEST - 1]}…"
