"""What the lab teaches, said of the run where it shows: overfitting, vanishing gradients, what dropout does."""

from __future__ import annotations

from grader.i18n.texts import Text, say
from grader.records import AskedNetwork, TrainingRun
from grader.reports.comparison import Mark, Row
from grader.reports.curves import accuracy_series

OVERFITS = 0.02
"""A training accuracy so far above the validation accuracy is worth a word."""
LAST = 5
"""Epochs at the end whose mean is compared: a single one jumps about."""


def lessons(run: TrainingRun, rows: tuple[Row, ...], asked: AskedNetwork) -> tuple[Text, ...]:
    """One sentence or two for each thing that this run shows; often none."""
    found = (_gap(run, asked), _placement(rows), _exploded(run))
    return tuple(text for text in found if text)


def final_gap(run: TrainingRun) -> float | None:
    """How far training accuracy stands above validation accuracy over the last epochs; None where one is missing."""
    series = accuracy_series(run.history)
    ends = [[v for v in series.get(name, ())[-LAST:] if v is not None] for name in ("training", "validation")]
    if not all(ends):
        return None
    training, validation = (sum(values) / len(values) for values in ends)
    return training - validation


def _gap(run: TrainingRun, asked: AskedNetwork) -> Text | None:
    gap = final_gap(run)
    if gap is None or abs(gap) <= OVERFITS:
        return None
    drops = run.architecture.has("dropout")
    if gap < 0:
        return _ahead(-gap) if drops else None
    seen = say(
        "The network overfits: at the end, training accuracy stands {gap:.3f} above validation accuracy. It has "
        "learnt its training images by heart more than what digits look like.",
        gap=gap,
    )
    if drops or asked.dropout:
        return seen
    return say("{overfits} Dropout, the last stage of this lab, works against that.", overfits=seen)


def _ahead(gap: float) -> Text:
    return say(
        "Validation accuracy stands {gap:.3f} above training accuracy, which is no mistake: in training, dropout "
        "switches units off; in validation all of them answer.",
        gap=gap,
    )


def _placement(rows: tuple[Row, ...]) -> Text | None:
    moved = [chip for row in rows for chip in row.found if chip.mark is Mark.MISPLACED]
    if any(chip.text.startswith("BatchNorm") for chip in moved):
        return say(
            "Why batch normalization stands before the activation: it brings the values into the range where the "
            "activation has a slope, so that gradients come through. After the activation it is too late for that."
        )
    if moved:
        return say(
            "Why dropout stands after the activation: it is the answer of a unit that is switched off. Before the "
            "activation, the activation still bends what was dropped or scaled up."
        )
    return None


def _exploded(run: TrainingRun) -> Text | None:
    if any(None in values for name, values in run.history.items() if "loss" in name):
        return say(
            "The loss became infinite or no number at all: the gradient exploded. A smaller learning rate, scaled "
            "pixels or batch normalization keep it in bounds."
        )
    return None
