"""A folder of reports remembers by what its class was graded; another rubric says what it changes, and is asked for."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.assignment.rubric import bundled
from grader.errors import UserError
from tests.workspace.conftest import STRICT, Graded, run

pytestmark = pytest.mark.slow
GERMAN = ("", "language: de\n")


def grade_of(reports: Path, student: str) -> dict[str, object]:
    content: dict[str, object] = json.loads((reports / student / "grade.json").read_text(encoding="utf-8"))
    return content


def rate(reports: Path, student: str = "ada") -> object:
    """The mark of the criterion that the strict rubric takes away."""
    criteria: list[dict[str, object]] = grade_of(reports, student)["criteria"]  # type: ignore[assignment] # JSON
    return next(c["score"] for c in criteria if c["id"] == "dropout.rate")


def language(reports: Path) -> str:
    page = (reports / "ada" / "report.html").read_text(encoding="utf-8")
    found = re.search(r'<html lang="(\w+)"', page)
    assert found
    return found[1]


# ---------------------------------------------------------------- what is kept


def test_reports_hold_a_copy_of_the_rubric_to_the_byte_and_everybody_of_the_class(graded: Graded) -> None:
    manifest = json.loads((graded.reports / "manifest.json").read_text())
    copy = (graded.reports / "rubric.yaml").read_bytes()
    assert copy == bundled().read_bytes()
    assert manifest["rubric"] == {"name": bundled().name, "digest": hashlib.sha256(copy).hexdigest()}
    assert sorted(manifest["students"]) == ["ada", "ben"]
    assert (manifest["title"], manifest["quick"]) == ("class", False)


def test_the_tools_own_advice_keeps_the_rubric_by_which_the_class_was_graded(graded: Graded) -> None:
    run("regrade", graded.reports, "--rubric", graded.rubric("strict.yaml", STRICT), "--yes")
    assert rate(graded.reports) == 0
    said = run("regrade", graded.reports)
    assert "rubric.yaml, the copy kept of strict.yaml" in said
    assert "0 of 2 changed." in said
    run("review", "comment", "ada", "Well done.", "--reports", graded.reports)
    out = graded.reports.parent / "marks.csv"
    run("export", "csv", graded.reports, "--out", out)
    assert (rate(graded.reports), "9.75" in out.read_text()) == (0, True)


def test_the_next_grading_goes_by_what_the_last_one_did(graded: Graded) -> None:
    strict = graded.rubric("strict.yaml", STRICT)
    with pytest.raises(UserError, match=r"(?s)1 of 2 marks change:\n  ada: 10\.00 → 9\.75 \(dropout\.rate\)\n"):
        run("grade", graded.submissions, "--out", graded.reports, "--rubric", strict)
    run("grade", graded.submissions, "--out", graded.reports, "--rubric", strict, "--language", "de", "--yes")
    strict.unlink()
    said = run("grade", graded.submissions, "--out", graded.reports)
    assert "rubric.yaml, the copy kept of strict.yaml" in said
    assert said.count("kept from an earlier run") == 2
    assert (rate(graded.reports), language(graded.reports)) == (0, "de")


def test_an_autograder_is_made_with_the_rubric_of_the_class(graded: Graded, tmp_path: Path) -> None:
    run("regrade", graded.reports, "--rubric", graded.rubric("strict.yaml", STRICT), "--language", "de", "--yes")
    said = run("export", "gradescope", graded.reports, "--autograder", "--out", tmp_path / "autograder")
    assert "By the rubric strict.yaml" in said
    made = tmp_path / "autograder"
    assert (
        (made / "rubric.yaml").read_bytes() == (graded.reports / "rubric.yaml").read_bytes() != bundled().read_bytes()
    )
    assert "--language de" in (made / "run_autograder").read_text()


# ---------------------------------------------------------------- which rubric it is


def test_a_grading_says_that_it_goes_by_the_labs_own_rubric_and_which_one_that_lies_near_is_not_used(
    graded: Graded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    graded.rubric("rubric.yaml", STRICT)
    words = ("grade", graded.submissions, "--out")
    said = run(*words, "again")
    assert "Rubric: the lab's own (mlp-regularization.yaml)." in said
    assert "There is a home/rubric.yaml that is not used: --rubric home/rubric.yaml takes it." in said
    shutil.move(tmp_path / "home" / "rubric.yaml", "rubric.yaml")
    for said in (run(*words, "again"), run("regrade", "again")):
        assert "There is a ./rubric.yaml here that is not used: --rubric rubric.yaml takes it." in said
    said = run(*words, "third", "--rubric", "rubric.yaml")
    assert "Rubric: rubric.yaml." in said
    assert "not used" not in said


def test_nothing_is_said_of_the_copy_that_the_reports_keep(graded: Graded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(graded.reports)
    said = run("regrade", ".")
    assert "Rubric: the lab's own (mlp-regularization.yaml)." in said
    assert "not used" not in said


@pytest.mark.parametrize("changes", [(), (STRICT,)], ids=["as it comes", "strict"])
def test_a_rubric_that_was_mended_since_is_not_taken_and_that_is_said(
    graded: Graded, monkeypatch: pytest.MonkeyPatch, changes: tuple[tuple[str, str], ...]
) -> None:
    """Also one that grader init laid out, which was the lab's own to the byte."""
    monkeypatch.chdir(graded.submissions.parent)
    mine = graded.rubric("my.yaml", *changes)
    run("grade", "class", "--out", "reports", "--rubric", "my.yaml", "--yes")
    copy = "Rubric: reports/rubric.yaml, the copy kept of my.yaml"
    assert f"{copy}, which has not changed since." in run("regrade", "reports")
    mine.write_text(mine.read_text() + "# mended\n")
    for said in (run("regrade", "reports"), run("grade", "class", "--out", "reports")):
        assert f"{copy}, which has changed since; my.yaml as it is now: --rubric my.yaml." in said
    monkeypatch.chdir(graded.reports)
    assert f"--rubric {mine}." in run("regrade", ".")
    mine.unlink()
    assert "the copy kept of my.yaml; another one: --rubric FILE." in run("regrade", ".")


