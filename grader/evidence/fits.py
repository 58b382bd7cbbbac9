"""What the fits of a run were asked to do and did, from their events."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from grader.evidence.network import Parts
from grader.evidence.shortened import is_cut
from grader.evidence.trace import FitBegin, FitEnd
from grader.inside.protocol import BY_KERAS, BY_NOBODY_KNOWN, BY_PROGRAM, KERAS_BATCH, LONGEST_FIT
from grader.records import DataFacts, FitFacts, LabelFacts


@dataclass(frozen=True, slots=True)
class Lookup:
    """How the ids of arrays in the trace become facts."""

    images: Callable[[str], DataFacts | None]
    labels: Callable[[str, str], LabelFacts | None]
    """Of labels (second id) beside images (first id)."""
    parts: Parts = field(default_factory=dict)
    """What is known of the student's own layers and functions."""


def fit_facts(
    fits: Sequence[FitBegin], epochs: Mapping[int, int], ends: Mapping[int, FitEnd], lookup: Lookup
) -> FitFacts:
    """Of a run's fits, of which there is at least one; `epochs` done and `ends`, by the number of the fit."""
    fit = fits[-1]
    images = lookup.images(fit.x)
    validation = lookup.images(fit.validation_x) if fit.validation_x else None
    rows, trained_on = (images.rows if images else 0), _trained_on(fit, lookup)
    by_split = _by_split(fit)
    held_out = rows - trained_on if by_split else validation.rows if validation else 0
    ended_by, monitor = _ended_by(fits, epochs, ends)
    return FitFacts(
        epochs_asked=sum(f.epochs_asked - f.initial_epoch for f in fits),
        epochs_done=sum(epochs.values()),
        # Who hands over batches has made them, of a size that is known only if they could be looked at.
        batch_size=fit.batch_size or (KERAS_BATCH if fit.x or fit.y else None),
        validation="split" if by_split else "data" if fit.validation_given else "none",
        validation_rows=held_out if fit.validation_most is None else min(held_out, fit.validation_most),
        training_rows=trained_on,
        images=images,
        labels=lookup.labels(fit.x, fit.y),
        validation_images=validation,
        capped=any(is_cut(f) for f in fits),
        shortened=any(_shortened(f) for f in fits),
        ended_by=ended_by,
        monitor=monitor,
        steps_done=_total(ends[f.fit].steps if f.fit in ends else None for f in fits),
        steps_due=_total(_steps_due(f, epochs[f.fit], lookup) for f in fits),
    )


def _by_split(fit: FitBegin) -> bool:
    return fit.validation_split > 0 and not fit.validation_given


def _trained_on(fit: FitBegin, lookup: Lookup) -> int:
    """Rows; 0 where they are not known."""
    images = lookup.images(fit.x)
    rows = images.rows if images else 0
    # keras/src/trainers/data_adapters/array_slicing.py, train_validation_split
    return math.floor(rows * (1.0 - fit.validation_split)) if _by_split(fit) else rows


def _steps_due(fit: FitBegin, epochs: int, lookup: Lookup) -> int | None:
    return epochs * (_trained_on(fit, lookup) // (fit.batch_size or KERAS_BATCH)) or None


def _total(counts: Iterable[int | None]) -> int | None:
    """None where one of them is not known."""
    known = list(counts)
    return None if None in known else sum(count or 0 for count in known)


def _ended_by(fits: Sequence[FitBegin], epochs: Mapping[int, int], ends: Mapping[int, FitEnd]) -> tuple[str, str]:
    """Who ended the fits that came to no last epoch, and what was looked at; empty where none did, or one raised."""
    early = [ends[f.fit] for f in fits if f.fit in ends and epochs[f.fit] < f.epochs - f.initial_epoch]
    if not early or any(end.error for end in early):
        return "", ""
    by = {end.ended_by or BY_PROGRAM for end in early}
    # Of several the one that speaks least for the run.
    worst = next(one for one in (BY_PROGRAM, BY_KERAS, BY_NOBODY_KNOWN, *by) if one in by)
    return worst, series_name(early[-1].monitor)


def _shortened(fit: FitBegin) -> bool:
    """The recorder's own bound, which is not quick mode's."""
    return fit.epochs < fit.epochs_asked and fit.epochs - fit.initial_epoch == LONGEST_FIT


def series_name(key: str, accuracy: str = "") -> str:
    """`acc`, `val_acc`, `sparse_categorical_accuracy`, … are the accuracy under other names, as is one called so."""
    prefix = "val_" if key.startswith("val_") else ""
    called = accuracy != "" and key == prefix + accuracy
    return f"{prefix}accuracy" if called or ("acc" in key and "top" not in key) else key
