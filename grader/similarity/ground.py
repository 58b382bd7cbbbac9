"""What a submission has of its own, once what all were given and what many share is taken away."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from grader.similarity.fingerprints import GRAM, grams, winnow
from grader.similarity.words import Word, words

COMMON_SHARE = 0.1
"""What more than this share of the students have is common ground: a lecture, a forum, the obvious way."""
COMMON_AT_LEAST = 4
"""Students; in a small class a tenth would be one or two."""


@dataclass(frozen=True)
class Work:
    """The code of one student; `cells` by program, `former` if it is of another year and only compared with."""

    student: str
    programs: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    own_modules: frozenset[str] = frozenset()
    former: bool = False
    report: str = ""
    """The student's page, seen from the page of the class; empty where there is none."""

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The code in normal form."""
        return words(self.cells, self.own_modules)

    @cached_property
    def grams(self) -> tuple[int, ...]:
        """The fingerprint at each word but the last ones."""
        return grams([word.text for word in self.words])


@dataclass(frozen=True)
class Ground:
    """What counts as common, and by how many students everything else is shared."""

    given: frozenset[int]
    """The fingerprints of what was handed out and of the model answer."""
    spread: Mapping[int, int]
    """Students of the class by fingerprint; former ones do not count."""
    most: int
    """What more students than this have is common ground."""
    of_former: frozenset[int] = frozenset()
    """What was common ground among the former ones."""

    @cached_property
    def common(self) -> frozenset[int]:
        """All fingerprints that say nothing about who wrote them."""
        return self.given | self.of_former | {one for one, students in self.spread.items() if students > self.most}

    def rarity(self, one: int) -> float:
        """1 for what one or two have, less the more have it, 0 for what is common.

        log(m / n) / log(m / 2), where n students have it and m would make it common: the weight of a term in
        search engines (Spärck Jones 1972), scaled to [0, 1].
        """
        if one in self.common:
            return 0.0
        least = self.most + 1
        return math.log(least / max(2, self.spread.get(one, 0))) / math.log(least / 2)


def ground(works: Sequence[Work], given: Collection[int]) -> Ground:
    """The common ground of a class."""
    spread, most = _spread([work for work in works if not work.former])
    former, most_former = _spread([work for work in works if work.former])
    common_then = frozenset(one for one, students in former.items() if students > most_former)
    return Ground(frozenset(given), spread, most, common_then)


def _spread(works: Sequence[Work]) -> tuple[Counter[int], int]:
    return (
        Counter(one for work in works for one in frozenset(work.grams)),
        max(COMMON_AT_LEAST, int(COMMON_SHARE * len(works))),
    )


@dataclass(frozen=True)
class Sifted:
    """A work whose own words are told from those that are common ground."""

    work: Work
    ground: Ground

    @cached_property
    def own(self) -> tuple[bool, ...]:
        """For each word whether it is the student's own: it stands in nothing that is common ground.

        One changed word in the middle of what was handed out is one word, though it changes all fingerprints
        around it.
        """
        own = [True] * len(self.work.words)
        for index, one in enumerate(self.work.grams):
            if one in self.ground.common:
                own[index : index + GRAM] = [False] * GRAM
        return tuple(own)

    @cached_property
    def weight(self) -> float:
        """Of all own words."""
        return sum(value for mine, value in zip(self.own, self.rarities(0, len(self.own)), strict=True) if mine)

    @cached_property
    def chosen(self) -> frozenset[int]:
        """The fingerprints by which the work is found again."""
        return winnow(self.work.grams, self.ground.common)

    def rarities(self, start: int, length: int) -> list[float]:
        """How rare each word of a stretch is: as the rarest fingerprint within the stretch that it stands in."""
        rare = [0.0] * length
        for n in range(length - GRAM + 1):
            value = self.ground.rarity(self.work.grams[start + n])
            for m in range(n, n + GRAM):
                rare[m] = max(rare[m], value)
        return rare
