"""Gathers the evidence about one submission from its programs' traces: recognise, join, measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.evidence.beginnings import BY_CHANCE, moved_without_gradient
from grader.evidence.belief import believed, founded
from grader.evidence.descent import with_descent
from grader.evidence.doubts import reaches_for_the_record
from grader.evidence.drawn import as_drawn
from grader.evidence.fits import Lookup
from grader.evidence.measure import measure
from grader.evidence.official import Official
from grader.evidence.order import in_order
from grader.evidence.own_parts import known_parts
from grader.evidence.recognise import Recognised, recognise_images, recognise_labels
from grader.evidence.runs import Traced, training_runs
from grader.evidence.samples import is_sample
from grader.evidence.trace import (
    FOREIGN,
    AdvisoryEvent,
    AnyEvent,
    Array,
    Blob,
    Environment,
    Fault,
    FitBegin,
    Load,
    Refused,
    arrays,
)
from grader.records import Advisory, DataFacts, DataLoad, LabelFacts, Measurement, Program, TrainingRun

MOST_MEASURED = 60
"""Runs of one program whose accuracy is measured, direct fits first; a grid search of more answers no stage."""
MOST_RECOGNISED = 300
"""Arrays of one program that are compared with the official ones, at up to a second each."""
FEWEST_ROWS = 100
"""Of an array that is looked at: students predict single images in loops."""
MOST_WORK = 1 << 26
"""Weights of all measured networks together, the smallest first: each is applied to 20,000 images, and the class waits
for it. A search for the best width leaves room for the lab's small networks."""
STORED = 256 << 20
"""Bytes of weights of one program that are kept beside the evidence, the first runs' first."""
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Findings:
    """What one program's trace shows."""

    runs: tuple[TrainingRun, ...]
    loads: tuple[DataLoad, ...]
    advisories: tuple[Advisory, ...]
    doubts: tuple[str, ...]
    gaps: tuple[str, ...]
    """Where the record itself says that it lacks something."""
    environment: Mapping[str, str]
    weights: Mapping[str, Arrays]
    """The weights that the runs name."""


def gather(
    program: Program,
    events: Sequence[AnyEvent],
    official: Official,
    *,
    helpers: Sequence[Program] | None = None,
    key: bytes = b"",
) -> Findings:
    """Everything about one program; measuring takes about a third of a second a run.

    `helpers`: the modules handed in beside it, which may call `fit` for it, or None if they are not known; `key`: that
    of the run, with which the recorder has drawn rows.
    """
    events, disorder = in_order(events)
    store = _Store(events, official, key)
    lookup = Lookup(store.images, store.labels, known_parts(events, store.arrays))
    found, forged = founded(program, training_runs(program, events, lookup), helpers)
    chosen = sorted(sorted(found, key=lambda t: t.run.wrapped)[:MOST_MEASURED], key=store.size)
    results = {traced.run.id: store.measure(traced) for traced in chosen}
    measured = [results.get(traced.run.id, traced.run) for traced in found]
    weights = store.weights(measured)
    descended = with_descent(measured, store.arrays, {t.run.id: t.left for t in found})
    runs, doubted = believed(descended, weights, {t.run.id: store.moved(t) for t in chosen})
    gaps = [
        *(_claimed_fault(program, e) for e in events if isinstance(e, Fault)),
        *(_refusal(program, e) for e in events if isinstance(e, Refused) and e.reason != FOREIGN),
        *_passed_over(program, store.passed_over),
    ]
    environment = next((e for e in events if isinstance(e, Environment)), None)
    return Findings(
        runs,
        tuple(DataLoad(program.name, e.cell, e.dataset, e.source, e.shapes) for e in events if isinstance(e, Load)),
        tuple(Advisory(program.name, e.cell, e.message) for e in events if isinstance(e, AdvisoryEvent)),
        (
            *(d for file in (program, *(helpers or ())) for d in reaches_for_the_record(file)),
            *(_foreign(program, e) for e in events if isinstance(e, Refused) and e.reason == FOREIGN),
            *(f"{program.name}: {reason}" for reason in disorder),
            *forged,
            *doubted,
            *gaps,
        ),
        tuple(gaps),
        environment.model_dump(exclude={"t"}) if environment else {},
        weights,
    )


def _claimed_fault(program: Program, fault: Fault) -> str:
    """Written beside the student's code: a failure of ours, or a program that would like to be excused."""
    return f"the record of {program.name} says of itself that it is not complete ({fault.where}): {fault.detail}"


def _refusal(program: Program, refused: Refused) -> str:
    """A fault of ours, unless the program wrote into the record itself: honest work should never have one."""
    return (
        f"a line of kind {refused.kind} in the record of {program.name} was refused{_times(refused)}: {refused.reason}"
    )


def _foreign(program: Program, refused: Refused) -> str:
    """Never on honest work: nothing else knows the pipe."""
    kind = refused.kind
    return f"{program.name}: a line of kind {kind} in the record was refused{_times(refused)}: {refused.reason}"


def _times(refused: Refused) -> str:
    return "" if refused.lines == 1 else f" ({refused.lines:,} times)"


