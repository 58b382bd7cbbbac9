"""The varied class is always the same, its programs are programs, and what is expected of them is there."""

import ast
from pathlib import Path

import nbformat
import pytest

from tests.similarity.honest import STAGES
from tests.variety.count import OUTCOMES, accepted, told
from tests.variety.files import HandedIn, handed_in, write_class
from tests.variety.judge import Fit, judged
from tests.variety.plan import Run
from tests.variety.words import vocabulary

SEED, SIZE = 5, 150


@pytest.fixture(scope="module")
def students() -> list[HandedIn]:
    return [handed_in(n, SEED, 2000, 1) for n in range(1, SIZE + 1)]


def sources(student: HandedIn) -> list[str]:
    """The code cells; a script is one."""
    text = student.content.decode()
    if student.program.endswith(".py"):
        return [text]
    notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    return [c.source for c in notebook.cells if c.cell_type == "code"]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_class(tmp_path / name, range(1, 21), SEED, 2000, 1)
    one, other = (
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*.*")} for n in ("one", "other")
    )
    assert one == other


def test_another_seed_writes_other_programs(students: list[HandedIn]) -> None:
    assert not {handed_in(n, SEED + 1, 2000, 1).content for n in range(1, 11)} & {s.content for s in students}


def test_every_cell_compiles(students: list[HandedIn]) -> None:
    for student in students:
        for n, source in enumerate(sources(student), 1):
            compile(source, f"{student.student} {n}", "exec")


def test_expectations_name_runs_that_exist_in_cells_that_train(students: list[HandedIn]) -> None:
    for student in students:
        said = student.expected()
        cells = sources(student)
        assert list(said["stages"]) == list(STAGES)
        for answers in said["stages"].values():
            for one in filter(None, answers if isinstance(answers, list) else [answers]):
                assert 1 <= one["run"] <= said["fits"]
                assert any(word in cells[one["cell"] - 1] for word in (".fit(", "train(")), student.student
        answering = {run for stage in STAGES for run in accepted(said, stage) if run}
        assert answering | set(said["extras"]) == set(range(1, said["fits"] + 1))


def test_programs_that_neither_loop_nor_share_code_fit_as_often_as_is_said(students: list[HandedIn]) -> None:
    for student in students:
        said = student.expected()
        plain = said["layout"] in {"written out", "redefined", "flags"}
        if plain and not {"sweep", "folds", "ensemble"} & set(said["choices"]):
            calls = [n for c in sources(student) for n in ast.walk(ast.parse(c)) if isinstance(n, ast.Attribute)]
            assert sum(n.attr == "fit" for n in calls) == said["fits"], student.student


def test_every_language_has_the_same_words() -> None:
    assert len({frozenset(words) for words in vocabulary().values()}) == 1


def fits(*runs: Run) -> list[Fit]:
    return [Fit(n, n, run) for n, run in enumerate(runs, 1)]


def test_what_is_said_to_be_a_stage_is_it_however_badly_it_is_done() -> None:
    found = judged(fits(Run("dropout", "", said="dropout"), Run("", "", dropout=0.2, said="extra")), numbers_only=False)
    assert found.told("lab.py")["dropout"] == {"run": 1, "program": "lab.py", "cell": 1}
    assert not found.reasons


def test_where_nothing_is_said_the_network_that_has_what_makes_a_stage_is_it() -> None:
    found = judged(fits(Run("dropout", "", dropout=0.2), Run("init", "", initializer="he_normal")), numbers_only=False)
    assert [found.told("lab.py")[stage] and found.told("lab.py")[stage]["run"] for stage in STAGES] == [
        None, 2, None, None, None, 1,
    ]  # fmt: skip


def test_a_person_is_asked_where_nothing_is_said_and_the_making_of_a_stage_is_not_there() -> None:
    found = judged(fits(Run("naive", ""), Run("init", "")), numbers_only=False)
    assert [f and f.ordinal for f in found.stages["init"]] == [2, None]
    assert found.reasons


def test_right_wrong_and_missed_are_counted() -> None:
    at = {"run": 1, "program": "lab.py", "cell": 1}
    traits = dict.fromkeys(("hint", "style", "layout", "form", "language"), "x")
    stages = {**dict.fromkeys(STAGES), "naive": at, "init": [{**at, "run": 2}, None]}
    known = {"ada": {"stages": stages, "ambiguous": False, **traits}}
    runs = {"naive": "lab.py#2", "init": None, "dropout": "lab.py#3"}
    grades = {"ada": {"needs_review": False, "stages": {k: {"run": v} for k, v in runs.items()}}}
    lines = list(told(grades, known, SEED))
    assert sum(line.startswith(OUTCOMES[2]) for line in lines) == 2
    assert "wrong, NOT FLAGGED: seed 5 ada naive: answered 2, expected [1] (x, x, x, x, x)" in lines
    assert not any(line.startswith("missed") for line in lines)
