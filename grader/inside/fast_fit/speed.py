"""Chooses how a `fit`, `evaluate` or `predict` runs: Keras's own way, or faster where nobody can tell."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .arguments import STEPS

WHOLE_EPOCH = 1 << 20
"""Steps in one execution; it ends where the data end. One constant, so that no function is traced twice."""
BATCH_METHODS = tuple(
    f"on_{part}batch_{end}" for part in ("", "train_", "test_", "predict_") for end in ("begin", "end")
)
SAVES = "_should_save_on_batch"
"""By which `ModelCheckpoint` decides after each batch."""
EXACT = "exact"
"""A whole epoch in one graph (`exact_fit`)."""
MANY_STEPS = "steps_per_execution"
"""Keras's own setting: the steps are the same, only Python is asked less often."""
PLAIN = "plain"
COMPARED = frozenset({("3.15", "2.21")})
"""Versions of Keras and TensorFlow for which the tests compared every bit; others are compared before a training."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one call runs: the path, why not a faster one (empty if there is none), and the arguments for Keras."""

    path: str
    reason: str
    arguments: Mapping[str, Any]
    functions: tuple[str, ...]
    """The model's functions that the call uses."""

    @contextmanager
    def in_force(self, model: Any) -> Iterator[None]:
        """While this lasts, the model trains as planned; afterwards its settings are the student's again."""
        _prepare(model, self)
        if self.path == MANY_STEPS:
            model.steps_per_execution = WHOLE_EPOCH
        try:
            yield
        finally:
            if self.path == MANY_STEPS:
                # `predict` and the `_on_batch` methods read the setting too, and would unroll it.
                model.steps_per_execution = 1
                _mark(model, self)


class Speed:
    """Plans calls; `off` says why the exact path is never taken, the empty string if it may be."""

    def __init__(self, keras: Any, off: str = "") -> None:
        self._keras = keras
        self._turned_off = off

    @cached_property
    def off(self) -> str:
        """Why the exact path is never taken; asked before a training, since a comparison starts TensorFlow."""
        state = random.getstate()
        try:
            return self._turned_off or _why_not_at_all(self._keras)
        finally:
            random.setstate(state)

    def begin(self) -> None:
        """Before a training sets its seeds: what is compared draws, too."""
        _ = self.off

    def fit(self, model: Any, given: Mapping[str, Any], *, inside: bool = False) -> Plan:
        """The plan for `model.fit(**given)`; `given` is handed on as it is unless the path is exact.

        One `inside` another (a callback that trains) runs plainly, since the other's functions are in use.
        """
        if inside:
            return Plan(PLAIN, "it is inside another fit", given, ("train_function", "test_function"))
        return self._plan("fit", model, given, ("train_function", "test_function"))

    def evaluate(self, model: Any, given: Mapping[str, Any]) -> Plan:
        """The plan for `model.evaluate(**given)`."""
        return self._plan("evaluate", model, given, ("test_function",))

    def predict(self, model: Any, given: Mapping[str, Any]) -> Plan:
        """The plan for `model.predict(**given)`."""
        return self._plan("predict", model, given, ("predict_function",))

    def _plan(self, method: str, model: Any, given: Mapping[str, Any], functions: tuple[str, ...]) -> Plan:
        trained = {getattr(f, "path", PLAIN) for name in functions if (f := getattr(model, name, None)) is not None}
        reason = self.off or self._why_not(method, model, given)
        if not reason and trained - {EXACT}:
            # What Keras traced then it uses again, and other traces may give other bits.
            reason = "since it was compiled, this model has been trained or measured in another way"
        if not reason:
            try:
                return Plan(EXACT, "", _exact_arguments(method, model, given), functions)
            except Exception as error:  # noqa: BLE001 (Keras is about to say it to the student)
                reason = f"the data do not fit together: {type(error).__name__}"
        # `predict` unrolls its steps in place of looping over them.
        simple = (
            method != "predict"
            and PLAIN not in trained
            and not self._counts_steps(given)
            and _simple(self._keras, model, given.get("x"), given.get("callbacks"))
        )
        return Plan(MANY_STEPS if simple else PLAIN, reason, given, functions)

    def _counts_steps(self, given: Mapping[str, Any]) -> bool:
        """Whether a number of steps is asked for: one execution would do all the steps of the data."""
        limited = self._keras.src.backend.config.max_steps_per_epoch()
        return bool(limited) or any(given.get(name) is not None for name in STEPS)

    def _why_not(self, method: str, model: Any, given: Mapping[str, Any]) -> str:
        if any(sees_batches(self._keras, c) for c in self._keras.tree.flatten(given.get("callbacks"))):
            return "a callback looks at batches"
        try:
            from . import exact_rules

            rule: Callable[[Any, Mapping[str, Any]], str] = getattr(exact_rules, f"why_not_{method}")
            return rule(model, given)
        except Exception as error:  # noqa: BLE001 (a student's objects may fail here in any way)
            return f"the call could not be looked at: {type(error).__name__}"


