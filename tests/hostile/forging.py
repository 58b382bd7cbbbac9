"""Programs that would have marks for what they did not do: what each tries, and what must become of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.graded import Graded, grade_folder

PROGRAMS = Path(__file__).parent / "forgeries"
NOTHING = ""


@dataclass(frozen=True, slots=True)
class Forgery:
    """One row of the table."""

    name: str
    program: str
    like: str | None = None
    """The program that earns by honest work what this one may earn at most; NOTHING: no marks at all."""
    noticed: str = ""
    """What a person must be told."""
    criterion: str = ""
    """What must not be earned in full, and for which reason."""
    said: str = ""


FORGERIES = (
    Forgery("printed results", "printed", NOTHING),
    Forgery("a fit that trains nothing", "patched", "compiled", "it replaces keras.Model.fit"),
    Forgery("a training by events alone", "written", NOTHING, "a line of kind fit_begin in the record was refused"),
    Forgery("the recorder as a module", "written", NOTHING, "it names 'inside.trace', which belongs to the grader's"),
    Forgery("a fault of the grader's", "raw_lines", NOTHING, "a line of kind fault in the record was refused"),
    Forgery("a word of the instructor's", "raw_lines", NOTHING, "a line of kind advisory in the record was refused"),
    Forgery("the recorder by the collector", "found_by_gc", NOTHING, "it names 'gc.get_objects', which belongs to the"),
    Forgery("an epoch for a hundred", "stopped", criterion="naive.training", said="itself ended the training"),
    Forgery("not learning in one epoch", "stopped", noticed="does not show that it never learns"),
    Forgery("epochs of one step", "one_step", criterion="naive.training", said="in 100 steps, where as many passes"),
    Forgery("validation on one image", "one_step", criterion="naive.training", said="validation on 1 image alone"),
    Forgery("an evaluation beforehand", "one_step", criterion="evaluation.test_images", said="before it was trained"),
    Forgery("another network's description", "described", "compiled", "goes by the name of Keras's Sequential"),
    Forgery("test images behind the known rows", "hidden_rows", noticed="was trained on images of the test set"),
)


def grade_forgeries(folder: Path) -> Mapping[str, Graded]:
    """All programs as one class; `folder` is empty."""
    for file in PROGRAMS.glob("*.py"):
        (folder / "class" / file.stem).mkdir(parents=True)
        (folder / "class" / file.stem / "lab.py").write_text(file.read_text())
    return grade_folder(folder / "class", folder / "out", seconds=180, max_epochs=None)


def problems(forgery: Forgery, graded: Mapping[str, Graded]) -> Iterator[str]:
    """What was earned or passed unnoticed; nothing if it was held."""
    found = graded[forgery.program]
    if found.grade["faults"]:
        yield f"the grader says that it failed: {found.grade['faults']}"
    if forgery.like is not None:
        most = graded[forgery.like].grade["total"] if forgery.like else 0
        if found.grade["total"] > most:
            yield f"earned {found.grade['total']} marks, and honest work {most}"
    if forgery.noticed and not any(forgery.noticed in reason for reason in found.grade["review_reasons"]):
        yield f"nobody is told that {forgery.noticed}"
    if forgery.criterion:
        criterion = found.criterion(forgery.criterion)
        if not any(forgery.said in check["found"] and check["outcome"] != "passed" for check in criterion["checks"]):
            yield f"{forgery.criterion} does not say {forgery.said!r} of what it takes off"
