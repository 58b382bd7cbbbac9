"""The page of a student as a browser shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from grader.reports.student import Pages, pages
from tests.browser.visiting import DARK, PHONE, Visit
from tests.reports.samples import BACKGROUND, HOSTILE, bad_evidence, bad_grade, good_evidence, good_grade, student_html

Open = Callable[..., Visit]
LUMINANCE = (
    "const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number); (r + g + b) / 3"
)


@cache
def made(name: str) -> Pages:
    if name == "good":
        return pages(good_grade(), good_grade(), good_evidence(), BACKGROUND)
    return pages(bad_grade(), bad_grade(), bad_evidence(), BACKGROUND)


def good() -> str:
    return made("good").student


def bad() -> str:
    return made("bad").instructor


@pytest.mark.parametrize("page", [good, bad])
def test_a_report_asks_for_nothing_and_the_browser_has_no_complaint(visit: Open, page: Callable[[], str]) -> None:
    seen = visit(page())
    assert (seen.requests, seen.errors, seen.dialogs) == ([], [], [])


def test_a_hostile_name_is_shown_as_text(visit: Open) -> None:
    seen = visit(bad())
    assert seen.page.inner_text("h1") == HOSTILE
    assert seen.dialogs == []


@pytest.mark.parametrize(
    ("page", "options"),
    [(good, {}), (good, DARK), (bad, DARK), (bad, PHONE)],
    ids=["good light", "good dark", "bad dark", "bad phone"],
)
def test_axe_finds_no_violation(visit: Open, page: Callable[[], str], options: dict[str, object]) -> None:
    seen = visit(page(), **options)
    # What is folded in is looked at as well.
    seen.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert seen.violations == []


def test_axe_would_find_a_picture_without_words_and_grey_on_grey(visit: Open) -> None:
    page = good().replace("<main>", "<main><svg role='img'></svg><p style='color: #999; background: #aaa'>pale</p>")
    rules = {violation.partition(":")[0] for violation in visit(page).violations}
    assert {"svg-img-alt", "color-contrast"} <= rules


@pytest.mark.parametrize("page", [good, bad])
def test_a_report_is_no_wider_than_a_phone(visit: Open, page: Callable[[], str]) -> None:
    seen = visit(page(), **PHONE)
    assert seen.overflow == 0
    smallest = "Math.min(...[...document.querySelectorAll('svg.network')].map(s => s.getBoundingClientRect().width))"
    assert seen.page.evaluate(smallest) > 250


def test_the_links_of_a_report_lead_to_what_they_name(visit: Open) -> None:
    seen = visit(bad()).page
    seen.click("section a[href='#naive.network']")
    assert seen.url.endswith("#naive.network")
    assert seen.evaluate("document.getElementById('naive.network').getBoundingClientRect().top") < 100
    seen.click("[id='batchnorm.accuracy'] a.where")
    assert seen.url.endswith("#stage-batchnorm")
    assert "Batch normalization" in seen.inner_text("#stage-batchnorm h3")


def test_the_instructor_goes_to_what_the_student_sees_and_asks_no_network_for_it(visit: Open, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(made("bad").student, encoding="utf-8")
    (tmp_path / "instructor.html").write_text(made("bad").instructor, encoding="utf-8")
    seen = visit(tmp_path / "instructor.html")
    seen.page.click("text=What the student sees")
    assert "Your instructor looks at this" in seen.text
    assert all(request.startswith("file:") for request in seen.requests)


def test_the_source_is_opened_by_keyboard_and_coloured(visit: Open) -> None:
    seen = visit(good()).page
    seen.focus("#stage-dropout details summary")
    assert not seen.is_visible("#stage-dropout pre.source")
    seen.keyboard.press("Enter")
    assert seen.is_visible("#stage-dropout pre.source")
    coloured = "getComputedStyle(document.querySelector('#stage-dropout pre.source .mf')).color"
    assert seen.evaluate(coloured) != seen.evaluate("getComputedStyle(document.body).color")


def test_it_is_light_by_day_dark_by_night_and_white_on_paper_even_at_night(visit: Open) -> None:
    assert visit(good()).page.evaluate(LUMINANCE) > 240
    night = visit(good(), **DARK).page
    assert night.evaluate(LUMINANCE) < 40
    night.emulate_media(media="print", color_scheme="dark")
    assert night.evaluate(LUMINANCE) == 255


def test_on_paper_nothing_is_cut_off_at_the_side(visit: Open) -> None:
    seen = visit(bad(), viewport={"width": 680, "height": 960})
    seen.page.emulate_media(media="print")
    assert seen.overflow == 0
    assert seen.page.pdf(format="A4").startswith(b"%PDF")


def test_a_drawing_of_a_network_tells_who_cannot_see_it_what_is_missing(visit: Open) -> None:
    tree = visit(good()).page.locator("#stage-batchnorm svg.network").first
    assert tree.get_attribute("role") == "img"
    assert "Dense(50) → BatchNorm (missing) → elu" in tree.locator("desc").text_content()


def test_a_report_in_german_is_read_as_german(visit: Open) -> None:
    page = student_html(bad_grade(), bad_evidence(), replace(BACKGROUND, language="de"))
    seen = visit(page, **PHONE)
    assert seen.page.get_attribute("html", "lang") == "de"
    assert seen.overflow == 0
    assert seen.violations == []
