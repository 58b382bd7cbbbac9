"""The bundled class is graded by its notes: each submission loses exactly the marks of its own fault."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from tests.forms import otherwise
from tests.graded import Graded, grade_folder

CLASS = Path(__file__).parents[1] / "submissions"
STUDENTS = sorted(p.name for p in CLASS.iterdir() if p.is_dir())
ACCURACY = {"naive.vanishing"} | {f"{s}.accuracy" for s in ("init", "activation", "optimizer", "batchnorm", "dropout")}

pytestmark = pytest.mark.slow


def note(student: str) -> dict:
    text = (CLASS / student / "NOTE.md").read_text(encoding="utf-8")
    return yaml.safe_load(text.split("---")[1])


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graded]:
    """The whole class with one epoch a fit, so that everything but accuracy is what it is in a full run."""
    return grade_folder(CLASS, tmp_path_factory.mktemp("reports"), seconds=150, max_epochs=1)


def test_the_class_has_at_least_twelve_submissions_and_each_has_a_note() -> None:
    assert len(STUDENTS) >= 12
    assert all((CLASS / s / "NOTE.md").is_file() for s in STUDENTS)


@pytest.mark.parametrize("student", STUDENTS)
def test_a_submission_loses_exactly_what_its_note_says(student: str, graded: dict[str, Graded]) -> None:
    expected = {k: Fraction(str(v)) for k, v in (note(student)["lost"] or {}).items()}
    expected = {k: v for k, v in expected.items() if k not in ACCURACY}
    lost = {
        c["id"]: Fraction(c["max"]).limit_denominator(1000) - Fraction(c["score"]).limit_denominator(1000)
        for c in graded[student].grade["criteria"]
        if c["id"] not in ACCURACY
    }
    assert {k: float(v) for k, v in lost.items() if v} == pytest.approx(
        {k: float(v) for k, v in expected.items() if v}, abs=1e-4
    )


@pytest.mark.parametrize("student", STUDENTS)
def test_a_submission_ends_as_its_note_says(student: str, graded: dict[str, Graded]) -> None:
    assert graded[student].grade["ending"] == note(student)["ending"]


def test_no_submission_shows_a_fault_of_the_grader(graded: dict[str, Graded]) -> None:
    assert {s: g.grade["faults"] for s, g in graded.items() if g.grade["faults"]} == {}


def test_the_class_page_and_the_gradebook_name_every_student(graded: dict[str, Graded]) -> None:
    out = next(iter(graded.values())).folder.parent
    index, gradebook = (out / "index.html").read_text(), (out / "gradebook.csv").read_text()
    assert all(s in index and s in gradebook for s in STUDENTS)


def test_each_student_has_a_report_evidence_and_the_executed_notebook(graded: dict[str, Graded]) -> None:
    for student, found in graded.items():
        assert (found.folder / "report.html").stat().st_size < 1 << 20, student
        executions = json.loads((found.folder / "evidence.json").read_text())["executions"]
        ran = [e["program"] for e in executions if e["cells"]]
        for program in ran:
            assert (found.folder / "files" / f"{Path(program).stem}.executed.ipynb").is_file()


# ---------------------------------------------------------------- as a notebook and as a script

PROGRAMS = {s: [p for p in (CLASS / s).iterdir() if p.suffix in {".ipynb", ".py"}] for s in STUDENTS}
ALONE = {s: found[0] for s, found in PROGRAMS.items() if len(found) == 1 and note(s)["ending"] != "timed out"}
"""Several scripts are not one notebook; where it stops an endless loop, the time limit costs minutes."""
STOPPED = sorted(s for s in ALONE if ALONE[s].suffix == ".ipynb" and note(s)["ending"] == "cell error")
"""Python ends a script at its first error, where a notebook goes on with the next cell."""
SCRIPTS = {s for s in ALONE if ALONE[s].suffix == ".py"}
BOTH = sorted(SCRIPTS | set(sorted(ALONE.keys() - SCRIPTS - set(STOPPED))[::3]))
"""All scripts and every third notebook: a run of each costs half a minute."""


@pytest.fixture(scope="module")
def in_other_form(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graded]:
    folder = tmp_path_factory.mktemp("forms")
    for student in (*BOTH, *STOPPED):
        otherwise(ALONE[student], folder / "class" / student)
    return grade_folder(folder / "class", folder / "reports", seconds=150, max_epochs=1)


@pytest.mark.parametrize("student", BOTH)
def test_the_same_code_earns_the_same_marks_in_both_forms(
    student: str, graded: dict[str, Graded], in_other_form: dict[str, Graded]
) -> None:
    one, other = (
        {c["id"]: (c["score"], c["outcome"]) for c in forms[student].grade["criteria"]}
        for forms in (graded, in_other_form)
    )
    assert one == other


@pytest.mark.parametrize("student", STOPPED)
def test_where_the_form_decides_how_far_it_ran_a_person_is_asked(
    student: str, in_other_form: dict[str, Graded]
) -> None:
    assert in_other_form[student].grade["needs_review"]
