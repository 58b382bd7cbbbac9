"""Whether most of a class speaks for a layout, and whoever does not: students like the others, for a person to see."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from grader.i18n.texts import Text, say
from grader.intake.layouts import Handed, nameless
from grader.intake.loose import student_of, work
from grader.records import UNKNOWN

UNLIKE_THE_CLASS = say(
    "this does not lie as most of the class does: all of it was taken as one student's, under the name of its folder "
    "or file; see whose it is"
)
TWO_READINGS = say(
    "the name of this in the download can be read as that of two students: it was joined to nobody; see whose it is"
)
ONE_NUMBER = say("the download gives another student the same number: see whose it is")


@dataclass(frozen=True, slots=True)
class Misfits:
    """What does not lie as a layout has it."""

    handed: tuple[Handed, ...]
    """What is or may be a student's."""
    passed_over: tuple[str, ...]
    """The rest, each with the reason."""


def misfits(entries: Iterable[Path], reason: str) -> Misfits:
    """Sorts out what stands beside the submissions that were recognised; `reason` is said of what is nobody's."""
    own, loose, rest = [], [], []
    for entry in entries:
        if entry.is_symlink():
            rest.append(f"{entry.name}: a link; hand in the file or folder itself")
        elif entry.is_dir():
            own.append(nameless(entry.name, entry, UNLIKE_THE_CLASS))
        elif work(entry):
            loose.append(entry)
        else:
            rest.append(f"{entry.name}: {reason}")
    taken = {h.student for h in own}
    return Misfits((*own, *by_student(loose, taken, UNLIKE_THE_CLASS)), tuple(rest))


def by_student(files: Iterable[Path], taken: Collection[str], *doubts: Text) -> Iterable[Handed]:
    """`ada.ipynb` and `ada.py` are one student's; beside a folder `ada` they keep a name of their own."""
    for stem, same in groupby(sorted(files, key=_by_stem), key=lambda f: student_of(f.name)):
        listed = list(same)
        student = listed[0].name if stem in taken else stem
        yield Handed(student, UNKNOWN, {f.name: f for f in listed}, listed[0].parent, doubts=doubts)


def _by_stem(file: Path) -> tuple[str, str]:
    return student_of(file.name), file.name


def most(fitting: int, others: int) -> bool:
    """Whether more speak for a layout than do not: one student's files never decide for the class."""
    return fitting > others
