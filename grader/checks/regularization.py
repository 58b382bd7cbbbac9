"""Checks of what stands between the Dense layers: batch normalization and dropout."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field

from grader.checks.architecture import LayerByLayer, Numbered
from grader.checks.base import ArchitectureCheck, graded, skipped
from grader.i18n.texts import say
from grader.records import Architecture, AskedNetwork, Block, TrainingRun, Verdict


class BatchNorm(LayerByLayer):
    """Batch normalization after every hidden Dense layer, wherever in relation to the activation."""

    name: ClassVar[str] = "batch_norm"
    example: ClassVar[str] = "{check: batch_norm}"

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
    example: ClassVar[str] = "{check: batch_norm_placement}"

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
    example: ClassVar[str] = "{check: dropout_placement}"

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
    example: ClassVar[str] = "{check: dropout_rate, rate: 0.2}"
    rate: Annotated[float, Field(gt=0, lt=1)]
    """The share of the units that is dropped, as in Keras's Dropout(0.2)."""

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


def _normalizations(block: Block) -> list[int]:
    """Where batch normalizations stand after the dense layer; `norm` without a Keras class means one."""
    norms = ((i, layer.name or "BatchNormalization") for i, layer in enumerate(block.after) if layer.kind == "norm")
    return [i for i, name in norms if name.startswith("BatchNorm")]