# ---------------------------------------------------------------- another rubric


def test_another_rubric_says_whose_marks_change_and_by_what_and_changes_nothing_unasked(graded: Graded) -> None:
    before = graded.everything()
    with pytest.raises(UserError) as caught:
        run("regrade", graded.reports, "--rubric", graded.rubric("strict.yaml", STRICT))
    said = str(caught.value)
    assert "was graded by mlp-regularization.yaml. By strict.yaml, 1 of 2 marks change:" in said
    assert "  ada: 10.00 → 9.75 (dropout.rate)\n" in said
    assert "By criterion: dropout.rate 1." in said
    assert "--yes" in said
    assert graded.everything() == before


def test_naming_everybody_of_a_class_is_no_way_around_the_question(graded: Graded) -> None:
    with pytest.raises(UserError, match=r"1 of 2 marks change:"):
        run(
            "regrade",
            graded.reports,
            "--rubric",
            graded.rubric("s.yaml", STRICT),
            "--student",
            "ada",
            "--student",
            "ben",
        )
    assert rate(graded.reports) == 0.25


def test_a_rubric_that_was_edited_where_it_lies_is_another_one(graded: Graded) -> None:
    strict = graded.rubric("strict.yaml", STRICT)
    run("regrade", graded.reports, "--rubric", strict, "--yes")
    strict.write_bytes(bundled().read_bytes())
    with pytest.raises(UserError, match=r"(?s)graded by strict\.yaml as it was then\. .*1 of 2 marks change"):
        run("regrade", graded.reports, "--rubric", strict)
    assert rate(graded.reports) == 0


def test_the_same_rubric_under_another_name_is_the_same(graded: Graded) -> None:
    copy = graded.rubric("copy.yaml")
    assert run("regrade", graded.reports, "--rubric", copy) == f"Rubric: {copy}.\n0 of 2 changed.\n"


def test_a_mark_by_hand_changes_no_rubric(graded: Graded) -> None:
    strict = graded.rubric("strict.yaml", STRICT)
    with pytest.raises(UserError, match=r"not by strict\.yaml: leave out --rubric"):
        run("review", "set", "ada", "dropout.rate", "0.1", "--reports", graded.reports, "--rubric", strict)
    assert not (graded.reports / "overrides.yaml").exists()


