"""A grade with a person's decisions in it: what changes, what stays, what is flagged."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from grader.grading.overridden import automatic_mark, overridden
from grader.records import Grade, Measurement, Outcome, Override
from tests.builders import TRAIN, criterion, graded, perfect_run, perfect_runs, refit

WHO = {"by": "Dr Who", "when": "2026-11-25"}


def flagged() -> Grade:
    """The dropout stage was trained on images of the test set."""
    return graded(perfect_runs() | {"dropout": refit(perfect_run("dropout"), images=replace(TRAIN, split="mixed"))})


def by_hand(id_: str, mark: str, grade: Grade, **changes: object) -> Override:
    given = {"replaces": automatic_mark(criterion(grade, id_)), **changes}
    return Override(grade.student, criterion=id_, mark=Fraction(mark), **WHO, **given)  # type: ignore[arg-type]


def test_a_manual_mark_moves_the_total_by_the_difference_and_keeps_the_automatic_one() -> None:
    before = graded()
    after = overridden(before, [by_hand("dropout.rate", "0.1", before, comment="See me.")])
    marked = criterion(after, "dropout.rate")
    assert after.total == before.total - Fraction(15, 100)
    assert (marked.score, marked.outcome) == (Fraction(1, 10), Outcome.PARTIAL)
    assert marked.manual
    assert (marked.manual.automatic, marked.manual.by, marked.manual.stale) == (Fraction(1, 4), "Dr Who", "")
    assert marked.checks == criterion(before, "dropout.rate").checks
    assert [c for c in after.criteria if c.id != "dropout.rate"] == [
        c for c in before.criteria if c.id != "dropout.rate"
    ]


def test_overrides_of_others_change_nothing() -> None:
    grade = graded()
    other = replace(by_hand("dropout.rate", "0", grade), student="somebody else")
    assert overridden(grade, [other]) is grade


def test_a_mark_whose_automatic_one_has_changed_since_is_flagged_first_with_both() -> None:
    grade = flagged()
    stale = by_hand("dropout.rate", "0.25", grade, replaces=Decimal("0.1"))
    after = overridden(grade, [stale])
    assert after.review[0] == (
        "dropout.rate: the manual mark 0.25 by Dr Who is stale: the automatic mark was 0.10 then and is 0.25 now"
    )
    assert set(after.review[1:]) <= set(grade.review)


def test_a_mark_that_differs_by_less_than_is_shown_is_not_stale() -> None:
    grade = graded()
    assert not overridden(grade, [by_hand("dropout.rate", "0.2", grade, replaces=Decimal("0.2501"))]).review


def test_a_criterion_that_was_not_assessed_then_and_is_now_is_stale_even_at_zero() -> None:
    grade = graded()
    assert overridden(grade, [by_hand("dropout.rate", "0", grade, replaces=None)]).needs_review


def test_a_mark_by_hand_settles_what_was_open_in_its_criterion_and_only_there() -> None:
    unmeasured = {
        s: perfect_run(s, measurement=Measurement(None, reason="a custom layer")) for s in ("init", "dropout")
    }
    grade = graded(perfect_runs() | unmeasured)
    open_ = [c.id for c in grade.criteria if c.outcome is Outcome.NOT_ASSESSED]
    after = overridden(grade, [by_hand(open_[0], "0", grade)])
    assert after.not_assessed == grade.not_assessed - criterion(grade, open_[0]).max_score
    assert not any(open_[0] in reason for reason in after.review)
    assert all(any(id_ in reason for reason in after.review) for id_ in open_[1:])


def test_a_reason_that_was_looked_at_no_longer_holds_the_grade_back_and_is_kept() -> None:
    grade = flagged()
    after = overridden(grade, [Override(grade.student, accepts=grade.review, **WHO)])
    assert not after.needs_review
    assert [a.reason for a in after.accepted] == list(grade.review)
    assert after.total == grade.total


def test_a_failure_of_the_grader_whose_words_end_in_a_line_break_can_be_accepted() -> None:
    grade = replace(graded(), review=("the grader itself failed: ValueError\n",))
    after = overridden(grade, [Override(grade.student, accepts=("the grader itself failed: ValueError",), **WHO)])
    assert not after.needs_review
    assert [a.reason for a in after.accepted] == ["the grader itself failed: ValueError\n"]


def test_a_reason_that_is_new_since_flags_the_grade_again() -> None:
    grade = flagged()
    after = overridden(grade, [Override(grade.student, accepts=("another reason",), **WHO)])
    assert after.review == grade.review


def test_a_comment_without_a_mark_changes_no_mark() -> None:
    grade = graded()
    after = overridden(grade, [Override(grade.student, comment="Nice plots.", **WHO)])
    assert [c.text for c in after.comments] == ["Nice plots."]
    assert replace(after, comments=()) == grade


def test_a_mark_for_a_criterion_that_this_grade_lacks_is_passed_over() -> None:
    grade = graded()
    assert overridden(grade, [replace(by_hand("dropout.rate", "0", grade), criterion="gone.since")]) == grade
