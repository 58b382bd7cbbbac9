"""Old arguments and methods of Keras, each turned into today's call."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..patches import Change
from .old_entries import Kind, Old
from .old_history import Advise, asked_for
from .old_names import ARGUMENTS, BACKEND, DECAY, DROPPED, METHODS

PLACE = 3
"""Of the metrics among the arguments of `compile`, before Keras 3."""


def accept_old_arguments(keras: Any, advise: Advise) -> Iterator[Change]:
    """Lets classes, functions and methods take the arguments of `ARGUMENTS`; they stay the objects that they are."""
    target = "keras.* in old_names.ARGUMENTS"
    for path, names in ARGUMENTS.items():
        owner, name = _found(keras, path)
        thing = getattr(owner, name)
        accepting = functools.partial(_accepting, keras, path, names=names, advise=advise)
        if path == "Model":
            # `Model(input=…)`: whether it is functional is decided by the arguments, before there is an object.
            functional = keras.src.models.functional.Functional
            yield Change(target, thing, "__new__", staticmethod(accepting(thing.__new__)))
            yield Change(target, functional, "__init__", accepting(functional.__init__))
        elif inspect.isclass(thing):
            yield Change(target, thing, "__init__", accepting(thing.__init__))
        elif inspect.isclass(owner):
            yield Change(target, owner, name, accepting(thing))
        else:
            yield from everywhere(target, thing, accepting(thing))
    yield _accepting_old_metrics(keras.Model, advise)


def _accepting(
    keras: Any, path: str, original: Callable[..., Any], names: Mapping[str, str], advise: Advise
) -> Callable[..., Any]:
    known = inspect.signature(original).parameters
    old = {one: new for one, new in names.items() if one not in known}

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        for name in old.keys() & kwargs.keys():
            value, new = kwargs.pop(name), old[name]
            advise(Old(Kind.ARGUMENT, f"{path}.{name}", new).advisory)
            if new == DECAY:
                # After `lr`, which it needs; zero was the default.
                kwargs |= {DECAY: value} if value else {}
            elif name == "batch_input_shape":
                kwargs[new] = tuple(value)[1:]
            elif new != DROPPED:
                kwargs[new] = value
        if DECAY in kwargs:
            decay = kwargs.pop(DECAY)
            bound = inspect.signature(original).bind_partial(*args, **kwargs)
            bound.arguments.setdefault("learning_rate", bound.signature.parameters["learning_rate"].default)
            rate = bound.arguments.pop("learning_rate")
            if isinstance(rate, int | float):
                rate = keras.optimizers.schedules.InverseTimeDecay(rate, 1, decay)
            bound.arguments["learning_rate"] = rate
            args, kwargs = bound.args, bound.kwargs
        return original(*args, **kwargs)

    # Keras asks for a layer's arguments by `getfullargspec`, which does not look through wrappers, but at this.
    call.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]
    return call


def _found(keras: Any, path: str) -> tuple[Any, str]:
    *modules, name = path.split(".")
    owner = functools.reduce(getattr, modules, keras)
    # The class that has the method, as the recorder's hook: this one lies around it and hands it today's arguments.
    if inspect.isclass(owner):
        owner = next(c for c in owner.__mro__ if name in vars(c))
    return owner, name


def everywhere(target: str, original: Any, other: Any) -> Iterator[Change]:
    """A function is in many modules of Keras; each gets the other one."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in {"keras", "tensorflow"}:
            for key in [k for k, v in vars(module).items() if v is original]:
                yield Change(target, module, key, other)


def _accepting_old_metrics(model: Any, advise: Advise) -> Change:
    """`metrics='accuracy'` was the same as a list of it, and the metrics came third (where `loss_weights` come now)."""
    owner = next(c for c in model.__mro__ if "compile" in vars(c))
    original = owner.compile

    @functools.wraps(original)
    def compile_(self: Any, *args: Any, **kwargs: Any) -> Any:
        if len(args) >= PLACE and "metrics" not in kwargs and _names_metrics(args[PLACE - 1]):
            advise("compile(optimizer, loss, metrics) has another order in Keras 3; write metrics=… by its name")
            kwargs["metrics"] = args[PLACE - 1]
            kwargs |= dict(zip(("loss_weights",), args[PLACE:], strict=False))
            args = args[: PLACE - 1]
        if isinstance(kwargs.get("metrics"), str):
            kwargs["metrics"] = [kwargs["metrics"]]
        return original(self, *args, **kwargs)

    return Change("keras.Model.compile(metrics)", owner, "compile", compile_)


# ---------------------------------------------------------------- methods and properties


class OldProperty:
    """A property that a class's own attribute of the same name overrides, and that tells who asks for it."""

    def __init__(self, answer: Callable[[Any], Any], tell: Callable[[], None], own: Any = None) -> None:
        self._answer = answer
        self._tell = tell
        self._own = own

    def _keras_own(self, instance: Any) -> Any:
        if self._own is None:
            raise AttributeError("this Keras has no such attribute")
        return self._own.__get__(instance)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """The answer for an instance; the property itself for the class."""
        if instance is None:
            return self
        asking = str(sys._getframe(1).f_globals.get("__name__", ""))  # noqa: SLF001 (who asks)
        if asking.split(".", maxsplit=1)[0] in {"keras", "tensorflow"}:
            # Keras looks whether a layer has this or that, and shall find what it left there.
            return self._keras_own(instance)
        self._tell()
        return self._answer(instance)


