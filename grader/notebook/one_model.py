"""`grader.check(model)`: one network against one stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from grader.assignment.assignment import Assignment
from grader.checks.execution import EveryStage
from grader.checks.registry import CHECKS
from grader.errors import UserError
from grader.notebook.display import Part, Preview
from grader.notebook.found import BY_DATA, BY_HISTORY
from grader.notebook.judge import Seen, assignment_of, sight
from grader.notebook.preview import Sight, common_lines, stage_lines
from grader.notebook.whole import further, preview_notes, watch_of

PAIR = 2


def check_model(model: Any, stage: str | None, *, history: Any, data: Any, rubric: Path | str | None) -> Preview:
    """See `grader.check`."""
    against = assignment_of(Path(rubric) if rubric else None)
    _must_be_model(model)
    _must_be_history(history)
    _must_be_pair(data)
    _must_be_stage(stage, against)
    seen = _seen(model, against, history, data)
    judged = sight(seen, against, stage)
    matched = next((m for m in judged.grade.stages if m.run), None)
    if matched is None:
        return Preview("grader.check: no stage", (), tuple(_no_stage(against)))
    because = "" if stage else f"taken for this stage since {matched.because}"
    parts = [Part(matched.title, because, stage_lines(judged, matched.stage)), *_data_part(judged, seen)]
    return Preview(f"grader.check: {matched.title}", tuple(parts), tuple(_notes(judged, seen)))


def _seen(model: Any, against: Assignment, history: Any, data: Any) -> Seen:
    """By what was noted while it trained, or else by what the model and the arguments show."""
    seen, watch = Seen(), watch_of(_shell())
    if watch is not None and watch.knows(model) and history is None and data is None:
        seen.add_watched(watch.cells.program(), watch.events_of(model), against)
        seen.runs = seen.runs[-1:]
    if not seen.runs:
        known = history if history is not None else getattr(model, "history", None)
        seen.add_found("this model", model, against, known, data)
    return seen


def _shell() -> Any:
    """The IPython that this runs in; None in a plain Python."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    return get_ipython()


def _data_part(judged: Sight, seen: Seen) -> Iterator[Part]:
    """What the images show, where they were seen."""
    run = seen.runs[0]
    if run.trained and set(seen.answered.get(run.id, BY_DATA)) >= BY_DATA:
        every = {c.title for c in judged.grade.criteria for k in c.checks if issubclass(CHECKS[k.check], EveryStage)}
        yield Part("Data", "", tuple(line for line in common_lines(judged) if line.title not in every))


def _notes(judged: Sight, seen: Seen) -> Iterator[str]:
    if any(not set(answered) >= (BY_HISTORY | BY_DATA) for answered in seen.answered.values()):
        yield (
            "The training of this model was not watched (%load_ext grader came later or not at all): hand over what "
            "you have, as in grader.check(model, stage, history=history, data=(X_train, y_train))."
        )
    yield from further(judged)
    yield from preview_notes(seen)


def _no_stage(against: Assignment) -> Iterator[str]:
    listed = ", ".join(s.id for s in against.rubric.stages)
    yield (
        "This network has nothing in its hidden layers that makes a stage of the lab, or has no hidden layers. "
        f"Name the stage that you mean: stage=... ({listed})."
    )


def _must_be_model(model: Any) -> None:
    import keras

    if not isinstance(model, keras.Model):
        raise UserError(
            f"grader.check expects a Keras model, found {type(model).__name__}. "
            "Pass the model that you compiled; what fit returned goes into history=."
        )


def _must_be_history(history: Any) -> None:
    if history is not None and not isinstance(getattr(history, "history", history), Mapping):
        raise UserError(
            f"grader.check expects history= as fit returned it, found {type(history).__name__}. "
            "Write history = model.fit(...), then grader.check(model, history=history)."
        )


def _must_be_pair(data: Any) -> None:
    if data is not None and not (isinstance(data, list | tuple) and len(data) == PAIR):
        raise UserError("grader.check expects data=(images, labels), as you gave them to fit: data=(X_train, y_train).")


def _must_be_stage(stage: str | None, against: Assignment) -> None:
    known = [s.id for s in against.rubric.stages]
    if stage is not None and stage not in known:
        close = get_close_matches(str(stage), known, 1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise UserError(f"Unknown stage {stage!r}.{hint} The lab has: {', '.join(known)}.")
