from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grader.similarity.fingerprints import GRAM, WINDOW, grams, winnow

WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=60)


def test_fingerprints_are_the_same_on_every_machine() -> None:
    assert grams([str(n) for n in range(GRAM)]) == (184875969659712,)


@given(WORDS, WORDS, WORDS, WORDS, st.lists(st.sampled_from("abcdefgh"), min_size=GRAM + WINDOW - 1, max_size=50))
def test_whatever_is_long_enough_and_in_two_texts_is_noticed(
    a: list[str], b: list[str], c: list[str], d: list[str], shared: list[str]
) -> None:
    one, other = grams([*a, *shared, *b]), grams([*c, *shared, *d])
    assert winnow(one, ()) & winnow(other, ()) & set(grams(shared))


@given(WORDS, st.sets(st.integers(0, 45)))
def test_what_is_left_out_is_never_chosen_and_each_rest_has_one(words: list[str], places: set[int]) -> None:
    prints = grams(words)
    out = {prints[p] for p in places if p < len(prints)}
    chosen = winnow(prints, out)
    assert not chosen & out
    assert bool(chosen) == bool(set(prints) - out)
