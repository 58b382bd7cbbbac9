"""The page of a student as a browser shows it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from grader.reports.student import student_html
from tests.browser.visiting import DARK, PHONE, Visit
from tests.reports.samples import BACKGROUND, HOSTILE, bad_evidence, bad_grade, good_evidence, good_grade

Open = Callable[..., Visit]


@cache
def good() -> str:
    return student_html(good_grade(), good_evidence(), BACKGROUND)


@cache
def bad() -> str:
    return student_html(bad_grade(), bad_evidence(), BACKGROUND)


@pytest.mark.parametrize("page", [good, bad])
def test_a_report_asks_for_nothing_and_the_browser_has_no_complaint(visit: Open, page: Callable[[], str]) -> None:
    seen = visit(page())
    assert (seen.requests, seen.errors, seen.dialogs) == ([], [], [])


def test_a_hostile_name_is_shown_as_text(visit: Open) -> None:
    seen = visit(bad())
    assert seen.page.inner_text("h1") == HOSTILE
    assert seen.dialogs == []


@pytest.mark.parametrize("page", [good, bad])
@pytest.mark.parametrize("options", [{}, DARK, PHONE], ids=["light", "dark", "phone"])
def test_axe_finds_no_violation(visit: Open, page: Callable[[], str], options: dict[str, object]) -> None:
    assert visit(page(), **options).violations == []


@pytest.mark.parametrize("page", [good, bad])
def test_a_report_is_no_wider_than_a_phone(visit: Open, page: Callable[[], str]) -> None:
    assert visit(page(), **PHONE).overflow == 0


def test_axe_would_find_a_picture_without_words(visit: Open) -> None:
    page = good().replace("<main>", "<main><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>")
    assert any(v.startswith("image-alt") for v in visit(page).violations)