class SettableProperty(OldProperty):
    """The same for what students also assign to."""

    def __set__(self, instance: Any, value: Any) -> None:
        """Sets today's attribute."""
        self._tell()
        instance.learning_rate = value


def add_old_methods(keras: Any, advise: Advise) -> Iterator[Change]:
    """Gives models, layers and optimizers the methods and properties of `METHODS`."""
    owners = {"Model": keras.Model, "Optimizer": keras.optimizers.Optimizer, "Layer": keras.layers.Layer}
    for path, new in METHODS.items():
        owner, _, name = path.partition(".")
        kind = SettableProperty if owner == "Optimizer" else OldProperty
        tell = functools.partial(advise, Old(Kind.METHOD, path, new).advisory)
        # Where Keras has the name still, the class that has it must answer as before.
        holder = next((c for c in owners[owner].__mro__ if name in vars(c)), owners[owner])
        old = kind(OLD_METHODS[path], tell, vars(holder).get(name))
        yield Change("keras.* in old_names.METHODS", holder, name, old)


def _names_metrics(value: Any) -> bool:
    """Whether it is a metric or a list of metrics: loss weights are numbers."""
    listed = value if isinstance(value, list | tuple) else [value]
    return bool(listed) and all(isinstance(one, str) or callable(one) for one in listed)


def _predict_classes(model: Any) -> Callable[..., Any]:
    def predict_classes(x: Any, batch_size: int | None = None, verbose: Any = 0, **_dropped: Any) -> Any:
        found = model.predict(x, batch_size=batch_size, verbose=verbose)
        return found.argmax(axis=-1) if found.shape[-1] > 1 else (found > 0.5).astype("int32")  # noqa: PLR2004 (a probability)

    return predict_classes


def _predict_proba(model: Any) -> Callable[..., Any]:
    def predict_proba(x: Any, batch_size: int | None = None, verbose: Any = 0, **_dropped: Any) -> Any:
        return model.predict(x, batch_size=batch_size, verbose=verbose)

    return predict_proba


def _from_generator(name: str) -> Callable[[Any], Callable[..., Any]]:
    """The method that takes arrays takes generators too; Keras 1 counted samples, which nobody can know here."""

    def method(model: Any) -> Callable[..., Any]:
        def call(generator: Any, steps: Any = None, *args: Any, **kwargs: Any) -> Any:
            key = "steps_per_epoch" if name == "fit" else "steps"
            renamed = {"validation_data": "validation_data", "nb_epoch": "epochs"}
            kwargs = {renamed.get(k, k): v for k, v in kwargs.items()}
            if steps is not None:
                kwargs[key] = steps
            if args and name == "fit":
                kwargs["epochs"] = args[0]
            return getattr(model, name)(generator, **kwargs)

        return call

    return method


def _metrics_names(model: Any) -> list[str]:
    """`loss` and the metrics one by one, which is what `evaluate` returns."""
    found = []
    for metric in model.metrics:
        inner = getattr(metric, "metrics", None)
        if inner is None:
            found.append(metric.name)
        else:
            found += [m.name for m in inner] or asked_for(model)
    return found


def _shape(side: str) -> Callable[[Any], Any]:
    def shape(layer: Any) -> Any:
        return tuple(getattr(layer, side).shape)

    return shape


OLD_METHODS: Mapping[str, Callable[[Any], Any]] = {
    "Model.predict_classes": _predict_classes,
    "Model.predict_proba": _predict_proba,
    "Model.fit_generator": _from_generator("fit"),
    "Model.evaluate_generator": _from_generator("evaluate"),
    "Model.predict_generator": _from_generator("predict"),
    # JSON is YAML, too.
    "Model.to_yaml": lambda model: model.to_json,
    "Model.metrics_names": _metrics_names,
    "Optimizer.lr": lambda optimizer: optimizer.learning_rate,
    "Layer.input_shape": _shape("input"),
    "Layer.output_shape": _shape("output"),
}
"""What each of `old_names.METHODS` gives."""


def _set_value(variable: Any, value: Any) -> None:
    variable.assign(value)


def _nothing(*_arguments: Any, **_named: Any) -> None:
    pass


OLD_BACKEND: Mapping[str, Callable[..., Any]] = {
    "get_session": _nothing,
    "set_session": _nothing,
    "set_learning_phase": _nothing,
    "learning_phase": lambda: 0,
    "set_image_dim_ordering": _nothing,
    "get_value": lambda variable: variable.numpy() if hasattr(variable, "numpy") else variable,
    "set_value": _set_value,
}
"""What each of `old_names.BACKEND` does."""


def backend_functions(advise: Advise) -> dict[str, Callable[[], Any]]:
    """The functions of `keras.backend` that have no successor, each as what gives it."""

    def giver(name: str, new: str) -> Callable[[], Any]:
        def give() -> Callable[..., Any]:
            advise(Old(Kind.BACKEND, name, new).advisory)
            return OLD_BACKEND[name]

        return give

    return {name: giver(name, new) for name, new in BACKEND.items()}


def silence(target: str, function: Any, tell: Callable[[], None]) -> Iterator[Change]:
    """Makes a function do nothing but tell, under every name that it has in any module: it stays the object it is."""
    key = f"_told_of_{function.__name__}"
    # The new code looks it up in the function's own module.
    yield Change(target, function.__globals__, key, tell)
    code = compile(f"def nothing(*_arguments, **_named):\n    {key}()", "<grader>", "exec")
    made: dict[str, Any] = {}
    exec(code, made)  # noqa: S102 (the line above and nothing else)
    yield Change(target, function, "__code__", made["nothing"].__code__)
