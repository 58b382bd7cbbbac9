"""The corpus of real ways to hand in this lab: some of it on every run of the tests, all of it by
`python -m tests.notebooks`, since each program costs as much processor time as it takes to import Keras."""

import pytest

from tests.notebooks.corpus import Case, corpus
from tests.notebooks.judging import Judged, judge_cases

OFTEN = (
    "callbacks_of_old",
    "compiled_again_trained_on",
    "everything_in_one_model",
    "fashion_mnist",
    "gradient_tape",
    "missing_helper_module",
    "tutorial_input_data",
    "weights_from_another_model",
)
CASES = {case.name: case for case in corpus()}


def test_there_are_at_least_thirty_ways() -> None:
    assert len(CASES) >= 30
    assert len({case.expected.way for case in CASES.values()}) == len(CASES)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_must_be_found_names_cells_that_are_there(case: Case) -> None:
    code = [source for kind, source in case.cells if kind == "code"]
    assert all(1 <= cell <= len(code) for cell in case.expected.stages.values())
    assert set(case.expected.flagged) <= set(case.expected.stages)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    found = judge_cases([CASES[name] for name in OFTEN], tmp_path_factory.mktemp("corpus"), jobs=1)
    return {one.case.name: one for one in found}


@pytest.mark.slow
@pytest.mark.parametrize("name", OFTEN)
def test_a_real_notebook_is_run_and_its_stages_are_found(name: str, judged: dict[str, Judged]) -> None:
    assert list(judged[name].problems) == []
