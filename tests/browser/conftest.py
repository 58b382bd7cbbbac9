"""Pages as a real browser shows them: Debian's chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visiting import Visit, visiting

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
REQUIRED = "GRADER_BROWSER_REQUIRED"
"""Set in CI, where a missing browser is a failure and no skip."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this folder; gone before others, since Playwright keeps an event loop running."""
    program = next((found for found in map(shutil.which, NAMES) if found), None)
    if program is None:
        missing = f"no browser: none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)"
        if os.environ.get(REQUIRED):
            pytest.fail(f"{missing}, and {REQUIRED} is set")
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS, timeout=120_000)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Visit]]:
    """Opens a page, given as a file or as its text; the options are those of a browser context (`viewport`, …)."""
    with ExitStack() as open_pages:

        def opened(page: Path | str, **options: object) -> Visit:
            file = page if isinstance(page, Path) else tmp_path / "page.html"
            if isinstance(page, str):
                file.write_text(page, encoding="utf-8")
            return open_pages.enter_context(visiting(browser, file, **options))

        yield opened
