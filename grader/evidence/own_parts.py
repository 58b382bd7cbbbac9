"""What the student's own layers and functions do: numbers that went in and came out, compared with what is known.

A pure function of what the trace says, which is a claim: it serves the judgement of a network's structure alone. A part
is known if it is, in use and in training, one of: a Dense layer with its own weights or none; behind it batch
normalization, a known activation and dropout, in the lab's order or with the normalization behind the activation.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.evidence.initializers import initializer_name
from grader.evidence.known import FUNCTIONS, RESCALED, Function, Numbers, near, recognised, tells_apart
from grader.evidence.network import Part, Parts
from grader.evidence.trace import AnyEvent, TriedPart
from grader.inside.trial_inputs import WIDEST, trial_inputs
from grader.records import NOT_KNOWN, Layer

MOST_PARTS = 200
TIMES = 4
EPSILONS = (1e-3, 1e-5, 1e-4, 1e-6, 1e-7, 1e-8)
"""What keeps a normalization from dividing by 0: Keras's own, and what others take."""
OF_A_NORM = 4
"""Its scale, its shift, the mean and the variance that it has seen."""
ORDERS = ((0, 1, 2, 3), (2, 3, 0, 1), (1, 0, 2, 3), (3, 2, 0, 1), (0, 1, 3, 2), (1, 0, 3, 2))
MOST_VECTORS = 5
"""Those, and a bias."""
SHARE = 0.06
"""Of some thousand numbers, so many more or fewer may be dropped by chance; five deviations of the smallest part."""
LONGEST_SOURCE = 240
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class _Modes:
    """Numbers of a network in use and of one in training."""

    use: Numbers
    training: tuple[Numbers, ...]


def known_parts(events: Iterable[AnyEvent], arrays: Callable[[str], Arrays]) -> Parts:
    """By the number in a network's description."""
    tried = {e.part: e for e in events if isinstance(e, TriedPart) and e.part}
    return {e.part: part_of(e, arrays) for e in itertools.islice(tried.values(), MOST_PARTS)}


def part_of(event: TriedPart, arrays: Callable[[str], Arrays]) -> Part:
    """What it does; never raises."""
    if event.error:
        return Part(problem=f"when it was tried after the last cell, it raised {event.error[:200]}")
    answers = _ordered(arrays(event.answers))
    if len(answers) != TIMES or not 0 < event.width <= WIDEST:
        return Part(problem="what it answered was not recorded")
    given, weights = trial_inputs(event.width).astype(np.float64), _ordered(arrays(event.weights))
    in_use, *training = (answers[0], *answers[2:])
    if any(a.shape[:1] != given.shape[:1] or a.shape != in_use.shape or a.ndim != given.ndim for a in answers):
        return Part(problem="it does not give a row of numbers for each image")
    finite = all(np.isfinite(one).all() for one in (*answers, *weights))
    steady = finite and near(in_use, answers[1])
    with np.errstate(all="ignore"):
        found = _known(given, weights, _Modes(in_use, tuple(training)), event) if steady else None
    if found is not None:
        return Part(found)
    same = in_use.shape == given.shape and not weights and steady and all(near(in_use, one) for one in answers)
    source = " ".join(event.source.split())[:LONGEST_SOURCE]
    return Part(problem="what it computes is nothing that the grader knows" + f" ({source})" * bool(source), keeps=same)


def _ordered(found: Arrays) -> list[Numbers]:
    return [found[name].astype(np.float64) for name in sorted(found)]


def _known(given: Numbers, weights: Sequence[Numbers], answers: _Modes, event: TriedPart) -> tuple[Layer, ...] | None:
    kernels = [n for n, w in enumerate(weights) if w.ndim == given.ndim]
    vectors = [w for w in weights if w.ndim == 1]
    if len(kernels) + len(vectors) < len(weights) or len(kernels) > 1 or len(vectors) > MOST_VECTORS:
        return None
    if not kernels:
        return _behind(given, vectors, answers)
    kernel = weights[kernels[0]]
    if kernel.shape[0] != given.shape[1] or kernel.shape[1] != answers.use.shape[1]:
        return None
    initializer = _initializer(event.initializers[kernels[0] : kernels[0] + 1], kernel.shape)
    dense = Layer("dense", units=kernel.shape[1], initializer=initializer, name="Dense")
    for bias, rest in _biases(vectors):
        behind = _behind(given @ kernel + bias, rest, answers) if np.shape(bias) in {(), kernel.shape[1:]} else None
        if behind is not None:
            return dense, *behind
    return None


def _biases(vectors: Sequence[Numbers]) -> Iterator[tuple[Numbers | float, Sequence[Numbers]]]:
    """Which of the vectors may be the bias of a Dense layer, and the others."""
    for n in range(len(vectors)):
        yield vectors[n], [*vectors[:n], *vectors[n + 1 :]]
    yield 0.0, vectors


