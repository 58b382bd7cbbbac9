"""Random numbers that depend on the student's own code alone, so that the same code always earns the same mark.

Plain Keras takes the seed of every layer from Python's one stream of random numbers: a cell that draws from it, builds
a layer or trains, moves all that come after it. Here every cell starts anew, and every model has a seed of its own.
What the student seeded is left alone, each source for itself: Python's `random`, NumPy, TensorFlow.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf
from keras.src.initializers.random_initializers import RandomInitializer
from tensorflow.python.eager import context

from ..by_identity import ByIdentity
from ..describe import architecture, class_name, compile_facts, tried
from ..patches import Change
from .entropy import ENTROPY
from .global_generator import begin_anew

SEED = 20240815
"""The grader's seed, from which all others are derived.

Dates from that of the handout (2024-08-14) on were tried until the handout's own six networks end within their bands.
With the first, its Adam stage ended at 0.9354, as one run in some hundreds does; what a whole class copies should not
start from an unlucky draw.
"""
NAMES = frozenset({"name", "build_input_shape", "build_config", "registered_name", "trainable"})
"""Keys of a configuration that say nothing about what is computed, or change while a model is used."""


def derived(*parts: Any) -> int:
    """A seed in [1, 2³¹), which every library takes, from the grader's seed and JSON values."""
    digest = hashlib.blake2b(json.dumps([SEED, *parts]).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % (2**31 - 1) + 1


class Seeds:
    """Sets the random states of a kernel; `keras` is the module that the student's code will import."""

    def __init__(self, keras: Any) -> None:
        self._keras = keras
        self._seeded: set[str] = set()
        """The libraries that the student seeded."""
        self._cells: Counter[str] = Counter()
        self._makeups: Counter[str] = Counter()
        self._models: ByIdentity[tuple[str, int]] = ByIdentity()
        self._fits: ByIdentity[int] = ByIdentity()
        self._used: ByIdentity[bool] = ByIdentity()
        """Layers that took part in a training or an answer: their state is no longer ours to choose."""
        self._of_tensorflow: int | None = None
        self._python, self._numpy = random.seed, np.random.seed

    def changes(self) -> Iterator[Change]:
        """Notices from now on when the student seeds; a seed of `None`, the system's whim, becomes one of ours."""
        yield _watched(random, self._seeded)
        yield _watched(np.random, self._seeded)
        yield from ENTROPY.changes(tf)

    def next_cell(self, code: str) -> None:
        """A cell's random numbers follow from what it says and how often that was said before, not from other cells.

        Not its comments and spaces, which are no code.
        """
        self._cells[key := _meaning(code)] += 1
        seed = derived("cell", key, self._cells[key])
        ENTROPY.begin(seed)
        if np.random.__name__ not in self._seeded:
            self._numpy(seed)
        if random.__name__ not in self._seeded:
            if tf.executing_eagerly():
                begin_anew(seed)
            self._python(seed)
        self._seed_tensorflow(seed)

    def compiled(self, model: Any) -> int | None:
        """Gives a newly compiled model its seed, unless the student seeded; returns the seed it has, if any.

        The seed follows from the model's make-up (layers and how it was compiled, not their names) and from how many
        of that make-up came before: members of an ensemble differ. Weights change only while they are still as their
        initializers made them, and in layers that nobody has used yet.
        """
        makeup = _makeup(self._keras, model)
        known = self._models.get(model)
        if known is None or known[0] != makeup:
            self._makeups[makeup] += 1
            self._models[model] = makeup, derived("model", makeup, self._makeups[makeup])
            # TensorFlow 1's graphs have no values to look at, and today's Keras does not train in them.
            if random.__name__ not in self._seeded and tf.executing_eagerly():
                self._start_anew(model, self._models[model][1])
        return self.of(model)

    def of(self, model: Any) -> int | None:
        """The seed from which the model starts; None if the student seeded, or it was never compiled."""
        return None if random.__name__ in self._seeded or model not in self._models else self._models[model][1]

    def used(self, model: Any) -> None:
        """From now on, the state of the model's layers is a result."""
        self._used.add(_layers(model), True)

    def before_fit(self, model: Any, *, inside: bool = False) -> None:
        """The order in which `fit` shuffles: a model's own, and another one in each of its fits.

        One `inside` another (a callback that trains) leaves the other's order alone.
        """
        self.used(model)
        if inside:
            return
        self._fits[model] = (self._fits.get(model) or 0) + 1
        seed = self._models[model][1] if model in self._models else 0
        self._seed_tensorflow(derived("fit", seed, self._fits[model]))

    def _seed_tensorflow(self, seed: int) -> None:
        # It remembers its seed: if that is not the one we set, the student did.
        if self._of_tensorflow is None or context.global_seed() == self._of_tensorflow:
            tf.random.set_seed(seed)
            self._of_tensorflow = seed

    def _start_anew(self, model: Any, seed: int) -> None:
        drawn = [(layer, initializer) for layer in _layers(model) for initializer in _initializers(layer)]
        # One initializer object in several layers draws the same numbers in all of them, in plain Keras too.
        order = {id(one): index for index, one in enumerate({id(i): i for _, i in drawn}.values())}
        fresh = [(i, v) for layer, i in drawn if layer not in self._used for v in _drawn_by(i, layer)]
        for layer, initializer in drawn:
            if layer not in self._used:
                initializer.seed = derived("weights", seed, order[id(initializer)])
        for initializer, variable in fresh:
            variable.assign(initializer(tuple(variable.shape), dtype=variable.dtype))
        for index, generator in enumerate(g for layer in _layers(model) for g in self._unused_noise(layer)):
            generator.state.assign([derived("noise", seed, index), 0])

    def _unused_noise(self, layer: Any) -> Iterator[Any]:
        for generator in getattr(layer, "_seed_generators", ()):
            if generator._initial_seed is None and layer not in self._used and not int(generator.state.value[1]):  # noqa: SLF001 (Keras says it nowhere else)
                yield generator


def _layers(model: Any) -> list[Any]:
    return tried(lambda: list(model._flatten_layers()), [])  # noqa: SLF001 (the public `layers` stops at nested models)


def _initializers(layer: Any) -> Iterator[Any]:
    """Those that draw and to which nobody gave a seed."""
    for value in vars(layer).values():
        # Of the very class: `isinstance` also asks the object.
        if issubclass(type(value), RandomInitializer) and value._init_seed is None and isinstance(value.seed, int):  # noqa: SLF001 (`seed` is set either way)
            yield value


def _drawn_by(initializer: Any, layer: Any) -> Iterator[Any]:
    """The layer's variables that are still, to the last bit, what the initializer drew."""
    for variable in [*layer._trainable_variables, *layer._non_trainable_variables]:  # noqa: SLF001 (its own, not its children's)
        if tried(lambda: _is_drawn_by(initializer, variable), False):  # noqa: B023 (called at once)
            yield variable


def _is_drawn_by(initializer: Any, variable: Any) -> bool:
    """Raises for an initializer for matrices that is asked about a bias."""
    drawn = np.asarray(initializer(tuple(variable.shape), dtype=variable.dtype))
    return np.array_equal(drawn, np.asarray(variable.value))


def _makeup(keras: Any, model: Any) -> str:
    layers = _layers(model)
    indices = {tried(lambda: str(one.name), ""): f"#{index}" for index, one in enumerate(layers)}  # noqa: B023
    facts = {
        "model": json.loads(architecture(keras, model)),
        "layers": [[class_name(layer), _config(layer)] for layer in layers],
        "compile": [compile_facts(keras, model), _config(tried(lambda: model.optimizer, None))],
    }
    # What cannot be written down goes by its classes.
    plain = json.dumps(list(map(class_name, [model, *layers])))
    text = tried(lambda: json.dumps(_nameless(facts, indices)), plain)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _nameless(value: Any, indices: Mapping[str, str]) -> Any:
    """Layers by their index instead of their name, which counts the layers that were made before."""
    match value:
        # A function's bytes name the file of the process that compiled it.
        case {"class_name": "__lambda__"}:
            return "lambda"
        case Mapping():
            return {str(k): _nameless(v, indices) for k, v in value.items() if k not in NAMES}
        case list() | tuple():
            return [_nameless(v, indices) for v in value]
        case str():
            return indices.get(value, value)
        case None | bool() | int() | float():
            return value
        case _:
            return type(value).__name__


def _config(thing: Any) -> Any:
    return tried(lambda: thing.get_config(), class_name(thing))  # noqa: PLW0108 (to look it up may fail, too)


def _meaning(code: str) -> str:
    """A digest of the code without its comments and layout; of the text, if it does not parse."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        code = ast.dump(ast.parse(code))
    return hashlib.blake2b(code.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _watched(module: ModuleType, seeded: set[str]) -> Change:
    original = module.seed

    @functools.wraps(original)
    def seed(*args: Any, **kwargs: Any) -> None:
        if all(value is None for value in (*args, *kwargs.values())):
            original(derived("no seed"))
            return
        original(*args, **kwargs)
        seeded.add(module.__name__)

    return Change(f"{module.__name__}.seed", module, "seed", seed)
