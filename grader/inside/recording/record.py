"""Records what a student does with Keras: every compile, fit, evaluate and predict, as it happens."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..by_identity import ByIdentity
from ..by_value import accuracy_name
from ..compat.old_history import OldHistory
from ..describe import architecture, compiled, drawn_weights, trained_by, tried, weights
from ..fast_fit.quick import few_rows
from ..fast_fit.speed import Speed
from ..genuine import genuine
from ..own_parts import OwnParts
from ..patches import Change
from ..protocol import FIT_ERROR, LONGEST_FIT, TRY_PARTS, Compiled, FitBegin, FitEnd, FitPath, FitStart
from ..seeding.seeds import Seeds
from ..trace import Trace
from .advice import Advice
from .answers import Answers, Within, bound, images_of
from .arrays import ArrayRecorder
from .callers import called_from_wrapper, students_line
from .cells import in_forks
from .endings import Endings, images_a_validation
from .epochs import among, epoch_recorder, watched
from .handed import Handed
from .loops import Loops
from .numbers import accuracy_in, asked_metrics, share, whole
from .passive import OwnPace, OwnSeeds
from .streams import Streams
from .trying import try_parts


class Recorder:
    """The hooks on `keras.Model`; what they write is a claim, since the student's code can reach them."""

    def __init__(
        self,
        trace: Trace,
        keras: Any,
        cell: Callable[[], int],
        max_epochs: int | None = None,
        *,
        fast: bool = True,
        passive: bool = False,
    ) -> None:
        """`passive`: looks on and changes nothing, neither random numbers nor speed nor names."""
        self._trace = trace
        self._cell = cell
        self._keras = keras
        genuine(keras)
        self._max_epochs = max_epochs
        self._passive = passive
        self._seeds = OwnSeeds() if passive else Seeds(keras)
        self._speed = OwnPace() if passive else Speed(keras, "" if fast else "turned off with --no-fast")
        self._arrays = ArrayRecorder(trace)
        self._watcher = epoch_recorder(keras, trace)
        self._endings = Endings(keras)
        self._advise = Advice(trace, cell)
        self._parts = OwnParts(keras)
        self._models: ByIdentity[int] = ByIdentity()
        self._numbers, self._fits = itertools.count(1), itertools.count(1)
        self._running: set[int] = set()
        """The fits of all threads: a strategy's replicas train in threads of their own, within the `fit` of another."""
        self._here = Within()
        self._streams = Streams(keras)
        self._answers = Answers(trace, keras, cell, self._arrays, self._number, self._seeds.used, self._here)

    def go_along(self, first: Callable[[], int]) -> None:
        """Into forks, too, where models are others from then on; `first`: from which number a process counts."""
        self._first = first
        self.begin_process()
        in_forks(self.begin_process)

    def begin_process(self) -> None:
        """No model is known, and no fit of another thread goes on."""
        self._numbers, self._fits = itertools.count(self._first()), itertools.count(self._first())
        self._models.clear()
        self._parts.count_from(self._first())
        self._running.clear()

    def seed_cells(self, shell: Any, *, one_cell: bool) -> None:
        """Gives every cell random numbers of its own, from the one that is running on.

        `one_cell`: the whole program is one, and not a word added to it may change all its random numbers.
        """
        if self._cell():
            self._seeds.next_cell(f"from the middle of cell {self._cell()}")

        def next_cell(info: Any) -> None:
            if info.store_history:
                with self._trace.guarded("seeding a cell"):
                    self._seeds.next_cell("" if one_cell else shell.transform_cell(info.raw_cell))

        shell.events.register("pre_run_cell", next_cell)

    def changes(self) -> Iterator[Change]:
        """The hooks on the four methods, on the class that every Keras model inherits them from; and the seeds'."""
        yield from self._seeds.changes()
        hooks = {"compile": self._compile, "fit": self._fit, "evaluate": self._evaluate, "predict": self._predict}
        for name, hook in hooks.items():
            owner = _owner(self._keras.Model, name)
            yield Change(f"keras.Model.{name}", owner, name, _hooked(getattr(owner, name), hook))
        yield from self._answers.changes()
        yield from self._streams.changes()

    def number_of(self, model: Any) -> int | None:
        """By which number the events name a model; None for one that was never compiled or used since."""
        return self._models.get(model)

    def loop_changes(self, shell: Any) -> Iterator[Change]:
        """Training that goes past `fit` is noticed too."""
        return Loops(self._trace, self._keras, self._begin_loop, lambda: bool(self._running)).changes(shell)

    def try_parts_when_asked(self, shell: Any) -> None:
        """What is the student's own is tried when the runner asks for it, behind the last cell."""

        def asked(info: Any) -> None:
            if not info.store_history and info.raw_cell == TRY_PARTS:
                with self._trace.guarded("trying what is the student's own"):
                    try_parts(self._trace, self._keras, self._parts)

        shell.events.register("pre_run_cell", asked)

    # ------------------------------------------------------------ the hooks

    def _compile(self, original: Callable[..., Any], model: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(model, *args, **kwargs)
        with self._trace.guarded("seeding a model"):
            self._seeds.compiled(model)
        with self._trace.guarded("compile"):
            self._trace.write(
                Compiled(
                    t="compile",
                    model=self._number(model),
                    cell=self._cell(),
                    line=students_line(),
                    architecture=architecture(self._keras, model, self._parts),
                    compile=compiled(self._keras, model),
                )
            )
        return answer

    def _fit(self, original: Callable[..., Any], model: Any, *args: Any, **kwargs: Any) -> Any:
        given = bound(original, model, args, kwargs)
        if given is None:
            return original(model, *args, **kwargs)
        given.pop("self")
        number = next(self._fits)
        handed = Handed(self._streams, self._arrays, given)
        with self._trace.guarded("fit"):
            self._speed.begin()
            asked = whole(given.get("epochs", 1))
            longest = asked if self._passive else LONGEST_FIT
            first, most = whole(given.get("initial_epoch", 0)), min(self._max_epochs or longest, longest)
            if asked > first + most:
                given["epochs"] = first + most
                if most == LONGEST_FIT:
                    self._advise(f"fit(epochs={asked:,}) ended after {LONGEST_FIT:,} epochs; the lab asks for 100")
            self._begin(number, model, given, asked, handed)
            if self._max_epochs and whole(given.get("epochs", 1)) < asked:
                given = few_rows(given)
            self._seeds.before_fit(model, inside=bool(self._running))
        watcher = self._watcher(number, self._endings.steps(model), model)
        # `build` marks a class of the student's as built, and makes no weights.
        unbuilt = not tried(lambda: model.built and bool(model.weights), True)
        given["callbacks"] = watched(self._keras, given.get("callbacks"), watcher)
        plan = self._speed.fit(model, given, inside=bool(self._running))
        with self._trace.guarded("fit"):
            self._trace.write(FitPath(t="fit_path", fit=number, path=plan.path, reason=plan.reason))
        self._running.add(number)
        self._here.fits += 1
        failure = ""
        try:
            with plan.in_force(model), among(given["callbacks"], watcher):
                history = original(model, **plan.arguments)
        except BaseException as error:
            failure = f"{type(error).__name__}: {error}"[:FIT_ERROR]
            raise
        finally:
            self._running.discard(number)
            self._here.fits -= 1
            self._streams.forget(given)
            if unbuilt:
                # Before the end, however it ends: what comes behind that is taken for a forgery.
                self._start(number, model)
            self._end(number, model, failure, given, watcher, handed)
        if not self._passive:
            history.history = OldHistory(history.history, self._advise)
        return history

    def _evaluate(self, original: Callable[..., Any], model: Any, *args: Any, **kwargs: Any) -> Any:
        given = bound(original, model, args, kwargs)
        # Keras itself, for the validation of a fit, or a call that it refuses.
        if "_use_cached_eval_dataset" in kwargs or given is None:
            return original(model, *args, **kwargs)
        images = images_of(self._streams, given)
        plan = self._speed.evaluate(
            model, {k: v for k, v in given.items() if k not in {"self", "kwargs"}} | given.get("kwargs", {})
        )
        with plan.in_force(model), self._here.asked():
            answer = original(model, **plan.arguments)
        self._streams.forget(given)
        if self._here.fits:
            return answer
        with self._trace.guarded("evaluate"):
            self._answers.answered("evaluate", model, images(), accuracy_in(self._keras, model, answer))
        return answer

    def _predict(self, original: Callable[..., Any], model: Any, *args: Any, **kwargs: Any) -> Any:
        given = bound(original, model, args, kwargs)
        if given is None:
            return original(model, *args, **kwargs)
        given.pop("self")
        images = images_of(self._streams, given)
        plan = self._speed.predict(model, given)
        with plan.in_force(model), self._here.asked():
            answer = original(model, **plan.arguments)
        self._streams.forget(given)
        with self._trace.guarded("predict"):
            self._answers.answered("predict", model, images(), None)
        return answer

    # ------------------------------------------------------------ what they write

    def _begin(self, number: int, model: Any, given: Mapping[str, Any], asked: int, handed: Handed) -> None:
        validation = given.get("validation_data")
        rows = handed.at_the_beginning(given)
        self._trace.write(
            FitBegin(
                t="fit_begin",
                fit=number,
                model=self._number(model),
                cell=self._cell(),
                line=students_line(),
                x=rows["x"],
                y=rows["y"],
                yields=handed.yields("x"),
                validation_x=rows["validation_x"],
                batch_size=rows["batch_size"],
                validation_given=validation is not None,
                validation_split=share(given.get("validation_split")),
                validation_most=None if handed.yields("validation_data") else images_a_validation(given),
                epochs=whole(given.get("epochs", 1)),
                epochs_asked=asked,
                initial_epoch=whole(given.get("initial_epoch", 0)),
                weights=weights(self._trace, model),
                seed=self._seeds.of(model),
                wrapped=called_from_wrapper(),
                accuracy=accuracy_name(self._keras, asked_metrics(model)),
                architecture=architecture(self._keras, model, self._parts),
                compile=trained_by(self._keras, model),
            )
        )

    def _begin_loop(self, model: Any, optimizer: Any, how: str, images: Any) -> int:
        """A training without `fit`, of which no more is seen than its network, its optimizer and its weights."""
        number = next(self._fits)
        self._seeds.used(model)
        self._trace.write(
            FitBegin(
                t="fit_begin",
                fit=number,
                model=self._number(model),
                cell=self._cell(),
                line=students_line(),
                x=self._arrays.describe(images),
                epochs=0,
                epochs_asked=0,
                weights=weights(self._trace, model),
                custom=how,
                architecture=architecture(self._keras, model, self._parts),
                compile=compiled(self._keras, model, optimizer),
            )
        )
        return number

    def _start(self, number: int, model: Any) -> None:
        with self._trace.guarded("fit"):
            drawn = drawn_weights(self._trace, model)
            start = FitStart(t="fit_start", fit=number, weights=drawn)
            if not genuine(self._keras).is_class_of_keras(type(model)):
                start["architecture"] = architecture(self._keras, model, self._parts)
            self._trace.write(start)

    def _end(self, number: int, model: Any, error: str, given: Mapping[str, Any], watcher: Any, handed: Handed) -> None:
        with self._trace.guarded("fit"):
            ended = self._endings.facts(model, given, watcher)
            left, rows = weights(self._trace, model), handed.at_the_end()
            self._trace.write(FitEnd(t="fit_end", fit=number, error=error, weights=left, **ended, **rows))

    def _number(self, model: Any) -> int:
        """Never the number of an earlier model, gone or not: most students reuse one variable for all their models."""
        if model not in self._models:
            self._models[model] = next(self._numbers)
        return self._models[model]


def _hooked(original: Callable[..., Any], hook: Callable[..., Any]) -> Callable[..., Any]:
    """The method with the hook before it; name, signature and documentation stay Keras's own."""

    @functools.wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return hook(original, self, *args, **kwargs)

    return method


def _owner(model_class: type, name: str) -> type:
    return next(c for c in model_class.__mro__ if name in vars(c))
