"""`%grader check`: the whole notebook as far as it has run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.notebook import found
from grader.notebook.display import Part, Preview
from grader.notebook.judge import Seen, assignment_of, by_id, sight
from grader.notebook.preview import Sight, common_lines, stage_lines
from grader.records import StageMatch

if TYPE_CHECKING:
    from grader.notebook.watch import Watch

MAGICS = "GraderMagics"
NOTHING = (
    "No Keras model has been compiled here yet. Put %load_ext grader at the top, run your cells, and check again at "
    "any time."
)
MOST_NAMES = 6


def watch_of(shell: Any) -> Watch | None:
    """The watch that `%load_ext grader` began in this kernel; None without it."""
    magics = shell.magics_manager.registry.get(MAGICS) if shell is not None else None
    watch: Watch | None = getattr(magics, "watch", None)
    return watch


def check_notebook(watch: Watch, names: dict[str, Any], rubric: Path | None) -> Preview:
    """All that was trained in this kernel, and the models among its variables (`names`) that nobody watched."""
    against = assignment_of(rubric)
    seen = Seen()
    seen.add_watched(watch.cells.program(), watch.events(), against)
    for name, model in found.models(names):
        if not watch.knows(model):
            seen.add_found(name, model, against, getattr(model, "history", None))
    if not seen.runs:
        return Preview("%grader check", (), (NOTHING,))
    judged = sight(seen, against)
    parts = [Part(m.title, _where(m, seen), stage_lines(judged, m.stage)) for m in judged.grade.stages]
    parts.append(Part("Over all stages", "", common_lines(judged)))
    return Preview("%grader check", tuple(parts), tuple(_notes(judged, seen)))


def _where(match: StageMatch, seen: Seen) -> str:
    if match.run is None:
        return "no network for this stage yet"
    if match.run in seen.answered:
        return f"the model in {match.run}, made before %load_ext grader"
    cell = by_id(seen)[match.run].cell
    return f"cell [{cell}]; {match.because}"


def _notes(judged: Sight, seen: Seen) -> Iterator[str]:
    if seen.answered:
        names = [*seen.answered][:MOST_NAMES]
        more = f" and {len(seen.answered) - len(names)} more" if len(seen.answered) > len(names) else ""
        yield (
            f"Made before %load_ext grader: {', '.join(names)}{more}. Their networks are judged, their training was "
            "not seen, and a model whose variable was used again since is not seen at all. Load the extension at the "
            "top and run the cells again."
        )
    yield from further(judged)
    yield from preview_notes(seen)


def further(judged: Sight) -> Iterator[str]:
    """That the rubric hides something, where it does."""
    if judged.grade.undisclosed:
        yield (
            f"Your instructor will look at something further, worth {float(judged.grade.undisclosed):g} marks, that "
            "is not shown here."
        )


def preview_notes(seen: Seen) -> Iterator[str]:
    """What a preview is not."""
    for fault in seen.faults:
        yield f"Something could not be noted, by a fault of the grader and not yours: {fault}"
    yield (
        "A preview of this kernel as it is now, no mark: marks come from all cells in their order in a fresh kernel, "
        "and accuracy is measured only there. In a terminal: grader check FILE."
    )
