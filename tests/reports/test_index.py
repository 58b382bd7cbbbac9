from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from fractions import Fraction

import pytest

from grader.records import Ending, Outcome
from grader.reports.index import index_html
from grader.reports.items import criterion_summaries
from grader.reports.overview import Row, histogram, overview
from tests.reports.samples import HOSTILE, bad_grade, good_grade, grade

TEN = Fraction(10)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page.partition("<main>")[2]))


def page(*rows: Row) -> str:
    return index_html(overview(rows, "Assessment 2", TEN))


GOOD = Row(good_grade(), "ada/report.html")
BAD = Row(bad_grade(), "bad/report.html")


def test_hostile_names_are_escaped() -> None:
    assert HOSTILE not in index_html(overview([BAD], HOSTILE, TEN))
    assert "&lt;script&gt;alert" in page(BAD)


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("ada/report.html", "./ada/report.html"),
        ("Zoë B/100% #1?.html", "./Zo%C3%AB%20B/100%25%20%231%3F.html"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("caf\udce9/x.html", "./caf%E9/x.html"),
    ],
)
def test_a_link_is_a_relative_address_whatever_the_folder_is_called(path: str, href: str) -> None:
    assert Row(good_grade(), path).href == href
    assert f'href="{href}"' in page(Row(good_grade(), path))


def test_a_page_asks_nobody_else_for_anything() -> None:
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|\./)""", page(GOOD, BAD))


def test_the_only_script_is_the_one_the_policy_allows() -> None:
    html = page(GOOD, BAD)
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html


def test_everybody_stands_in_the_table_with_two_decimals() -> None:
    text = words(page(GOOD, BAD))
    assert "Ada Lovelace 10.00 completed" in text
    assert f"{HOSTILE.replace('<', '&lt;').replace('>', '&gt;')}".replace("'", "&#39;") in text
    assert "1.42 0.50 timed out needs review" in text


def test_those_who_need_review_are_listed_with_reasons() -> None:
    text = words(page(GOOD, BAD)).partition("To be looked at by a person")[2]
    assert "batchnorm: r1 and r3 fit equally well" in text
    assert "To be looked at" not in words(page(GOOD))


@pytest.mark.parametrize("ending", [Ending.UNREADABLE, Ending.NOTHING_TO_RUN, Ending.GRADER_FAULT])
def test_those_without_a_proper_grade_are_listed_with_the_reason(ending: Ending) -> None:
    assert "Not properly graded: 1" in words(page(Row(grade("Bob", (), ending=ending), "bob.html"), GOOD))


def test_a_fault_of_the_grader_counts_in_no_average() -> None:
    text = words(page(GOOD, BAD))
    assert "Mean10.00" in text
    assert "1 left out: the grader failed there" in text


def test_an_unreadable_submission_counts_in_the_average() -> None:
    text = words(page(GOOD, Row(grade("Bob", (), ending=Ending.UNREADABLE), "bob.html")))
    assert "Mean5.00" in text


def test_full_marks_stand_in_the_last_column() -> None:
    bins = histogram([Fraction(0), Fraction(99, 100), Fraction(1), TEN], TEN)
    assert [b.count for b in bins] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert (bins[0].low, bins[-1].high, bins[0].height) == ("0", "10", 100)


def test_the_pass_rate_leaves_out_what_was_not_assessed() -> None:
    summaries = {c.id: c for c in criterion_summaries([GOOD.grade, BAD.grade])}
    assert summaries["data.shapes"].pass_rate == 100
    assert summaries["batchnorm.accuracy"].tally == {Outcome.PASSED: 1, Outcome.NOT_ASSESSED: 1}
    assert summaries["batchnorm.accuracy"].pass_rate == 100
    assert summaries["batchnorm.accuracy"].mean == Fraction(1, 2)
    assert summaries["dropout.all"].lost == (HOSTILE,)


def test_a_criterion_that_nobody_could_be_assessed_on_has_no_pass_rate() -> None:
    bad = bad_grade()
    only = replace(bad, criteria=tuple(c for c in bad.criteria if c.outcome is Outcome.NOT_ASSESSED))
    summary = criterion_summaries([only])[0]
    assert summary.pass_rate is None
    assert "not assessed" in words(page(Row(only, "x.html")))


def test_an_empty_class_says_so() -> None:
    assert "No submission was found." in words(page())
