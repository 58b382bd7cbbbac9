"""The page of the reference shows every run, and says in words what it draws."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

import reference
from grader.records import Bands
from grader.reports.gradients import gradient_words, share
from grader.reports.reference import reference_html

BANDS = Bands(reference.load_bands())
RUNS = reference.load_runs()


@pytest.fixture(scope="module")
def page() -> str:
    return reference_html(RUNS, BANDS)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page.partition("<main>")[2]))


def test_the_page_asks_nobody_for_anything_and_stays_small(page: str) -> None:
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)""", page)
    assert len(page) < 1_500_000


def test_every_stage_shows_its_band_in_words_and_what_the_handout_printed(page: str) -> None:
    text = words(page)
    for runs in RUNS:
        assert runs.band.words[1:] in text
    for printed in (0.1135, 0.4219, 0.9188, 0.9516, 0.9643, 0.9309):
        assert f"The handout prints {printed:.4f}" in text


def test_every_run_is_a_dot_and_two_curves(page: str) -> None:
    dots = page.count('class="run"')
    assert dots == sum(len(runs.test) for runs in RUNS)


def test_every_drawing_is_well_formed_and_says_the_same_in_words(page: str) -> None:
    drawings = re.findall(r'<svg class="(?:curves|strip)".*?</svg>', page, re.DOTALL)
    assert len(drawings) == 3 * len(RUNS)
    for drawing in drawings:
        assert ET.fromstring(drawing).get("aria-label")


def test_the_naive_stage_is_said_to_vanish_and_the_last_ones_are_not(page: str) -> None:
    chapters = re.split(r'<h2 id="', page)[1:]
    said = {chapter.partition('"')[0]: words(f"<main>{chapter}") for chapter in chapters}
    assert "It vanishes on its way back" in said["naive"]
    for stage in ("activation", "optimizer", "batchnorm", "dropout"):
        assert "It arrives: all layers learn" in said[stage]
        assert "vanishes" not in said[stage]


@pytest.mark.parametrize(
    ("before", "verdict"),
    [(0.0004, "It vanishes"), (0.05, "It shrinks"), (0.4, "It arrives"), (3.0, "It arrives"), (40.0, "It grows")],
)
def test_a_sentence_says_what_the_gradient_did_before_training(before: float, verdict: str) -> None:
    assert verdict in gradient_words((before, 1.0), (0.5, 1.0))


def test_a_gradient_that_vanished_in_training_is_not_said_to_arrive() -> None:
    assert "It arrived at first and vanishes later" in gradient_words((0.4, 1.0), (0.0, 1.0))


def test_without_gradients_nothing_is_said() -> None:
    assert gradient_words((), ()) == ""
    assert gradient_words((1.0,), (1.0,)) == ""
    assert gradient_words((1.0, 0.0), (1.0, 0.0)) == ""


@pytest.mark.parametrize(
    ("value", "spoken"),
    [(0.0, "nothing"), (0.00041, "1/2,400"), (0.0123, "1/81"), (0.36, "36%"), (1.3, "1.3 times")],
)
def test_a_share_is_said_as_a_person_says_it(value: float, spoken: str) -> None:
    assert share(value) == spoken
