"""A report of which every word is hostile, opened in a browser: nothing runs, nothing is asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from grader.reports.student import Pages, pages
from grader.workspace.atomic import write_text
from tests.browser.visiting import Visit
from tests.reports.samples import BACKGROUND, bad_evidence, bad_grade

PAYLOAD = (
    '"\'></textarea></title></style></svg><script>window.ran=1;alert(1)</script><svg onload="window.ran=1">'
    '<script>window.ran=1</script></svg><img src=x onerror="window.ran=1"><a href="javascript:window.ran=1">x</a>'
    "[x](javascript:window.ran=1) {{ 7*7 }} {% raw %} \udcff\udcfe \x00 \u202e"
)
"""Script tags, handlers, links, SVG, templates, and bytes that are no UTF-8, as a file name may have them."""
FREE = frozenset(
    {"student", "message", "error", "found", "expected", "help", "review", "because", "close_call", "heading", "source",
     "title", "reason", "program", "faults", "doubts", "marker", "fit_path", "problem", "note", "optimizer", "loss",
     "metrics", "dtype", "dataset", "where", "detail", "environment", "initializer", "comments"}
)  # fmt: skip
"""Fields into which words of the student's find their way, or might."""


def poisoned(value: Any, *, free: bool = False) -> Any:
    """The record with the payload behind every text of a free field, and as a name among mappings."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return str(value) + PAYLOAD if free else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {
            f.name: poisoned(getattr(value, f.name), free=f.name in FREE)
            for f in dataclasses.fields(value)
            if f.init and f.name not in {"limits", "lateness", "late"}
        }
        return dataclasses.replace(value, **changes)
    if isinstance(value, tuple):
        return tuple(poisoned(v, free=free) for v in value)
    if isinstance(value, Mapping):
        more = {PAYLOAD[:150]: (0.1, 0.2)} if "accuracy" in value else {}
        return {k: poisoned(v, free=free) for k, v in value.items()} | more
    return value


@cache
def hostile() -> Pages:
    grade = poisoned(bad_grade())
    return pages(grade, grade, poisoned(bad_evidence()), BACKGROUND)


@cache
def harmless() -> Pages:
    return pages(bad_grade(), bad_grade(), bad_evidence(), BACKGROUND)


def elements(seen: Visit, selector: str) -> int:
    return int(seen.page.evaluate("s => document.querySelectorAll(s).length", selector))


@pytest.fixture(params=["student", "instructor"])
def reader(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def seen(reader: str, visit: Callable[..., Visit], tmp_path: Path) -> Visit:
    write_text(tmp_path / "report.html", getattr(hostile(), reader))
    return visit(tmp_path / "report.html")


def test_nothing_runs_and_nothing_is_asked_for(seen: Visit) -> None:
    for link in seen.page.query_selector_all("summary"):
        link.evaluate("e => e.click()")
    assert seen.page.evaluate("window.ran") is None
    assert (seen.dialogs, seen.requests) == ([], [])


def test_hostile_words_make_no_element(seen: Visit, reader: str, visit: Callable[..., Visit]) -> None:
    clean = visit(getattr(harmless(), reader))
    for selector in ("script", "style", "iframe", "object", "form", "base", "textarea", "[onerror]", "[onload]"):
        assert elements(seen, selector) == elements(clean, selector), selector
    assert elements(seen, "a[href^='javascript' i], [src='x']") == 0


def test_they_are_shown_as_they_were_written(seen: Visit) -> None:
    assert seen.page.inner_text("h1").count("<script>window.ran=1;alert(1)</script>") == 1


def test_the_payload_would_run_if_it_were_not_escaped(visit: Callable[..., Visit], tmp_path: Path) -> None:
    write_text(tmp_path / "page.html", f"<!doctype html><p>{PAYLOAD}</p>")
    assert visit(tmp_path / "page.html").page.evaluate("window.ran") == 1
