from fractions import Fraction

import pytest

from grader.checks.architecture import (
    HiddenActivation,
    HiddenLayers,
    Initializer,
    OutputLayer,
)
from grader.checks.base import Check
from grader.checks.regularization import BatchNorm, BatchNormPlacement, DropoutPlacement, DropoutRate
from grader.records import NOT_KNOWN, Architecture, Layer, Outcome, Verdict
from tests.builders import NORM, activation, dense, dropout, facts, perfect_run, rebuilt, recompiled

ELU = activation("elu")
OUTPUT = (dense(10), activation("softmax"))
LAYERS = HiddenLayers(count=4, units=50)
LIVELY = HiddenActivation(accepted=("relu", "elu"))


def judged(check: Check, *layers: Layer) -> Verdict:
    return check.judge(facts(rebuilt(perfect_run("dropout"), *layers), "dropout"))


@pytest.mark.parametrize(
    ("sizes", "share"),
    [
        ((50, 50, 50, 50), Fraction(1)),
        ((50, 50, 50), Fraction(3, 4)),
        ((50, 50, 50, 50, 50), Fraction(4, 5) + Fraction(1, 5)),
        ((50, 50, 50, 64), Fraction(3, 4)),
        ((512, 50, 50, 50, 50), Fraction(4, 5)),
        ((512,), Fraction(0)),
        ((), Fraction(0)),
    ],
)
def test_each_hidden_layer_has_an_equal_share(sizes: tuple[int, ...], share: Fraction) -> None:
    hidden = [layer for units in sizes for layer in (dense(units), ELU)]
    assert judged(LAYERS, *hidden, *OUTPUT).share == share


def test_hidden_layers_are_listed_as_they_were_built() -> None:
    verdict = judged(LAYERS, dense(64), ELU, dense(50), ELU, *OUTPUT)
    assert verdict.expected == "4 hidden Dense(50) layers"
    assert verdict.found == "2 hidden layers: Dense(64), Dense(50)"


@pytest.mark.parametrize(
    ("layers", "share"),
    [
        ((dense(10), activation("softmax")), Fraction(1)),
        ((dense(10), activation("sigmoid")), Fraction(1, 2)),
        ((dense(10),), Fraction(1, 2)),
        ((dense(1), activation("softmax")), Fraction(1, 2)),
        ((dense(1), activation("sigmoid")), Fraction(0)),
    ],
)
def test_units_and_softmax_of_the_output_are_half_each(layers: tuple[Layer, ...], share: Fraction) -> None:
    assert judged(OutputLayer(units=10), dense(), ELU, *layers).share == share


def test_from_logits_stands_for_the_softmax() -> None:
    run = recompiled(rebuilt(perfect_run("naive"), dense(), ELU, dense(10)), from_logits=True)
    verdict = OutputLayer(units=10).judge(facts(run, "naive"))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.found == "Dense(10) with from_logits=True in the loss"


def test_a_wrong_layer_is_named_by_its_number() -> None:
    verdict = judged(LIVELY, dense(), ELU, dense(), activation("sigmoid"), dense(), *OUTPUT)
    assert verdict.share == Fraction(1, 3)
    assert verdict.found == "Dense 2 of 4 has sigmoid; Dense 3 of 4 has no activation"


def test_a_network_of_an_output_layer_alone_has_no_hidden_layer_to_judge() -> None:
    assert judged(LIVELY, *OUTPUT).found == "the network has no hidden Dense layer"


def test_the_accepted_activations_are_listed_unless_the_rubric_has_words_for_them() -> None:
    assert LIVELY.expected == "relu or elu after every hidden Dense layer"
    assert HiddenActivation(accepted=("elu",), words="a lively one").expected.startswith("a lively one")


def test_the_initializer_of_the_output_layer_counts_as_well() -> None:
    he = dense(initializer="he_normal")
    verdict = judged(Initializer(accepted=("he_normal",)), *[he, ELU] * 4, *OUTPUT)
    assert verdict.share == Fraction(4, 5)
    assert verdict.found == "Dense 5 of 5 has glorot_uniform"


def test_batch_norm_on_the_input_alone_is_none_after_a_hidden_layer() -> None:
    assert judged(BatchNorm(), NORM, *[dense(), ELU] * 4, *OUTPUT).outcome is Outcome.FAILED


def test_another_normalization_is_no_batch_normalization() -> None:
    verdict = judged(BatchNorm(), dense(), Layer("norm", name="LayerNormalization"), ELU, *OUTPUT)
    assert verdict.found == "Dense 1 of 2 has LayerNormalization instead"


