"""Titles and names are read as a person reads them: negation, compounds, several languages, abbreviations."""

import pytest

from grader.grading.matching.words import is_extra, named, section, spoken
from tests.builders import rubric

STAGES = rubric().stages


@pytest.mark.parametrize(
    ("title", "stages"),
    [
        ("5. Dropout", {"dropout"}),
        ("Batch-Norm", {"batchnorm"}),
        ("MLP + BN", {"batchnorm"}),
        ("BatchNormalization layer", {"batchnorm"}),
        ("Model 4 - batch_norm", {"batchnorm"}),
        ("MLP + Dropout + AdamOptimizer", {"dropout", "optimizer"}),
        ("MLP + Sigmoid activation + SGDOptimizer", set()),
        ("MLP + ReLU + SGD", {"activation"}),
        ("Non-linear activation functions", {"activation"}),
        ("He initialization", {"init"}),
        ("Adam without BN and dropout", {"optimizer"}),
        ("Dropout, no batch normalization", {"dropout"}),
        ("Dropout (instead of batch norm)", {"dropout"}),
        ("Vanishing gradients", {"naive"}),
        ("L2 regularization", set()),
        ("Build the model", set()),
        ("The lab", set()),
        ("批量归一化", {"batchnorm"}),
        ("使用Dropout正则化", {"dropout"}),
        ("不使用 Dropout 的 Adam 优化器", {"optimizer"}),
        ("배치 정규화", {"batchnorm"}),
        ("드롭아웃 없이 옵티마이저 변경", {"optimizer"}),
        ("Normalização em lote", {"batchnorm"}),
        ("Inicialización de pesos", {"init"}),
        ("Sin dropout, con Adam", {"optimizer"}),
        ("Toplu normalleştirme", {"batchnorm"}),
        ("Gewichtsinitialisierung mit He", {"init"}),
        ("Ohne Dropout", set()),
    ],
)
def test_a_title_names_the_stages_that_a_person_would_say_it_names(title: str, stages: set[str]) -> None:
    assert named(title, STAGES) == stages


def test_a_title_of_the_whole_names_no_stage() -> None:
    title = "Weight initialization, activation, optimizers, batch normalization and dropout on MNIST"
    assert named(title, STAGES) == frozenset()


@pytest.mark.parametrize(
    "title", ["Best model", "My own network", "Hyper-parameter tuning", "Final tuned MLP", "최종 모델"]
)
def test_a_network_of_ones_own_is_announced(title: str) -> None:
    assert is_extra(title)


def test_a_section_goes_on_below_titles_that_name_no_stage() -> None:
    above = "## Train\n## Build the model\n## 5. Dropout\n## 4. Batch normalization"
    assert section(above, STAGES)[:2] == ("5. Dropout", frozenset({"dropout"}))


def test_a_numbered_title_ends_the_section_before() -> None:
    assert section("## 6. Two more layers\n## 5. Dropout", STAGES) == ("", frozenset(), False)


def test_a_deeper_title_does_not_end_the_section_above() -> None:
    assert section("### 1. Build\n## 5. Dropout", STAGES)[1] == {"dropout"}


def test_a_title_of_ones_own_ends_the_section_before() -> None:
    assert section("## Best model\n## 5. Dropout", STAGES) == ("Best model", frozenset(), True)


def test_names_of_one_stage_speak_of_it_and_names_of_several_say_nothing() -> None:
    assert spoken(["history_dropout\nmodel_dropout"], STAGES) == [{"dropout"}]
    assert spoken(["model_dropout\nhistory_bn"], STAGES) == [frozenset()]


@pytest.mark.parametrize(
    ("name", "stage"),
    [("net_opt", "optimizer"), ("initModel", "init"), ("bn_model2", "batchnorm"), ("get_do_model", "dropout")],
)
def test_abbreviations_count_as_parts_of_names_in_code(name: str, stage: str) -> None:
    assert spoken([name], STAGES) == [{stage}]


@pytest.mark.parametrize(
    "name",
    [
        "opt",
        "init",
        "act",
        "do",
        "o que fazer, do início",
        "weights",
        "do_fit",
        "drop_last",
        "load_weights",
        "_",
        "__",
        "_1",
    ],
)
def test_an_abbreviation_alone_or_in_a_sentence_says_nothing(name: str) -> None:
    assert spoken([name], STAGES) == [frozenset()]


def test_prints_before_the_trainings_announce_them() -> None:
    printed = ["< Dropout\n> Adam", "< Adam\n> Batch norm", "< Batch norm"]
    assert spoken(printed, STAGES) == [{"dropout"}, {"optimizer"}, {"batchnorm"}]


def test_prints_after_the_trainings_report_on_them() -> None:
    printed = ["> Dropout", "< Dropout\n> Adam", "< Adam\n> Batch norm"]
    assert spoken(printed, STAGES) == [{"dropout"}, {"optimizer"}, {"batchnorm"}]


def test_a_remark_names_a_stage_and_never_an_extra_network() -> None:
    assert section("~ Adam", STAGES) == ("~ Adam", {"optimizer"}, False)
    assert section("~ final layer\n## Dropout", STAGES) == ("Dropout", {"dropout"}, False)
