"""From reports to a filled worksheet and back over an appeal, as an instructor types it."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.assignment.rubric import bundled
from grader.cli import app
from grader.errors import UserError
from grader.workspace.overrides.load import load
from tests.exports.importers import ENGLISH, moodle
from tests.exports.test_canvas import GRADEBOOK
from tests.exports.test_moodle import WORKSHEET

STRICT = ("{check: dropout_rate, rate: 0.2}", "{check: dropout_rate, rate: 0.5}")
BY = ("--by", "A. Turing")


def run(*words: object) -> str:
    ran = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


def grade_of(reports: Path, student: str) -> dict[str, object]:
    content: dict[str, object] = json.loads((reports / student / "grade.json").read_text())
    return content


@pytest.fixture
def worksheet(tmp_path: Path) -> Path:
    path = tmp_path / "Grades-MLP-Assessment 2-4711.csv"
    path.write_bytes(WORKSHEET)
    return path


def test_an_appeal_goes_from_the_list_over_a_mark_by_hand_to_the_worksheet(reports: Path, worksheet: Path) -> None:
    out = worksheet.with_name("filled.csv")
    assert "cy  " in run("review", "list", reports)
    said = run("review", "set", "cy", "dropout.rate", "0,1", "--comment", "Two are missing.", *BY, "--reports", reports)
    assert "cy, dropout.rate: 0.10 by hand (automatic: 0.25)" in said
    assert "Looked at" in run("review", "accept", "cy", *BY, "--reports", reports)
    assert "cy  " not in run("review", "list", reports)
    said = run(
        "export", "moodle", reports, "--into", worksheet, "--out", out, "--feedback-zip", out.with_suffix(".zip")
    )
    assert "Filled 3 rows" in said
    taken = moodle(out.read_bytes(), ENGLISH)
    assert taken.grades["1003"] == round(float(str(grade_of(reports, "cy")["total"])), 2)
    assert "given by A. Turing. Two are missing." in taken.comments["1003"]
    with zipfile.ZipFile(out.with_suffix(".zip")) as archive:
        assert "Two are missing." in archive.read("Cy Twombly_1003_assignsubmission_file/report.html").decode()
    assert worksheet.read_bytes() == WORKSHEET


def test_the_mark_by_hand_and_the_automatic_one_stand_in_report_grade_class_page_and_gradebook(reports: Path) -> None:
    run("review", "set", "ada", "dropout.rate", "0.1", *BY, "--reports", reports)
    (criterion,) = (c for c in grade_of(reports, "ada")["criteria"] if c["id"] == "dropout.rate")  # type: ignore[attr-defined] # JSON
    assert (criterion["score"], criterion["manual"]["automatic"], criterion["manual"]["by"]) == (0.1, 0.25, "A. Turing")
    for page in ("report.html", "instructor.html"):
        assert "A. Turing" in (reports / "ada" / page).read_text(encoding="utf-8")
    rows = {
        r["student"]: r for r in csv.DictReader((reports / "gradebook.csv").read_text(encoding="utf-8").splitlines())
    }
    assert rows["ada"]["manual"] == "dropout.rate 0.10 (automatic: 0.25)"
    assert rows["ada"]["total"] == "9.85"


def test_a_changed_rubric_makes_a_mark_by_hand_stale_and_never_touches_the_file(reports: Path, tmp_path: Path) -> None:
    run("review", "set", "ada", "dropout.rate", "0.1", *BY, "--reports", reports)
    written = (reports / "overrides.yaml").read_bytes()
    text = bundled().read_text(encoding="utf-8")
    assert STRICT[0] in text
    (tmp_path / "strict.yaml").write_text(text.replace(*STRICT), encoding="utf-8")
    run("regrade", reports, "--rubric", tmp_path / "strict.yaml", "--yes")
    said = run("review", "list", reports)
    assert "the automatic mark was 0.25 then and is 0.00 now" in said
    assert (reports / "overrides.yaml").read_bytes() == written
    said = run("review", "set", "ada", "dropout.rate", "0", *BY, "--reports", reports)
    assert "Report, class page and gradebook are up to date" in said
    assert "is stale" not in run("review", "list", reports)


def test_a_comment_reaches_the_student_and_changes_no_mark(reports: Path) -> None:
    before = grade_of(reports, "ada")["total"]
    run("review", "comment", "ada", "The nicest plots of all.", *BY, "--reports", reports)
    assert "The nicest plots of all." in (reports / "ada" / "report.html").read_text(encoding="utf-8")
    assert grade_of(reports, "ada")["total"] == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("set", "adda", "dropout.rate", "0"), "no grade for 'adda' in .*did you mean 'ada'"),
        (("set", "ada", "dropout.rat", "0"), "not graded on 'dropout.rat' .did you mean 'dropout.rate'"),
        (("set", "ada", "dropout.rate", "3"), "expected marks from 0 to 0.25, found 3"),
        (("set", "ada", "dropout.rate", "nan"), "expected marks from 0 to 0.25, found nan"),
        (("comment", "ada", " "), "Expected some words"),
        (("accept", "ada"), "does not wait for review"),
    ],
)
def test_what_cannot_be_written_says_why_and_writes_nothing(
    reports: Path, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        run("review", *words, "--reports", reports)
    assert not (reports / "overrides.yaml").exists()


def test_a_mark_that_no_report_could_show_is_not_written(reports: Path) -> None:
    (reports / "cy" / "evidence.json").write_text("{")
    gradebook = (reports / "gradebook.csv").read_bytes()
    with pytest.raises(UserError, match=r"(?s)grader grade again.*cy: Expected evidence"):
        run("review", "set", "ada", "dropout.rate", "0.1", *BY, "--reports", reports)
    assert not (reports / "overrides.yaml").exists()
    assert (reports / "gradebook.csv").read_bytes() == gradebook


def test_a_mark_by_hand_leaves_the_reports_in_the_language_they_are_in(reports: Path) -> None:
    run("regrade", reports, "--language", "de")
    run("review", "set", "ada", "dropout.rate", "0.1", *BY, "--reports", reports)
    run("regrade", reports)
    for student in ("ada", "ben"):
        assert '<html lang="de"' in (reports / student / "report.html").read_text(encoding="utf-8")


def test_regrading_one_stage_writes_nothing_where_another_would_change(reports: Path, tmp_path: Path) -> None:
    text = bundled().read_text(encoding="utf-8").replace(*STRICT)
    (tmp_path / "strict.yaml").write_text(text, encoding="utf-8")
    before = (reports / "ada" / "grade.json").read_bytes()
    strict = ("regrade", reports, "--yes", "--rubric", tmp_path / "strict.yaml", "--only-stage")
    with pytest.raises(UserError, match=r"(?s)changes in init only, found others.*ada: dropout\.rate 0\.25 → 0\.00"):
        run(*strict, "init")
    with pytest.raises(UserError, match=r"no stage dropuot \(did you mean 'dropout'\?\); it has naive"):
        run(*strict, "dropuot")
    assert (reports / "ada" / "grade.json").read_bytes() == before
    assert "ada: 10.00 → 9.75" in run(*strict, "dropout")


def test_ones_own_download_is_never_written_over(reports: Path, worksheet: Path) -> None:
    with pytest.raises(UserError, match="your own download"):
        run("export", "moodle", reports, "--into", worksheet, "--out", worksheet)
    assert worksheet.read_bytes() == WORKSHEET


def test_every_other_export_is_written_and_named(reports: Path, tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_bytes(GRADEBOOK)
    out, step = tmp_path / "out.txt", tmp_path / "github-output"
    canvas = ("--into", tmp_path / "book.csv", "--assignment", "Assessment 2")
    assert "Filled 2 rows" in run("export", "canvas", reports, *canvas, "--out", out)
    for words in (
        ("gradescope", reports, "--student", "ada"),
        ("github-classroom", reports, "--student", "ada", "--step-output", step),
        ("junit", reports),
        ("csv", reports),
    ):
        assert f"Written: {out}" in run("export", *words, "--out", out).replace("\n", "")
        assert out.stat().st_size > 100
    assert step.read_text().startswith("result=")


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


EXPORTS = (
    ("csv",),
    ("junit",),
    ("gradescope", "--student", "ada"),
    ("gradescope", "--autograder"),
    ("github-classroom", "--student", "ada"),
)


@pytest.mark.parametrize("words", EXPORTS, ids=" ".join)
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("reports/overrides.yaml", r"overrides\.yaml is a file of the graded class"),
        ("reports/manifest.json", r"manifest\.json is a file of the graded class"),
        ("reports/gradebook.csv", r"gradebook\.csv is a file of the graded class"),
        ("reports/ada/results.json", r"lies in the folder of the reports of ada"),
        ("reports/ada/grade.json", r"lies in the folder of the reports of ada"),
        ("reports/ada/helpers/new.csv", r"lies in the folder of the reports of ada"),
        ("class/ada/lab.py", r"lab\.py is there already, and is no export: .* \.csv, \.json, \.xml, \.zip or \.txt"),
        ("class/Makefile", r"Makefile is there already, and is no export"),
    ],
)
def test_no_export_takes_the_place_of_a_file_that_the_grader_or_a_student_needs(
    reports: Path, tmp_path: Path, words: tuple[str, ...], target: str, message: str
) -> None:
    run("review", "set", "ada", "dropout.rate", "0.1", *BY, "--reports", reports)
    (tmp_path / "class" / "ada").mkdir(parents=True)
    for name in ("ada/lab.py", "Makefile"):
        (tmp_path / "class" / name).write_text("mine\n")
    before = everything(tmp_path)
    with pytest.raises(UserError, match=message):
        run("export", *words, reports, "--out", tmp_path / target)
    assert everything(tmp_path) == before


def test_whatever_else_an_export_writes_takes_no_such_place_either(reports: Path, worksheet: Path) -> None:
    out, lab = worksheet.with_name("new.csv"), worksheet.with_name("lab.py")
    lab.write_text("mine\n")
    before = everything(worksheet.parent)
    moodle_words = ("export", "moodle", reports, "--into", worksheet, "--out", out, "--feedback-zip")
    for target, message in (
        (reports / "index.json", "is a file of the graded class"),
        (lab, "is no export"),
        (worksheet, "your own download"),
        (out, "named twice"),
    ):
        with pytest.raises(UserError, match=message):
            run(*moodle_words, target)
    book = worksheet.with_name("book.csv")
    book.write_bytes(GRADEBOOK)
    before[book] = GRADEBOOK
    canvas = ("export", "canvas", reports, "--into", book, "--assignment", "Assessment 2", "--out")
    with pytest.raises(UserError, match="is a file of the graded class"):
        run(*canvas, reports / "gradebook.csv")
    classroom = ("export", "github-classroom", reports, "--student", "ada", "--out", worksheet.with_name("new.json"))
    with pytest.raises(UserError, match="is no export"):
        run(*classroom, "--step-output", lab)
    assert everything(worksheet.parent) == before


def test_files_of_another_class_are_not_replaced_and_an_earlier_export_is(reports: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(reports, tmp_path / "other"))
    (other / "manifest.json").write_text("{}")
    for name in ("manifest.json", "ada/evidence.json"):
        with pytest.raises(UserError, match=r"graded class|reports of ada"):
            run("export", "csv", reports, "--out", other / name)
    for _ in range(2):
        run("export", "csv", reports, "--out", tmp_path / "marks.csv")


def test_a_second_mark_by_hand_says_what_it_replaces_and_keeps_the_words_unless_others_are_given(reports: Path) -> None:
    def given(mark: str, *words: str) -> str:
        return run("review", "set", "ada", "dropout.rate", mark, *words, "--reports", reports)

    def kept() -> list[str]:
        return [o.comment for o in load(reports / "overrides.yaml")]

    assert "replaces" not in given("0.1", "--comment", "Half of it.", *BY)
    assert "0.20 by hand (automatic: 0.25), replaces 0.10 by hand of A. Turing (the comment stays)." in given("0.2")
    assert kept() == ["Half of it."]
    said = given("0.15", "--comment", "Most of it.", "--by", "B. Kern")
    assert "replaces 0.20 by hand of" in said
    assert "(its comment was: Half of it.)" in said
    assert kept() == ["Most of it."]
    assert "replaces 0.15 by hand of B. Kern (its comment was: Most of it.)." in given("0.1", "--comment", "")
    assert kept() == [""]
    assert "replaces 0.10 by hand of" in given("0.2")


# ---------------------------------------------------------------- marks by hand, written by hand

ENTRY = """\
- student: {student}
  criterion: dropout.rate
  mark: 0.1
  replaces: 0.25
  by: A. Turing
  when: 2026-11-25
"""


def test_a_mark_for_a_student_who_is_spelt_otherwise_holds_back_what_would_go_out_without_it(
    reports: Path, tmp_path: Path
) -> None:
    (reports / "overrides.yaml").write_text(ENTRY.format(student="adda"))
    before, out = everything(tmp_path), tmp_path / "marks.csv"
    for words in (
        ("regrade", reports),
        ("export", "csv", reports, "--out", out),
        ("export", "junit", reports, "--out", out),
        ("review", "list", reports),
    ):
        with pytest.raises(
            UserError, match=r"overrides\.yaml:1:12: no student 'adda' in the class \(did you mean 'ada'\?\)"
        ):
            run(*words)
    assert {p: c for p, c in everything(tmp_path).items() if not p.name.startswith(".")} == before


def test_a_mark_for_who_is_no_more_of_the_class_holds_nothing_back(reports: Path, tmp_path: Path) -> None:
    shutil.copytree(reports / "ada", reports / "former")
    (reports / "overrides.yaml").write_text(ENTRY.format(student="former"))
    run("export", "csv", reports, "--out", tmp_path / "marks.csv")
    assert "to look at" in run("review", "list", reports)
