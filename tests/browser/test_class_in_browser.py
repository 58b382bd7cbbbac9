"""The page of a class, and of code in common, as a browser shows them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache

import pytest

from grader.reports.index import index_html
from grader.reports.overview import Row, overview
from grader.similarity.page import similar_html
from tests.browser.visiting import DARK, PHONE, Visit
from tests.reports.classes import result, student
from tests.reports.samples import HOSTILE, bad_grade, good_grade
from tests.similarity.test_page import SHARED, pair

Open = Callable[..., Visit]


@cache
def a_class() -> str:
    few = [
        student(f"student-{n}", result("a", n % 2), result("b", n % 3 // 2), review=("odd",) * (n % 2))
        for n in range(9)
    ]
    rows = [Row(g, f"{n}/instructor.html") for n, g in enumerate([*few, good_grade(), bad_grade()])]
    return index_html(overview(rows, HOSTILE, Fraction(10)))


@cache
def alike() -> str:
    return similar_html(pair(SHARED), HOSTILE)


def shown(seen: Visit) -> list[str]:
    rows = seen.page.locator("#students tbody tr:visible").all()
    return [row.locator("th bdi").first.inner_text() for row in rows]


@pytest.mark.parametrize("page", [a_class, alike])
def test_the_page_asks_for_nothing_and_hostile_names_are_text(visit: Open, page: Callable[[], str]) -> None:
    seen = visit(page())
    assert (seen.requests, seen.errors, seen.dialogs) == ([], [], [])
    assert seen.page.inner_text("h1") == HOSTILE


@pytest.mark.parametrize("page", [a_class, alike])
@pytest.mark.parametrize("options", [{}, DARK, PHONE], ids=["light", "dark", "phone"])
def test_axe_finds_no_violation(visit: Open, page: Callable[[], str], options: dict[str, object]) -> None:
    seen = visit(page(), **options)
    assert seen.violations == []
    assert seen.overflow == 0


def test_the_list_filters_by_name_and_by_state_and_says_how_many_are_left(visit: Open) -> None:
    seen = visit(a_class())
    assert len(shown(seen)) == 11
    seen.page.get_by_label("Show").select_option("review")
    assert shown(seen) == [HOSTILE, "student-1", "student-3", "student-5", "student-7"]
    seen.page.get_by_label("Name").fill("STUDENT-7")
    assert shown(seen) == ["student-7"]
    assert seen.page.get_by_role("status").inner_text() == "1 of 11 shown"


def test_the_list_sorts_by_keyboard_and_says_how_and_finds_back(visit: Open) -> None:
    seen = visit(a_class())
    first = shown(seen)
    button = seen.page.get_by_role("columnheader", name="Marks", exact=True).get_by_role("button")
    button.focus()
    seen.page.keyboard.press("Enter")
    seen.page.keyboard.press("Enter")
    assert shown(seen)[0] == "Ada Lovelace"
    assert seen.page.get_by_role("columnheader", name="Marks", exact=True).get_attribute("aria-sort") == "descending"
    seen.page.get_by_label("Sort by").select_option("")
    assert shown(seen) == first


def test_without_scripts_everybody_is_there_and_no_control_promises_more(visit: Open) -> None:
    seen = visit(a_class(), java_script_enabled=False)
    assert "student-8" in seen.page.content()
    assert seen.page.locator("button, select, input").count() == 0
