from __future__ import annotations

import re
import time
from random import Random

import pytest

import reference
from grader.similarity.given import code, given_prints, prints
from grader.similarity.ground import COMMON_AT_LEAST, Work, ground
from grader.similarity.pairs import Least, compare
from tests.similarity import copies
from tests.similarity.classes import planted, wrong
from tests.similarity.honest import lab

EVERYTHING = Least(0.0, 0.0)


def work(student: str, *cells: str, former: bool = False) -> Work:
    return Work(student, ("lab.ipynb",), (cells,), former=former)


def names(comparison: object) -> list[set[str]]:
    return [{p.one.work.student, p.other.work.student} for p in comparison.pairs]  # type: ignore[attr-defined]


def test_ten_planted_copies_in_a_class_of_120() -> None:
    made = planted(14)
    found = compare(made.works, given_prints(reference))
    missed, false = wrong(made, found)
    assert len(made.works) == 120
    assert (missed, false) == ([], [])
    assert found.possible == 120 * 119 // 2


@pytest.mark.parametrize("seed", range(3))
def test_a_copy_is_found_under_other_names_in_another_order_and_in_two_cells(seed: int) -> None:
    rng = Random(seed)
    cells = lab(rng)
    others = [work(f"other-{n}", *lab(rng)) for n in range(12)]
    copy = copies.merged(copies.reordered(copies.renamed(cells, rng), rng), rng)
    found = compare([work("ada", *cells), *others, work("bob", *copy)], given_prints(reference))
    assert names(found)[0] == {"ada", "bob"}
    assert found.pairs[0].share > 0.9


def test_what_all_were_given_makes_nobody_alike() -> None:
    solution = code(reference.SOLUTION)
    works = [work("ada", *solution), work("bob", *copies.renamed(solution, Random(1)))]
    assert len(compare(works, ()).pairs) == 1
    assert compare(works, given_prints(reference), EVERYTHING).pairs == ()


def test_one_changed_number_in_what_was_given_is_one_word_of_ones_own() -> None:
    line = "layer.fit(x, y, epochs={}, callbacks=[stop], batch_size=32)\n"
    handout = "".join(line.format(n) for n in range(9))
    changed = handout.replace("epochs=4", "epochs=400")
    found = compare([work("ada", changed), work("bob", changed)], prints([handout]), EVERYTHING)
    assert found.pairs[0].words == 1


def test_what_many_have_is_common_ground_and_what_few_have_is_not() -> None:
    cells = lab(Random(3))
    few = [work(f"s{n}", *cells) for n in range(COMMON_AT_LEAST)]
    assert len(compare(few, ()).pairs) == 6
    assert compare([*few, work("one-more", *cells)], (), EVERYTHING).pairs == ()


def test_what_two_alone_have_weighs_most() -> None:
    known = ground([work(f"s{n}", *lab(Random(3))) for n in range(3)], ())
    three, unique = next(iter(known.spread)), -1
    assert known.rarity(unique) == 1.0
    assert 0 < known.rarity(three) < 1


def test_former_works_are_compared_with_the_class_and_not_with_one_another() -> None:
    cells = lab(Random(3))
    works = [work("2023/x", *cells, former=True), work("2023/y", *cells, former=True), work("ada", *cells)]
    found = compare(works, ())
    assert sorted(map(sorted, names(found))) == [["2023/x", "ada"], ["2023/y", "ada"]]
    assert found.possible == 2


def test_a_passage_counts_no_word_of_either_side_twice() -> None:
    block = (
        "for row in table:\n    total = total + row.price * row.amount - row.discount\n    print(total, row.name, 7)\n"
    )
    found = compare([work("ada", block * 5), work("bob", block)], (), EVERYTHING)
    (pair,) = found.pairs
    assert pair.words == len(work("bob", block).words)


def test_two_floods_of_the_same_code_are_compared_in_seconds() -> None:
    flood = "x = f(1, y, 'a')[3] + g(2)\n" * 3000
    began = time.process_time()
    (pair,) = compare([work("ada", flood), work("bob", flood + "\nz = 3\n")], (), EVERYTHING).pairs
    assert pair.share == 1.0
    assert time.process_time() - began < 20


def test_an_empty_class_and_empty_works_have_no_pairs() -> None:
    assert compare([], ()).pairs == ()
    assert compare([work("ada"), work("bob")], (), EVERYTHING).pairs == ()


def test_the_class_of_a_seed_is_always_the_same() -> None:
    assert planted(4) == planted(4)


def test_the_handout_is_kept_as_numbers_alone() -> None:
    handout = reference.HANDOUT.read_text()
    assert set(re.findall("[a-z]+", handout)) == {"gram", "rules", "prints"}