def _passed_over(program: Program, arrays: int) -> Iterator[str]:
    """A bound of ours: what these hold may have been just what was asked for. No program of the class has so many."""
    if arrays:
        yield f"{program.name} handed {MOST_RECOGNISED + arrays:,} arrays to Keras; {arrays:,} were not looked at"


class _Store:
    """The arrays of a trace, each looked at once."""

    def __init__(self, events: Sequence[AnyEvent], official: Official, key: bytes) -> None:
        self._official = official
        self._key = key
        self._events = events
        self._recognised: dict[str, Recognised | None] = {}
        self._work = MOST_WORK
        self._compared = 0
        self.passed_over = 0
        """Arrays beyond the bound."""

    @cached_property
    def blobs(self) -> Mapping[str, Blob]:
        return {e.id: e for e in self._events if isinstance(e, Blob)}

    @cached_property
    def _arrays(self) -> Mapping[str, Array]:
        return {e.id: e for e in self._events if isinstance(e, Array)}

    def arrays(self, key: str) -> Arrays:
        """The arrays of a blob; empty if they are not to be trusted."""
        if key not in self.blobs:
            return {}
        try:
            return arrays(self.blobs[key])
        except ValueError:
            return {}

    def weights(self, runs: Sequence[TrainingRun]) -> Mapping[str, Arrays]:
        """The weights that the runs name, as far as there is room."""
        found: dict[str, Arrays] = {}
        room = STORED
        for key in dict.fromkeys(k for r in runs for k in (r.initial_weights, r.final_weights)):
            weights = self.arrays(key)
            room -= sum(array.nbytes for array in weights.values())
            if room < 0:
                break
            if weights:
                found[key] = weights
        return found

    def recognise(self, key: str) -> Recognised | None:
        """What an array holds; None for an id that the trace does not explain."""
        if key not in self._recognised:
            self._recognised[key] = self._look_at(key)
        return self._recognised[key]

    def _look_at(self, key: str) -> Recognised | None:
        event = self._arrays.get(key)
        if event is None:
            return None
        seen = Recognised(DataFacts(event.shape, event.dtype))
        if seen.facts.rows < FEWEST_ROWS:
            return seen
        if self._compared >= MOST_RECOGNISED:
            self.passed_over += 1
            return seen
        self._compared += 1
        sample = self.arrays(event.sample)
        if not is_sample(sample, event.shape[0] if event.shape else 0, self._key):
            return seen
        return recognise_images(event.shape, event.dtype, sample, self._official)

    def images(self, key: str) -> DataFacts | None:
        """The facts about an array of images."""
        found = self.recognise(key)
        return found.facts if found else None

    def labels(self, images: str, labels: str) -> LabelFacts | None:
        """The facts about the labels that go with an array of images."""
        event, beside = self._arrays.get(labels), self.recognise(images)
        if event is None:
            return None
        sample = self.arrays(event.sample)
        if not is_sample(sample, event.shape[0] if event.shape else 0, self._key):
            return LabelFacts(event.shape, event.dtype, "other")
        return recognise_labels(event.shape, event.dtype, sample, beside, self._official)

    def size(self, traced: Traced) -> int:
        """How large its recorded weights are, as written: they need not be unpacked for that."""
        blob = self.blobs.get(traced.run.final_weights)
        return len(blob.npz) if blob else 0

    def measure(self, traced: Traced) -> TrainingRun:
        """The run with its accuracy, measured with its final weights, and with what its first ones were drawn by."""
        run = replace(traced.run, measurement=self._measurement(traced.run, traced.fit, traced.images))
        if (run.measurement.initial_accuracy or 0.0) > BY_CHANCE:
            return run
        return replace(run, architecture=as_drawn(run.architecture, self.arrays(run.initial_weights)))

    def moved(self, traced: Traced) -> str:
        """Why its final weights are not its own training's, by those of inputs that are 0; empty if they may be."""
        seen = [self.recognise(key) for key in traced.handed]
        blanks = [one.blank for one in seen if one is not None and one.blank is not None]
        if traced.fit is None or not seen or len(blanks) < len(seen):
            return ""
        blank = np.logical_and.reduce(blanks)
        initial, final = (self.arrays(key) for key in (traced.run.initial_weights, traced.run.final_weights))
        return moved_without_gradient(traced.fit, initial, final, blank)

    def _measurement(self, run: TrainingRun, fit: FitBegin | None, images: str) -> Measurement:
        if fit is None:
            return Measurement(None, reason="it was compiled and never trained")
        if not run.final_weights:
            return Measurement(None, reason=_no_weights(run))
        weights = self.arrays(run.final_weights)
        if not weights:
            return Measurement(None, reason="its weights could not be read")
        self._work -= sum(array.size for array in weights.values())
        if self._work < 0:
            return Measurement(None, reason="the networks of this program together are too large to be measured")
        seen = self.recognise(images)
        initial = self.arrays(run.initial_weights)
        return measure(fit.architecture, initial, weights, seen.scaling if seen else None, self._official.data)


def _no_weights(run: TrainingRun) -> str:
    if run.error:
        return f"fit raised {run.error}"
    if not run.finished:
        return "training was stopped before it ended"
    return "its weights were not recorded"
