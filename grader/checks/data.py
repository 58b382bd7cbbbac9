"""Checks of the arrays that were handed to `fit`: which data set, which shape, how many rows, which labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from grader.checks import names
from grader.checks.base import Check, counted, failed, graded, missing, not_assessed, passed
from grader.i18n.texts import say
from grader.records import AskedNetwork, Facts, FitFacts, TrainingRun, Verdict
from grader.yaml_files.validate import contradiction

NO_ARRAY = "no array was handed to fit"
SPARSE_LOSS = "sparse_categorical_crossentropy"


class DatasetLoaded(Check):
    """The data set with its official shapes, seen in a load or in what was handed to Keras."""

    name: ClassVar[str] = "dataset_loaded"
    example: ClassVar[str] = (
        "check: dataset_loaded\ndataset: mnist\nshapes: [[60000, 28, 28], [60000], [10000, 28, 28], [10000]]"
    )
    dataset: names.Dataset
    """Which data set, by its name in keras.datasets."""
    shapes: Annotated[tuple[tuple[int, ...], ...], Field(min_length=1)]
    """Of its official arrays: images and labels, the training arrays first."""

    @model_validator(mode="after")
    def _has_these(self) -> Self:
        official = names.OFFICIAL[self.dataset]
        wrong = ", ".join(str(list(shape)) for shape in self.shapes if shape not in official)
        if wrong:
            known = ", ".join(str(list(shape)) for shape in official)
            words = f"{self.dataset} has no array of shape {wrong}, so that it can never pass; its arrays are {known}"
            raise contradiction("shapes", words)
        return self

    @property
    def expected(self) -> str:
        """The shapes, the training arrays first."""
        return say(
            "the data set {dataset} with the shapes {listed}",
            dataset=self.dataset.upper(),
            listed=", ".join(map(str, self.shapes)),
        )

    def judge(self, facts: Facts) -> Verdict:
        """What was trained on decides; a load counts where nothing recognised was trained on."""
        trained = [run.fit.images for run in facts.evidence.runs if run.fit and run.fit.images]
        evaluated = [e.images for run in facts.evidence.runs for e in run.evaluations]
        names = {images.dataset for images in trained} - {"unknown"}
        if names and self.dataset not in names:
            found = say(
                "this lab asks for {dataset}; trained on {trained}",
                dataset=self.dataset.upper(),
                trained=", ".join(sorted(names)).upper(),
            )
            return failed(self.expected, found, self._advice)
        instead = self._others(facts)
        if instead and not any(load.dataset == self.dataset for load in facts.evidence.loads):
            found = say(
                "this lab asks for {dataset}; the program asks for {instead}",
                dataset=self.dataset.upper(),
                instead=instead,
            )
            review = say(
                "asks for {instead}, which is not here: what it trained cannot be held against {dataset}",
                instead=instead,
                dataset=self.dataset.upper(),
            )
            return failed(self.expected, found, self._advice, review)
        if any(images.dataset == self.dataset for images in (*trained, *evaluated)):
            return passed(
                self.expected, say("images recognised as {dataset} were handed to Keras", dataset=self.dataset.upper())
            )
        return self._judge_loads(facts)

    @property
    def _advice(self) -> str:
        return say(
            "Load it with keras.datasets.{dataset}.load_data() or from the four files beside the notebook.",
            dataset=self.dataset,
        )

    def _judge_loads(self, facts: Facts) -> Verdict:
        loads = [load for load in facts.evidence.loads if load.dataset == self.dataset]
        shapes = {shape for load in loads for shape in load.shapes}
        if shapes >= set(self.shapes):
            return passed(self.expected, say("loaded in cell {cell}", cell=loads[0].cell))
        return missing(
            self.expected, facts.evidence, say("{dataset} was not loaded", dataset=self.dataset.upper()), self._advice
        )

    def _others(self, facts: Facts) -> str:
        """Other data sets that were asked for; the empty string if none was."""
        return ", ".join(sorted({load.dataset for load in facts.evidence.loads} - {self.dataset})).upper()


class Flattened(Check):
    """Images as rows of so many values, before the network or in its first layer."""

    name: ClassVar[str] = "flattened"
    example: ClassVar[str] = "{check: flattened, features: 784}"
    features: Annotated[int, Field(ge=1)]
    """Values in the row that an image becomes: its height times its width."""

    @property
    def expected(self) -> str:
        """The shape."""
        return say("images flattened to rows of {features} values", features=self.features)

    def judge(self, facts: Facts) -> Verdict:
        """Each training run has an equal share."""

        def found(run: TrainingRun, fit: FitFacts) -> tuple[bool, str] | None:
            images = fit.images
            if images is None:
                return None
            flat = images.shape[1:] == (self.features,) or _flattens(run)
            return flat, say("images of shape {shape}", shape=images.shape)

        advice = say(
            "Write X_train.reshape((len(X_train), -1)): a Dense layer takes one row of {features} values.",
            features=self.features,
        )
        return _over_runs(self, facts, found, advice)


class Rows(Check):
    """So many training images in all, those held back for validation among them."""

    name: ClassVar[str] = "rows"
    example: ClassVar[str] = "{check: rows, rows: 19800}"
    rows: Annotated[int, Field(ge=1)]
    """Images that fit is given, those that it holds back for validation included."""

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """So many images."""
        return replace(network, rows=self.rows)

    @property
    def expected(self) -> str:
        """The number."""
        return say("{rows:,} training images, those for validation included", rows=self.rows)

    def judge(self, facts: Facts) -> Verdict:
        """Each training run has an equal share."""

        def found(_: TrainingRun, fit: FitFacts) -> tuple[bool, str] | None:
            given = {fit.images.rows if fit.images else 0, fit.training_rows, fit.rows_given} - {0}
            return (self.rows in given, say("{rows_given:,} images", rows_given=fit.rows_given)) if given else None

        advice = say("Cut the training images down to {rows:,} before fit(...).", rows=self.rows)
        return _over_runs(self, facts, found, advice)


class OneHot(Check):
    """One-hot labels, or class numbers with the loss that is made for them: they mean the same."""

    name: ClassVar[str] = "one_hot"
    example: ClassVar[str] = "{check: one_hot, classes: 10}"
    classes: Annotated[int, Field(ge=2)]
    """Columns of the labels: one for each class."""
    accept_sparse: bool = True
    """Whether class numbers pass where the loss is the sparse one."""

    @property
    def expected(self) -> str:
        """The shape."""
        return say("labels one-hot over {classes} classes", classes=self.classes)

    def judge(self, facts: Facts) -> Verdict:
        """Each training run has an equal share."""

        def found(run: TrainingRun, fit: FitFacts) -> tuple[bool, str] | None:
            labels = fit.labels
            if labels is None:
                return None
            one_hot = labels.encoding == "one-hot" and labels.shape[1:] == (self.classes,)
            sparse = self.accept_sparse and labels.encoding == "classes" and run.compile.computes == SPARSE_LOSS
            loss = say(" with {loss}", loss=run.compile.loss) if labels.encoding != "one-hot" else ""
            raised = say("; fit raised {error}", error=run.error) if run.error else ""
            kind = "integer" if labels.encoding == "classes" else labels.encoding
            return one_hot or sparse, say(
                "{kind} labels of shape {shape}{loss}{raised}", kind=kind, shape=labels.shape, loss=loss, raised=raised
            )

        advice = say(
            "Write to_categorical(y, {classes}): one column for each class, 1 in the right one, 0 elsewhere.",
            classes=self.classes,
        )
        return _over_runs(self, facts, found, advice)


def _over_runs(
    check: Check,
    facts: Facts,
    found: Callable[[TrainingRun, FitFacts], tuple[bool, str] | None],
    advice: str,
) -> Verdict:
    """An equal share for each graded run whose arrays can be seen; `found` is None where they cannot."""
    fits = [(run, run.fit) for run in _trained(facts) if run.fit]
    if not fits:
        return missing(
            check.expected, facts.evidence, NO_ARRAY, say("Train a model: what reaches fit(...) is what counts.")
        )
    seen = [(run, answer) for run, fit in fits if (answer := found(run, fit))]
    if not seen:
        return not_assessed(
            check.expected, say("what fit was given (a generator or dataset object) could not be looked into")
        )
    wrong = [say("{text} in {where}", text=text, where=run.where) for run, (right, text) in seen if not right]
    share = 1 - Fraction(len(wrong), len(seen))
    text = "; ".join(wrong) or say("{seen} in {count}", seen=seen[0][1][1], count=counted(len(seen), "training run"))
    return graded(share, check.expected, text, advice)


def _trained(facts: Facts) -> list[TrainingRun]:
    """The trained runs that answer a stage; all trained runs where none does."""
    matched = [run for run in facts.matches.values() if run.trained]
    return matched or [run for run in facts.evidence.runs if run.trained]


def _flattens(run: TrainingRun) -> bool:
    """Whether the network flattens its input before the first Dense layer."""
    kinds = [layer.kind for layer in run.architecture.layers]
    return "flatten" in kinds[: kinds.index("dense") if "dense" in kinds else len(kinds)]
