"""No cell of a file for spreadsheets begins as a formula does, whatever a student is called."""

import csv
import io
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.reports.gradebook import gradebook_csv
from tests.reports.samples import grade

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
FORMULA = "=HYPERLINK(A1)"


def cells(student: str) -> list[str]:
    table = csv.reader(io.StringIO(gradebook_csv([grade(student, ())]), newline=""))
    return [cell for row in table for cell in row]


@pytest.mark.parametrize("start", [*STARTS, " ", "\u3000", "\uff1d", "\ufe62", "\u00a0", "\ufeff", ""])
def test_a_name_that_is_a_formula_is_text(start: str) -> None:
    assert not [cell for cell in cells(start + FORMULA) if _is_formula(cell)]


@given(st.text(max_size=20) | st.text(alphabet="=+-@\t\r\n ,;\"'\uff1d\uff0b\uff0d\uff20", max_size=6))
@example(" \r")
def test_no_name_makes_a_formula_or_breaks_out_of_its_cell(student: str) -> None:
    found = cells(student.replace("\0", ""))
    assert not [cell for cell in found if _is_formula(cell)]
    assert len(found) == len(cells("ada"))


def _is_formula(cell: str) -> bool:
    return cell.startswith(STARTS) or unicodedata.normalize("NFKC", cell).lstrip(" ").startswith(STARTS)
