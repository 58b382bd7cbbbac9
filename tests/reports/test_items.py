from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from grader.records import Grade, ManualMark
from grader.reports.items import criterion_summaries, discrimination
from tests.reports.classes import result, student


def found(grades: list[Grade], name: str) -> float | None:
    return next(c for c in criterion_summaries(grades) if c.id == name).discrimination


def marks(*rows: tuple[Fraction | int | None, ...]) -> list[Grade]:
    """One student a row, one criterion a column: a, b, c."""
    return [student(f"s{n}", *map(result, "abc", row)) for n, row in enumerate(rows)]


def test_a_criterion_that_the_strong_meet_and_the_weak_do_not_discriminates_fully() -> None:
    assert found(marks((1, 1, 1), (1, 1, 1), (1, 1, 1), (0, 0, 0), (0, 0, 0)), "a") == pytest.approx(1)


def test_a_criterion_that_fails_the_strong_is_negative_and_is_flagged() -> None:
    summaries = criterion_summaries(marks((0, 1, 1), (0, 1, 1), (1, 0, 0), (1, 0, 0), (1, 0, 1)))
    assert summaries[0].discrimination is not None
    assert summaries[0].discrimination < -0.8
    assert summaries[0].tells_little


def test_the_criterion_itself_is_left_out_of_the_total() -> None:
    # a is 1 1 0 0 0, the share of the others 1, 0, 1/2, 1/2, 0: covariance 1/20, variances 3/10 and 7/40.
    grades = marks((1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0))
    assert found(grades, "a") == pytest.approx((1 / 20) / ((3 / 10) * (7 / 40)) ** 0.5)


def test_who_could_not_be_assessed_on_it_does_not_count_and_other_gaps_take_nothing_off() -> None:
    grades = marks((1, 1, None), (1, 1, 1), (0, 0, None), (0, 0, 0), (1, None, 1), (None, 1, 1))
    assert found(grades, "a") == pytest.approx(1)


def test_a_mark_by_hand_counts_though_the_grader_could_not_judge() -> None:
    manual = ManualMark(Fraction(0), not_assessed=True, comment="", by="me", when="2026-11-25")
    grades = marks((1, 1, 1), (1, 1, 1), (0, 0, 0), (0, 0, 0))
    by_hand = replace(result("a", None), score=Fraction(1), manual=manual)
    assert found([*grades, student("s9", by_hand, result("b", 1))], "a") == pytest.approx(1)
    assert found([*grades, student("s9", result("a", None), result("b", 1))], "a") is None


@pytest.mark.parametrize(
    "grades",
    [
        marks((1, 1, 1), (0, 0, 0), (1, 1, 1), (0, 0, 0)),
        marks(*[(1, n % 2, 1) for n in range(9)]),
        [student(f"s{n}", result("a", n % 2)) for n in range(9)],
        [student(f"s{n}", result("a", n % 2), result("b", n % 2), faults=("disk full",)) for n in range(9)],
    ],
    ids=["four students", "all did alike", "no other criterion", "the grader failed"],
)
def test_where_nothing_can_be_said_nothing_is_said(grades: list[Grade]) -> None:
    assert found(grades, "a") is None


def test_nobody_has_no_discrimination() -> None:
    assert discrimination([]) is None
