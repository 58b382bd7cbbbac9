"""Bad input gets a clear word, loses nothing that could be kept, and leaves everybody else's marks as they were."""

from pathlib import Path

import pytest

from tests.graded import Graded, grade_folder

CASES = Path(__file__).parent / "bad_input"
ENDINGS = {
    "broken-json": "unreadable",
    "not-a-notebook": "unreadable",
    "r-notebook": "unreadable",
    "no-code-cells": "nothing to run",
    "nbformat-3": "completed",
    "unknown-kernel": "completed",
    "output-bomb": "completed",
    "input": "cell error",
    "sys-exit": "cell error",
    "os-exit": "cell error",
    "kernel-killed": "cell error",
    "nan-weights": "completed",
    "failed-fit-then-good-fit": "cell error",
    "unicode-file-name": "completed",
    "latin-1-declared": "completed",
    "latin-1-undeclared": "completed",
    "crlf": "completed",
    "syntax-error": "cell error",
}
TRAINED = {"output-bomb", "input", "sys-exit", "failed-fit-then-good-fit", "unicode-file-name", "crlf"}
TRAINED |= {"latin-1-declared", "latin-1-undeclared", "os-exit", "kernel-killed"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graded]:
    return grade_folder(CASES, tmp_path_factory.mktemp("reports"), seconds=120, max_epochs=None)


def test_every_case_is_listed_here() -> None:
    assert sorted(ENDINGS) == sorted(p.name for p in CASES.iterdir() if p.is_dir())


@pytest.mark.parametrize("case", sorted(ENDINGS))
def test_the_case_ends_as_expected_and_is_no_fault_of_the_grader(case: str, graded: dict[str, Graded]) -> None:
    assert graded[case].grade["ending"] == ENDINGS[case]
    assert graded[case].grade["faults"] == []


@pytest.mark.parametrize("case", sorted(TRAINED))
def test_the_network_that_was_trained_earns_its_marks_all_the_same(case: str, graded: dict[str, Graded]) -> None:
    assert graded[case].criterion("naive.network")["score"] == 0.5
    assert graded[case].grade["stages"]["naive"]["run"]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("broken-json", "Open it in Jupyter"),
        ("not-a-notebook", "is a link and no notebook"),
        ("r-notebook", "written in R"),
        ("no-code-cells", "has no code"),
        ("os-exit", "this cell ended the kernel"),
        ("kernel-killed", "this cell ended the kernel"),
        ("syntax-error", "IndentationError"),
        ("input", "input() has nobody to answer it here"),
        ("sys-exit", "SystemExit"),
    ],
)
def test_the_report_says_what_happened(case: str, words: str, graded: dict[str, Graded]) -> None:
    assert words in (graded[case].folder / "report.html").read_text(encoding="utf-8")


def test_fifty_megabytes_of_output_are_cut_and_the_cut_is_told(graded: dict[str, Graded]) -> None:
    notebook = graded["output-bomb"].folder / "files" / "lab.executed.ipynb"
    assert notebook.stat().st_size < 2 << 20
    assert "left out by the grader" in notebook.read_text(encoding="utf-8")


def test_weights_that_are_not_numbers_are_named_and_fail_the_accuracy(graded: dict[str, Graded]) -> None:
    vanishing = graded["nan-weights"].criterion("naive.vanishing")
    assert vanishing["outcome"] == "failed"
    assert "NaN" in vanishing["checks"][0]["found"]


def test_a_fit_that_raised_is_made_good_by_the_one_that_worked(graded: dict[str, Graded]) -> None:
    run = graded["failed-fit-then-good-fit"].grade["stages"]["naive"]
    assert run["measured_accuracy"] is not None
