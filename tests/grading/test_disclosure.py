"""What of a grade its student may see."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.criterion import Rubric
from grader.assignment.rubric import bundled, load
from grader.errors import WrittenError
from grader.grading.disclosure import for_student
from grader.grading.scoring import grade
from grader.records import Grade, Measurement, Outcome
from tests.builders import STAGES, bands, criterion, evidence, matched, perfect_runs, recompiled, rubric


def with_hidden(*hidden: str, check: int | None = None) -> Rubric:
    """The bundled rubric with these criteria hidden, or of each only one check."""

    def changed(one: Any) -> Any:
        if one.id not in hidden:
            return one
        if check is None:
            return replace(one, hidden=True)
        checks = [c.model_copy(update={"hidden": n == check}) for n, c in enumerate(one.checks)]
        return replace(one, checks=tuple(checks))

    return replace(rubric(), criteria=tuple(map(changed, rubric().criteria)))


def both(rules: Rubric, **changes: Any) -> tuple[Grade, Grade]:
    """The grade and what the student sees of it, of a submission whose Adam learns too fast."""
    runs = perfect_runs()
    runs["optimizer"] = recompiled(runs["optimizer"], learning_rate=0.01)
    facts = evidence(runs.values(), **changes)
    whole = grade(facts, rules, matched(runs), bands())
    return whole, for_student(whole, facts)


def test_a_student_sees_everything_where_nothing_is_hidden() -> None:
    whole, seen = both(rubric())
    assert seen == whole


def test_a_hidden_criterion_and_its_marks_are_not_in_the_students_view() -> None:
    whole, seen = both(with_hidden("optimizer.adam"))
    assert criterion(whole, "optimizer.adam").outcome is Outcome.PARTIAL
    assert "optimizer.adam" not in {c.id for c in seen.criteria}
    assert (seen.total, seen.max, seen.undisclosed) == (Fraction("9.5"), Fraction("9.5"), Fraction("0.5"))


def test_the_other_checks_of_a_criterion_are_judged_without_the_hidden_one() -> None:
    _, seen = both(with_hidden("optimizer.kept", check=0))
    kept = criterion(seen, "optimizer.kept")
    assert len(kept.checks) == 4
    assert kept.outcome is Outcome.PASSED
    assert kept.max_score == Fraction("0.25") * Fraction(4, 5)


def test_a_reason_for_review_that_comes_from_a_hidden_check_stays_with_the_instructor() -> None:
    rules, runs = with_hidden("optimizer.accuracy"), perfect_runs()
    runs["optimizer"] = replace(runs["optimizer"], measurement=Measurement(None, reason="it has a custom layer"))
    facts = evidence(runs.values())
    whole = grade(facts, rules, matched(runs), bands())
    assert any("optimizer.accuracy" in reason for reason in whole.review)
    assert not any("optimizer.accuracy" in reason for reason in for_student(whole, facts).review)


def test_no_text_of_the_students_view_names_what_is_hidden() -> None:
    hidden = [f"{stage}.accuracy" for stage in STAGES if stage != "naive"]
    _, seen = both(with_hidden(*hidden))
    assert not [name for name in hidden if name in repr(seen)]


def test_a_rubric_whose_visible_criterion_needs_a_hidden_one_is_refused(tmp_path: Path) -> None:
    text = bundled().read_text(encoding="utf-8")
    id_ = "  - id: batchnorm.layers\n"
    (tmp_path / "x.yaml").write_text(text.replace(id_, f"{id_}    hidden: true\n"), encoding="utf-8")
    with pytest.raises(WrittenError) as caught:
        load(tmp_path / "x.yaml")
    [problem] = caught.value.problems
    assert "needs 'batchnorm.layers', which is hidden" in problem
