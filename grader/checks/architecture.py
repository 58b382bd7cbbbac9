"""Checks of the network in normal form: layers, activations, initializers, batch normalization, dropout."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, ClassVar, TypeAlias

from pydantic import Field

from grader.checks.base import ArchitectureCheck, counted, failed, graded, listed, passed, skipped
from grader.records import Architecture, AskedNetwork, Block, TrainingRun, Verdict
from grader.texts import say

HALF = Fraction(1, 2)
Numbered: TypeAlias = list[tuple[int, Block]]
"""Dense layers with their numbers, the first being 1."""


class HiddenLayers(ArchitectureCheck):
    """So many hidden Dense layers of so many units; a layer too few or too many counts as a wrong one."""

    name: ClassVar[str] = "hidden_layers"
    count: Annotated[int, Field(ge=1)]
    units: Annotated[int, Field(ge=1)]

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
    units: Annotated[int, Field(ge=1)]

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

    def layers(self, blocks: Numbered) -> Numbered:
        """Those of all Dense layers that count: here the hidden ones."""
        return blocks[:-1]

    def judge_network(self, network: Architecture, run: TrainingRun) -> Verdict:  # noqa: ARG002 (layers are enough)
        """Names every layer that is wrong and what is wrong with it."""
        layers = self.layers(list(enumerate(network.blocks, 1)))
        if not layers:
            return failed(self.expected, say("the network has no hidden Dense layer"), self.advice)
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
    accepted: Annotated[tuple[str, ...], Field(min_length=1)]
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

    def complaint(self, block: Block) -> str:
        """The activation that is not among the accepted."""
        if block.activation in self.accepted:
            return ""
        return say("no activation") if block.activation == "linear" else block.activation


class Initializer(LayerByLayer):
    """One of the accepted kernel initializers on every Dense layer, the output layer among them."""

    name: ClassVar[str] = "initializer"
    accepted: Annotated[tuple[str, ...], Field(min_length=1)]

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

    def complaint(self, block: Block) -> str:
        """The initializer that is not among the accepted."""
        return "" if block.dense.initializer in self.accepted else (block.dense.initializer or "no initializer")


class BatchNorm(LayerByLayer):
    """Batch normalization after every hidden Dense layer, wherever in relation to the activation."""

    name: ClassVar[str] = "batch_norm"

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """Batch normalization, wherever."""
        return replace(network, norm=True)

    @property
    def expected(self) -> str:
        """The layer and where."""
        return say("BatchNormalization after every hidden Dense layer")

    @property
    def advice(self) -> str:
        """How to add one."""
        return say("Add BatchNormalization() between every hidden Dense layer and its activation.")

    def complaint(self, block: Block) -> str:
        """No batch normalization, or another normalization in its place."""
        if _normalizations(block):
            return ""
        other = block.position("norm")
        return say("no BatchNormalization") if other is None else say("{after} instead", after=block.after[other])


class BatchNormPlacement(BatchNorm):
    """Batch normalization between Dense and activation, judged over the layers that have one."""

    name: ClassVar[str] = "batch_norm_placement"

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """Batch normalization before the activation."""
        return replace(network, norm=True, norm_first=True)

    @property
    def expected(self) -> str:
        """The order of the three layers."""
        return say("BatchNormalization before the activation: Dense → BatchNormalization → activation")

    @property
    def advice(self) -> str:
        """How to get the order right."""
        return say(
            "Write Dense(...) without its activation, then BatchNormalization(), then "
            "Activation(...): an activation inside Dense(...) comes before whatever follows the "
            "layer."
        )

    def layers(self, blocks: Numbered) -> Numbered:
        """The hidden layers that have a batch normalization."""
        return [(number, block) for number, block in super().layers(blocks) if _normalizations(block)]

    def complaint(self, block: Block) -> str:
        """The order in which the layers stand."""
        activation = block.position("activation")
        if activation is None:
            return say("no activation that it could stand before ({block})", block=block)
        return "" if _normalizations(block)[0] < activation else say("it after the activation ({block})", block=block)


class DropoutPlacement(LayerByLayer):
    """Dropout after the activation of every hidden layer."""

    name: ClassVar[str] = "dropout_placement"

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """Dropout after the activation."""
        return replace(network, dropout=True)

    @property
    def expected(self) -> str:
        """The order of the three layers."""
        return say("Dropout after the activation of every hidden Dense layer: Dense → activation → Dropout")

    @property
    def advice(self) -> str:
        """Where to add it."""
        return say(
            "Add a Dropout layer after the activation of each hidden Dense layer, and none after the output layer."
        )

    def complaint(self, block: Block) -> str:
        """No dropout, or one before the activation."""
        drops = [i for i, layer in enumerate(block.after) if layer.kind == "dropout"]
        if not drops:
            return say("no dropout")
        activation = block.position("activation")
        if activation is None:
            return say("no activation that it could stand after ({block})", block=block)
        return "" if drops[-1] > activation else say("it before the activation ({block})", block=block)


class DropoutRate(ArchitectureCheck):
    """The rate of the dropout layers there are, wherever they stand; skipped where there is none."""

    name: ClassVar[str] = "dropout_rate"
    rate: Annotated[float, Field(gt=0, lt=1)]

    def asked(self, network: AskedNetwork) -> AskedNetwork:
        """Dropout at that rate."""
        return replace(network, rate=self.rate)

    @property
    def expected(self) -> str:
        """The layer with its rate."""
        return say("Dropout({rate:g}), which drops {share:.0%} of the units", rate=self.rate, share=self.rate)

    def judge_network(self, network: Architecture, run: TrainingRun) -> Verdict:  # noqa: ARG002 (layers are enough)
        """Each dropout layer has an equal share."""
        drops = [layer for layer in network.layers if layer.kind == "dropout"]
        if not drops:
            return skipped(
                self.expected,
                say("there is no dropout layer whose rate could be judged"),
                say("Add Dropout layers first."),
            )
        right = sum(d.rate is not None and math.isclose(d.rate, self.rate, rel_tol=1e-3) for d in drops)
        advice = say(
            "Write Dropout({rate:g}): the number is the share that is dropped, not the share that is kept.",
            rate=self.rate,
        )
        return graded(Fraction(right, len(drops)), self.expected, ", ".join(map(str, drops)), advice)


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


def _normalizations(block: Block) -> list[int]:
    """Where batch normalizations stand after the dense layer; `norm` without a Keras class means one."""
    norms = ((i, layer.name or "BatchNormalization") for i, layer in enumerate(block.after) if layer.kind == "norm")
    return [i for i, name in norms if name.startswith("BatchNorm")]
