"""What was found alike, for people (similar.html) and for programs (similar.json)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from grader.evidence.across import Near
from grader.reports.page import Listing, first_of, render
from grader.similarity.fingerprints import GRAM, WINDOW
from grader.similarity.ground import Sifted
from grader.similarity.pairs import Comparison, Pair
from grader.similarity.passages import Passage

SIMILAR_VERSION = 1
MOST_PAIRS = 100
MOST_PASSAGES = 20
MOST_LINES = 60
LONGEST_LINE = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A line of code; `alike` if it holds something that is own and in common."""

    number: int
    text: str
    alike: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of one cell of one program; `name` says where."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One work's side of a passage."""

    places: tuple[Place, ...]
    more: int
    """Lines left out."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as it is shown: side by side, `words` are those counted."""

    words: int
    left: Side
    right: Side


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair as it is shown."""

    pair: Pair
    passages: Listing


def similar_html(comparison: Comparison, title: str, most: int = MOST_PAIRS, near: Sequence[Near] = ()) -> str:
    """One self-contained HTML file with the `most` weightiest pairs, and those whose weights are near each other."""
    return render(
        "similar.html",
        title=title,
        comparison=comparison,
        members=[work for work in comparison.works if not work.former],
        former=sum(work.former for work in comparison.works),
        pairs=first_of([_pair(pair) for pair in comparison.pairs[:most]], most),
        left_out=max(0, len(comparison.pairs) - most),
        silent=[work for work in comparison.works if not work.words],
        noticed=GRAM + WINDOW - 1,
        common_from=comparison.ground.most + 1,
        near=near[:most],
        near_left_out=max(0, len(near) - most),
    )


def similar_json(comparison: Comparison, title: str, near: Sequence[Near] = ()) -> dict[str, Any]:
    """All listed pairs for programs; lines count from 1 in their cell, cells from 1 in their program."""
    return {
        "version": SIMILAR_VERSION,
        "title": title,
        "decides": "nothing: a person must look",
        "students": sum(not work.former for work in comparison.works),
        "former": sum(work.former for work in comparison.works),
        "pairs_possible": comparison.possible,
        "common_from_students": comparison.ground.most + 1,
        "least": {"weight": comparison.least.weight, "share": comparison.least.share},
        "pairs": [_pair_json(pair) for pair in comparison.pairs],
        "weights": [_near_json(pair) for pair in near],
        "without_code": [work.student for work in comparison.works if not work.words],
    }


def _near_json(pair: Near) -> dict[str, Any]:
    return {
        "students": [pair.one.student, pair.other.student],
        "trainings": [pair.one.where, pair.other.where],
        "apart": round(pair.apart, 6),
        "reason": pair.reason,
    }


def _pair_json(pair: Pair) -> dict[str, Any]:
    return {
        "students": [pair.one.work.student, pair.other.work.student],
        "former": pair.other.work.former or pair.one.work.former,
        "weight": round(pair.weight, 1),
        "share": round(pair.share, 3),
        "words": pair.words,
        "passages": [
            {
                "words": p.own,
                "weight": round(p.weight, 1),
                "places": [_places_json(pair.one, p.left, p.left_end), _places_json(pair.other, p.right, p.right_end)],
            }
            for p in pair.passages
        ],
    }


def _places_json(side: Sifted, start: int, end: int) -> list[dict[str, Any]]:
    return [
        {
            "program": side.work.programs[program],
            "cell": cell + 1,
            "lines": [min(lines), max(lines)],
        }
        for (program, cell), lines in _touched(side, start, end)
    ]


def _pair(pair: Pair) -> ShownPair:
    weightiest = sorted(pair.passages, key=lambda p: -p.weight)
    return ShownPair(pair, first_of([_shown(pair, p) for p in weightiest[:MOST_PASSAGES]], MOST_PASSAGES))


def _shown(pair: Pair, passage: Passage) -> Shown:
    left = _side(pair.one, passage.left, passage.left_end)
    return Shown(passage.own, left, _side(pair.other, passage.right, passage.right_end))


def _side(side: Sifted, start: int, end: int) -> Side:
    """The lines that the words stand on, and those between."""
    alike = {w[1:] for n, w in enumerate(side.work.words[start:end]) if side.own[start + n]}
    places, left = [], MOST_LINES
    more = 0
    for (program, cell), touched in _touched(side, start, end):
        source = side.work.cells[program][cell].splitlines()
        numbers = range(min(touched), min(max(touched), len(source)) + 1)
        lines = [Line(n, source[n - 1][:LONGEST_LINE], (program, cell, n) in alike) for n in numbers]
        places.append(Place(_where(side, program, cell), tuple(lines[:left])))
        more += len(lines[left:])
        left = max(0, left - len(lines))
    return Side(tuple(p for p in places if p.lines), more)


def _touched(side: Sifted, start: int, end: int) -> Iterator[tuple[tuple[int, int], Sequence[int]]]:
    words = side.work.words[start:end]
    for where, group in groupby(words, key=lambda w: (w.program, w.cell)):
        yield where, [w.line for w in group]


def _where(side: Sifted, program: int, cell: int) -> str:
    name = side.work.programs[program]
    return name if len(side.work.cells[program]) == 1 else f"{name}, cell {cell + 1}"
