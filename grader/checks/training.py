"""Checks of how a model was compiled and what `fit` was asked to do."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field

from grader.checks.base import StageCheck, TrainingCheck, counted, failed, graded, passed
from grader.records import CompileFacts, Facts, FitFacts, TrainingRun, Verdict

KERAS_BATCH = 32
"""What `fit` takes where nobody says."""
HALF = Fraction(1, 2)


class Optimizer(StageCheck):
    """The kind of optimizer and, where a learning rate is asked for, that rate and no momentum."""

    name: ClassVar[str] = "optimizer"
    kind: str
    """The Keras class in lower case."""
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    """None: any."""

    @property
    def expected(self) -> str:
        """The optimizer as one would write it."""
        if self.learning_rate is None:
            return f"{_title(self.kind)} as the optimizer"
        return f"{_title(self.kind)} with a learning rate of {self.learning_rate:g}"

    def judge_run(self, run: TrainingRun, facts: Facts) -> Verdict:  # noqa: ARG002 (the run is enough)
        """Nothing for another kind, half for the right kind with other settings."""
        rate = "" if self.learning_rate is None else f"learning_rate={self.learning_rate:g}"
        advice = f"Compile with optimizer=keras.optimizers.{_title(self.kind)}({rate})."
        found = _optimizer_words(run.compile)
        if run.compile.optimizer != self.kind:
            return failed(self.expected, found, advice)
        return passed(self.expected, found) if self._set(run.compile) else graded(HALF, self.expected, found, advice)

    def _set(self, compiled: CompileFacts) -> bool:
        """Whether the settings are the ones asked for; Keras stores the rate in single precision."""
        if self.learning_rate is None:
            return True
        rate = compiled.learning_rate
        return rate is not None and math.isclose(rate, self.learning_rate, rel_tol=1e-3) and not compiled.momentum


class Loss(StageCheck):
    """Categorical cross-entropy, or its sparse sister with labels that are class numbers."""

    name: ClassVar[str] = "loss"

    @property
    def expected(self) -> str:
        """The loss by its Keras name."""
        return "categorical_crossentropy as the loss (sparse_categorical_crossentropy for labels that are not one-hot)"

    def judge_run(self, run: TrainingRun, facts: Facts) -> Verdict:  # noqa: ARG002 (the run is enough)
        """All or nothing."""
        loss = run.compile.loss
        labels = run.fit.labels if run.fit else None
        if loss == "sparse_categorical_crossentropy" and labels is not None and labels.encoding == "one-hot":
            return failed(
                self.expected,
                f"{loss} with one-hot labels",
                "Use categorical_crossentropy with one-hot labels; the sparse loss takes class numbers.",
            )
        if loss in {"categorical_crossentropy", "sparse_categorical_crossentropy"}:
            return passed(self.expected, loss)
        advice = "Compile with loss='categorical_crossentropy': it compares the softmax output with the one-hot labels."
        return failed(self.expected, loss or "no loss by name", advice)


class BatchSize(TrainingCheck):
    """The number of images in a mini-batch."""

    name: ClassVar[str] = "batch_size"
    size: Annotated[int, Field(ge=1)]

    @property
    def expected(self) -> str:
        """The size."""
        return f"mini-batches of {self.size} images"

    def judge_fit(self, fit: FitFacts) -> Verdict:
        """All or nothing."""
        found = f"batch_size={fit.batch_size}" if fit.batch_size else f"no batch_size (Keras takes {KERAS_BATCH})"
        if (fit.batch_size or KERAS_BATCH) == self.size:
            return passed(self.expected, found)
        advice = f"Write batch_size={self.size} in fit(...): it says how many images make one step down the gradient."
        return failed(self.expected, found, advice)


class Epochs(TrainingCheck):
    """At least so many epochs asked for; a callback or a time limit that ends training early costs nothing here."""

    name: ClassVar[str] = "epochs"
    at_least: Annotated[int, Field(ge=1)]

    @property
    def expected(self) -> str:
        """The number."""
        return counted(self.at_least, "epoch")

    def judge_fit(self, fit: FitFacts) -> Verdict:
        """All or nothing."""
        found = f"{counted(fit.epochs_asked, 'epoch')} asked for, {fit.epochs_done:,} done"
        if fit.epochs_asked >= self.at_least:
            return passed(self.expected, found)
        advice = (
            f"Write epochs={self.at_least} in fit(...): whether a network goes on learning shows only over many epochs."
        )
        return failed(self.expected, found, advice)


class Validation(TrainingCheck):
    """Any validation data."""

    name: ClassVar[str] = "validation"

    @property
    def expected(self) -> str:
        """How the lab does it."""
        return "validation data, as with validation_split=0.3"

    def judge_fit(self, fit: FitFacts) -> Verdict:
        """Validation on the test images passes, but the student is told why not to do so."""
        if fit.validation not in {"split", "data"}:
            advice = (
                "Add validation_split=0.3 to fit(...): without images it has not seen, overfitting stays invisible."
            )
            return failed(self.expected, "fit had no validation data", advice)
        if fit.validation_images is not None and fit.validation_images.split == "test":
            return passed(
                self.expected,
                "validation on the test images; whoever picks settings by them has no unseen images left to test on, "
                "so that a split of the training images is better",
            )
        rows = counted(fit.validation_rows, "image") if fit.validation_rows else "data"
        return passed(self.expected, f"{rows} for validation")


def _optimizer_words(compiled: CompileFacts) -> str:
    rate = "a learning rate schedule" if compiled.learning_rate is None else f"learning rate {compiled.learning_rate:g}"
    momentum = f", momentum {compiled.momentum:g}" if compiled.momentum else ""
    return f"{_title(compiled.optimizer)} ({rate}{momentum})" if compiled.optimizer else "no optimizer"


def _title(kind: str) -> str:
    """The class as Keras spells it; a kind that is not here stays in lower case."""
    return {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}.get(kind, kind)
