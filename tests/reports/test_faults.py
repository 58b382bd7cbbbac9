from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from grader.records import ManualMark
from grader.reports.faults import frequent_faults
from tests.reports.classes import result, student

EPOCHS = "Write epochs=100 in fit(...): whether it goes on learning shows late."


def test_the_same_advice_is_one_fault_in_whatever_criteria_and_each_student_counts_once() -> None:
    grades = [
        student("ada", result("naive", 0, EPOCHS, "3 epochs"), result("init", 0, EPOCHS, "3 epochs")),
        student("bob", result("naive", 0, EPOCHS, "5 epochs"), result("init", 1)),
        student("cyd", result("naive", 1), result("init", 0, "Use he_normal. Keras takes glorot.")),
    ]
    first, second = frequent_faults(grades)
    assert (first.advice, first.students, first.marks) == ("Write epochs=100 in fit(...).", ("ada", "bob"), 3)
    assert (first.found, first.expected) == ("3 epochs", "naive as asked")
    assert [(p.criterion, p.students) for p in first.criteria] == [("naive", 2), ("init", 1)]
    assert (second.advice, second.students) == ("Use he_normal.", ("cyd",))


def test_of_two_as_common_the_dearer_comes_first() -> None:
    grades = [student("ada", result("a", Fraction(3, 4), "Cheap."), result("b", 0, "Dear."))]
    assert [fault.advice for fault in frequent_faults(grades)] == ["Dear.", "Cheap."]


def test_what_was_not_assessed_or_marked_by_hand_is_nobodys_fault() -> None:
    manual = ManualMark(Fraction(0), not_assessed=False, comment="", by="me", when="2026-11-25")
    grades = [student("ada", result("a", None), replace(result("b", 0), manual=manual))]
    assert frequent_faults(grades) == ()


def test_a_fault_without_advice_is_said_by_what_was_expected() -> None:
    assert frequent_faults([student("ada", result("a", 0, ""))])[0].advice == "a as asked."
