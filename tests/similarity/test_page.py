from __future__ import annotations

import re

import pytest

from grader.similarity.ground import Work
from grader.similarity.page import MOST_LINES, similar_html, similar_json
from grader.similarity.pairs import Comparison, Least, compare

HOSTILE = "<script>alert('x')</script>"
SHARED = "".join(f"total = total + price[{n}] * amount[{n}] - rebate(n, {n})\n" for n in range(8))
EVERYTHING = Least(0.0, 0.0)


def work(student: str, *cells: str, report: str = "") -> Work:
    return Work(student, ("lab.ipynb",), (cells,), report=report)


def pair(*cells: str) -> Comparison:
    return compare([work("ada", *cells, report="./ada/report.html"), work(HOSTILE, "x = 7", *cells)], (), EVERYTHING)


def test_names_and_code_are_shown_and_never_run() -> None:
    html = similar_html(pair(SHARED.replace("rebate", f"call('{HOSTILE}')")), HOSTILE)
    assert HOSTILE not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|\./)""", html)


def test_the_page_says_that_it_decides_nothing() -> None:
    assert "This page decides nothing." in similar_html(pair(SHARED), "Lab")
    assert similar_json(pair(SHARED), "Lab")["decides"].startswith("nothing")


def test_passages_stand_side_by_side_with_cell_and_line() -> None:
    html = similar_html(pair(SHARED), "Lab")
    assert html.count("<mark>total = total + price[3]") == 2
    assert "lab.ipynb, cell 2" in html
    assert '<a href="./ada/report.html"><bdi>ada</bdi></a>' in html


def test_lines_that_are_not_counted_are_shown_without_a_mark() -> None:
    html = similar_html(pair(SHARED.replace("total = total + price[4]", "# a remark\ntotal = total + price[4]")), "Lab")
    assert "# a remark" in html
    assert "<mark># a remark" not in html


def test_a_long_passage_and_many_pairs_are_cut_and_counted() -> None:
    long = "\n".join(f"x{n} = f({n}, {n + 1}, y, z)" for n in range(MOST_LINES + 5))
    found = compare([work(f"s{n}", long) for n in range(4)], (), EVERYTHING)
    html = similar_html(found, "Lab", most=2)
    assert "… and 5 more lines." in html
    assert "… and 4 more pairs, in similar.json." in html
    assert len(similar_json(found, "Lab")["pairs"]) == 6


def test_the_json_says_where_each_passage_stands() -> None:
    written = similar_json(pair(SHARED), "Lab")
    (found,) = written["pairs"]
    assert found["students"] == ["ada", HOSTILE]
    assert found["share"] == pytest.approx(1.0)
    assert found["passages"][0]["places"][1] == [{"program": "lab.ipynb", "cell": 2, "lines": [1, 8]}]


def test_who_has_no_code_is_named_and_a_class_without_pairs_says_so() -> None:
    html = similar_html(compare([work("ada"), work("bob", SHARED)], ()), "Lab")
    assert "No code to compare: <bdi>ada</bdi>" in html
    assert "No pair has that much in common." in html
