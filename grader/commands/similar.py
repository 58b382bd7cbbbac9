"""`grader similar`: who has code in common beyond what all were given."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from grader.assignment.reference import load_reference
from grader.evidence.across import Near
from grader.grading.near_class import near_in_class
from grader.grading.publish import link_similar
from grader.similarity.gather import former_works, works_of_reports
from grader.similarity.given import given_prints
from grader.similarity.page import MOST_PAIRS, similar_html, similar_json
from grader.similarity.pairs import LEAST, Comparison, Least, compare
from grader.terminal.console import Console
from grader.workspace.atomic import write_text
from grader.workspace.layout import EVIDENCE, INDEX_JSON, SIMILAR, SIMILAR_JSON
from grader.workspace.lock import alone_with_marks
from grader.workspace.members import stored, student_folders
from grader.workspace.rubrics import choose

MOST_TOLD = 20


def similar(
    reports: Annotated[Path, typer.Argument(help="The folder that grader grade has written.")] = Path("reports"),
    also: Annotated[
        list[Path] | None, typer.Option(help="Submissions or reports of an earlier year, to be compared with.")
    ] = None,
    given: Annotated[
        list[Path] | None, typer.Option(help="What else all were given: a notebook, a module, a text with fenced code.")
    ] = None,
    least_share: Annotated[
        float, typer.Option(min=0, max=1, help="List pairs that share so much of what is their own.")
    ] = LEAST.share,
    least_weight: Annotated[
        float, typer.Option(min=0, help="List pairs that share so many rare words.")
    ] = LEAST.weight,
    most: Annotated[int, typer.Option(min=1, help="Pairs on the page; similar.json has all.")] = MOST_PAIRS,
    rubric: Annotated[Path | None, typer.Option("--rubric", help="The rubric; the class's own if not given.")] = None,
) -> None:
    """Pairs of submissions whose code is alike beyond what all were given, side by side. It decides nothing."""
    began = time.monotonic()
    works = [*works_of_reports(reports), *(work for folder in also or () for work in former_works(folder))]
    reference = load_reference(choose(reports, rubric).rubric.reference)
    title = str(stored(reports / INDEX_JSON).get("title") or reports.resolve().name)
    # Before the folder is locked: of a large class it takes long, and a mark by hand need not wait for it.
    comparison = compare(works, given_prints(reference, given or ()), Least(least_weight, least_share))
    near = near_in_class(student_folders(reports, EVIDENCE))
    content = json.dumps(similar_json(comparison, title, near), indent=1, ensure_ascii=False)
    page = similar_html(comparison, title, most, near)
    with alone_with_marks(reports, _told_to_wait):
        write_text(reports / SIMILAR, page)
        write_text(reports / SIMILAR_JSON, content + "\n")
        link_similar(reports)
    _tell(Console(), comparison, time.monotonic() - began)
    _tell_near(Console(), near)
    Console().print(f"Side by side: {(reports / SIMILAR).resolve()}", soft_wrap=True, markup=False, highlight=False)


def _told_to_wait(words: str) -> None:
    Console(stderr=True).print(words, markup=False, highlight=False, soft_wrap=True)


def _tell_near(console: Console, near: Sequence[Near]) -> None:
    for pair in near[:MOST_TOLD]:
        one, other = (f"{side.student} ({side.where})" for side in (pair.one, pair.other))
        console.print(f"Weights: {one} and {other}: {pair.reason}", markup=False, highlight=False, soft_wrap=True)
    if len(near) > MOST_TOLD:
        console.print(f"… and {len(near) - MOST_TOLD} more trainings with weights of others.", highlight=False)


def _tell(console: Console, comparison: Comparison, seconds: float) -> None:
    for pair in comparison.pairs[:MOST_TOLD]:
        line = f"{pair.one.work.student} and {pair.other.work.student}: {pair.share:.0%} of what is their own, "
        line += f"{pair.words} words in {len(pair.passages)} passage{'s' * (len(pair.passages) > 1)}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    more = len(comparison.pairs) - MOST_TOLD
    if more > 0:
        console.print(f"… and {more} more pairs.", highlight=False)
    silent = [work.student for work in comparison.works if not work.words]
    if silent:
        console.print(f"No code to compare: {', '.join(silent)}", markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"{len(comparison.pairs)} of {comparison.possible} pairs to look at, in {seconds:.1f} s. "
        "This decides nothing: two may share a teacher, a forum or a night's work. Look, then ask.",
        highlight=False,
        soft_wrap=True,
    )
