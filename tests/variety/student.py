"""One student of the varied class: how the lab is arranged, and by what, if anything, it says what is what."""

from __future__ import annotations

from dataclasses import dataclass

from tests.honest import student as honest

LANGUAGES = {"en": 40, "de": 9, "zh": 10, "ko": 8, "pt": 8, "es": 9, "tr": 8, "fr": 8}
APIS = {"keras": 40, "keras.layers": 20, "tf from": 25, "tf.keras": 15}
LAYOUTS = {"written out": 34, "redefined": 22, "flags": 20, "table": 14, "builders": 10}
FORMS = {"add": 45, "list": 25, "functional": 15, "loop": 15}
HINTS = {
    "written out": {"headings": 54, "variables": 13, "plots": 9, "prints": 11, "none": 13},
    "redefined": {"headings": 52, "functions": 24, "plots": 7, "prints": 8, "none": 9},
    "flags": {"headings": 45, "variables": 20, "plots": 8, "prints": 10, "none": 17},
    "table": {"keys": 70, "none": 30},
    "builders": {"functions": 75, "none": 25},
}
STYLES = {
    "name": 38,
    "handout's number and name": 16,
    "own number and name": 11,
    "abbreviation": 12,
    "negation": 11,
    "handout's number": 6,
    "own number": 6,
}
BANNERS = {"cell": 3, "hash": 4, "banner": 3, "box": 2, "string": 2, "markdown cell": 2}
"""How a script heads its sections."""
CARE = {"none": 34, "some": 38, "many": 28}


@dataclass
class Student(honest.Student):
    """What is drawn once and holds for all that this student writes; `rows` is the number of training images."""

    rows: int = 2000

    def __post_init__(self) -> None:
        super().__post_init__()
        self.api = honest.drawn(self.rng, APIS)
        self.old_rate, self.source, self.subset, self.callback = False, "load_data", "all", ""
        self.key = self.metric
        self.language = "en"
        """Of the labels of curves; `speaks` is that of headings."""
        self.speaks = honest.drawn(self.rng, LANGUAGES)
        self.script = self.often(0.5)
        self.layout = honest.drawn(self.rng, LAYOUTS)
        self.form = honest.drawn(self.rng, FORMS)
        self.hint = honest.drawn(self.rng, HINTS[self.layout])
        self.style = honest.drawn(self.rng, STYLES)
        self.banner = honest.drawn(self.rng, BANNERS)
        self.markdown = not self.script and self.often(0.78)
        self.care = honest.drawn(self.rng, CARE)
        self.plotted = self.hint == "plots" or self.often(0.6)
        self.plot = honest.drawn(self.rng, {"plain": 6, "function": 2, "subplots": 2, "once": 1})
        if self.hint == "plots":
            self.plot = "plain"
        self.evaluated = self.often(0.65)
        self.titled = self.hint == "plots" or (self.hint in {"headings", "keys"} and self.often(0.4))
        """Whether plots and results carry the words by which the student calls a network."""
        self.stale = self.hint == "headings" and self.layout == "written out" and self.often(0.12)
        """Whether variables are called after the stage before, from which the code was copied."""
        self.leftover = self.often(0.12)
        """Whether layers that are not used stay in the code as comments."""
        self.summary = self.often(0.3)
        self.previews = self.hint == "headings" and self.often(0.15)
        self.concludes = self.often(0.25)

    @property
    def shared(self) -> bool:
        return self.layout in {"flags", "table"}