def _initializer(described: Sequence[str], shape: Sequence[int]) -> str:
    try:
        return initializer_name(json.loads(described[0]), shape[0], shape[1])
    except (IndexError, ValueError, RecursionError):
        return NOT_KNOWN


def _behind(values: Numbers, vectors: Sequence[Numbers], answers: _Modes) -> tuple[Layer, ...] | None:
    """The layers that make the answers of these values, with these vectors as their weights."""
    if any(vector.shape != values.shape[1:] for vector in vectors) or values.shape != answers.use.shape:
        return None
    both = _Modes(values, (values, values))
    match len(vectors):
        case 0:
            return _activated(both, answers)
        case 1:
            prelu = _activated_by("prelu", lambda x: np.where(x > 0, x, vectors[0] * x), both, answers)
            return prelu if tells_apart(values) else None
        case n if n == OF_A_NORM:
            return next(filter(None, (_normalized(both, order, answers) for order in _orders(vectors))), None)
        case _:
            return None


def _orders(vectors: Sequence[Numbers]) -> Iterator[tuple[Numbers, ...]]:
    """As scale, shift, mean and variance: as Keras orders them, and as they are written otherwise."""
    orders = (tuple(vectors[n] for n in order) for order in ORDERS)
    return (order for order in orders if (order[3] > 0).all())


def _normalized(values: _Modes, weights: tuple[Numbers, ...], answers: _Modes) -> tuple[Layer, ...] | None:
    """Batch normalization before a known activation or behind it, and perhaps dropout."""
    norm = Layer("norm", name="BatchNormalization")
    straight = FUNCTIONS["linear"][0]
    for epsilon in EPSILONS:
        normal = _normal(values, weights, epsilon)
        behind = _activated_by("linear", straight, normal, answers) or _activated(normal, answers)
        if behind is not None:
            return norm, *behind
        for name, function in _functions() if tells_apart(values.use) else ():
            in_use = _Modes(function(values.use), ())
            if near(_normal(in_use, weights, epsilon).use, answers.use):
                before = _Modes(in_use.use, tuple(map(function, values.training)))
                last = _activated_by("linear", straight, _normal(before, weights, epsilon), answers)
                if last is not None:
                    return Layer("activation", activation=name), norm, *last
    return None


def _normal(values: _Modes, weights: tuple[Numbers, ...], epsilon: float) -> _Modes:
    """As seen so far in use; in training by the batch's own mean and variance."""
    scale, shift, mean, variance = weights

    def with_these(x: Numbers, middle: Numbers, spread: Numbers) -> Numbers:
        return np.asarray(scale * (x - middle) / np.sqrt(spread + epsilon) + shift)

    return _Modes(
        with_these(values.use, mean, variance),
        tuple(with_these(x, x.mean(axis=0), x.var(axis=0)) for x in values.training),
    )


def _functions() -> Iterator[tuple[str, Function]]:
    return ((name, function) for name, functions in FUNCTIONS.items() for function in functions)


def _activated(values: _Modes, answers: _Modes) -> tuple[Layer, ...] | None:
    """A known activation, and perhaps dropout behind it."""
    pairs = [(values.use, answers.use), *zip(values.training, answers.training, strict=True)]
    if not any(tells_apart(x) for x, _ in pairs):
        return None
    of_family = [found for x, y in pairs[:2] if (found := recognised(x, y))]
    for name, function in (*of_family, *_functions()):
        layers = _activated_by(name, function, values, answers)
        if layers is not None:
            return layers
    return None


def _activated_by(name: str, function: Function, values: _Modes, answers: _Modes) -> tuple[Layer, ...] | None:
    if not near(function(values.use), answers.use):
        return None
    rates = [_rate(function(x), y) for x, y in zip(values.training, answers.training, strict=True)]
    known = [rate for rate in rates if rate is not None]
    if known and known[0] and near(*answers.training):
        # The same ones each time: nothing is learnt without the others.
        return None
    if len(known) < len(rates) or max(known) - min(known) > 1e-3:  # noqa: PLR2004 (the same number, in single precision)
        return None
    kind = "rescale" if name == RESCALED else "activation"
    first = () if name == "linear" else (Layer(kind, activation=None if kind == "rescale" else name),)
    return (*first, Layer("dropout", rate=round(known[0], 4), name="Dropout")) if known[0] else first


def _rate(whole: Numbers, answer: Numbers) -> float | None:
    """Which share was dropped at random, the rest scaled up for it; 0 for none, None if it was changed otherwise."""
    if near(whole, answer):
        return 0.0
    there = np.abs(whole) > 0.01  # noqa: PLR2004 (what is next to nothing says nothing)
    kept = there & (answer != 0)
    if not kept.any():
        return None
    times = float(np.median(answer[kept] / whole[kept]))
    rate = 1 - 1 / times if times > 1 else 0.0
    alike = near(np.where(answer != 0, whole * times, 0.0), answer)
    dropped = 1 - kept.sum() / there.sum()
    return rate if alike and 0 < rate < 1 and abs(dropped - rate) < SHARE else None
