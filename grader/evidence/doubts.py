"""Where a record contradicts itself, the weights or the program: reasons for a person to look, and to trust no claim.

The record is written by a process that the student controls. What is compared here are parts of it that are forged
together only with care, with facts that cannot be forged: the source that was handed in, and the grader's own
measurement.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.evidence.calls import COMPILES, TRAINS, called_names, calls_any
from grader.evidence.fits import series_name
from grader.intake.source_code import LONGEST, tree
from grader.records import Program, TrainingRun

Arrays = Mapping[str, NDArray[Any]]
FAR = 0.10
"""Between the accuracies on a validation set and on the test set, which differ by 0.02 at most in honest runs."""
FEWEST_ROWS = 500
"""Of a validation set that says something."""
AS_RIGHT = 0.9
"""Share of right labels from which a validation set measures the same thing as the test set."""
BY_CHANCE = 0.05
"""An accuracy that never reaches it counts something else than right answers: guessing reaches 0.1."""
COUNTS_RIGHT = frozenset({"accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy"})
"""The names under which Keras logs the share of right answers."""
ELSE = frozenset({"Accuracy", "BinaryAccuracy"})
"""Metrics that compare single outputs and may be logged as `accuracy`."""
EASIER = 0.04
"""By which the test images may be easier than training images: the honest runs of several classes lie below 0.023, the
lab's networks trained on the test images above 0.058."""
NAMED = {"fit": TRAINS, "compile": COMPILES}
HOOKED = frozenset({"fit", "evaluate", "predict", "compile"})
LONGEST_DEED = 110
"""Characters."""
STEPPED = frozenset({"train_function", "test_function", "predict_function", "train_step", "test_step", "optimizer"})
"""What Keras takes each step by; a name or nothing at all put there is somebody's settings."""
RECORDING = re.compile(
    r"GRADER_(TRACE|RUN|KEY)|\binside\.(protocol|trace|recording|run_cells|signing|kernel)\b"
    r"|/proc/(self|\d+|\{\w+\})/(fd|mem)\b"
    r"|\bgc\.(get_objects|get_referrers|get_referents|unfreeze)\b|\bfrom gc import\b|\b__closure__\b|\bcell_contents\b"
    r"|\b(_getframe|currentframe|tb_frame|f_back|f_locals|gi_frame|getclosurevars|process_vm_readv)\b"
)
"""What leads to the grader's own recording, and to nothing that a lab asks for."""


def unfounded(program: Program, run: TrainingRun, *, helpers: Sequence[Program] | None) -> str:
    """Why a recorded network cannot have been compiled or trained by the program; empty if it can.

    One of the modules beside it (`helpers`; None if they are not known) may name it instead, and where a library calls
    `fit` itself, nobody need. A loop of one's own can be written in more ways than can be listed: a person looks, and
    the run counts.
    """
    name, what = ("fit", "a training") if run.fit else ("compile", "a compiled network")
    if helpers is None or run.wrapped:
        return ""
    if any(calls_any(file, NAMED[name]) for file in (program, *helpers)):
        return ""
    ends = "was it trained by a loop of the student's own?" if run.custom else "it does not count"
    return f"{what} was recorded, but nothing in the program calls {name}; {ends}"


def contradictions(run: TrainingRun, initial: Arrays, final: Arrays) -> Iterator[str]:
    """Why the accuracy of a run is not to be taken for what its record says; `initial` may be empty."""
    if _same(initial, final) and run.fit and run.fit.epochs_done:
        yield f"its weights after {run.fit.epochs_done} epochs are those before: nothing was trained"
    if curve := _curve(run):
        low, high, measured = min(curve), max(curve), run.measurement.accuracy or 0.0
        if not low - FAR <= measured <= high + FAR:
            yield (
                f"its recorded accuracy lies between {low:.4f} and {high:.4f}, but its recorded weights "
                f"reach {measured:.4f} on the test images: they are not those of this training"
            )


def seen_the_test(run: TrainingRun) -> str:
    """Whether a network knows the test images better than the training images; empty if not."""
    measured = run.measurement
    if measured.accuracy is None or measured.training_accuracy is None:
        return ""
    if measured.accuracy - measured.training_accuracy <= EASIER:
        return ""
    return (
        f"it is right on {measured.accuracy:.2%} of the test images and on only "
        f"{measured.training_accuracy:.2%} of the training images: was it trained on the test images?"
    )


