"""The live table stays within the screen, whatever its size, and no mark is ever cut."""

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from grader.grading.grade_class import Event, State
from grader.grading.receive import Received
from grader.intake.folder import StudentClass
from grader.records import FileKind, Presence, Roster, RosterLine, SourceFile, Submission
from grader.terminal.class_table import ClassTable
from grader.terminal.summary import print_received, print_summary
from tests.builders import graded

GRADE = graded()


def screen(width: int, height: int) -> Console:
    return Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)


def lines(console: Console, names: list[str], running: int, done: int) -> list[str]:
    """What is drawn while so many run and as many are done."""
    submissions = [Submission(name, Path(), (), "") for name in names]
    display = ClassTable(console, submissions)
    for submission in submissions[:running]:
        display.tell(Event(submission, State.RUNNING))
    for submission in submissions[running : running + done]:
        display.tell(Event(submission, State.RUNNING))
        display.tell(Event(submission, State.DONE, GRADE))
    with console.capture() as drawn:
        console.print(display._table())
    return drawn.get().rstrip("\n").split("\n")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 10), (200, 60), (40, 24), (80, 10)])
@pytest.mark.parametrize(
    ("students", "running", "done"), [(3, 1, 1), (120, 2, 60), (120, 64, 20), (30, 24, 6), (20, 2, 9)]
)
def test_the_live_table_stays_within_the_screen(
    width: int, height: int, students: int, running: int, done: int
) -> None:
    names = [f"a student with quite a long name, number {n}" for n in range(students)]
    drawn = lines(screen(width, height), names, running, done)
    assert len(drawn) < height
    assert max(map(cell_len, drawn)) <= width
    assert "number 0" in "".join(drawn) or "a stud" in "".join(drawn)


def test_more_that_run_than_there_is_room_for_are_counted() -> None:
    drawn = lines(screen(80, 24), [f"s{n}" for n in range(200)], 64, 0)
    assert drawn[-1] == "and 47 more are running"
    assert sum("running" in line for line in drawn) == 18


def test_marks_are_whole_on_a_narrow_screen() -> None:
    total = f"{float(GRADE.total):.2f}"
    drawn = lines(screen(40, 10), ["x" * 90, "李雷" * 40, "[red]brackets[/]\nand a line"], 0, 3)
    assert sum(f" {total} " in line for line in drawn) == 3
    console = screen(40, 10)
    print_summary(console, [GRADE], Path("reports"))
    assert isinstance(console.file, io.StringIO)
    table = console.file.getvalue().partition("Reports:")[0]
    assert f" {total} " in table
    assert max(map(cell_len, table.splitlines())) <= 40
    assert GRADE.total == Fraction(10)


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.text(max_size=60), min_size=1, max_size=40, unique=True),
    width=st.integers(30, 200),
    height=st.integers(8, 60),
    running=st.integers(0, 40),
)
def test_no_name_and_no_number_of_students_leaves_the_screen(
    names: list[str], width: int, height: int, running: int
) -> None:
    drawn = lines(screen(width, height), names, running, len(names))
    assert len(drawn) < height
    assert max(map(cell_len, drawn)) <= width


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("reports", "grader review accept STUDENT, or grader review set STUDENT CRITERION MARK."),
        ("my reports", "grader review accept 'my reports' STUDENT, or grader review set 'my reports' STUDENT"),
    ],
)
def test_what_to_do_about_a_zero_names_the_folder_where_it_is_another(out: str, words: str) -> None:
    console = screen(200, 24)
    with console.capture() as drawn:
        print_summary(console, [replace(GRADE, unconfirmed_zero="nothing came", review=("nothing came",))], Path(out))
    assert words in drawn.get()


def test_without_a_terminal_each_submission_that_ends_is_a_line_and_so_is_a_second_try() -> None:
    told = io.StringIO()
    ada, ben = (Submission(name, Path(), (), "") for name in ("ada", "ben"))
    display = ClassTable(Console(file=told, width=200), [ada, ben])
    for event in (
        Event(ada, State.RUNNING),
        Event(ada, State.AGAIN),
        Event(ada, State.DONE, GRADE),
        Event(ben, State.KEPT, GRADE),
    ):
        display.tell(event)
    assert told.getvalue().splitlines() == [
        "ada: the grader failed; trying once more",
        "[1/2] ada: 10.00 / 10.00, completed, 0 s",
        "[2/2] ben: 10.00 / 10.00, completed (kept from an earlier run)",
    ]
    assert display.kept(Path("reports")) == "2 of 2 are graded and kept in reports."


def test_what_was_received_is_told_with_what_was_passed_over_and_who_is_missing() -> None:
    noted = SourceFile("lab.txt", FileKind.NOTEBOOK, note="it is a notebook in spite of its name")
    found = StudentClass((Submission("ada", Path(), (noted,), ""),), ("notes.pdf: no program",), "Moodle")
    lines = (
        RosterLine(Presence.MATCHED, name="Ada L", student="ada"),
        RosterLine(Presence.NOTHING, id="4711", name="Ben K"),
    )
    roster = Roster("list.csv", "Moodle worksheet", lines)
    console = screen(200, 24)
    with console.capture() as drawn:
        print_received(console, Received(found, roster, untimed=True), Path("class.zip"))
    assert drawn.get().splitlines() == [
        "class.zip: Moodle, 1 submission.",
        "Passed over notes.pdf: no program",
        "ada: lab.txt: it is a notebook in spite of its name",
        "Roster list.csv (Moodle worksheet): 1 matched, 0 ambiguous, 0 unmatched, 1 nothing handed in.",
        "  nothing handed in: Ben K (4711)",
        "The times of submissions in it could not be read with certainty: lateness is unknown.",
    ]
