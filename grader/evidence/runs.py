"""Turns the events of one program into training runs: refits joined, evaluations and drawn curves attached."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.evidence.network import architecture
from grader.evidence.trace import (
    AnyEvent,
    Compiled,
    CompileEvent,
    Epoch,
    Evaluated,
    FitBegin,
    FitEnd,
    Plot,
)
from grader.records import CompileFacts, DataFacts, Evaluation, FitFacts, LabelFacts, Program, TrainingRun

KERAS_BATCH = 32
"""What `fit` takes where no batch size is given (keras/src/trainers/data_adapters/array_data_adapter.py)."""
SAME_VALUE = 2e-6
"""A drawn point and the history's value; the recorder rounds to seven decimals."""
MARKER = re.compile(r"#\s*stage\s*:\s*([a-z_]+)", re.IGNORECASE)
TAG = re.compile(r"stage:\s*([a-z_]+)", re.IGNORECASE)
EXCERPT = 60
"""Lines of a module shown before the line of a fit."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """How the ids of arrays in the trace become facts."""

    images: Callable[[str], DataFacts | None]
    labels: Callable[[str, str], LabelFacts | None]
    """Of labels (second id) beside images (first id)."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A run beside the (last) `fit` that it was read from, None if it was never trained."""

    run: TrainingRun
    fit: FitBegin | None


@dataclass(slots=True)
class _Draft:
    """A run while the events are read."""

    model: int
    first: FitBegin | Compiled
    last: FitBegin | Compiled
    fits: list[FitBegin] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    end: FitEnd | None = None
    evaluations: list[Evaluated] = field(default_factory=list)
    plotted: set[str] = field(default_factory=set)


def training_runs(program: Program, events: Iterable[AnyEvent], lookup: Lookup) -> tuple[Traced, ...]:
    """The runs in the order in which they began; models that were compiled and never trained come last."""
    drafts = _drafts(events)
    trained = [d for d in drafts if d.fits]
    untrained = [d for d in drafts if not d.fits]
    return tuple(
        Traced(_run(f"{program.name}#{n}", d, program, lookup), d.fits[-1] if d.fits else None)
        for n, d in enumerate(trained + untrained, 1)
    )


def _drafts(events: Iterable[AnyEvent]) -> list[_Draft]:
    drafts: list[_Draft] = []
    by_fit: dict[int, _Draft] = {}
    by_model: dict[int, _Draft] = {}
    for event in events:
        match event:
            case Compiled() | FitBegin():
                draft = by_model.get(event.model)
                if draft is None or not _continues(draft, event):
                    draft = _Draft(event.model, event, event)
                    by_model[event.model] = draft
                    drafts.append(draft)
                draft.last = event
                if isinstance(event, FitBegin):
                    draft.fits.append(event)
                    by_fit[event.fit] = draft
                    draft.end = None
            case Epoch() if event.fit in by_fit:
                by_fit[event.fit].epochs.append(event)
            case FitEnd() if event.fit in by_fit:
                by_fit[event.fit].end = event
            case Evaluated() if event.model in by_model:
                by_model[event.model].evaluations.append(event)
            case Plot():
                for line in event.lines:
                    _mark_plotted(drafts, line)
    return drafts


def _continues(draft: _Draft, event: Compiled | FitBegin) -> bool:
    """A model compiled in another way after it was trained begins a new run; anything else goes on."""
    return not draft.fits or draft.last.compile == event.compile


def _run(run_id: str, draft: _Draft, program: Program, lookup: Lookup) -> TrainingRun:
    last = draft.last
    run = TrainingRun(
        id=run_id,
        program=program.name,
        cell=last.cell,
        line=last.line,
        architecture=architecture(last.architecture),
        compile=_compile_facts(last.compile),
        evaluations=tuple(_evaluation(e, lookup) for e in draft.evaluations),
        marker=_marker(program, last.cell, last.line),
        heading=_heading(program, last.cell),
        source=_source(program, last.cell, last.line),
    )
    if not draft.fits:
        return run
    fit = draft.fits[-1]
    return replace(
        run,
        fit=_fit_facts(draft, lookup),
        history=_history(draft.epochs),
        finished=draft.end is not None and not draft.end.error,
        error=draft.end.error if draft.end else "",
        wrapped=all(f.wrapped for f in draft.fits),
        plotted=tuple(sorted(draft.plotted)),
        initial_weights=draft.fits[0].weights,
        final_weights=draft.end.weights if draft.end and not draft.end.error else "",
        cell=fit.cell,
    )


