"""A rubric beside the reference that it names: what can never pass, and what its accuracy bands cannot tell."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from grader.assignment.criterion import Rubric
from grader.checks.accuracy import COLLAPSED, MeasuredAccuracy, MeasuredCheck, VanishingGradient, exact, tells_nothing
from grader.checks.architecture import OutputLayer
from grader.checks.base import Check
from grader.checks.data import Flattened, OneHot, Rows
from grader.checks.execution import EvaluatedOnTestImages
from grader.checks.settings import Setting, asked_otherwise, listed
from grader.records import AskedNetwork, Band, Bands
from grader.yaml_files.source import KeyPath, Source

Located = tuple[KeyPath, str | None, Check]
"""A check with its path in the file and its stage."""


@dataclass(frozen=True, slots=True)
class DataShape:
    """What checks depend on of the reference's data set."""

    image: tuple[int, ...]
    """Shape of one."""
    classes: int
    rows: int
    """Training and test images together."""
    test_rows: int


def examine_beside(source: Source, rubric: Rubric, bands: Bands, data: DataShape) -> None:
    """Reports to the source what is wrong with the rubric for this reference, and warns of what is doubtful."""
    located = tuple(_located(rubric))
    for path, _, check in located:
        _against_the_data(source, path, check, data)
    for path, stage, check in located:
        if stage and isinstance(check, MeasuredCheck):
            _against_the_bands(source, path, check, bands.by_stage.get(stage, ()))
    if not source.problems:
        _made_otherwise(source, rubric, located, bands)


def _located(rubric: Rubric) -> Iterator[Located]:
    for i, criterion in enumerate(rubric.criteria):
        for j, check in enumerate(criterion.checks):
            yield ("criteria", i, "checks", j), criterion.stage, check


def _against_the_data(source: Source, path: KeyPath, check: Check, data: DataShape) -> None:
    match check:
        case Flattened(features=features) if features != (values := math.prod(data.image)):
            shape = " x ".join(map(str, data.image))
            words = f"the data set's images have {shape} = {values} values, so that {features} can never pass"
            source.report((*path, "features"), f"{words}; write {values}")
        case OneHot(classes=classes) if classes != data.classes:
            words = f"the data set has {data.classes} classes, so that {classes} can never pass; write {data.classes}"
            source.report((*path, "classes"), words)
        case Rows(rows=rows) if rows > data.rows:
            words = f"the data set has {data.rows:,} images in all, so that {rows:,} can never pass; write fewer"
            source.report((*path, "rows"), words)
        case EvaluatedOnTestImages(rows=rows) if rows < data.test_rows:
            words = f"whoever evaluates on all {data.test_rows:,} test images fails; are {rows:,} meant?"
            source.warn((*path, "rows"), words)
        case MeasuredAccuracy(floor=floor) if floor * data.classes < 1:
            words = f"a network that guesses reaches {1 / data.classes:g} and earns marks above a floor of {floor}"
            source.warn((*path, "floor"), f"{words}; is a higher one meant?")
        case OutputLayer(units=units) if units != data.classes:
            source.warn((*path, "units"), f"the data set has {data.classes} classes; are {units} units meant?")


