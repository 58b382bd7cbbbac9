"""One page opened in a browser, and all that happened while it was open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page

PHONE: dict[str, Any] = {"viewport": {"width": 375, "height": 740}}
DARK: dict[str, Any] = {"color_scheme": "dark"}


@dataclass
class Visit:
    """An open page; what it asked for, complained about or put in the reader's way."""

    page: Page
    requests: list[str] = field(default_factory=list)
    """Every address but the page's own."""
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What a reader sees without opening anything."""
        return self.page.inner_text("body")

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    @property
    def violations(self) -> list[str]:
        """What axe-core finds: the rule, and the elements that break it."""
        found = Axe().run(self.page).response["violations"]
        return [f"{v['id']}: {v['help']}: {[n['html'][:150] for n in v['nodes'][:4]]}" for v in found]

    def close(self, dialog: Dialog) -> None:
        """Notes a dialog and closes it, since nobody else will."""
        self.dialogs.append(dialog.message)
        dialog.dismiss()


@contextmanager
def visiting(browser: Browser, file: Path, **options: Any) -> Iterator[Visit]:
    """A page in a context of its own: `viewport`, `color_scheme`, … as in `Browser.new_context`."""
    context = browser.new_context(**options)
    # A busy machine is no fault of the page.
    context.set_default_timeout(120_000)
    visit = Visit(context.new_page())
    address = file.resolve().as_uri()
    visit.page.on("request", lambda request: request.url != address and visit.requests.append(request.url))
    visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
    visit.page.on("console", lambda line: line.type == "error" and visit.errors.append(line.text))
    visit.page.on("dialog", visit.close)
    visit.page.goto(address)
    yield visit
    context.close()
