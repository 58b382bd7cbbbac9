from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

import reference
from grader.errors import UserError
from grader.similarity.fingerprints import GRAM
from grader.similarity.given import as_json, code, given_prints, prints

LINES = "model.fit(x, y, epochs=3, batch_size=32, callbacks=[stop, log])\nmodel.evaluate(x, y, verbose=0)\n"


def test_code_is_found_between_fences_with_and_without_printed_line_numbers(tmp_path: Path) -> None:
    text = tmp_path / "handout.txt"
    numbered = "".join(f"{n} | {line}\n" for n, line in enumerate(LINES.splitlines(), 1))
    text.write_text(f"Do this:\n```\n{numbered}```\nor\n```python\n{LINES}```\n")
    assert code(text) == [LINES, LINES]


@pytest.mark.parametrize(("name", "content"), [("empty.md", "no code"), ("not.ipynb", "nothing"), ("gone.py", None)])
def test_what_holds_no_code_is_named(name: str, content: str | None, tmp_path: Path) -> None:
    if content:
        (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=name):
        code(tmp_path / name)


def test_the_stored_fingerprints_follow_from_todays_rules() -> None:
    stored = json.loads(reference.HANDOUT.read_text())
    assert stored["gram"] == GRAM
    assert len(stored["prints"]) > 100
    assert set(stored["prints"]) <= given_prints(reference)


def test_the_model_answer_and_what_else_was_handed_out_are_given_too(tmp_path: Path) -> None:
    extra = tmp_path / "starter.py"
    extra.write_text(LINES)
    found = given_prints(reference, [extra])
    assert prints(code(reference.SOLUTION)) <= found
    assert prints([LINES]) <= found
    assert not prints([LINES]) <= given_prints(reference)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"gram": 3}, "other rules"), ({"rules": 0}, "other rules"), ({"prints": None}, "Expected fingerprints")],
)
def test_fingerprints_by_other_rules_are_refused_with_the_command_that_makes_them(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    file = tmp_path / "handout.json"
    file.write_text(json.dumps(json.loads(as_json([LINES])) | change))
    with pytest.raises(UserError, match=message) as raised:
        given_prints(SimpleNamespace(HANDOUT=file, SOLUTION=reference.SOLUTION))  # type: ignore[arg-type]
    assert f"python -m grader.similarity.given HANDOUT.txt > {file}" in str(raised.value)
