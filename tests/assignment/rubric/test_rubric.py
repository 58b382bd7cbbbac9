import hashlib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from textwrap import dedent

import jsonschema  # type: ignore[import-untyped] # nbformat brings it, without types
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.assignment.rubric import Rubric, bundled, json_schema, load
from grader.checks.registry import CHECKS
from grader.errors import WrittenError

GOOD = dedent(
    """\
    title: A lab
    marks: 1.0
    reference: reference
    stages:
      dropout:
        title: Dropout
        dropout: true
    criteria:
      - id: data.load
        title: Loaded
        marks: 0.3
        checks:
          - {check: flattened, features: 784}
      - id: dropout.rate
        title: Rate
        marks: 0.7
        needs: [data.load]
        checks:
          - check: dropout_rate
            rate: 0.2
    """
)


def written(folder: Path, text: str) -> Path:
    path = folder / "x.yaml"
    path.write_text(text)
    return path


def problems(folder: Path, text: str) -> list[str]:
    """The problems without the folder in front."""
    with pytest.raises(WrittenError) as caught:
        load(written(folder, text))
    return [p.removeprefix(f"{folder}/") for p in caught.value.problems]


def test_a_rubric_becomes_frozen_records(tmp_path: Path) -> None:
    rubric = load(written(tmp_path, GOOD))
    assert isinstance(rubric, Rubric)
    assert (rubric.title, rubric.marks, rubric.reference) == ("A lab", Fraction(1), "reference")
    assert rubric.digest == hashlib.sha256(GOOD.encode()).hexdigest()
    assert [s.id for s in rubric.stages] == ["dropout"]
    assert rubric.stages[0].dropout is True
    assert rubric.stages[0].batch_norm is None
    load_, rate = rubric.criteria
    assert (load_.stage, rate.stage, rate.needs) == (None, "dropout", ("data.load",))
    assert [check.name for check in rate.checks] == ["dropout_rate"]


def test_marks_are_the_digits_of_the_file_not_the_nearest_float(tmp_path: Path) -> None:
    rubric = load(written(tmp_path, GOOD))
    assert [c.marks for c in rubric.criteria] == [Fraction(3, 10), Fraction(7, 10)]
    assert rubric.marks == 1


@settings(deadline=None)
@given(st.decimals("0.0001", "0.9999", places=4))
def test_any_two_decimals_that_make_one_are_accepted(tmp_path_factory: pytest.TempPathFactory, part: Decimal) -> None:
    text = GOOD.replace("marks: 0.7", f"marks: {1 - part:f}", 1).replace("marks: 0.3", f"marks: {part:f}", 1)
    rubric = load(written(tmp_path_factory.mktemp("rubric"), text))
    assert sum(c.marks for c in rubric.criteria) == rubric.marks


