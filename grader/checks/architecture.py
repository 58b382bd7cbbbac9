"""Checks of the network in normal form: its layers, their activations and initializers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, ClassVar, TypeAlias

from pydantic import Field

from grader.checks import names
from grader.checks.base import ArchitectureCheck, counted, failed, graded, listed, not_assessed, passed
from grader.i18n.texts import say
from grader.records import NOT_KNOWN, Architecture, AskedNetwork, Block, TrainingRun, Verdict

HALF = Fraction(1, 2)
MOST_LAYERS = 200
"""A network of more is not read (grader/evidence/network.py)."""
Numbered: TypeAlias = list[tuple[int, Block]]
"""Dense layers with their numbers, the first being 1."""


class HiddenLayers(ArchitectureCheck):
    """So many hidden Dense layers of so many units; a layer too few or too many counts as a wrong one."""

    name: ClassVar[str] = "hidden_layers"
    example: ClassVar[str] = "{check: hidden_layers, count: 4, units: 50}"
    count: Annotated[int, Field(ge=1, lt=MOST_LAYERS)]
    """Dense layers before the output layer."""
    units: Annotated[int, Field(ge=1)]
    """Units of each of them."""

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """So many layers of that size."""
        return replace(network, hidden=self.count, units=self.units)

    @property
    def expected(self) -> str:
        """The number and size of the layers."""
        return counted(self.count, say("hidden Dense({units}) layer", units=self.units))

    def judge_network(self, network: Architecture, run: TrainingRun) -> Verdict:  # noqa: ARG002 (layers are enough)
        """Each layer has an equal share of what was asked for or built, whichever is more."""
        right = sum(b.dense.units == self.units for b in network.hidden)
        listed = ", ".join(str(b.dense) for b in network.hidden) or "none"
        return graded(
            Fraction(right, max(self.count, len(network.hidden))),
            self.expected,
            say("{count}: {listed}", count=counted(len(network.hidden), "hidden layer"), listed=listed),
            say(
                "Put {count} before the output layer, no more and no less.",
                count=counted(self.count, f"Dense({self.units}) layer"),
            ),
        )


class OutputLayer(ArchitectureCheck):
    """The last Dense layer: its units and softmax, which `from_logits=True` in the loss may stand for."""

    name: ClassVar[str] = "output_layer"
    example: ClassVar[str] = "{check: output_layer, units: 10}"
    units: Annotated[int, Field(ge=1)]
    """Units of the output layer: one for each class."""

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """An output of that size."""
        return replace(network, outputs=self.units)

    @property
    def expected(self) -> str:
        """Size and activation."""
        return say("an output layer Dense({units}) with softmax", units=self.units)

    def judge_network(self, network: Architecture, run: TrainingRun) -> Verdict:
        """Half for the units, half for the softmax."""
        last = network.blocks[-1]
        logits = last.activation == "linear" and run.compile.from_logits
        if reason := _unknown_activation(last):
            return not_assessed(self.expected, reason)
        ends_well = last.activation == "softmax" or logits
        return graded(
            HALF * (last.dense.units == self.units) + HALF * ends_well,
            self.expected,
            say(
                "{dense} with {activation}",
                dense=last.dense,
                activation="from_logits=True in the loss" if logits else last.activation,
            ),
            say(
                "End with Dense({units}, activation='softmax'): one unit for each class, and softmax "
                "turns their values into probabilities that add up to 1.",
                units=self.units,
            ),
        )


# ---------------------------------------------------------------- one layer after the other


class LayerByLayer(ArchitectureCheck):
    """A check in which every layer it looks at has an equal share of the marks."""

    @property
    @abstractmethod
    def advice(self) -> str:
        """What to write instead."""

    @abstractmethod
    def complaint(self, block: Block) -> str:
        """What the layer has that is wrong, as in `no dropout`; empty if nothing is."""

    def unknown(self, block: Block) -> str:  # noqa: ARG002 (most checks can say of every layer)
        """Why nobody can say whether the layer has what is asked for; empty where that is plain."""
        return ""

    def layers(self, blocks: Numbered) -> Numbered:
        """Those of all Dense layers that count: here the hidden ones."""
        return blocks[:-1]

    def judge_network(self, network: Architecture, run: TrainingRun) -> Verdict:  # noqa: ARG002 (layers are enough)
        """Names every layer that is wrong and what is wrong with it."""
        layers = self.layers(list(enumerate(network.blocks, 1)))
        if not layers:
            return failed(self.expected, say("the network has no hidden Dense layer"), self.advice)
        if reason := next((reason for _, block in layers if (reason := self.unknown(block))), ""):
            return not_assessed(self.expected, reason)
        wrong = [(number, text) for number, block in layers if (text := self.complaint(block))]
        if not wrong:
            kinds = " or ".join(dict.fromkeys(self.seen(block) for _, block in layers))
            return passed(self.expected, say("{count}, each {kinds}", count=counted(len(layers), "layer"), kinds=kinds))
        found = _named(wrong, len(network.blocks))
        return graded(1 - Fraction(len(wrong), len(layers)), self.expected, found, self.advice)

    def seen(self, block: Block) -> str:
        """What is right about a layer, for the report."""
        return str(block)


class HiddenActivation(LayerByLayer):
    """One of the accepted activations after every hidden Dense layer."""

    name: ClassVar[str] = "hidden_activation"
    example: ClassVar[str] = "{check: hidden_activation, accepted: [relu, elu], words: ReLU or ELU}"
    accepted: Annotated[names.Activations, Field(min_length=1)]
    """Activations that pass, by their names in Keras or as layers, as leaky_relu or LeakyReLU; `linear` is none."""
    words: str = ""
    """What the accepted ones have in common, for people; without it they are listed."""

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """One of the accepted activations."""
        return replace(network, activation=self.accepted)

    @property
    def expected(self) -> str:
        """The kind of activation."""
        return say("{activation} after every hidden Dense layer", activation=self.words or listed(self.accepted, "or"))

    @property
    def advice(self) -> str:
        """How to name an activation."""
        return say(
            "Give every hidden layer its activation, as in Dense(..., activation='{accepted}').",
            accepted=self.accepted[0],
        )

    def unknown(self, block: Block) -> str:
        """An activation of the student's own that computes nothing known."""
        return _unknown_activation(block)

    def complaint(self, block: Block) -> str:
        """The activation that is not among the accepted."""
        if block.activation in self.accepted:
            return ""
        return say("no activation") if block.activation == "linear" else block.activation


