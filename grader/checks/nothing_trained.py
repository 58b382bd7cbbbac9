"""Why nothing of a submission was trained: one cause, the likeliest, from which everything else follows.

A pure function of the evidence. It fires where nothing was trained and nowhere else: at three of the sixteen bundled
submissions (one empty, one without a training, one of which every fit raises), at two of the 37 ways to hand in the lab
(CIFAR, never fitted), at none that trained anything.
"""

from __future__ import annotations

from collections.abc import Callable

from grader.checks.base import STOPPED
from grader.checks.cell_errors import (
    NAME,
    at_cell,
    at_line,
    at_spot,
    is_script,
    outline_of,
    quoted,
    root_of,
    stopped_with,
)
from grader.checks.handed_in import nothing_ran
from grader.i18n.texts import say
from grader.records import (
    Cause,
    CauseKind,
    CellStatus,
    Ending,
    Evidence,
    Execution,
    TrainingRun,
)

SYNTAX = ("SyntaxError", "IndentationError", "TabError")


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
    return max(
        ran, key=lambda e: (bool(outline_of(e).fits), bool(outline_of(e).networks), bool(outline_of(e).uncalled))
    )


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
    own = len(execution.cells) == 1 and is_script(execution) and 1 in outline_of(execution).unparsed
    if not own or not cell.error.startswith(SYNTAX):
        return None
    found = say(
        "{place} is no Python: {error}; not one line was run", place=at_cell(execution, cell), error=quoted(cell)
    )
    advice = say("Mend that line, run the script from its beginning to its end, and hand it in once more.")
    return Cause(CauseKind.SYNTAX, found, advice)


def _stopped(execution: Execution) -> Cause | None:
    if execution.ending not in STOPPED:
        return None
    cell = next((c for c in execution.cells if c.status is CellStatus.UNFINISHED), None)
    place = at_cell(execution, cell) if cell else execution.program
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
    fits = [f.cell for f in outline_of(execution).fits]
    failed = next((c for c in execution.cells if c.number in fits and c.status is CellStatus.ERROR), None)
    return stopped_with(execution, root_of(execution, failed)) if failed else None


def _error(execution: Execution) -> Cause | None:
    """The first cell that raised, where nothing shows which one was to train."""
    first = next((c for c in execution.cells if c.status is CellStatus.ERROR), None)
    if first is None or (is_script(execution) and first.error.startswith("SystemExit")):
        return None
    return stopped_with(execution, root_of(execution, first))


def _commented_out(execution: Execution) -> Cause | None:
    if not outline_of(execution).commented_out:
        return None
    found = say("{program} holds nothing but comments: all of its code is commented out", program=execution.program)
    return Cause(CauseKind.COMMENTED_OUT, found, say("Take the # from your code, run it, and hand it in once more."))


def _other_framework(execution: Execution) -> Cause | None:
    """Another framework, where no network of Keras is seen and its import did not fail."""
    outline = outline_of(execution)
    failed = {c.number for c in execution.cells if c.status is CellStatus.ERROR}
    spot = next((s for s in outline.frameworks if s.cell not in failed), None)
    if spot is None or outline.networks:
        return None
    found = say(
        "{place} turns to {name}, and no network of Keras was trained; what another framework trains is not seen here",
        place=at_spot(execution, spot),
        name=spot.name,
    )
    advice = say("This lab asks for networks of Keras: build them with keras.Sequential, compile and fit them.")
    return Cause(CauseKind.OTHER_FRAMEWORK, found, advice)


def _uncalled(execution: Execution) -> Cause | None:
    """Functions that train and are never called; not where an error kept the calls from being reached."""
    outline = outline_of(execution)
    if outline.fits or not outline.uncalled or outline.unparsed or not _only_missing_names(execution):
        return None
    spot = outline.uncalled[0]
    found = say(
        "{name}() in {place} is defined, and nothing calls it: nothing was trained",
        name=spot.name,
        place=at_spot(execution, spot),
    )
    return Cause(CauseKind.NEVER_CALLED, found, say("Call it for each stage, and fit what it builds."))


def _commented_fit(execution: Execution) -> Cause | None:
    outline = outline_of(execution)
    if outline.fits or not outline.commented_fits or not _only_missing_names(execution):
        return None
    spot = outline.commented_fits[0]
    found = say("fit is commented out in {place}: nothing was trained", place=at_spot(execution, spot))
    return Cause(CauseKind.COMMENTED_OUT, found, say("Take the # from it, run all cells, and hand it in once more."))


def _only_missing_names(execution: Execution) -> bool:
    """Whether what raised did so for want of a name that no cell gives a value, such as `history`."""
    bindings = outline_of(execution).bindings
    errors = [c for c in execution.cells if c.status is CellStatus.ERROR]
    missing = [m["name"] for c in errors if (m := NAME.match(c.error))]
    return len(missing) == len(errors) and not any(name in bindings for name in missing)


def _never_fitted(execution: Execution, runs: list[TrainingRun]) -> Cause | None:
    """Networks that were compiled, or only built."""
    built = outline_of(execution).networks
    if not runs and (not built or outline_of(execution).fits):
        return None
    cell = min((r.cell for r in runs), default=0)
    place = at_line(execution, cell, 0) if runs else at_spot(execution, built[0])
    found = (
        say("the network of {place} was compiled, and fit was never called", place=place)
        if runs
        else say("the network of {place} was built, and neither compiled nor fitted", place=place)
    )
    return Cause(CauseKind.NEVER_FITTED, found, say("Call model.fit(...) on each of your networks, and run all cells."))


def _loaded(execution: Execution) -> Cause | None:
    outline = outline_of(execution)
    if not outline.loaded or outline.fits:
        return None
    found = say("{place} loads a finished network, and none was trained", place=at_spot(execution, outline.loaded[0]))
    advice = say("Train your networks in what you hand in: only what is trained here can be seen and measured.")
    return Cause(CauseKind.LOADED, found, advice)


def _not_reached(execution: Execution) -> Cause | None:
    fits = outline_of(execution).fits
    if not fits:
        return None
    found = say("fit stands in {place}, and the run trained nothing there", place=at_spot(execution, fits[0]))
    advice = say("See that the line is reached, and that it fits a network of Keras for at least one epoch.")
    return Cause(CauseKind.NOT_REACHED, found, advice)


def _no_network(execution: Execution) -> Cause:
    if outline_of(execution).unparsed:
        # What stands in a cell that is no Python is not known.
        found = say("{program} ran to its end, and nothing was trained", program=execution.program)
    else:
        found = say("{program} ran to its end, builds no network and calls no fit", program=execution.program)
    advice = say("Is it the file that you meant? Hand in the one that builds, compiles and fits your networks.")
    return Cause(CauseKind.NO_NETWORK, found, advice)
