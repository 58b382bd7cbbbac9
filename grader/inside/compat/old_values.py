"""Values that earlier Keras took, and what today's wants in their place: names of activations, numbers, shapes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..patches import Change
from .old_calls import everywhere
from .old_entries import Kind, Old
from .old_history import Advise
from .old_uses import ACTIVATIONS, SHAPES, VALUES


def accept_old_values(keras: Any, advise: Advise) -> Iterator[Change]:
    """What `old_uses` lists under `ACTIVATIONS`, `SHAPES` and `VALUES`, wherever Keras reads such a value."""
    yield from _named_activations(keras, advise)
    yield from _whole_rates(keras, advise)
    yield from _plain_shapes(keras, advise)
    yield _shared_optimizers(keras, advise)


# ---------------------------------------------------------------- activations


def _named_activations(keras: Any, advise: Advise) -> Iterator[Change]:
    """By the name of a layer, or by one that the program has given to an activation of its own."""
    original = keras.activations.get

    @functools.wraps(original)
    def get(identifier: Any) -> Any:
        if isinstance(identifier, str):
            if identifier in ACTIVATIONS:
                advise(Old(Kind.ACTIVATION, identifier, ACTIVATIONS[identifier]).advisory)
                identifier = ACTIVATIONS[identifier]
            elif (own := _own(keras, identifier)) is not None and not _is_known(original, identifier):
                advise(Old(Kind.VALUE, "activation", VALUES["activation"]).advisory)
                return own
        return original(identifier)

    yield from everywhere("keras.activations.get", original, get)


def _own(keras: Any, name: str) -> Any:
    """What the program registered under that name, a class made into an object."""
    scope = keras.src.backend.common.global_state.get_global_attribute("custom_objects_scope_dict", {})
    found = {**keras.saving.get_custom_objects(), **scope}.get(name)
    return found() if inspect.isclass(found) else found


def _is_known(get: Callable[[Any], Any], name: str) -> bool:
    try:
        get(name)
    except ValueError:
        return False
    return True


# ---------------------------------------------------------------- numbers


def _whole_rates(keras: Any, advise: Advise) -> Iterator[Change]:
    base: Any = keras.src.optimizers.base_optimizer.BaseOptimizer
    original = base.__init__

    @functools.wraps(original)
    def init(self: Any, learning_rate: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(learning_rate, int | np.integer | np.floating) and not isinstance(learning_rate, bool | float):
            if not isinstance(learning_rate, np.floating):
                advise(Old(Kind.VALUE, "learning_rate", VALUES["learning_rate"]).advisory)
            learning_rate = float(learning_rate)
        original(self, learning_rate, *args, **kwargs)

    yield Change("keras.* in old_uses.VALUES", base, "__init__", init)


def _plain_shapes(keras: Any, advise: Advise) -> Iterator[Change]:
    """`shape=(784)` is a number: its parentheses make no tuple."""
    for path, argument in SHAPES.items():
        owner, name = functools.reduce(getattr, path.split(".")[:-1], keras), path.rpartition(".")[2]
        thing = getattr(owner, name)
        if inspect.isclass(thing):
            taking = _taking_numbers(thing.__init__, path, argument, advise)
            yield Change("keras.* in old_uses.SHAPES", thing, "__init__", taking)
        else:
            yield from everywhere("keras.* in old_uses.SHAPES", thing, _taking_numbers(thing, path, argument, advise))


def _taking_numbers(original: Callable[..., Any], path: str, argument: str, advise: Advise) -> Callable[..., Any]:
    place = list(inspect.signature(original).parameters).index(argument) if argument == "shape" else None

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        for name in (argument, "input_shape"):
            if _is_number(kwargs.get(name)):
                kwargs[name] = (int(kwargs[name]),)
                advise(Old(Kind.SHAPE, path, argument).advisory)
        if place is not None and len(args) > place and _is_number(args[place]):
            args = (*args[:place], (int(args[place]),), *args[place + 1 :])
            advise(Old(Kind.SHAPE, path, argument).advisory)
        return original(*args, **kwargs)

    call.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]
    return call


def _is_number(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


# ---------------------------------------------------------------- optimizers


def _shared_optimizers(keras: Any, advise: Advise) -> Change:
    """Who compiles one optimizer into several models: each but the first trains with one of the same settings."""
    owner = next(c for c in keras.Model.__mro__ if "fit" in vars(c))
    original = owner.fit

    @functools.wraps(original)
    def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        optimizer = getattr(self, "optimizer", None)
        if isinstance(optimizer, keras.optimizers.Optimizer) and _has_trained_another(optimizer, self):
            # As TensorFlow 2.10 and before, where an optimizer kept what it remembers by variable.
            self.optimizer = type(optimizer).from_config(optimizer.get_config())
            self.train_function = None
            advise(Old(Kind.VALUE, "optimizer", VALUES["optimizer"]).advisory)
        return original(self, *args, **kwargs)

    return Change("keras.Model.fit(one optimizer)", owner, "fit", fit)


def _has_trained_another(optimizer: Any, model: Any) -> bool:
    """Whether Keras would refuse to go on: it knows the variables of the model that it was built for, and no others."""
    if not optimizer.built:
        return False
    try:
        optimizer._check_variables_are_known(model.trainable_variables)  # noqa: SLF001 (in private_names)
    except ValueError:
        return True
    except AttributeError:
        return False
    return not model.built
