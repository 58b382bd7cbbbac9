"""What happened, in one sentence: which stages were found, what the best network reaches, where marks are missing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from grader.i18n.texts import Text, say
from grader.records import Ending, Evidence, Grade
from grader.records.marks import marks
from grader.reports.mistakes import best_run

NOT_RUN = frozenset({Ending.UNREADABLE, Ending.NOTHING_TO_RUN, Ending.GRADER_FAULT})
MOST_NAMED = 3


def happened(grade: Grade, evidence: Evidence, missing: Sequence[tuple[str, Fraction]]) -> Text | None:
    """One sentence; `missing` are the parts that lost marks, the most first. None where there was nothing to run."""
    if not grade.stages or (grade.ending in NOT_RUN and not evidence.runs):
        return None
    return say("{stages}{best}; {lost}.", stages=_stages(grade), best=_best(grade, evidence), lost=_lost(missing))


def _stages(grade: Grade) -> Text:
    found, all_ = sum(match.run is not None for match in grade.stages), len(grade.stages)
    if found == all_:
        return say("All {count} stages were found", count=all_)
    return say("{found} of {count} stages were found", found=found, count=all_)


def _best(grade: Grade, evidence: Evidence) -> Text | str:
    best = best_run(grade, evidence)
    if best is None:
        return ""
    title, run = best
    accuracy = f"{100 * (run.measurement.accuracy or 0):.1f}"
    return say(
        ", the best network ({title}) reads {accuracy} % of the test images rightly", title=title, accuracy=accuracy
    )


def _lost(missing: Sequence[tuple[str, Fraction]]) -> Text:
    if not missing:
        return say("no mark is missing")
    named = ", ".join(f"{name} ({marks(lost)})" for name, lost in missing[:MOST_NAMED])
    if len(missing) > MOST_NAMED:
        return say("marks are missing in {parts} and {more} more", parts=named, more=len(missing) - MOST_NAMED)
    return say("marks are missing in {parts}", parts=named)
