"""The network that was found beside the one that was asked for: what is missing, misplaced, other or too much."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from grader.i18n.texts import Text, say
from grader.records import Architecture, AskedNetwork, Block, Layer


class Mark(StrEnum):
    """How a layer that was found goes with what was asked for."""

    RIGHT = "right"
    OTHER = "other"
    """Asked for, but otherwise: another size, rate, activation or initializer."""
    MISSING = "missing"
    MISPLACED = "misplaced"
    EXTRA = "extra"
    """Not asked for."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One layer in the drawing; `note` stands in small letters below it, `words` say what is wrong with it."""

    text: str
    mark: Mark = Mark.RIGHT
    note: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A dense layer and what follows it, as found and as asked for; either may be empty."""

    number: int
    found: tuple[Chip, ...]
    asked: tuple[Chip, ...]


def compare(asked: AskedNetwork, network: Architecture, *, from_logits: bool) -> tuple[Row, ...]:
    """One row for each dense layer of either network, the output layer last; empty if there is no layer to compare."""
    output = network.output
    if network.problem or output is None:
        return ()
    hidden = network.hidden
    wanted = len(hidden) if asked.hidden is None else asked.hidden
    rows = [_hidden_row(asked, n, hidden, wanted) for n in range(max(len(hidden), wanted))]
    last = Row(len(rows) + 1, _output(asked, output, from_logits=from_logits), _asked_output(asked, output))
    return (*rows, last)


def differences(rows: tuple[Row, ...]) -> tuple[Text, ...]:
    """In words, for each thing that is wrong the dense layers where it is."""
    where: dict[str, list[int]] = {}
    for row in rows:
        for words in dict.fromkeys(chip.words for chip in row.found if chip.words):
            where.setdefault(words, []).append(row.number)
    return tuple(_where(what, numbers, len(rows)) for what, numbers in where.items())


def _where(what: str, numbers: list[int], total: int) -> Text:
    if len(numbers) == 1:
        return say("{what} (dense layer {number} of {total})", what=what, number=numbers[0], total=total)
    return say("{what} (dense layers {numbers} of {total})", what=what, numbers=_numbers(numbers), total=total)


def _numbers(numbers: list[int]) -> str:
    """1, 2, 5 or, where all between are there, 1 to 4."""
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:  # noqa: PLR2004 (two are named)
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(map(str, numbers))


def _hidden_row(asked: AskedNetwork, index: int, hidden: tuple[Block, ...], wanted: int) -> Row:
    number = index + 1
    if index >= len(hidden):
        absent = say("a hidden layer is missing")
        chips = _asked_hidden(asked, None)
        return Row(number, tuple(Chip(c.text, Mark.MISSING, say("missing"), absent) for c in chips), chips)
    block = hidden[index]
    if index >= wanted:
        words = say("a hidden layer more than asked for")
        layers = (block.dense, *block.after)
        return Row(number, tuple(Chip(name(la), Mark.EXTRA, say("not asked for"), words) for la in layers), ())
    return Row(number, tuple(_found(asked, block)), _asked_hidden(asked, block))


def name(layer: Layer) -> str:
    """A layer in a word that fits into the drawing."""
    return str(layer).replace("BatchNormalization", "BatchNorm")


# ---------------------------------------------------------------- hidden layers


def _found(asked: AskedNetwork, block: Block) -> Iterator[Chip]:
    """The layers of a hidden block in their order, each that is missing where it should stand."""
    yield _dense(asked, block.dense, asked.units)
    activation = block.position("activation")
    norms = [i for i, la in enumerate(block.after) if is_batch_norm(la)]
    drops = [i for i, la in enumerate(block.after) if la.kind == "dropout"]
    other_norm = any(la.kind == "norm" for la in block.after)
    at = activation if activation is not None else next((i for i in drops if i not in norms), len(block.after))
    for i, layer in enumerate(block.after):
        if i == at:
            yield from _missing_before(asked, block, other_norm=other_norm)
        if layer.kind == "norm":
            late = asked.norm_first and activation is not None and bool(norms) and norms[0] > activation
            yield _norm(asked, layer, late=late)
        elif layer.kind == "dropout":
            early = asked.dropout is True and activation is not None and drops[-1] < activation
            yield _dropout(asked, layer, early=early)
        else:
            yield _activation(asked, layer) if i == activation else Chip(name(layer))
    if at == len(block.after):
        yield from _missing_before(asked, block, other_norm=other_norm)
    if asked.dropout and not drops:
        yield _missing(_rate(asked))


def _missing_before(asked: AskedNetwork, block: Block, *, other_norm: bool) -> Iterator[Chip]:
    """What should stand before the activation or be it."""
    if asked.norm and not other_norm:
        yield _missing("BatchNorm")
    if asked.activation and block.position("activation") is None:
        yield _missing(asked.activation[0])


def is_batch_norm(layer: Layer) -> bool:
    """Batch normalization and no other normalization; `norm` without a Keras class means one."""
    return layer.kind == "norm" and (layer.name or "BatchNormalization").startswith("BatchNorm")


def _missing(text: str) -> Chip:
    return Chip(text, Mark.MISSING, say("missing"), say("{layer} is missing", layer=text))


def _other(layer: str, instead: str) -> Chip:
    words = say("{layer} instead of {asked}", layer=layer, asked=instead)
    return Chip(layer, Mark.OTHER, say("asked: {asked}", asked=instead), words)


def _extra(layer: str) -> Chip:
    return Chip(layer, Mark.EXTRA, say("not asked for"), say("{layer} is not asked for here", layer=layer))


def _dense(asked: AskedNetwork, dense: Layer, units: int | None) -> Chip:
    if units is not None and dense.units != units:
        return _other(str(dense), f"Dense({units})")
    initializer = dense.initializer or "?"
    if asked.initializer and initializer not in asked.initializer:
        words = say("initializer {layer} instead of {asked}", layer=initializer, asked=asked.initializer[0])
        return Chip(str(dense), Mark.OTHER, initializer, words)
    return Chip(str(dense), note=initializer if asked.initializer else "")


def _activation(asked: AskedNetwork, layer: Layer) -> Chip:
    if asked.activation and layer.activation not in asked.activation:
        return _other(name(layer), asked.activation[0])
    return Chip(name(layer))


def _norm(asked: AskedNetwork, layer: Layer, *, late: bool) -> Chip:
    if asked.norm is False:
        return _extra(name(layer))
    if asked.norm and not is_batch_norm(layer):
        return _other(name(layer), "BatchNorm")
    if late:
        words = say("BatchNorm stands after the activation, not before it")
        return Chip(name(layer), Mark.MISPLACED, say("misplaced"), words)
    return Chip(name(layer))


def _dropout(asked: AskedNetwork, layer: Layer, *, early: bool) -> Chip:
    if asked.dropout is False:
        return _extra(name(layer))
    right = asked.rate is None or (layer.rate is not None and math.isclose(layer.rate, asked.rate, rel_tol=1e-3))
    if early and right:
        words = say("{layer} stands before the activation, not after it", layer=name(layer))
        return Chip(name(layer), Mark.MISPLACED, say("misplaced"), words)
    if early:
        words = say(
            "{layer} stands before the activation; asked for is {asked} after it", layer=name(layer), asked=_rate(asked)
        )
        return Chip(name(layer), Mark.MISPLACED, say("misplaced, other rate"), words)
    return Chip(name(layer)) if right else _other(name(layer), _rate(asked))


def _rate(asked: AskedNetwork) -> str:
    return "Dropout" if asked.rate is None else f"Dropout({asked.rate:g})"


def _asked_hidden(asked: AskedNetwork, block: Block | None) -> tuple[Chip, ...]:
    """What was asked for; where several activations are accepted, the one that was found, if it is among them."""
    units = asked.units if asked.units is not None else block.dense.units if block else None
    dense = "Dense" if units is None else f"Dense({units})"
    accepted = block is not None and block.activation in asked.activation
    activation = block.activation if block and accepted else next(iter(asked.activation), "")
    chips = (
        Chip(dense, note=next(iter(asked.initializer), "")),
        Chip("BatchNorm" if asked.norm else ""),
        Chip(activation),
        Chip(_rate(asked) if asked.dropout else ""),
    )
    return tuple(chip for chip in chips if chip.text)


# ---------------------------------------------------------------- the output layer


def _output(asked: AskedNetwork, block: Block, *, from_logits: bool) -> tuple[Chip, ...]:
    chips = [_dense(asked, block.dense, asked.outputs)]
    activation = block.position("activation")
    for i, layer in enumerate(block.after):
        if layer.kind in {"norm", "dropout"}:
            chips.append(_extra(name(layer)))
        elif i == activation and asked.outputs is not None and layer.activation != "softmax":
            chips.append(_other(name(layer), "softmax"))
        else:
            chips.append(Chip(name(layer)))
    if activation is None and asked.outputs is not None:
        chips.append(Chip("from_logits") if from_logits else _missing("softmax"))
    return tuple(chips)


def _asked_output(asked: AskedNetwork, block: Block) -> tuple[Chip, ...]:
    if asked.outputs is None:
        return (Chip(str(block.dense)),)
    return (Chip(f"Dense({asked.outputs})", note=next(iter(asked.initializer), "")), Chip("softmax"))
