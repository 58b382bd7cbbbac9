"""What a scoring says has changed adds up, to the printed digit."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from grader.records import Grade, Lateness
from grader.records.marks import number
from grader.terminal.summary import print_regraded
from grader.workspace.differences import hundredths, regraded, words_of
from grader.workspace.grade_file import StoredGrade, StoredLateness
from grader.workspace.grade_record import to_store
from tests.builders import evidence, graded, perfect_runs

WHOLE = graded()
FACTS = evidence(perfect_runs().values())
MARKS = st.fractions(min_value=0, max_value=1, max_denominator=9)


def marked(shares: list[Fraction], penalty: Fraction) -> Grade:
    """The grade with its first criteria worth so much, and something taken off."""
    few = tuple(replace(c, score=s * c.max_score) for c, s in zip(WHOLE.criteria, shares, strict=False))
    criteria = (*few, *(replace(c, score=Fraction(0)) for c in WHOLE.criteria[len(few) :]))
    late = Lateness(None, None, penalty=penalty, words="late") if penalty else None  # type: ignore[arg-type] # not read
    total = max(Fraction(0), sum((c.score for c in criteria), -penalty))
    return replace(WHOLE, criteria=criteria, total=total, late=late)


def stored(grade: Grade) -> StoredGrade:
    kept = to_store(replace(grade, late=None), FACTS)
    late = StoredLateness(penalty=number(grade.late.penalty)) if grade.late else None
    return StoredGrade.model_validate_json(kept.model_copy(update={"late": late}).text())


def lines(before: Grade, after: Grade) -> list[str]:
    said = io.StringIO()
    print_regraded(Console(file=said, width=200), [regraded(stored(before), after)])
    return said.getvalue().splitlines()


SHOWN = re.compile(r" (-?\d+\.\d\d)(?: \([^)]*\))? → (-?\d+\.\d\d)")
"""A mark before and after; what is said of them in brackets does not count."""


@settings(deadline=None)
@given(st.lists(MARKS, max_size=5), st.lists(MARKS, max_size=5), st.sampled_from([0, 1, 3]), st.sampled_from([0, 1, 2]))
def test_the_marks_before_and_the_differences_give_the_marks_after(
    before: list[Fraction], after: list[Fraction], off_before: int, off_after: int
) -> None:
    said = lines(marked(before, Fraction(off_before)), marked(after, Fraction(off_after)))
    if said == ["0 of 1 changed."]:
        return
    (was, now), *parts = ([round(float(n) * 100) for n in SHOWN.findall(line)[0]] for line in said[:-1])
    assert was + sum(new - old for old, new in parts) == now


def test_what_late_work_costs_is_a_difference_of_its_own() -> None:
    shares = [Fraction(1)] * len(WHOLE.criteria)
    said = lines(marked(shares, Fraction(1)), marked(shares, Fraction(2)))
    assert said[0].startswith(f"{WHOLE.student}: 9.00 → 8.00 / 10.00")
    assert said[1:] == ["  late -1.00 → -2.00: late", "1 of 1 changed."]


def test_a_total_that_would_be_below_nothing_is_told_as_such() -> None:
    said = lines(marked([Fraction(1)], Fraction(0)), marked([Fraction(1)], Fraction(9)))
    assert any(line.startswith("  (no total is below 0) 0.00 → ") for line in said)


def test_less_than_what_is_printed_of_marks_is_still_told() -> None:
    before = WHOLE.criteria[0]
    barely = replace(before, score=before.score - Fraction(1, 1000))
    grade = replace(WHOLE, criteria=(barely, *WHOLE.criteria[1:]), total=WHOLE.total - Fraction(1, 1000))
    said = lines(WHOLE, grade)
    assert f"{float(before.score):g}" in said[1]
    assert f"{float(barely.score):g}" in said[1]


def test_a_reason_for_review_that_is_new_or_gone_is_a_difference() -> None:
    flagged = replace(WHOLE, review=("its record is doubtful",))
    assert "  now to be looked at: its record is doubtful" in lines(WHOLE, flagged)
    assert "  to be looked at no more: its record is doubtful" in lines(flagged, WHOLE)


def test_half_a_hundredth_is_rounded_as_in_reports_on_both_sides_of_nothing() -> None:
    assert [hundredths(m) for m in (0.005, -0.005, 0.0049, 1.005, -1.004, None)] == [1, -1, 0, 101, -100, 0]
    assert [words_of(m) for m in (-0.5, -1.0, None, 9.999)] == ["-0.50", "-1.00", "-", "10.00"]