def _against_the_bands(source: Source, path: KeyPath, check: MeasuredCheck, bands: Sequence[Band]) -> None:
    """What each band by itself cannot tell, and limits that do not go with it."""
    best = max((band.runs for band in bands), default=0)
    if isinstance(check, VanishingGradient):
        over = max((band.high for band in bands if band.runs == best), default=0.0)
        if check.full_up_to < exact(over):
            words = f"runs of the reference itself reach up to {over:.4f} and would lose marks; choose at least that"
            source.warn((*path, "full_up_to"), words)
    if not isinstance(check, MeasuredAccuracy):
        return
    if not bands:
        words = "the reference has no band for this stage: its accuracy will never be assessed, and everybody flagged"
        source.warn(path, f"{words}; calibrate the reference or remove the check")
        return
    for band in filter(tells_nothing, bands):
        words = (
            f"the band {_edges(band)} of {band.runs} reference runs ({_settings(band)}) is too wide to tell anything: "
            "any accuracy has full marks by it, and is flagged; calibrate the reference with more runs"
        )
        source.warn(path, words)
    above = [
        band
        for band in bands
        if exact(band.low) > COLLAPSED
        and not tells_nothing(band)
        and (check.floor >= exact(band.high) or (band.runs == best and check.floor >= exact(band.low)))
    ]
    if above:
        bounds = "; ".join(f"{_edges(band)} ({_settings(band)})" for band in above)
        words = (
            f"the floor {check.floor} is not below the band {bounds}: there it is not used, and marks begin above "
            f"{float(COLLAPSED):g}; choose a floor below {min(band.low for band in above):g}"
        )
        source.warn((*path, "floor"), words)


def _edges(band: Band) -> str:
    return f"{band.low:.4f} to {band.high:.4f}"


def _settings(band: Band) -> str:
    return f"{band.scaling} pixels, batches of {band.batch_size}, {band.rows:,} images"


def _made_otherwise(source: Source, rubric: Rubric, located: Sequence[Located], bands: Bands) -> None:
    """Once for each difference, with all stages that have it."""
    unsaid = False
    stages_by_words: dict[str, list[str]] = {}
    where: dict[str, KeyPath] = {}
    for stage in dict.fromkeys(s for _, s, check in located if s and isinstance(check, MeasuredCheck)):
        asked, of_stage = rubric.asked_in_all(stage), bands.by_stage.get(stage, ())
        unsaid = unsaid or any(band.made_with is None for band in of_stage)
        others = _in_no_band(asked, of_stage)
        if others:
            words = _otherwise(asked, others, of_stage)
            stages_by_words.setdefault(words, []).append(stage)
            where.setdefault(words, _cause(located, stage, others))
    for words, stages in stages_by_words.items():
        source.warn(where[words], f"stage{'s' * (len(stages) > 1)} {', '.join(stages)}: {words}")
    if unsaid:
        words = (
            "the reference does not say with which network and epochs its bands were made (`Band.made_with`), so that "
            "accuracy is held against them whatever this rubric asks for"
        )
        source.warn(("reference",), words)


def _in_no_band(asked: AskedNetwork, bands: Sequence[Band]) -> tuple[Setting, ...]:
    """The settings that are asked for and that no band has."""
    each = [asked_otherwise(asked, band) for band in bands]
    return tuple(s for s in each[0] if all(s in others for others in each)) if each else ()


def _otherwise(asked: AskedNetwork, others: Sequence[Setting], bands: Sequence[Band]) -> str:
    made = listed(
        " or ".join(dict.fromkeys(s.words(s.made(band, band.made_with)) for band in bands if band.made_with))
        for s in others
    )
    return (
        f"the bands were made with {made}; accuracy will be held against them, though the rubric asks for "
        f"{listed(_wanted(asked, others))}: whoever does as asked and falls short of them is not assessed and flagged. "
        "Calibrate a reference of your own, or ask for what the bands were made with"
    )


def _wanted(asked: AskedNetwork, others: Iterable[Setting]) -> Iterator[str]:
    for setting in others:
        wanted = setting.asked(asked)
        yield " or ".join(map(setting.words, wanted)) if isinstance(wanted, tuple) else setting.words(wanted)


def _cause(located: Sequence[Located], stage: str, others: Sequence[Setting]) -> KeyPath:
    """The check that asks for the first of them; the stage itself where its signature does."""
    for path, of_stage, check in located:
        if of_stage in {None, stage}:
            asked = check.asked(AskedNetwork())
            if any(s.asked(asked) not in {None, ()} for s in others):
                return path
    return ("stages", stage)
