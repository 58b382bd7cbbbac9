"""What a student's page says about each stage: the run that was taken, its network, accuracy and source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from markupsafe import Markup

from grader.i18n.texts import Text, say
from grader.records import Architecture, AskedNetwork, Evidence, Grade, Measurement, StageMatch, TrainingRun
from grader.reports.background import Background
from grader.reports.band_drawing import BandDrawing, band_drawing
from grader.reports.comparison import compare, differences
from grader.reports.curves import curves_svg
from grader.reports.gradients import gradient_words
from grader.reports.lessons import lessons
from grader.reports.listing import Source, listing
from grader.reports.network_drawing import NetworkDrawings, network_drawings
from grader.reports.page import Listing, first_of
from grader.reports.words import place

MOST_LAYERS = 40
MOST_RUNS = 30


class Marks(NamedTuple):
    """What a stage's criteria earned, and what they are worth."""

    score: Fraction
    max_score: Fraction


@dataclass(frozen=True, slots=True)
class StageCard:
    """All that is shown of one stage; without a run, most of it is empty."""

    match: StageMatch
    marks: Marks
    run: TrainingRun | None
    others: Listing
    opening: str
    """What comes before the first dense layer."""
    network_drawings: NetworkDrawings | None
    """The network beside the one that was asked for."""
    network: Listing
    """The network in words, where it cannot be compared."""
    band_drawing: BandDrawing | None
    curves: Markup | None
    gradient: str
    """What the gradients did, in a sentence."""
    lessons: tuple[Text, ...]
    source: Source | None
    notes: tuple[str, ...]


def stage_cards(grade: Grade, evidence: Evidence, background: Background) -> tuple[StageCard, ...]:
    """One card for each stage of the rubric, in its order, against all that is asked for."""
    runs = {run.id: run for run in evidence.runs}
    seen: dict[str, str] = {}
    return tuple(_card(grade, match, runs, background, seen) for match in grade.stages)


def for_student(
    cards: tuple[StageCard, ...], grade: Grade, shown: Grade, background: Background
) -> tuple[StageCard, ...]:
    """The same cards by the marks that a student sees, against what a student may know to be asked for."""
    hiding = {c.stage for c in grade.criteria if any(check.hidden for check in c.checks)}
    scored = (replace(card, marks=_marks(shown, card.match)) for card in cards)
    disclosed = (_without_band(card, background) if card.match.stage in hiding else card for card in scored)
    return tuple(_as_asked(card, background.asked_of_students) for card in disclosed)


def _without_band(card: StageCard, background: Background) -> StageCard:
    """A band tells what a hidden check expects."""
    curves = curves_svg(card.run.history, drawings=background.drawings) if card.run else None
    return replace(card, band_drawing=None, curves=curves)


class Reached(NamedTuple):
    """A network and the accuracy it reached, for a table."""

    title: str
    where: str
    accuracy: float | None


def beyond(grade: Grade, evidence: Evidence) -> tuple[tuple[Reached, ...], tuple[Reached, ...]]:
    """The networks that were tuned beyond the stages, and what the stages reached."""
    runs = {run.id: run for run in evidence.runs}
    answering = {match.run: match for match in grade.stages if match.run and match.run in runs}
    mine = [(each.words, runs[each.run]) for each in grade.beyond if each.run in runs]
    own = tuple(Reached(network, place(run), run.measurement.accuracy) for network, run in mine)
    stages = tuple(
        Reached(match.title, place(runs[run]), runs[run].measurement.accuracy) for run, match in answering.items()
    )
    return own, stages


def unmatched(grade: Grade, evidence: Evidence) -> Listing:
    """The runs that answer no stage, nor are networks of the student's own."""
    known = {match.run for match in grade.stages} | {each.run for each in grade.beyond}
    return first_of([run for run in evidence.runs if run.id not in known], MOST_RUNS)


def _card(
    grade: Grade,
    match: StageMatch,
    runs: Mapping[str, TrainingRun],
    background: Background,
    seen: dict[str, str],
) -> StageCard:
    run = runs.get(match.run or "")
    shown = band_drawing(run, match.stage, background.bands) if run else None
    reference = background.behind(background.bands.nearest(match.stage, run)) if run else None
    card = StageCard(
        match=match,
        marks=_marks(grade, match),
        run=run,
        others=first_of([place(runs[other]) for other in match.others if other in runs], MOST_RUNS),
        opening=_opening(run.architecture) if run else "",
        network_drawings=None,
        network=first_of((), MOST_LAYERS),
        band_drawing=shown,
        curves=curves_svg(run.history, reference, background.drawings) if run else None,
        gradient=_gradient(run.measurement) if run else "",
        lessons=(),
        source=_source(run, match.title, seen) if run and run.source else None,
        notes=_notes(run) if run else (),
    )
    return _as_asked(card, background.asked)


def _gradient(measurement: Measurement) -> str:
    if measurement.gradients_missing:
        reason = measurement.gradients_missing
        return say("The gradient at each layer was not measured: {reason}.", reason=reason)
    return gradient_words(*measurement.gradients) if measurement.gradients else ""


def _marks(grade: Grade, match: StageMatch) -> Marks:
    own = [criterion for criterion in grade.criteria if criterion.stage == match.stage]
    return Marks(sum((c.score for c in own), Fraction(0)), sum((c.max_score for c in own), Fraction(0)))


def _as_asked(card: StageCard, networks: Mapping[str, AskedNetwork]) -> StageCard:
    """The card with its network beside the one asked for, and with what the run teaches."""
    run, asked = card.run, networks.get(card.match.stage, AskedNetwork())
    if run is None:
        return card
    rows = compare(asked, run.architecture, from_logits=run.compile.from_logits)
    return replace(
        card,
        network_drawings=network_drawings(rows, differences(rows)),
        network=first_of(() if rows else tuple(map(str, run.architecture.layers)), MOST_LAYERS),
        lessons=lessons(run, rows, asked),
    )


def _opening(architecture: Architecture) -> str:
    """What comes before the first dense layer: the size of the input, flattening, rescaling."""
    layers = architecture.layers
    first = next((i for i, layer in enumerate(layers) if layer.kind == "dense"), 0)
    shape = "" if architecture.input_shape is None else " by ".join(str(n) for n in architecture.input_shape if n)
    start = [f"{shape} inputs" if shape else "", *(str(la) for la in layers[:first] if la.kind != "input")]
    return " → ".join(word for word in start if word)


def _notes(run: TrainingRun) -> tuple[str, ...]:
    wrapped = "trained inside a scikit-learn wrapper" if run.wrapped else ""
    unfinished = "training was stopped before its end" if run.trained and not run.finished else ""
    error = f"fit raised {run.error}" if run.error else ""
    return tuple(note for note in (wrapped, unfinished, error, run.architecture.problem) if note)


def _source(run: TrainingRun, title: str, seen: dict[str, str]) -> Source:
    first_under = seen.setdefault(f"{run.program}\n{run.source}", title)
    return listing(run.source) if first_under == title else Source(Markup(), 0, first_under)