def of_equal_weights(runs: Sequence[TrainingRun], weights: Mapping[str, Arrays]) -> Iterator[tuple[str, str]]:
    """The ids of runs that end with the weights of an earlier one, each with the reason; two trainings never do.

    But the same training done twice from one seed does, and networks that have diverged all end as NaN.
    """
    seen: dict[bytes, TrainingRun] = {}
    for run in runs:
        final = weights.get(run.final_weights)
        if not final or run.fit is None or not run.fit.epochs_done:
            continue
        if run.measurement.accuracy is None or not all(np.isfinite(array).all() for array in final.values()):
            continue
        first = seen.setdefault(_content(final), run)
        if first is not run and not _repeated(first, run, weights):
            yield run.id, f"it ends with the very weights of the run in {first.where}"


def reaches_for_the_record(program: Program) -> Iterator[str]:
    """Cells that replace what is recorded or touch the recording itself."""
    for number, cell in enumerate(program.cells, 1):
        if found := RECORDING.search(cell):
            yield f"{program.name}, cell {number}: it names {found.group()!r}, which belongs to the grader's recording"
        if len(cell) > LONGEST:
            yield (
                f"{program.name}, cell {number}: it has {len(cell):,} characters, and none over {LONGEST:,} is read: "
                "what it replaces is not known"
            )
        for deed in sorted(_tampering(cell)):
            yield f"{program.name}, cell {number}: it {deed}, so that what was recorded may be something else"


def _tampering(cell: str) -> set[str]:
    """`replaces keras.Model.fit`, `calls group.on_epoch_end`, …; a class with a method `fit` replaces nothing."""
    parsed = tree(cell)
    return {deed[:LONGEST_DEED] for node in (ast.walk(parsed) if parsed else ()) for deed in _deeds(node)}


def _deeds(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Assign(targets=targets, value=value):
            names = HOOKED if isinstance(value, ast.Constant) else HOOKED | STEPPED
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr in names and not _is_own_setting(target):
                    yield f"replaces {_spelled(target)}"
        case ast.Call(func=ast.Name("setattr"), args=[owner, ast.Constant(str(name)), *_]) if name in HOOKED:
            yield f"replaces {_spelled(owner)}.{name}"
        case ast.Call(func=ast.Attribute(attr="on_epoch_end", value=ast.Name("self")), args=[], keywords=[]):
            # A data set's own, which shuffles it: a callback's is told the epoch.
            return
        case ast.Call(func=ast.Attribute(attr="on_epoch_end", value=owner) as called) if not isinstance(
            owner, ast.Call
        ):
            # A callback's own `super().on_epoch_end(…)` is Keras's way.
            yield f"calls {_spelled(called)} itself"
        case ast.Call(
            func=ast.Attribute(attr="assign" | "assign_add", value=ast.Attribute(attr="iterations") as count)
        ):
            yield f"sets {_spelled(count)}"


def _is_own_setting(target: ast.Attribute) -> bool:
    """`self.optimizer = …`: an attribute of the student's own object; Keras's functions for a step are nobody's own."""
    return (
        isinstance(target.value, ast.Name) and target.value.id == "self" and target.attr not in STEPPED - {"optimizer"}
    )


def _spelled(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:
        return "something nested very deep"


def _curve(run: TrainingRun) -> list[float]:
    """The accuracies of a finished run, where they can be held against the test accuracy; else empty.

    Those on the training images too: a student may validate by digits that were never trained, or by wrong labels.
    """
    fit = run.fit
    if fit is None or not run.finished or run.measurement.accuracy is None or fit.validation_rows < FEWEST_ROWS:
        return []
    images = fit.images if fit.validation == "split" else fit.validation_images
    if images is None or images.split == "unknown" or fit.images is None or images.scaling != fit.images.scaling:
        return []
    if fit.labels is None or (fit.labels.right or 0.0) < AS_RIGHT or not _counts_right_answers(run):
        return []
    curves = [[v for v in run.history.get(name, ()) if v is not None] for name in ("accuracy", "val_accuracy")]
    found = [value for curve in curves for value in curve]
    return found if curves[1] and max(found) >= BY_CHANCE else []


def _counts_right_answers(run: TrainingRun) -> bool:
    """Whether its accuracy is the share of images that are right, not that of single outputs."""
    named = next((name for name in run.compile.metrics if series_name(name) == "accuracy"), "")
    return named in COUNTS_RIGHT and not ELSE & called_names(run.source)


def _repeated(one: TrainingRun, other: TrainingRun, weights: Mapping[str, Arrays]) -> bool:
    """Whether the runs began alike and did the same, so that their weights have to be the same."""
    alike = one.architecture == other.architecture and one.compile == other.compile and one.fit == other.fit
    return alike and _content(weights.get(one.initial_weights, {})) == _content(weights.get(other.initial_weights, {}))


def _same(one: Arrays, other: Arrays) -> bool:
    return bool(one) and one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def _content(arrays: Arrays) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.digest()
