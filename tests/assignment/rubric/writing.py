"""Rubrics for tests: a small one, and the bundled one with words of it replaced."""

from pathlib import Path
from textwrap import dedent

from grader.assignment.assignment import beside_reference
from grader.assignment.rubric import bundled, read
from grader.errors import WrittenError

BUNDLED = bundled().read_text(encoding="utf-8")
SMALL = dedent(
    """\
    title: A lab
    marks: 1
    reference: reference
    stages:
      dropout:
        title: Dropout
        dropout: true
    criteria:
      - id: dropout.all
        title: All
        marks: 1
        checks:
          - {check: dropout_rate, rate: 0.2}
    """
)


def changed(*replaced: tuple[str, str], text: str = BUNDLED) -> str:
    """The rubric with the first of each of these words replaced by the other."""
    for old, new in replaced:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def line_of(text: str, words: str) -> int:
    """The first line that holds the words, from 1."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def problems(folder: Path, text: str | bytes) -> list[str]:
    """What is wrong with the file by itself, without the folder in front; empty if nothing is."""
    return _told(folder, text, beside=False)[0]


def warnings(folder: Path, text: str) -> list[str]:
    """What is doubtful about it, the reference not looked at."""
    return _told(folder, text, beside=False)[1]


def beside(folder: Path, text: str) -> tuple[list[str], list[str]]:
    """Problems and warnings with the reference looked at."""
    return _told(folder, text, beside=True)


def _told(folder: Path, text: str | bytes, *, beside: bool) -> tuple[list[str], list[str]]:
    path = folder / "x.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    try:
        reading = read(path)
    except WrittenError as error:
        return [p.removeprefix(f"{folder}/") for p in error.problems], []
    if beside:
        assert isinstance(reading.source.value, dict)
        beside_reference(reading.source, reading.rubric, reading.source.value["reference"])
    told = (reading.source.problems, reading.source.warnings)
    found, doubtful = ([line.removeprefix(f"{folder}/") for line in lines] for lines in told)
    assert (reading.rubric is None) == bool(reading.source.problems) or beside
    return found, doubtful
