"""Whole pages against the ones that were looked at; `GRADER_GOLDEN=write` takes the present ones as right."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from grader.grading.disclosure import for_student
from grader.records import Grade
from grader.reports.student import Pages, pages
from tests.reports.samples import BACKGROUND, bad_evidence, bad_grade, good_evidence, good_grade

GOLDEN = Path(__file__).parent / "golden"
WRITE = "GRADER_GOLDEN"


def hiding(grade: Grade, *ids: str) -> Grade:
    """The grade as a rubric makes it that hides these criteria."""
    criteria = (
        replace(c, checks=tuple(replace(check, hidden=c.id in ids) for check in c.checks)) for c in grade.criteria
    )
    return replace(grade, criteria=tuple(criteria))


@cache
def made() -> dict[str, Pages]:
    secret = hiding(bad_grade(), "batchnorm.placement")
    good, bad = good_evidence(), bad_evidence()
    return {
        "good": pages(good_grade(), good_grade(), good, BACKGROUND),
        "hidden": pages(secret, for_student(secret, bad), bad, BACKGROUND),
        "german": pages(bad_grade(), bad_grade(), bad, replace(BACKGROUND, language="de")),
    }


def normal(page: str) -> str:
    """The page without what is not its words and structure: style, curves, images, blanks; one element a line."""
    body = page.partition("<main>")[2]
    body = re.sub(r'<svg[^>]*class="curves".*?<title>(.*?)</title>.*?</svg>', r"[curves: \1]", body, flags=re.DOTALL)
    body = re.sub(r"data:image/png;base64,[^\"]*", "[image]", body)
    return (
        re.sub(r"\s*(<(?!/?(?:bdi|code|span|strong|a)\b)[^>]*>)\s*", r"\n\1", re.sub(r"\s+", " ", body)).strip() + "\n"
    )


@pytest.mark.parametrize(
    ("name", "view"),
    [("good", "student"), ("hidden", "student"), ("hidden", "instructor"), ("german", "student")],
)
def test_a_page_is_the_one_that_was_looked_at(name: str, view: str) -> None:
    page = normal(getattr(made()[name], view))
    golden = GOLDEN / f"{name}-{view}.html"
    if os.environ.get(WRITE) == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(page, encoding="utf-8")
    expected = golden.read_text(encoding="utf-8")
    assert page.splitlines() == expected.splitlines(), (
        f"look at the page; if it is right: {WRITE}=write pytest {__file__}"
    )


def test_the_students_page_says_that_something_further_will_be_looked_at_and_names_nothing_hidden() -> None:
    page = made()["hidden"].student
    assert "something further will be looked at" in page
    assert "Checks worth 0.50 marks are not shown here" in page
    for secret in ("batchnorm.placement", "before it in 1 of 3 layers", "Put BatchNormalization between"):
        assert secret not in page


def test_the_instructors_page_shows_what_is_hidden_and_marks_it() -> None:
    page = made()["hidden"].instructor
    assert "before it in 1 of 3 layers" in page
    assert "Hidden from the student" in page
    assert 'href="./report.html"' in page


def test_no_band_betrays_what_a_hidden_check_of_its_stage_expects() -> None:
    secret = hiding(good_grade(), "init.accuracy")
    both = pages(secret, for_student(secret, good_evidence()), good_evidence(), BACKGROUND)
    assert "between 0.4594 and 0.4774" in both.instructor
    assert "between 0.4594 and 0.4774" not in both.student
    assert "between 0.1035" in both.student


def test_nothing_is_called_passed_where_all_that_is_shown_passed_and_something_is_hidden() -> None:
    secret = hiding(good_grade(), "init.accuracy")
    page = pages(secret, for_student(secret, good_evidence()), good_evidence(), BACKGROUND).student
    assert "every criterion earned full marks" not in page
    assert "Nothing so far" in page