def _exact_arguments(method: str, model: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    from . import exact_fit, exact_predict

    make = {
        "fit": exact_fit.fit_arguments,
        "evaluate": exact_fit.evaluate_arguments,
        "predict": exact_predict.predict_arguments,
    }
    return make[method](model, given)


def _exact_function(model: Any, name: str) -> Any:
    from .exact_fit import EpochFunction
    from .exact_predict import AnswerFunction

    match name:
        case "train_function":
            return EpochFunction(model, model.train_step)
        case "test_function":
            return EpochFunction(model, model.test_step)
        case _:
            return AnswerFunction(model)


def _why_not_at_all(keras: Any) -> str:
    """Empty for the versions that were compared, or if a comparison here and now finds no difference."""
    import tensorflow as tf

    versions = tuple(".".join(v.split(".")[:2]) for v in (keras.__version__, tf.__version__))
    if versions in COMPARED:
        return ""
    try:
        from .self_check import difference
    except ImportError as error:
        # A later Keras without a private name that only this path needs: the training is slower, and goes on.
        return f"this version of Keras has not what a whole epoch in one graph needs: {error}"
    return difference()


def _prepare(model: Any, plan: Plan) -> None:
    """Drops functions that were traced for another path: they would run one step where an epoch is meant.

    Not an exact one before a plain call: it hands single steps to Keras, and may be in use (a callback that trains).
    """
    for name in plan.functions:
        function = getattr(model, name, None)
        traced_for = getattr(function, "path", PLAIN)
        if function is not None and (traced_for, plan.path) not in {(plan.path, plan.path), (EXACT, PLAIN)}:
            setattr(model, name, function := None)
        if function is None and plan.path == EXACT:
            setattr(model, name, _exact_function(model, name))


def _mark(model: Any, plan: Plan) -> None:
    for name in plan.functions:
        function = getattr(model, name, None)
        if function is not None:
            function.path = plan.path


def _simple(keras: Any, model: Any, data: Any, callbacks: Any) -> bool:
    """Whether `steps_per_execution` changes no bit: see `tests/inside/fast_fit/test_speed.py`."""
    trainer = keras.Model
    own_steps = type(model).train_step is trainer.train_step and type(model).test_step is trainer.test_step
    return (
        hasattr(data, "__array__")
        and own_steps
        and getattr(model, "steps_per_execution", None) == 1
        and not model.run_eagerly
        and not any(sees_batches(keras, c) for c in keras.tree.flatten(callbacks))
    )


def sees_batches(keras: Any, callback: Any) -> bool:
    """Whether a callback does something between the steps of an epoch."""
    known = keras.callbacks
    if callback is None:
        return False
    if not isinstance(callback, known.Callback):
        return True
    # One that saves by epochs has a batch method that does nothing; what a student derives from it may do more.
    by_epochs = isinstance(callback, known.ModelCheckpoint) and callback.save_freq == "epoch"
    quiet, asked = (known.ModelCheckpoint, (*BATCH_METHODS, SAVES)) if by_epochs else (known.Callback, BATCH_METHODS)
    own = set(vars(callback))  # LambdaCallback keeps its functions on the instance
    return any(m in own or getattr(type(callback), m) is not getattr(quiet, m) for m in asked)
