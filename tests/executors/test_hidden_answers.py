"""A program that looks for the answers of an installed reference, whichever the rubric names, finds none."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from grader.assignment.reference import load_reference
from grader.executors.runner import Runner
from grader.intake.folder import find_class
from grader.records import Limits
from grader.sandbox.choose import choose
from tests.assignment.references import ANSWER, OFFERS, installed, lay

SEEKER = """\
import os, sys
import course_tools
print("tools:", course_tools.useful)
try:
    import course_ref
    print("import:", sorted(n for n in vars(course_ref) if not n.startswith("__")))
except ImportError as error:
    print("import: []")
found = []
for place in {places!r}:
    for folder, _, names in os.walk(place):
        for name in names:
            try:
                text = open(os.path.join(folder, name), errors="replace").read(1 << 16)
            except OSError:
                continue
            if {answer!r} in text or "load_bands" in text:
                found.append(os.path.join(folder, name))
print("found:", found)
"""


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    sys.modules.pop("course_ref", None)
    importlib.invalidate_caches()


@pytest.mark.slow
def test_neither_by_import_nor_by_walking_through_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = tmp_path / "site-packages"
    ref = {"course_ref/__init__.py": OFFERS, "course_ref/solution.ipynb": ANSWER, "course_ref/deep/bands.yaml": ANSWER}
    installed(packages, "course_ref", ref)
    installed(packages, "course_tools", {"course_tools.py": "useful = 7"}, about="plots")
    monkeypatch.syspath_prepend(packages)
    # Of a class that is kept where programs see files, too.
    kept = [lay(packages / name, {"kept.json": ANSWER}) for name in ("reports", "rubric")]
    lay(
        packages / "class",
        {"ada/lab.py": SEEKER.format(places=[str(tmp_path)], answer=ANSWER[4:]), "bob/lab.py": ANSWER},
    )
    submissions = find_class(packages / "class").submissions
    private = [*kept, *(s.root for s in submissions)]
    cancel = Event()
    with Runner(load_reference("course_ref"), choose("bubblewrap", cancel), cancel, private) as runner:
        ran = runner.run(submissions[0], Limits(seconds=120))
    (notebook,) = (json.loads(text) for text in ran.notebooks.values())
    said = "".join(o["text"] for c in notebook["cells"] for o in c.get("outputs", ()) if "text" in o).splitlines()
    assert said == ["tools: 7", "import: []", "found: []"]
