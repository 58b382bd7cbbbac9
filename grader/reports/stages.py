"""What a student's page says about each stage: the run that was taken, its network, accuracy and source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from markupsafe import Markup

from grader.records import Architecture, Bands, Block, Evidence, Grade, StageMatch, TrainingRun
from grader.reports.curves import curves_svg
from grader.reports.gradients import gradient_words
from grader.reports.page import Listing, first_of
from grader.reports.strip import Strip, strip
from grader.reports.words import place

MOST_LAYERS = 40
MOST_RUNS = 30
LONGEST_SOURCE = 8000
"""Characters of one cell's source; a module is one cell."""


@dataclass(frozen=True, slots=True)
class Source:
    """The cell of a run; `seen` names the stage under which the same text is already printed."""

    text: Markup
    left_out: int
    seen: str


@dataclass(frozen=True, slots=True)
class StageCard:
    """All that is shown of one stage; without a run, most of it is empty."""

    match: StageMatch
    score: Fraction
    max_score: Fraction
    run: TrainingRun | None
    others: Listing
    network: Listing
    strip: Strip | None
    curves: Markup | None
    gradient: str
    """What the gradients did, in a sentence."""
    source: Source | None
    notes: tuple[str, ...]


def stage_cards(grade: Grade, evidence: Evidence, bands: Bands) -> tuple[StageCard, ...]:
    """One card for each stage of the rubric, in its order."""
    runs = {run.id: run for run in evidence.runs}
    seen: dict[str, str] = {}
    return tuple(_card(grade, match, runs, bands, seen) for match in grade.stages)


def unmatched(grade: Grade, evidence: Evidence) -> Listing:
    """The runs that answer no stage."""
    taken = {match.run for match in grade.stages}
    return first_of([run for run in evidence.runs if run.id not in taken], MOST_RUNS)


def _card(
    grade: Grade,
    match: StageMatch,
    runs: Mapping[str, TrainingRun],
    bands: Bands,
    seen: dict[str, str],
) -> StageCard:
    run = runs.get(match.run or "")
    own = [criterion for criterion in grade.criteria if criterion.stage == match.stage]
    return StageCard(
        match=match,
        score=sum((c.score for c in own), Fraction(0)),
        max_score=sum((c.max_score for c in own), Fraction(0)),
        run=run,
        others=first_of([place(runs[other]) for other in match.others if other in runs], MOST_RUNS),
        network=first_of(_network(run.architecture) if run else (), MOST_LAYERS),
        strip=strip(run, match.stage, bands) if run else None,
        curves=curves_svg(run.history) if run else None,
        gradient=gradient_words(*run.measurement.gradients) if run and run.measurement.gradients else "",
        source=_source(run, match.title, seen) if run and run.source else None,
        notes=_notes(run) if run else (),
    )


def _network(architecture: Architecture) -> tuple[str, ...]:
    """One line for each block, and one for what comes before the first."""
    layers = architecture.layers
    first = next((i for i, layer in enumerate(layers) if layer.kind == "dense"), len(layers))
    blocks = architecture.blocks if architecture.has("dense") else ()
    shape = "" if architecture.input_shape is None else " by ".join(str(n) for n in architecture.input_shape if n)
    start = [f"{shape} inputs" if shape else "", *(str(la) for la in layers[:first] if la.kind != "input")]
    opening = " → ".join(word for word in start if word)
    return tuple(line for line in (opening, *(_block(block) for block in blocks)) if line)


def _block(block: Block) -> str:
    initializer = block.dense.initializer
    return f"{block}   ({initializer})" if initializer else str(block)


def _notes(run: TrainingRun) -> tuple[str, ...]:
    wrapped = "trained inside a scikit-learn wrapper" if run.wrapped else ""
    unfinished = "training was stopped before its end" if run.trained and not run.finished else ""
    error = f"fit raised {run.error}" if run.error else ""
    return tuple(note for note in (wrapped, unfinished, error, run.architecture.problem) if note)


def _source(run: TrainingRun, title: str, seen: dict[str, str]) -> Source:
    first_under = seen.setdefault(f"{run.program}\n{run.source}", title)
    if first_under != title:
        return Source(Markup(), 0, first_under)
    # Escaped here: as Markup it passes the limit that other texts of a page have.
    text = Markup.escape(run.source[:LONGEST_SOURCE])
    return Source(text, max(0, len(run.source) - LONGEST_SOURCE), "")
