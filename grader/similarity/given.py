"""What all were given: fingerprints of the handout and of the model answer.

The handout is not ours to pass on; its fingerprints are facts about it. They are made by

    python -m grader.similarity.given HANDOUT.txt > reference/handout.json

from a text with fenced code (```), a notebook or a module.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from grader.assignment.reference import Reference
from grader.errors import UnreadableSubmission, UserError
from grader.intake.program import read_program
from grader.records import FileKind
from grader.similarity.fingerprints import GRAM, grams
from grader.similarity.words import words

KINDS = {".ipynb": FileKind.NOTEBOOK, ".py": FileKind.MODULE}
FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINE_NUMBER = re.compile(r"^\d+ ?\|? ?", re.MULTILINE)
"""Printed beside the code by whatever made a text of a handout."""
PROBE = "for epoch in range(3):\n    model.fit(x, y, batch_size=32, callbacks=[Stop('loss')])\nprint(f'{model}')"
"""Its fingerprints say by which rules a file of fingerprints was made."""
HOW = "Make it anew: python -m grader.similarity.given HANDOUT.txt > "


def given_prints(reference: Reference, more: Sequence[Path] = ()) -> frozenset[int]:
    """What the reference's handout and solution hold, and further files that were handed out.

    Raises:
        UserError: a file cannot be read, or its fingerprints were made by other rules.
    """
    found = set(_stored(reference.HANDOUT))
    for path in (reference.SOLUTION, *more):
        found |= prints(code(path))
    return frozenset(found)


def prints(cells: Sequence[str]) -> frozenset[int]:
    """The fingerprints of code that is given in cells."""
    return frozenset(grams([word.text for word in words([cells])]))


def code(path: Path) -> Sequence[str]:
    """The code in a notebook, a module, or a text with fenced code."""
    try:
        if kind := KINDS.get(path.suffix.lower()):
            return read_program(path, path.name, kind).cells
        text = path.read_text(encoding="utf-8", errors="replace")
    except (OSError, UnreadableSubmission) as error:
        raise UserError(f"Expected a notebook, a module or a text with fenced code: {path}: {error}") from error
    cells = [LINE_NUMBER.sub("", block) for block in FENCED.findall(text)]
    if not cells:
        raise UserError(f"Expected code between lines of ``` in {path}, found none.")
    return cells


def as_json(cells: Sequence[str]) -> str:
    """What `reference/handout.json` holds: fingerprints in ascending order, and by which rules."""
    return json.dumps({"gram": GRAM, "rules": _rules(), "prints": sorted(prints(cells))}, indent=0) + "\n"


def _rules() -> int:
    return sum(grams([word.text for word in words([[PROBE]])]))


def _stored(path: Path) -> Sequence[int]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        made, found = (content["gram"], content["rules"]), [int(one) for one in content["prints"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"Expected fingerprints of the handout in {path}: {error!r}. {HOW}{path}") from error
    if made != (GRAM, _rules()):
        raise UserError(f"The fingerprints in {path} were made by other rules than today's. {HOW}{path}")
    return found


if __name__ == "__main__":
    sys.stdout.write(as_json(code(Path(sys.argv[1]))))
