"""A network in normal form: dense layers, each with what follows it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

NOT_KNOWN = "unknown"
"""An activation or an initializer of the student's own, of which nobody knows what it is."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One step of a network in normal form: `Dense(50, activation="relu")` is a dense and an activation layer."""

    kind: str
    """input, flatten, rescale, normalize, dense, norm, activation, dropout or other."""
    units: int | None = None
    activation: str | None = None
    initializer: str | None = None
    rate: float | None = None
    name: str = ""
    """The Keras class, or what the student calls their own."""
    note: str = ""
    """Why nobody knows what it does; empty where that is known."""

    def __str__(self) -> str:
        match self.kind:
            case "dense":
                return f"Dense({self.units})"
            case "activation":
                return self.name if self.activation == NOT_KNOWN else str(self.activation)
            case "norm":
                return self.name or "BatchNormalization"
            case "dropout":
                return f"Dropout({self.rate:g})" if self.rate is not None else "Dropout"
            case _:
                return self.name or self.kind


@dataclass(frozen=True, slots=True)
class Block:
    """A dense layer and what follows it up to the next one, in the order it occurs."""

    dense: Layer
    after: tuple[Layer, ...]

    @property
    def activation(self) -> str:
        """The first activation in the block, `linear` where there is none."""
        return next((la.activation or "linear" for la in self.after if la.kind == "activation"), "linear")

    def position(self, kind: str) -> int | None:
        """Where the first layer of that kind stands after the dense layer, None if nowhere."""
        return next((i for i, la in enumerate(self.after) if la.kind == kind), None)

    def __str__(self) -> str:
        return " → ".join(str(la) for la in (self.dense, *self.after))


@dataclass(frozen=True)
class Architecture:
    """A network in normal form; `problem` says why it could not be read as a chain of known layers."""

    layers: tuple[Layer, ...]
    input_shape: tuple[int | None, ...] | None = None
    problem: str = ""

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """One block for each dense layer, the output layer last."""
        starts = [i for i, la in enumerate(self.layers) if la.kind == "dense"]
        ends = [*starts[1:], len(self.layers)] if starts else []
        return tuple(Block(self.layers[s], self.layers[s + 1 : e]) for s, e in zip(starts, ends, strict=True))

    @property
    def hidden(self) -> tuple[Block, ...]:
        """All blocks but the output."""
        return self.blocks[:-1]

    @property
    def output(self) -> Block | None:
        """The last block."""
        return self.blocks[-1] if self.blocks else None

    def has(self, kind: str) -> bool:
        """Whether any layer is of that kind."""
        return any(la.kind == kind for la in self.layers)
