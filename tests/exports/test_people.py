"""Rows are matched to students by the strongest key they share, and never by a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.exports.graded import Graded
from grader.exports.people import Person, keys, login_keys, match
from grader.intake.present import name_keys
from grader.workspace.grade_file import StoredGrade, StoredIdentity


def student(folder: str, **who: object) -> Graded:
    fields = {"version": 1, "total": 5, "max": 10, "not_assessed": 0, "needs_review": False, "ending": "completed"}
    empty = {"review_reasons": (), "faults": (), "criteria": ()}
    given = {**fields, **empty, "student": folder, "identity": StoredIdentity(**who)}  # type: ignore[arg-type] # as a test has it
    return Graded(Path(folder), StoredGrade(**given))  # type: ignore[arg-type] # as above


def row(number: int, name: str = "", id_: str = "", *logins: str) -> Person:
    return Person(number, name or id_ or str(logins), keys(id_), login_keys(*logins), name_keys(name))


def rows_of(students: list[Graded], people: list[Person], system: str = "moodle") -> dict[int, str]:
    return {r: g.student for r, g in match(students, people, system).rows.items()}


def test_the_systems_own_number_decides_before_the_name() -> None:
    ada = student("ada lovelace", lms="moodle", id="7", name="Ada Lovelace")
    assert rows_of([ada], [row(1, "Ada Lovelace", "8"), row(2, "Ada Lovelace", "7")]) == {2: "ada lovelace"}
    assert rows_of([ada], [row(1, "Ada Lovelace", "8"), row(2, "", "7")]) == {2: "ada lovelace"}


def test_a_groups_number_that_happens_to_be_a_participants_fills_no_row() -> None:
    team = student("team a", lms="moodle", id="7", name="Team A")
    found = match([team], [row(1, "Ada Lovelace", "7")], "moodle")
    assert (found.rows, found.ambiguous) == ({}, ["team a has the number of Ada Lovelace and another name"])


def test_a_number_of_another_system_is_no_number_here() -> None:
    ada = student("ada", lms="canvas", id="7", name="Ada Lovelace")
    assert rows_of([ada], [row(1, "Somebody Else", "7"), row(2, "Lovelace, Ada", "8")]) == {2: "ada"}


@pytest.mark.parametrize("folder", ["ada-lovelace", "Lovelace_Ada", "lovelaceada", "ADA LOVELACE", "àda lovelâce"])
def test_a_folders_name_is_matched_in_any_order_case_and_accent(folder: str) -> None:
    assert rows_of([student(folder)], [row(1, "Lovelace, Ada"), row(2, "Byron, Ada")]) == {1: folder}


def test_a_login_or_what_stands_before_the_at_names_a_row() -> None:
    people = [row(1, "A B", "1", "s123@uni.edu"), row(2, "C D", "2", "s124@uni.edu")]
    assert rows_of([student("s124"), student("x", email="S123@uni.edu")], people) == {2: "s124", 1: "x"}


def test_two_rows_of_one_name_are_in_doubt_and_neither_is_filled() -> None:
    found = match([student("ada lovelace")], [row(1, "Ada Lovelace", "1"), row(2, "Lovelace, Ada", "2")], "moodle")
    assert not found.rows
    assert found.ambiguous == ["ada lovelace could be Ada Lovelace or Lovelace, Ada"]
    assert not found.unmatched
    assert not found.without


def test_two_students_for_one_row_are_in_doubt_and_the_row_is_not_filled() -> None:
    found = match([student("ada lovelace"), student("lovelace ada")], [row(1, "Ada Lovelace")], "moodle")
    assert not found.rows
    assert found.ambiguous[0] == "ada lovelace could be Ada Lovelace, as could lovelace ada"


def test_doubt_by_a_strong_key_is_not_settled_by_a_weak_one() -> None:
    ada = student("ada", lms="moodle", id="7", name="Ada Lovelace")
    twice = [row(1, "Ada Lovelace", "7"), row(2, "Somebody", "7")]
    assert match([ada], twice, "moodle").rows == {}


def test_who_handed_in_together_has_a_row_each() -> None:
    team = student("team a", lms="moodle", id="99", members=("7", "8"))
    assert rows_of([team], [row(1, "A", "7"), row(2, "B", "8"), row(3, "C", "9")]) == {1: "team a", 2: "team a"}


def test_who_is_in_no_row_and_which_row_is_nobodys_is_listed() -> None:
    found = match([student("ada"), student("ben")], [row(1, "Ben"), row(2, "Cy")], "moodle")
    assert (found.unmatched, found.without) == (["ada"], ["Cy"])


def test_a_number_of_a_list_of_ones_own_fills_no_row_of_another_name() -> None:
    ada = student("ada", lms="plain", id="17", name="Ada Lovelace")
    people = [row(1, "Somebody Else", "17"), row(2, "Lovelace, Ada", "8")]
    assert rows_of([ada], people) == {2: "ada"}
    assert match([ada], [Person(1, "Participant 17", keys("17"))], "moodle").unmatched == ["ada"]
    assert rows_of([ada], [row(1, "Ada Lovelace", "17"), row(2, "Lovelace, Ada", "8")]) == {1: "ada"}


def test_the_members_of_a_group_on_a_list_of_ones_own_claim_no_numbers_of_another_system() -> None:
    team = student("team a", lms="plain", members=("7", "8"))
    assert match([team], [row(1, "A", "7"), row(2, "B", "8")], "moodle").unmatched == ["team a"]


def test_logins_are_the_same_however_their_accents_are_written() -> None:
    assert rows_of([student("zoe\u0308")], [row(1, "A B", "1", "zo\u00eb@uni.edu")]) == {1: "zoe\u0308"}