@pytest.mark.parametrize(
    ("answer", "status", "mark"), [("n\n", 2, 0.25), ("y\n", 0, 0), ("\x04", 2, 0.25)], ids=["no", "yes", "no answer"]
)
def test_on_a_terminal_it_is_asked(graded: Graded, answer: str, status: int, mark: float) -> None:
    strict = graded.rubric("strict.yaml", STRICT)
    command = [sys.executable, "-m", "grader", "regrade", str(graded.reports), "--rubric", str(strict)]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | {"TERM": "dumb"})
    os.close(theirs)
    said = b""
    try:
        while b"Go on?" not in said:
            assert select.select([ours], [], [], 120)[0], said
            said += os.read(ours, 4096)
        os.write(ours, answer.encode())
        assert process.wait(120) == status
    finally:
        process.kill()
        os.close(ours)
    assert b"1 of 2 marks change:" in said
    assert rate(graded.reports) == mark


# ---------------------------------------------------------------- languages


def test_the_language_of_another_rubric_holds_in_regrading_and_an_option_comes_before_it(graded: Graded) -> None:
    german = graded.rubric("german.yaml", GERMAN)
    said = run("regrade", graded.reports, "--rubric", german, "--yes")
    assert "Language: en → de." in said
    assert language(graded.reports) == "de"
    run("regrade", graded.reports, "--language", "en")
    run("regrade", graded.reports)
    assert language(graded.reports) == "en"
    run("review", "set", "ada", "dropout.rate", "0.1", "--reports", graded.reports)
    assert language(graded.reports) == "en"


# ---------------------------------------------------------------- folders of before, and damaged ones


def test_a_folder_of_before_goes_on_by_the_labs_own_rubric_only_if_that_was_its_rubric(
    without_manifest: Callable[[], Graded],
) -> None:
    graded = without_manifest()
    labs_own = "Rubric: the lab's own (mlp-regularization.yaml).\n"
    assert run("regrade", graded.reports) == f"{labs_own}0 of 2 changed.\n"
    assert (graded.reports / "rubric.yaml").read_bytes() == bundled().read_bytes()


@pytest.mark.parametrize(
    "command",
    [
        ("regrade",),
        ("review", "set", "ada", "dropout.rate", "0.1", "--reports"),
        ("export", "gradescope", "--autograder", "--out", "a"),
        ("similar",),
    ],
    ids=lambda command: command[0],
)
def test_a_folder_of_before_whose_rubric_is_not_known_asks_for_it(graded: Graded, command: tuple[str, ...]) -> None:
    strict = graded.rubric("strict.yaml", STRICT)
    run("regrade", graded.reports, "--rubric", strict, "--yes")
    for name in ("manifest.json", "rubric.yaml"):
        (graded.reports / name).unlink()
    with pytest.raises(UserError, match=r"not known by which rubric the class .* --rubric FILE"):
        run(*command, graded.reports)
    assert rate(graded.reports) == 0
    assert "0 of 2 changed." in run("regrade", graded.reports, "--rubric", strict)
    assert "0 of 2 changed." in run("regrade", graded.reports)


def test_a_copy_of_the_rubric_that_was_changed_by_hand_is_told_and_not_used(graded: Graded) -> None:
    copy = graded.reports / "rubric.yaml"
    run("regrade", graded.reports, "--rubric", graded.rubric("strict.yaml", STRICT), "--yes")
    copy.write_text(copy.read_text() + "# a word\n")
    with pytest.raises(UserError, match=r"graded by strict\.yaml, and the copy .* has been changed since it was kept"):
        run("regrade", graded.reports)
    run("regrade", graded.reports, "--rubric", copy, "--yes")
    assert "0 of 2 changed." in run("regrade", graded.reports)
    copy.unlink()
    with pytest.raises(UserError, match=r"the copy .* is not there\. Put it back"):
        run("regrade", graded.reports)


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 1}', '{"version": 99}', "\x00"])
def test_a_damaged_manifest_is_told_by_everything_that_needs_it(graded: Graded, content: str) -> None:
    (graded.reports / "manifest.json").write_text(content)
    for words in (
        ("regrade",),
        ("review", "list"),
        ("export", "csv", "--out", graded.reports.parent / "marks.csv"),
        ("grade", graded.submissions, "--out"),
    ):
        with pytest.raises(UserError, match=r"manifest\.json"):
            run(*words, graded.reports)