@settings(deadline=None)
@given(st.data())
def test_any_damage_to_a_line_is_a_rubric_or_a_list_of_problems(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lines = GOOD.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    key = lines[at].partition(":")[0]
    junk = data.draw(
        st.sampled_from(["", "{a: b}", "[{a: b}]", "[[]]", "~", "yes", "1e999", ".nan", "2024-08-14", "'"])
    )
    lines[at] = data.draw(st.sampled_from([f"{key}: {junk}", junk, f"{lines[at]} {junk}"]))
    path = written(tmp_path_factory.mktemp("rubric"), "\n".join(lines))
    found: tuple[str, ...] = ("unharmed",)
    try:
        load(path)
    except WrittenError as error:
        found = error.problems
    assert found == ("unharmed",) or all(p.startswith(f"{path}:") for p in found)
    assert found


WRONG = {
    "an unknown check": (
        ("check: dropout_rate", "check: dropuot_rate"),
        "x.yaml:19:16: criterion dropout.rate: unknown check 'dropuot_rate' (did you mean 'dropout_rate'?)",
    ),
    "an unknown key": (
        ("title: Rate", "titel: Rate\n    title: Rate"),
        "x.yaml:15:5: criterion dropout.rate: unknown key 'titel' (did you mean 'title'?)",
    ),
    "an unknown key of the file": (
        ("title: A lab", "colour: 1\ntitle: A lab"),
        (
            "x.yaml:1:1: unknown key 'colour' "
            "(known: criteria, language, late, marks, nearest_band, reference, stages, title)"
        ),
    ),
    "a setting named twice": (
        ("title: A lab", "nearest_band: [rows, rows, scaling]\ntitle: A lab"),
        (
            "x.yaml:1:15: 'nearest_band': expected all of scaling, batch_size, rows, each once, the weightiest first, "
            "found ['rows', 'rows', 'scaling']"
        ),
    ),
    "an unknown key of a stage": (
        ("dropout: true", "dropuot: true"),
        "x.yaml:7:5: stage dropout: unknown key 'dropuot' (did you mean 'dropout'?)",
    ),
    "an unknown option of a check": (
        ("rate: 0.2", "rate: 0.2\n        ratio: 1"),
        "x.yaml:21:9: criterion dropout.rate, check dropout_rate: unknown key 'ratio' (did you mean 'rate'?)",
    ),
    "a missing field": (("    title: Rate\n", ""), "x.yaml:14:5: criterion dropout.rate: missing 'title'; add it here"),
    "a missing option of a check": (
        ("\n        rate: 0.2", ""),
        "x.yaml:19:9: criterion dropout.rate, check dropout_rate: missing 'rate'; add it here",
    ),
    "text where a number belongs": (
        ("rate: 0.2", "rate: low"),
        "x.yaml:20:15: criterion dropout.rate, check dropout_rate: 'rate': expected a number, found 'low'",
    ),
    "a number out of range": (
        ("rate: 0.2", "rate: 2.5"),
        "x.yaml:20:15: criterion dropout.rate, check dropout_rate: 'rate': expected less than 1, found 2.5",
    ),
    "a number where text belongs": (
        ("title: Rate", "title: 7"),
        "x.yaml:15:12: criterion dropout.rate: 'title': expected text, found 7",
    ),
    "text where a list belongs": (
        ("needs: [data.load]", "needs: data.load"),
        "x.yaml:17:12: criterion dropout.rate: 'needs': expected a list, as in [data.load], found 'data.load'",
    ),
    "an unknown criterion in needs": (
        ("needs: [data.load]", "needs: [data.laod]"),
        "x.yaml:17:13: criterion dropout.rate: needs unknown criterion 'data.laod' (did you mean 'data.load'?)",
    ),
    "a cycle": (
        ("title: Loaded", "title: Loaded\n    needs: [dropout.rate]"),
        (
            "x.yaml:11:12: criterion data.load: criteria that need one another: data.load → dropout.rate → data.load; "
            "take one of the needs away"
        ),
    ),
    "a criterion that needs itself": (
        ("needs: [data.load]", "needs: [dropout.rate]"),
        (
            "x.yaml:17:12: criterion dropout.rate: criteria that need one another: dropout.rate → dropout.rate; "
            "take one of the needs away"
        ),
    ),
    "two criteria of one id": (
        ("id: dropout.rate", "id: data.load"),
        "x.yaml:14:9: criterion data.load: duplicate criterion 'data.load'; give each criterion an id of its own",
    ),
    "an id that is no pair of words": (
        ("id: data.load", "id: Load"),
        (
            "x.yaml:9:9: criterion Load: 'id': expected a lower-case name; a criterion's id has two, as in data.load, "
            "found 'Load'"
        ),
    ),
    "marks that do not sum": (
        ("marks: 0.7", "marks: 0.65"),
        "x.yaml:2:8: the criteria's marks sum to 0.95, not to 1.0: 0.05 too little; mend one of them",
    ),
    "marks below zero": (
        ("marks: 0.7", "marks: -0.7"),
        "x.yaml:16:12: criterion dropout.rate: 'marks': expected greater than 0, found -0.7",
    ),
    "no checks": (
        ("checks:\n      - {check: flattened, features: 784}", "checks: []"),
        "x.yaml:12:13: criterion data.load: 'checks': expected a list with at least one entry, found []",
    ),
    "a stage that is misspelt": (
        ("id: dropout.rate", "id: dropuot.rate"),
        (
            "x.yaml:14:9: criterion dropuot.rate: the check dropout_rate judges the run of a stage, but 'dropuot' is "
            "no stage (did you mean 'dropout'?); begin the criterion's id with a stage, or remove the criterion"
        ),
    ),
    "a duplicate key": (
        ("title: A lab", "title: A lab\ntitle: B lab"),
        "x.yaml:2:1: duplicate key 'title' (first in line 1); keep one",
    ),
    "a value that holds itself": (
        ("needs: [data.load]", "needs: &me [data.load, *me]"),
        "x.yaml:17:28: criterion dropout.rate: an alias inside the value that it stands for; write out what is meant",
    ),
    "a check without a name": (
        ("check: flattened, ", ""),
        "x.yaml:13:9: criterion data.load: missing 'check'; add it here",
    ),
    "a stage name in capitals": (
        ("  dropout:\n", "  Dropout:\n"),
        (
            "x.yaml:6:5: stage Dropout: 'Dropout': a comment `# stage: Dropout` would be read as 'dropout'; "
            "name the stage by small letters and underscores"
        ),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_rubric_names_file_line_column_and_what_to_do(wrong: str, tmp_path: Path) -> None:
    (right, planted), message = WRONG[wrong]
    assert GOOD.count(right) == 1
    assert message in problems(tmp_path, GOOD.replace(right, planted))


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("features: 784", "feature: 784").replace("needs: [data.load]", "needs: [x.y]")
    text = text.replace("check: dropout_rate", "check: dropout").replace("marks: 0.7", "marks: 1.7")
    assert problems(tmp_path, text) == [
        "x.yaml:2:8: the criteria's marks sum to 2.0, not to 1.0: 1.0 too much; mend one of them",
        "x.yaml:13:9: criterion data.load, check flattened: missing 'features'; add it here",
        "x.yaml:13:28: criterion data.load, check flattened: unknown key 'feature' (did you mean 'features'?)",
        "x.yaml:17:13: criterion dropout.rate: needs unknown criterion 'x.y' (known: data.load, dropout.rate)",
        "x.yaml:19:16: criterion dropout.rate: unknown check 'dropout' (did you mean 'dropout_rate'?)",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "x.yaml:1:1: the file is empty; expected a rubric"),
        (b"a: [1", "x.yaml:1:6: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        (b"title: !!python/object:os.system x", "x.yaml:1:8: not valid YAML: could not determine a constructor"),
        (b"\xff\xfe\x00", "x.yaml:1:1: not valid YAML: "),
        (b"- 1", "x.yaml:1:1: 'the rubric': expected a mapping of keys to values, found [1]"),
        (b"criteria: 3\nstages: [1]\n", "x.yaml:1:11: 'criteria': expected a list, found 3"),
    ],
)
def test_a_file_that_is_no_rubric_at_all_is_one_clear_problem(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(WrittenError) as caught:
        load(path)
    assert any(p.removeprefix(f"{tmp_path}/").startswith(message) for p in caught.value.problems)


def test_a_rubric_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(WrittenError, match=r"no\.yaml: expected a rubric file, cannot read it \(No such file"):
        load(tmp_path / "no.yaml")


def test_the_bundled_rubric_is_the_marks_table_of_the_lab() -> None:
    rubric = load(bundled())
    totals: dict[str, Fraction] = {}
    for criterion in rubric.criteria:
        word = criterion.id.partition(".")[0]
        totals[word] = totals.get(word, Fraction(0)) + criterion.marks
    assert {word: float(marks) for word, marks in totals.items()} == {
        "data": 1.0,
        "naive": 1.25,
        "init": 1.0,
        "activation": 1.25,
        "optimizer": 1.25,
        "batchnorm": 1.75,
        "dropout": 1.5,
        "curves": 0.5,
        "evaluation": 0.5,
    }
    assert [s.id for s in rubric.stages] == ["naive", "init", "activation", "optimizer", "batchnorm", "dropout"]


def test_the_schema_for_editors_accepts_the_bundled_rubric_and_knows_every_check() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(bundled().read_text()), schema)
    named = {entry["properties"]["check"]["const"] for entry in schema["$defs"]["CheckEntry"]["oneOf"]}
    assert named == set(CHECKS)


def test_the_schema_for_editors_refuses_an_unknown_option() -> None:
    rubric = yaml.safe_load(GOOD)
    rubric["criteria"][0]["checks"][0]["colour"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(rubric, json_schema())


def test_every_check_stands_in_the_table_under_its_own_name() -> None:
    assert {name: check.name for name, check in CHECKS.items()} == {name: name for name in CHECKS}
    assert all(check.__doc__ for check in CHECKS.values())
