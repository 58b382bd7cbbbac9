"""How matplotlib draws for a page: small SVG, the page's own colours, the same bytes for the same numbers."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from threading import Lock
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, GRID, TRAINING, VALIDATION, BAND = "#010203", "#040506", "#070809", "#0a0b0c", "#0d0e0f"
THEME = {
    INK: "var(--muted)",
    GRID: "var(--line)",
    TRAINING: "var(--training)",
    VALIDATION: "var(--validation)",
    BAND: "var(--band)",
}
"""Stand-in colours, so that the page's style sheet decides: light, dark or paper."""
NO_METADATA: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}
# Matplotlib's settings and its font cache belong to the whole process: one drawing at a time.
_ONE_AT_A_TIME = Lock()


def drawing(plot: Callable[[Axes], object], words: str, size: tuple[float, float], title: str = "") -> Markup:
    """What `plot` puts on the axes, as SVG that a page can hold; `words` say the same to who cannot see it.

    `size` is in inches and gives the proportions; the page decides the width. It takes a quarter of a second.
    """
    with _ONE_AT_A_TIME:
        return Markup(_for_a_page(_svg(plot, words, size), words, title))  # noqa: S704 (drawn from numbers; words escaped)


@dataclass
class Drawings:
    """The drawings of a page: what was drawn for an earlier one is not drawn again, though its page is written anew."""

    kept: Mapping[str, str] = field(default_factory=dict)
    """SVG by `drawing_key`, as `used` had it then."""
    used: dict[str, str] = field(default_factory=dict)
    """Those that were asked for since."""

    def get(self, drawn_from: object, draw: Callable[[], Markup]) -> Markup:
        """The drawing of these numbers."""
        key = drawing_key(drawn_from)
        if key not in self.used:
            self.used[key] = self.kept.get(key) or str(draw()).strip()
        return Markup(self.used[key])  # noqa: S704 (escaped when it was drawn)


def drawing_key(drawn_from: object) -> str:
    """Another for other numbers, for another way to draw them, and for another matplotlib."""
    return hashlib.sha256(f"{_how_drawn()} {drawn_from!r}".encode()).hexdigest()[:24]


@cache
def _how_drawn() -> str:
    sources = (files("grader.reports").joinpath(name).read_bytes() for name in ("drawing.py", "curves.py"))
    return f"{version('matplotlib')} {hashlib.sha256(b''.join(sources)).hexdigest()}"


def _svg(plot: Callable[[Axes], object], salt: str, size: tuple[float, float]) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "font.size": 11}):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        plot(axes)
        _plain(axes)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata=NO_METADATA)
    return file.getvalue()


def _plain(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("epoch", color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.tick_params(which="both", colors=INK, length=0)
    axes.grid(color=GRID, linewidth=0.8)
    axes.spines[:].set_visible(False)


def _for_a_page(svg: str, words: str, title: str) -> str:
    # Groups carry the same ids in every drawing, and a page may have an id once.
    body = re.sub(r'<g id="[^"]*"', "<g", svg[svg.index("<svg") :])
    # A tenth of a point is finer than any screen.
    body = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\d\.\d)\d+", r"\1", path[0]), body)
    for stand_in, themed in THEME.items():
        body = body.replace(stand_in, themed)
    sized = re.sub(r' (?:width|height)="[\d.]+pt"', "", body, count=2)
    named = sized.replace("<svg", f'<svg class="curves" role="img" aria-label="{escape(words)}"', 1)
    return re.sub(r"(<svg[^<>]*>)", lambda start: f"{start[0]}{_told(words, title)}", named, count=1)


def _told(words: str, title: str) -> str:
    """Who cannot see the drawing hears this; the title shows when the pointer rests on it."""
    return f"<title>{escape(title or words)}</title>" + (f"<desc>{escape(words)}</desc>" if title else "")