class Initializer(LayerByLayer):
    """One of the accepted kernel initializers on every Dense layer, the output layer among them."""

    name: ClassVar[str] = "initializer"
    example: ClassVar[str] = "{check: initializer, accepted: [he_normal]}"
    accepted: Annotated[names.Initializers, Field(min_length=1)]
    """Initializers that pass, by their names in Keras or their classes, as he_normal or HeNormal."""

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """One of the accepted initializers."""
        return replace(network, initializer=self.accepted)

    @property
    def expected(self) -> str:
        """The initializer's name."""
        return say("{listed} on every Dense layer, the output layer included", listed=listed(self.accepted, "or"))

    @property
    def advice(self) -> str:
        """How to set an initializer."""
        return say(
            "Write kernel_initializer='{accepted}' in every Dense layer; without it Keras takes its default.",
            accepted=self.accepted[0],
        )

    def layers(self, blocks: Numbered) -> Numbered:
        """All of them."""
        return blocks

    def seen(self, block: Block) -> str:
        """The initializer."""
        return say("{dense} with {initializer}", dense=block.dense, initializer=block.dense.initializer)

    def unknown(self, block: Block) -> str:
        """An initializer of the student's own."""
        if block.dense.initializer != NOT_KNOWN:
            return ""
        return say("{dense} draws its weights by an initializer that you wrote yourself", dense=block.dense)

    def complaint(self, block: Block) -> str:
        """The initializer that is not among the accepted."""
        return "" if block.dense.initializer in self.accepted else (block.dense.initializer or "no initializer")


def _unknown_activation(block: Block) -> str:
    """Why nobody knows what its activation computes; never where it is Keras's own."""
    notes = [la.note or str(la) for la in block.after if la.activation == NOT_KNOWN]
    return say("which activation this is could not be found out: {why}", why=notes[0]) if notes else ""


def _named(wrong: Iterable[tuple[int, str]], total: int) -> str:
    """`Dense 2 and 4 of 5 have no dropout`: layers with the same complaint in one phrase."""
    numbers: dict[str, list[str]] = {}
    for number, text in wrong:
        numbers.setdefault(text, []).append(str(number))
    return "; ".join(
        say(
            "Dense {listed} of {total} {verb} {text}",
            listed=listed(which, "and"),
            total=total,
            verb="has" if len(which) == 1 else "have",
            text=text,
        )
        for text, which in numbers.items()
    )
