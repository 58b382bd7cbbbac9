"""A graded varied class held against the expert: right, wrong, missed, and what was flagged."""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.similarity.honest import STAGES

Grades = Mapping[str, Mapping[str, Any]]
Known = Mapping[str, Mapping[str, Any]]
OUTCOMES = ("right", "wrong, flagged", "wrong, NOT FLAGGED", "missed, flagged", "missed, NOT FLAGGED")
BY = ("hint", "style", "layout", "form", "language")


def accepted(student: Mapping[str, Any], stage: str) -> list[int | None]:
    """The ordinals that the expert accepts, None for no answer."""
    said = student["stages"][stage]
    return [one and one["run"] for one in (said if isinstance(said, list) else [said])]


def answered(grade: Mapping[str, Any], stage: str) -> int | None:
    """The ordinal of the run that the grader took: `lab.ipynb#3` is the third."""
    run = grade["stages"].get(stage, {}).get("run")
    return int(run.rpartition("#")[2]) if run else None


def role(student: Mapping[str, Any], ordinal: int | None, stage: str) -> str:
    """What the answered run is, in the expert's eyes."""
    if ordinal is None:
        return "none"
    if ordinal in accepted(student, stage):
        return stage
    return next((other for other in STAGES if ordinal in accepted(student, other)), "extra")


def outcome(grade: Mapping[str, Any], student: Mapping[str, Any], stage: str) -> str:
    """One of OUTCOMES."""
    found = answered(grade, stage)
    if found in accepted(student, stage):
        return "right"
    return f"{'missed' if found is None else 'wrong'}, {'flagged' if grade['needs_review'] else 'NOT FLAGGED'}"


def told(grades: Grades, known: Known, seed: int) -> Iterable[str]:
    """The count, line by line."""
    pairs = [(name, stage) for name in grades for stage in STAGES]
    table = Counter(
        ("none" if accepted(known[n], s) == [None] else s, role(known[n], answered(grades[n], s), s)) for n, s in pairs
    )
    yield from _confusion(table)
    results = {(n, s): outcome(grades[n], known[n], s) for n, s in pairs}
    yield f"\n{len(grades)} students, {len(pairs)} stages"
    yield from _shares(Counter(results.values()))
    for ambiguous in (True, False):
        those = [n for n in grades if known[n]["ambiguous"] == ambiguous]
        flagged = sum(grades[n]["needs_review"] for n in those)
        share = flagged / len(those) if those else 0
        yield f"{'ambiguous' if ambiguous else 'unambiguous'} students: {flagged} of {len(those)} flagged ({share:.1%})"
        yield from _shares(Counter(results[n, s] for n, s in pairs if n in set(those)))
    unrun = [n for n in grades if not any(answered(grades[n], s) for s in STAGES)]
    yield f"without any answer: {' '.join(unrun) or 'nobody'}"
    for trait in BY:
        wrong: defaultdict[str, list[bool]] = defaultdict(list)
        for n, s in pairs:
            wrong[known[n][trait]].append(results[n, s] != "right")
        rows = sorted(wrong.items(), key=lambda item: -sum(item[1]) / len(item[1]))
        yield f"not right by {trait}: " + ", ".join(f"{k} {sum(v)}/{len(v)}" for k, v in rows)
    yield "\nNot right (to reproduce: python -m tests.variety FOLDER --seed SEED --only NUMBER):"
    yield from _list(grades, known, results, seed)


def _list(grades: Grades, known: Known, results: Mapping[tuple[str, str], str], seed: int) -> Iterable[str]:
    for (n, s), result in sorted(results.items(), key=lambda item: (-OUTCOMES.index(item[1]), item[0])):
        if result != "right":
            want, have = accepted(known[n], s), answered(grades[n], s)
            about = ", ".join(str(known[n][trait]) for trait in BY)
            doubt = ", ambiguous" if known[n]["ambiguous"] else ""
            yield f"{result}: seed {seed} {n} {s}: answered {have}, expected {want} ({about}{doubt})"


def _confusion(table: Mapping[tuple[str, str], int]) -> Iterable[str]:
    columns = [*STAGES, "extra", "none"]
    yield "expected \\ answered".ljust(20) + "".join(c.rjust(11) for c in columns)
    for row in (*STAGES, "none"):
        yield row.ljust(20) + "".join(str(table.get((row, c), 0) or ".").rjust(11) for c in columns)


def _shares(outcomes: Counter[str]) -> Sequence[str]:
    whole = outcomes.total() or 1
    return [f"  {name:20} {outcomes[name]:6} {outcomes[name] / whole:7.2%}" for name in OUTCOMES]


def count(reports: Path, expected: Path) -> None:
    """Prints the count."""
    whole = json.loads(expected.read_text(encoding="utf-8"))
    known = whole["students"]
    found = {p.parent.name: p for p in sorted(reports.glob("*/grade.json")) if p.parent.name in known}
    grades = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in found.items()}
    for line in told(grades, known, whole["seed"]):
        sys.stdout.write(line + "\n")
    if left := sorted(set(known) - set(grades)):
        sys.stdout.write(f"\nNot graded: {len(left)} of {len(known)}: {' '.join(left[:20])}\n")
