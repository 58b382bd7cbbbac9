from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from grader.reports.curves import curves_svg
from grader.reports.drawing import Drawings
from tests.reports.samples import curve

HISTORY = {"accuracy": curve(0.97, 100, 12), "val_accuracy": curve(0.95, 100, 9), "loss": curve(2.0, 100, 5)}


def test_a_drawing_is_well_formed_and_takes_its_colours_from_the_page() -> None:
    svg = curves_svg(HISTORY)
    assert svg is not None
    ET.fromstring(svg)
    assert "var(--training)" in svg
    assert "var(--validation)" in svg
    assert not re.search(r"#0[0-9a-f]{5}\b", svg)


def test_a_drawing_says_in_words_where_the_curves_end() -> None:
    svg = curves_svg({"accuracy": (0.5, 0.75), "val_accuracy": (0.4, None)})
    assert svg is not None
    assert 'aria-label="Accuracy after 2 epochs: training 0.7500, validation not a number"' in svg


def test_the_same_history_draws_the_same_bytes_without_a_date() -> None:
    assert curves_svg(HISTORY) == curves_svg(HISTORY)
    assert "<metadata" not in (curves_svg(HISTORY) or "")


def test_ten_thousand_epochs_draw_no_more_than_a_few_hundred_points() -> None:
    svg = curves_svg({"accuracy": curve(0.9, 10_000, 300)})
    assert svg is not None
    assert len(svg) < 30_000
    assert "after 10000 epochs" in svg


def test_the_old_spelling_of_accuracy_is_drawn_too() -> None:
    assert curves_svg({"acc": (0.1, 0.2), "val_acc": (0.1, 0.2)}) is not None


def test_losses_that_were_not_numbers_leave_gaps() -> None:
    assert curves_svg({"accuracy": (None, None), "val_accuracy": (0.1, None)}) is not None


def test_without_accuracy_there_is_nothing_to_draw() -> None:
    assert curves_svg({"loss": (2.0, 1.0), "accuracy": ()}) is None


def test_a_drawing_is_taken_from_an_earlier_page_to_the_byte_and_only_for_the_same_curves() -> None:
    first = Drawings()
    svg = curves_svg(HISTORY, drawings=first)
    assert curves_svg(HISTORY, drawings=Drawings(first.used)) == svg
    kept = {key: drawn.replace("epoch", "from the page") for key, drawn in first.used.items()}
    again = Drawings(kept)
    assert "from the page" in str(curves_svg(HISTORY, drawings=again))
    assert "from the page" not in str(curves_svg(HISTORY | {"accuracy": (0.1, 0.2)}, drawings=again))
    assert len(again.used) == 2
