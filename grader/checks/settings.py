"""The settings of a stage three times over: as the rubric asks, as a band was made, as a run has them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from grader.i18n.texts import say
from grader.records import AskedNetwork, Band, MadeWith, TrainingRun

SAME = 0.01
"""Numbers of rows that differ by a smaller share make no difference to accuracy."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a rubric may ask for and on which an accuracy depends."""

    asked: Callable[[AskedNetwork], Any]
    """None or empty where the rubric asks for nothing."""
    made: Callable[[Band, MadeWith], Any]
    had: Callable[[TrainingRun], Sequence[Any]]
    """By the run: one value, or one for each layer."""
    words: Callable[[Any], str]
    fits: Callable[[Any, Any], bool] = lambda asked, value: bool(asked == value)
    enough: Callable[[Any, Any], bool] | None = None
    """Whether a run's value does what is asked; as `fits`, if not given."""

    def asks_otherwise(self, asked: AskedNetwork, band: Band, made: MadeWith) -> bool:
        """Whether the rubric asks for something that the band was not made with."""
        wanted = self.asked(asked)
        return wanted not in {None, ()} and not self.fits(wanted, self.made(band, made))

    def obeyed(self, asked: AskedNetwork, run: TrainingRun) -> bool:
        """Whether the run does what is asked, if anything is."""
        wanted = self.asked(asked)
        does = self.enough or self.fits
        return wanted in {None, ()} or all(does(wanted, value) for value in self.had(run))

    def as_made(self, band: Band, made: MadeWith, run: TrainingRun) -> bool:
        """Whether the run has what the band was made with."""
        value = self.made(band, made)
        return all(_same(value, own) for own in self.had(run))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and math.isclose(one, other, rel_tol=1e-3)
    return bool(one == other)


def _near(asked: int, rows: int) -> bool:
    return abs(asked - rows) <= SAME * asked


def _rates(run: TrainingRun) -> list[float]:
    drops = [layer.rate for layer in run.architecture.layers if layer.kind == "dropout"]
    return [rate for rate in drops if rate is not None] or [0.0]


def _rows(run: TrainingRun) -> list[int]:
    return [run.fit.rows_given] if run.fit and run.fit.rows_given else []


SETTINGS: tuple[Setting, ...] = (
    Setting(
        lambda asked: asked.hidden,
        lambda _, made: made.hidden,
        lambda run: [len(run.architecture.hidden)],
        lambda n: say("{count} hidden layers", count=n),
    ),
    Setting(
        lambda asked: asked.units,
        lambda _, made: made.units,
        lambda run: [block.dense.units for block in run.architecture.hidden],
        lambda n: say("{count} units", count=n),
    ),
    Setting(
        lambda asked: asked.activation,
        lambda _, made: made.activation,
        lambda run: [block.activation for block in run.architecture.hidden],
        str,
        lambda asked, name: name in asked,
    ),
    Setting(
        lambda asked: asked.initializer,
        lambda _, made: made.initializer,
        lambda run: [block.dense.initializer for block in run.architecture.blocks],
        str,
        lambda asked, name: name in asked,
    ),
    Setting(
        lambda asked: asked.norm,
        lambda _, made: made.norm,
        lambda run: [run.architecture.has("norm")],
        lambda there: say("batch normalization") if there else say("no batch normalization"),
    ),
    Setting(
        lambda asked: asked.dropout,
        lambda _, made: bool(made.rate),
        lambda run: [run.architecture.has("dropout")],
        lambda there: say("dropout") if there else say("no dropout"),
    ),
    Setting(
        lambda asked: asked.rate,
        lambda _, made: made.rate,
        _rates,
        lambda rate: say("a dropout rate of {rate:g}", rate=rate),
        _same,
    ),
    Setting(
        lambda asked: asked.optimizer,
        lambda _, made: made.optimizer,
        lambda run: [run.compile.optimizer],
        str,
        lambda asked, name: name in asked,
    ),
    Setting(
        lambda asked: asked.learning_rate,
        lambda _, made: made.learning_rate,
        lambda run: [run.compile.learning_rate],
        lambda rate: say("a schedule of learning rates") if rate is None else say("learning rate {rate:g}", rate=rate),
        _same,
    ),
    Setting(
        lambda asked: asked.batch_size,
        lambda band, _: band.batch_size,
        lambda run: [run.fit.batch_size] if run.fit and run.fit.batch_size else [],
        lambda n: say("batch size {count}", count=n),
    ),
    Setting(
        lambda asked: asked.rows,
        lambda band, _: band.rows,
        _rows,
        lambda n: say("{count:,} images", count=n),
        _near,
    ),
    Setting(
        lambda asked: asked.epochs,
        lambda _, made: made.epochs,
        lambda run: [run.fit.epochs_asked] if run.fit else [],
        lambda n: say("{count:,} epochs", count=n),
        enough=lambda asked, epochs: epochs >= asked,
    ),
)


def asked_otherwise(asked: AskedNetwork, band: Band) -> tuple[Setting, ...]:
    """The settings in which the rubric asks for what the band was not made with; none where nobody says."""
    made = band.made_with
    return tuple(s for s in SETTINGS if s.asks_otherwise(asked, band, made)) if made else ()


def out_of_the_bands_reach(asked: AskedNetwork, openly: AskedNetwork, band: Band, run: TrainingRun) -> str:
    """Why a band says nothing against this run, in words; empty where it does.

    It does not where the run does all that the rubric asks and is, for that, another than those of the band. Never on
    honest work under the bundled rubric, which asks for nothing that the bands were not made with. Only what is asked
    `openly` is named, since students read it.
    """
    made = band.made_with
    others = [s for s in asked_otherwise(asked, band) if made and not s.as_made(band, made, run)]
    if made is None or not others or not all(s.obeyed(asked, run) for s in SETTINGS):
        return ""
    named = [s for s in others if s.asks_otherwise(openly, band, made)]
    if not named:
        return say("the reference's band was made with other settings than the assignment asks for")
    return say(
        "the reference's band was made with {made}, and this run has {had}, as the assignment asks",
        made=listed(s.words(s.made(band, made)) for s in named),
        had=listed(words for s in named for words in dict.fromkeys(map(s.words, s.had(run)))),
    )


def listed(names: Iterable[str]) -> str:
    """`50 units, dropout and 100 epochs`."""
    *most, last = names
    # Texts within a text are translated; within a joined string they would not be.
    before = reduce(lambda one, other: say("{one}, {other}", one=one, other=other), most) if most else ""
    return say("{most} and {last}", most=before, last=last) if most else last