@pytest.mark.parametrize(
    ("layers", "share"),
    [
        ((dense(), NORM, ELU), Fraction(1)),
        ((dense(), ELU, NORM), Fraction(0)),
        ((dense(), ELU, dropout(), NORM), Fraction(0)),
        ((dense(), NORM), Fraction(0)),
        ((dense(), NORM, ELU, dense(), ELU), Fraction(1)),
        ((dense(), NORM, ELU, dense(), ELU, NORM), Fraction(1, 2)),
    ],
)
def test_batch_norm_placement_is_judged_over_the_layers_that_have_one(
    layers: tuple[Layer, ...], share: Fraction
) -> None:
    assert judged(BatchNormPlacement(), *layers, *OUTPUT).share == share


def test_layers_with_the_same_fault_are_named_together() -> None:
    verdict = judged(BatchNorm(), *[dense(), ELU] * 3, dense(), NORM, ELU, *OUTPUT)
    assert verdict.found == "Dense 1, 2 and 3 of 5 have no BatchNormalization"


def test_what_is_right_is_shown_as_well() -> None:
    verdict = judged(Initializer(accepted=("glorot_uniform",)), *[dense(), ELU] * 2, *OUTPUT)
    assert verdict.found == "3 layers, each Dense(50) with glorot_uniform or Dense(10) with glorot_uniform"


def test_a_late_batch_norm_is_shown_in_its_order() -> None:
    verdict = judged(BatchNormPlacement(), dense(), ELU, NORM, *OUTPUT)
    assert verdict.found == "Dense 1 of 2 has it after the activation (Dense(50) → elu → BatchNormalization)"


@pytest.mark.parametrize(
    ("layers", "share"),
    [
        ((dense(), ELU, dropout()), Fraction(1)),
        ((dense(), dropout(), ELU), Fraction(0)),
        ((dense(), dropout(), ELU, dropout()), Fraction(1)),
        ((dense(), dropout()), Fraction(0)),
        ((dropout(), dense(), ELU), Fraction(0)),
        ((dense(), ELU, dropout(), dense(), ELU), Fraction(1, 2)),
    ],
)
def test_dropout_counts_after_the_activation_of_a_hidden_layer(layers: tuple[Layer, ...], share: Fraction) -> None:
    assert judged(DropoutPlacement(), *layers, *OUTPUT).share == share


def test_each_dropout_layer_has_an_equal_share_of_the_rate() -> None:
    verdict = judged(DropoutRate(rate=0.2), dropout(0.2), dense(), ELU, dropout(0.5), *OUTPUT)
    assert verdict.share == Fraction(1, 2)
    assert verdict.found == "Dropout(0.2), Dropout(0.5)"


def test_a_rate_is_skipped_where_there_is_no_dropout() -> None:
    assert judged(DropoutRate(rate=0.2), dense(), ELU, *OUTPUT).outcome is Outcome.SKIPPED


def test_a_network_that_cannot_be_read_is_not_assessed_and_reviewed() -> None:
    run = perfect_run("init", architecture=Architecture((), problem="it has the custom layer Attention"))
    verdict = LAYERS.judge(facts(run, "init"))
    assert verdict.outcome is Outcome.NOT_ASSESSED
    assert verdict.review == "the network could not be read layer by layer: it has the custom layer Attention"


def test_a_network_without_dense_layers_fails() -> None:
    assert judged(LAYERS, Layer("other", name="Conv2D")).found == "the network has no Dense layer"


def test_an_activation_that_nobody_knows_is_not_assessed_and_the_rest_is_judged() -> None:
    bend = Layer("activation", activation=NOT_KNOWN, name="bend", note="bend, which you wrote yourself, is not known")
    layers = (*(dense(), bend) * 4, *OUTPUT)
    assert judged(LAYERS, *layers).outcome is Outcome.PASSED
    verdict = judged(LIVELY, *layers)
    assert verdict.outcome is Outcome.NOT_ASSESSED
    assert "bend, which you wrote yourself" in verdict.review
    assert judged(OutputLayer(units=10), dense(), ELU, dense(10), bend).outcome is Outcome.NOT_ASSESSED


def test_an_initializer_of_ones_own_is_not_assessed() -> None:
    verdict = judged(Initializer(accepted=("he_normal",)), dense(initializer=NOT_KNOWN), ELU, *OUTPUT)
    assert verdict.outcome is Outcome.NOT_ASSESSED
    assert "Dense(50) draws its weights by an initializer that you wrote yourself" in verdict.found