def _compile_facts(event: CompileEvent) -> CompileFacts:
    return CompileFacts(
        event.optimizer, event.learning_rate, event.momentum or 0.0, event.loss, from_logits=event.from_logits
    )


def _fit_facts(draft: _Draft, lookup: Lookup) -> FitFacts:
    fit = draft.fits[-1]
    # An attempt that raised before its first epoch and was repeated asked for nothing more.
    done = {e.fit for e in draft.epochs}
    counted = [f for f in draft.fits if f.fit in done or f is fit]
    images = lookup.images(fit.x)
    validation = lookup.images(fit.validation_x) if fit.validation_x else None
    rows = images.rows if images else 0
    by_split = fit.validation_split > 0 and not fit.validation_given
    # keras/src/trainers/data_adapters/array_slicing.py, train_validation_split
    trained_on = math.floor(rows * (1.0 - fit.validation_split)) if by_split else rows
    return FitFacts(
        epochs_asked=sum(f.epochs_asked - f.initial_epoch for f in counted),
        epochs_done=len(draft.epochs),
        batch_size=fit.batch_size or KERAS_BATCH,
        validation="split" if by_split else "data" if fit.validation_given else "none",
        validation_rows=rows - trained_on if by_split else validation.rows if validation else 0,
        training_rows=trained_on,
        images=images,
        labels=lookup.labels(fit.x, fit.y),
        validation_images=validation,
        capped=any(f.epochs < f.epochs_asked for f in draft.fits),
    )


def series_name(key: str) -> str:
    """`acc`, `val_acc`, `sparse_categorical_accuracy`, … are the accuracy under other names."""
    prefix = "val_" if key.startswith("val_") else ""
    return f"{prefix}accuracy" if "acc" in key else key


def _history(epochs: Sequence[Epoch]) -> Mapping[str, tuple[float | None, ...]]:
    series: dict[str, list[float | None]] = {}
    for epoch in epochs:
        for key, value in epoch.logs.items():
            series.setdefault(series_name(key), []).append(value)
    return {name: tuple(values) for name, values in series.items()}


def _evaluation(event: Evaluated, lookup: Lookup) -> Evaluation:
    images = lookup.images(event.x) or DataFacts((), "")
    return Evaluation(event.cell, event.kind, images, event.accuracy)


def _mark_plotted(drafts: Sequence[_Draft], line: Sequence[float | None]) -> None:
    """A line is a run's curve if it shows the run's numbers, whatever its label says; per cent are allowed."""
    for draft in drafts:
        for name, values in _history(draft.epochs).items():
            if _same(line, values, 1) or _same(line, values, 100):
                draft.plotted.add(name)


def _same(line: Sequence[float | None], values: Sequence[float | None], factor: int) -> bool:
    if len(line) != len(values):
        return False
    return all(
        a is None if b is None else a is not None and abs(a - b * factor) <= SAME_VALUE * factor
        for a, b in zip(line, values, strict=True)
    )


def _cell(program: Program, number: int) -> str:
    return program.cells[number - 1] if 0 < number <= len(program.cells) else ""


def _marker(program: Program, number: int, line: int) -> str:
    """The last `# stage: …` comment at or above the line, else a `stage:…` tag of the cell."""
    lines = _cell(program, number).splitlines()
    named = [m.group(1) for text in lines[: line or None] if (m := MARKER.search(text))]
    if named:
        return named[-1].lower()
    tags = program.tags[number - 1] if 0 < number <= len(program.tags) else ()
    return next((m.group(1).lower() for tag in tags if (m := TAG.match(tag))), "")


def _heading(program: Program, number: int) -> str:
    """The markdown nearest above the cell."""
    above = [h for h in program.headings[:number] if h.strip()]
    return above[-1][-500:] if above else ""


def _source(program: Program, number: int, line: int) -> str:
    """The cell that trained, after the nearest cell above it that built a network if it is another one."""
    cell = _cell(program, number)
    lines = cell.splitlines()
    if len(lines) > 2 * EXCERPT and line:
        return "\n".join(lines[max(0, line - EXCERPT) : line + 5])
    if "Dense" in cell:
        return cell
    builders = [c for c in program.cells[: max(0, number - 1)] if "Dense" in c]
    return "\n\n".join([*builders[-1:], cell])
