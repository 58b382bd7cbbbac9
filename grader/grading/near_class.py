"""Whose weights are near another student's, of a whole class from its folder of reports."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from grader.evidence.across import BEGAN, Near, Sketch, near_pairs, sketch
from grader.evidence.nearness import Arrays
from grader.records import Evidence, TrainingRun
from grader.workspace.evidence_file import stored_evidence
from grader.workspace.layout import WEIGHTS

LARGEST = 64 << 20
"""Bytes of the weights of one network; the lab's have 200 KB."""
MOST_RUNS = 60
"""Of one student."""
MOST_TOLD = 3
"""Reasons for one student; the page of `grader similar` has all."""
NAMED = "`grader similar` names both"


def near_in_class(folders: Mapping[str, Path]) -> tuple[Near, ...]:
    """Every two trainings of a class of which one cannot be its own; whose evidence cannot be read is left out.

    `folders`: each student's folder of reports.
    """
    found: list[Sketch] = []
    for student, folder in folders.items():
        # Whatever one of them has written: the others are compared.
        with suppress(Exception):
            evidence = stored_evidence(folder)
            found += list(_sketches(folder / WEIGHTS, student, evidence))
    return tuple(near_pairs(found))


def told(pairs: Sequence[Near]) -> Mapping[str, tuple[str, ...]]:
    """By student, what is told of them, without the other's name: a student may read it."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        theirs = f"a training of another student ended {pair.apart:.1%} of its way from it"
        if pair.reason == BEGAN:
            theirs = "a training of another student began with almost the weights with which it ended"
        reasons[pair.one.student].append(f"{pair.one.where}: {pair.reason} (a training of another student); {NAMED}")
        reasons[pair.other.student].append(f"{pair.other.where}: {theirs}; {NAMED}")
    return {student: _first(list(dict.fromkeys(listed))) for student, listed in reasons.items()}


def _first(reasons: list[str]) -> tuple[str, ...]:
    more = len(reasons) - MOST_TOLD
    return (*reasons[:MOST_TOLD], *([f"and {more} more such trainings; {NAMED}"] if more > 0 else []))


def _sketches(folder: Path, student: str, evidence: Evidence) -> Iterator[Sketch]:
    runs = {run.id: run for run in evidence.runs}
    for run in [r for r in evidence.runs if r.fit and r.fit.epochs_done][:MOST_RUNS]:
        chain = list(_chain(run, runs))
        initial, final = (_arrays(folder, key) for key in (chain[-1].initial_weights, run.final_weights))
        if initial and final and (made := sketch(student, chain, initial, final)):
            yield made


def _chain(run: TrainingRun, runs: Mapping[str, TrainingRun]) -> Iterator[TrainingRun]:
    """The run and those from whose weights it went on, back to the first."""
    seen: set[str] = set()
    at: TrainingRun | None = run
    while at is not None and at.id not in seen:
        seen.add(at.id)
        yield at
        at = runs.get(at.started_from)


def _arrays(folder: Path, key: str) -> Arrays:
    """The weights that were stored under that key; nothing where they cannot be read or are too large."""
    if not key:
        return {}
    try:
        with zipfile.ZipFile(folder / f"{key}.npz") as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                return {}
        with np.load(folder / f"{key}.npz", allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError):
        return {}
