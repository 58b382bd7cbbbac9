"""A class of 120 with ten planted copies: the bundled submissions, honest labs, and disguised copies of both.

.venv/bin/python -m tests.similarity.classes        # found, missed, falsely listed, seconds
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from grader.assignment import rubric
from grader.assignment.reference import load_reference
from grader.errors import UnreadableSubmission
from grader.intake.folder import find_class
from grader.intake.program import read_program
from grader.records import FileKind, Submission
from grader.similarity.given import given_prints
from grader.similarity.ground import Work
from grader.similarity.pairs import Comparison, compare
from tests.similarity import copies
from tests.similarity.honest import lab

BUNDLED = Path(__file__).parents[2] / "submissions"
STUDENTS, COPIES = 120, 10


@dataclass(frozen=True)
class Planted:
    """A class and who copied from whom, by which disguise."""

    works: tuple[Work, ...]
    truth: dict[frozenset[str], str]


def planted(seed: int) -> Planted:
    """The class of that seed: always the same."""
    rng = Random(seed)
    bundled = [work_of(s) for s in find_class(BUNDLED).submissions]
    honest = [_work(f"honest-{n:03d}", lab(rng)) for n in range(STUDENTS - COPIES - len(bundled))]
    victims = rng.sample([w for w in bundled if len(w.words) > 300], 3) + rng.sample(honest, COPIES - 3)
    works, truth = [*bundled, *honest], {}
    for n, victim in enumerate(victims):
        disguise, cells = _disguised(n, [c for cells in victim.cells for c in cells], rng)
        works.append(_work(f"copy-{n}", cells))
        truth[frozenset({victim.student, f"copy-{n}"})] = disguise
    rng.shuffle(works)
    return Planted(tuple(works), truth)


def _disguised(number: int, cells: list[str], rng: Random) -> tuple[str, list[str]]:
    plain = copies.renamed(cells, rng)
    match number % 5:
        case 0:
            return "renamed, comments and layout gone", plain
        case 1:
            return "renamed and reordered", copies.reordered(plain, rng)
        case 2:
            return "renamed, reordered, padded", copies.padded(copies.reordered(plain, rng), rng)
        case 3:
            return "renamed and merged into two cells", copies.merged(copies.reordered(plain, rng), rng)
        case _:
            return "second half renamed and copied, first half own", copies.half(plain, lab(rng))


def work_of(submission: Submission) -> Work:
    files = [f for f in submission.files if f.kind in {FileKind.NOTEBOOK, FileKind.MODULE, FileKind.HELPER}]
    programs = []
    for file in files:
        try:
            programs.append(read_program(submission.root / file.name, file.name, file.kind))
        except UnreadableSubmission:
            continue
    own = frozenset(Path(p.name).stem for p in programs)
    return Work(submission.student, tuple(p.name for p in programs), tuple(p.cells for p in programs), own)


def _work(student: str, cells: list[str]) -> Work:
    return Work(student, ("lab.ipynb",), (tuple(cells),))


def main() -> None:
    """Prints one line for each class and one for each pair that is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="Classes; the rules were chosen on seeds 0 to 2.")
    parser.add_argument("--first", type=int, default=10)
    asked = parser.parse_args()
    given = given_prints(load_reference(rubric.load(rubric.bundled()).reference))
    for seed in range(asked.first, asked.first + asked.seeds):
        made = planted(seed)
        began = time.perf_counter()
        found = compare(made.works, given)
        seconds = time.perf_counter() - began
        missed, false = wrong(made, found)
        hits = len(made.truth) - len(missed)
        tell(f"class {seed}: found {hits}, missed {len(missed)}, falsely listed {len(false)}, {seconds:.1f} s")
        for pair in missed:
            tell(f"    missed: {' and '.join(sorted(pair))}, {made.truth[pair]}")
        for pair in false:
            tell(f"    falsely listed: {' and '.join(sorted(pair))}")


def wrong(made: Planted, found: Comparison) -> tuple[list[frozenset[str]], list[frozenset[str]]]:
    """The copies that were missed, and the honest pairs that were listed."""
    listed = [frozenset({p.one.work.student, p.other.work.student}) for p in found.pairs]
    return [pair for pair in made.truth if pair not in listed], [pair for pair in listed if pair not in made.truth]


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
