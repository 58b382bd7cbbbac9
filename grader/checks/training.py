"""Checks of how a model was compiled and what `fit` was asked to do."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field

from grader.checks import names
from grader.checks.base import StageCheck, TrainingCheck, counted, failed, graded, not_assessed, not_followed, passed
from grader.i18n.texts import say
from grader.inside.protocol import OWN
from grader.records import AskedNetwork, CompileFacts, Facts, FitFacts, TrainingRun, Verdict

HALF = Fraction(1, 2)


class Optimizer(StageCheck):
    """The kind of optimizer and, where a learning rate is asked for, that rate and no momentum."""

    name: ClassVar[str] = "optimizer"
    example: ClassVar[str] = "{check: optimizer, kind: sgd, learning_rate: 0.001}"
    kind: names.Optimizer
    """Which optimizer, by its name in Keras or its class, as adam or Adam."""
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    """The learning rate, which must then come without momentum; any if it is not given."""

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """That optimizer, and its rate where one is asked for."""
        return replace(network, optimizer=(self.kind,), learning_rate=self.learning_rate or network.learning_rate)

    @property
    def expected(self) -> str:
        """The optimizer as one would write it."""
        if self.learning_rate is None:
            return say("{optimizer} as the optimizer", optimizer=_title(self.kind))
        return say(
            "{optimizer} with a learning rate of {learning_rate:g}",
            optimizer=_title(self.kind),
            learning_rate=self.learning_rate,
        )

    def judge_run(self, run: TrainingRun, facts: Facts) -> Verdict:  # noqa: ARG002 (the run is enough)
        """Nothing for another kind, half for the right kind with other settings."""
        rate = "" if self.learning_rate is None else f"learning_rate={self.learning_rate:g}"
        advice = say(
            "Compile with optimizer=keras.optimizers.{optimizer}({rate}).", optimizer=_title(self.kind), rate=rate
        )
        found = _optimizer_words(run.compile)
        if run.compile.optimizer.endswith(OWN):
            return not_assessed(self.expected, say("{found}, which is not Keras's optimizer of that name", found=found))
        if run.compile.optimizer and run.compile.optimizer not in names.OPTIMIZER_CLASSES:
            # The classes kept have none; one in a wrapper is named without it.
            words = say("{found}, which is none of Keras's optimizers", found=found)
            return not_assessed(self.expected, words)
        if run.compile.optimizer != self.kind:
            return failed(self.expected, found, advice)
        if self.learning_rate is not None and run.compile.rate_unknown:
            return not_assessed(
                self.expected, say("{found}: a rate of the student's own that cannot be read", found=found)
            )
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
    example: ClassVar[str] = "{check: loss}"

    @property
    def expected(self) -> str:
        """The loss by its Keras name."""
        return say(
            "categorical_crossentropy as the loss (sparse_categorical_crossentropy for labels that are not one-hot)"
        )

    def judge_run(self, run: TrainingRun, facts: Facts) -> Verdict:  # noqa: ARG002 (the run is enough)
        """All or nothing."""
        loss = run.compile.computes
        if run.custom and not run.compile.loss:
            return not_followed(self.expected, run)
        if run.compile.own_loss == "" and not loss.endswith(OWN):
            words = say("{loss}, a loss of the program's own that computes none of Keras's", loss=loss)
            return not_assessed(self.expected, words)
        if loss.endswith(OWN):
            return not_assessed(self.expected, say("{loss}, which is not Keras's loss of that name", loss=loss))
        labels = run.fit.labels if run.fit else None
        if loss == "sparse_categorical_crossentropy" and labels is not None and labels.encoding == "one-hot":
            return failed(
                self.expected,
                say("{loss} with one-hot labels", loss=loss),
                say("Use categorical_crossentropy with one-hot labels; the sparse loss takes class numbers."),
            )
        if loss in {"categorical_crossentropy", "sparse_categorical_crossentropy"}:
            if not run.compile.own_loss:
                return passed(self.expected, loss)
            words = say("{loss}, which computes {own_loss}", loss=run.compile.loss, own_loss=loss)
            return passed(self.expected, words)
        advice = say(
            "Compile with loss='categorical_crossentropy': it compares the softmax output with the one-hot labels."
        )
        return failed(self.expected, loss or "no loss by name", advice)


class BatchSize(TrainingCheck):
    """The number of images in a mini-batch."""

    name: ClassVar[str] = "batch_size"
    example: ClassVar[str] = "{check: batch_size, size: 256}"
    size: Annotated[int, Field(ge=1)]
    """Images in a mini-batch; Keras takes 32 where a program does not say."""

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """Mini-batches of that size."""
        return replace(network, batch_size=self.size)

    @property
    def expected(self) -> str:
        """The size."""
        return say("mini-batches of {size} images", size=self.size)

    def judge_fit(self, fit: FitFacts) -> Verdict:
        """All or nothing; not assessed where batches were handed over that could not be looked at: no class has any."""
        if fit.batch_size is None:
            return not_assessed(self.expected, say("batches of the program's own making, whose size is not known"))
        found = f"batch_size={fit.batch_size}"
        if fit.batch_size == self.size:
            return passed(self.expected, found)
        advice = say(
            "Write batch_size={size} in fit(...): it says how many images make one step down the gradient.",
            size=self.size,
        )
        return failed(self.expected, found, advice)


class Validation(TrainingCheck):
    """Validation data, as many images as tell one network from another."""

    name: ClassVar[str] = "validation"
    example: ClassVar[str] = "{check: validation}"
    at_least: Annotated[int, Field(ge=1)] = 100
    """Images that each validation takes; of fewer than a hundred, one alone is more than a percentage point."""

    @property
    def expected(self) -> str:
        """How the lab does it."""
        return say("validation data, as with validation_split=0.3")

    def judge_fit(self, fit: FitFacts) -> Verdict:
        """Validation on the test images passes, but the student is told why not to do so."""
        if fit.validation not in {"split", "data"}:
            advice = say(
                "Add validation_split=0.3 to fit(...): without images it has not seen, overfitting stays invisible."
            )
            return failed(self.expected, say("fit had no validation data"), advice)
        if 0 < fit.validation_rows < self.at_least:
            return failed(
                self.expected,
                say("validation on {images} alone", images=counted(fit.validation_rows, "image")),
                say(
                    "Validate on at least {at_least:,} images, as validation_split=0.3 does: on fewer the curve shows "
                    "which images they are, not how good the network is.",
                    at_least=self.at_least,
                ),
            )
        if fit.validation_images is not None and fit.validation_images.split == "test":
            return passed(
                self.expected,
                say(
                    "validation on the test images; whoever picks settings by them has no unseen images left "
                    "to test on, so that a split of the training images is better"
                ),
            )
        rows = counted(fit.validation_rows, "image") if fit.validation_rows else "data"
        return passed(self.expected, say("{rows} for validation", rows=rows))


def _optimizer_words(compiled: CompileFacts) -> str:
    rate = (
        say("a learning rate that is not known")
        if compiled.rate_unknown
        else "a learning rate schedule"
        if compiled.learning_rate is None
        else say("learning rate {learning_rate:g}", learning_rate=compiled.learning_rate)
    )
    momentum = say(", momentum {momentum:g}", momentum=compiled.momentum) if compiled.momentum else ""
    return (
        say("{optimizer} ({rate}{momentum})", optimizer=_title(compiled.optimizer), rate=rate, momentum=momentum)
        if compiled.optimizer
        else "no optimizer"
    )


def _title(kind: str) -> str:
    """The class as Keras spells it; a kind that is not here stays in lower case."""
    return names.OPTIMIZER_CLASSES.get(kind, kind)