def test_reports_by_two_rubrics_as_a_killed_scoring_leaves_them_are_not_handed_on(graded: Graded) -> None:
    old = (graded.reports / "ben" / "grade.json").read_bytes()
    run("regrade", graded.reports, "--rubric", graded.rubric("strict.yaml", STRICT), "--yes")
    (graded.reports / "ben" / "grade.json").write_bytes(old)
    out = graded.reports.parent / "marks.csv"
    with pytest.raises(UserError, match=r"the reports of ben are by another .* grader regrade"):
        run("export", "csv", graded.reports, "--out", out)
    with pytest.raises(UserError, match=r"ben was graded by another rubric"):
        run("review", "set", "ada", "dropout.rate", "0.1", "--reports", graded.reports)
    assert not (graded.reports / "overrides.yaml").exists()
    run("regrade", graded.reports)
    run("export", "csv", graded.reports, "--out", out)


def test_an_export_writes_nothing_into_the_reports(graded: Graded) -> None:
    before = sorted(p.name for p in graded.reports.rglob("*"))
    run("export", "csv", graded.reports, "--out", graded.reports.parent / "marks.csv")
    assert sorted(p.name for p in graded.reports.rglob("*")) == before


# ---------------------------------------------------------------- what else was said


def test_a_roster_that_is_not_given_again_still_says_who_was_late(graded: Graded) -> None:
    roster = graded.submissions.parent / "list.csv"
    roster.write_text("id,name,submitted at\nada,ada,2024-08-16 12:00\nben,ben,2024-08-14 12:00\n")
    late = "late:\n  due: 2024-08-14 23:59\n  zone: Asia/Kolkata\n  per_day: 1\n"
    rubric = graded.rubric("late.yaml", ("", late))
    words = ("grade", graded.submissions, "--out", graded.reports)
    run(*words, "--rubric", rubric, "--roster", roster, "--yes")
    assert grade_of(graded.reports, "ada")["total"] == 8
    roster.unlink()
    said = run(*words)
    assert "As before: --roster list.csv" in said
    assert grade_of(graded.reports, "ada")["total"] == 8
    (graded.reports / "roster.csv").unlink()
    assert "list.csv of the last time is not in" in run(*words)


def test_limits_that_are_not_given_again_hold_so_that_nothing_runs_anew(graded: Graded) -> None:
    words = ("grade", graded.submissions, "--out", graded.reports)
    run(*words, "--timeout", 7)
    said = run(*words)
    assert "As before: --timeout 7." in said
    assert said.count("kept from an earlier run") == 2


def test_a_layout_that_is_not_said_again_holds(graded: Graded) -> None:
    words = ("grade", graded.submissions, "--out", graded.reports)
    run(*words, "--layout", "plain")
    said = run(*words)
    assert "As before: --layout plain." in said
    assert "a folder for each student" in said


def test_a_quick_run_never_takes_the_place_of_a_full_one_unasked(graded: Graded) -> None:
    before = graded.everything()
    with pytest.raises(UserError, match=r"(?s)2 of 2 were graded in full: --quick .* --yes"):
        run("grade", graded.submissions, "--out", graded.reports, "--quick")
    assert graded.everything() == before


def test_a_full_grading_after_a_quick_one_runs_in_full_and_says_so(graded: Graded) -> None:
    words = ("grade", graded.submissions, "--out", graded.reports)
    run(*words, "--quick", "--yes")
    said = run(*words)
    assert "The last time was --quick; this time everything runs in full." in said
    assert "kept from an earlier run" not in said


def test_another_class_is_not_graded_into_the_reports_of_this_one_unasked(graded: Graded, tmp_path: Path) -> None:
    shutil.copytree(graded.submissions / "ada", tmp_path / "other" / "zoe")
    before = graded.everything()
    with pytest.raises(UserError, match=r"2 of its 2 students are not in what you give now, .*\(ada, ben\)"):
        run("grade", tmp_path / "other", "--out", graded.reports)
    assert graded.everything() == before
