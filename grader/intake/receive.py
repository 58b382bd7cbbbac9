"""Receives a class as instructors have it: recognises the download, unpacks it, and finds each student's submission."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from grader.errors import UserError, did_you_mean
from grader.errors.failures import fault_in_reading
from grader.intake.archives import NAMES, OF_A_CLASS, OF_A_STUDENT, Refusal, UnreadableArchiveError, unpack
from grader.intake.canvas import canvas
from grader.intake.classroom import classroom
from grader.intake.folder import KINDS, StudentClass, plain, submission
from grader.intake.gradescope import gradescope
from grader.intake.layouts import Handed, Layout, Recognised, below, folders, is_zip, visible, walk
from grader.intake.moodle import moodle
from grader.intake.nbgrader import nbgrader
from grader.intake.taken import not_taken
from grader.records import FileKind, Format, Lms, SourceFile

LAYOUTS: Mapping[str, Layout] = {
    Lms.MOODLE: moodle,
    Lms.CANVAS: canvas,
    Lms.GRADESCOPE: gradescope,
    Lms.NBGRADER: nbgrader,
    Lms.GITHUB_CLASSROOM: classroom,
}
"""Asked in this order; what none of them knows has a folder or file for each student."""
LAYOUT_NAMES = (*LAYOUTS, Lms.PLAIN)
PACKED = (".rar", ".7z", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
RAW, OWN = "download", "students"
MOST_ZIPS = 20
"""Zips within one submission, those within zips included."""


def receive(handed_in: Path, unpacked: Path, assignment: str = "", layout: str = "") -> StudentClass:
    """The class in a folder or zip; what must be unpacked or renamed goes below `unpacked`, which is emptied.

    `layout` says how it is laid out, where that is not to be recognised.

    Raises:
        UserError: there is no such folder, zip or layout, nothing in it could be a submission or lies as it is said to,
            or it holds several assignments.
    """
    must_be_known(layout)
    shutil.rmtree(unpacked, ignore_errors=True)
    refused: tuple[Refusal, ...] = ()
    root, zipped = handed_in, _is_file(handed_in)
    if zipped:
        root = unpacked / RAW
        refused = _unpacked(handed_in, root)
    found = _recognised(root, assignment, layout, wrapped=zipped)
    reasons = {root / r.path: r.reason for r in refused if r.path}
    layouter = _Layouter(unpacked / OWN, reasons)
    handed = [layouter.ready(h) for h in found.handed]
    told = {p for h in found.handed for p in h.files.values()}
    rest = [f"{r.entry}: refused: {r.reason}" for r in refused if not r.path or root / r.path not in told]
    what = f"{'a zip of ' if zipped else ''}{found.what}"
    return StudentClass(tuple(submission(h) for h in handed), (*rest, *found.passed_over), what)


def _is_file(handed_in: Path) -> bool:
    try:
        return handed_in.is_file()
    except OSError as error:
        raise UserError(f"{handed_in} cannot be read: {error.strerror}. Change its permissions.") from error


def _unpacked(handed_in: Path, root: Path) -> tuple[Refusal, ...]:
    try:
        return unpack(handed_in, root, OF_A_CLASS)
    except UnreadableArchiveError as error:
        raise UserError(
            f"Expected a folder or a zip of submissions; {handed_in} cannot be unpacked: {error}."
        ) from error


def must_be_known(layout: str) -> None:
    """Raises UserError where there is no layout of that name; empty is none."""
    if layout and layout not in LAYOUT_NAMES:
        raise UserError(
            f"Expected one of {', '.join(LAYOUT_NAMES)} as the layout, found {layout!r}"
            f"{did_you_mean(layout, LAYOUT_NAMES)}."
        )


def _recognised(root: Path, assignment: str, layout: str, *, wrapped: bool) -> Recognised:
    """What the folder is, or the only folder in it: zips and unpackers like to put one around everything."""
    candidates = [root]
    while root.is_dir() and len(inside := visible(root)) == 1 and len(folders(root)) == 1:
        root = inside[0]
        candidates.append(root)
    if layout and layout != Lms.PLAIN:
        return _said(candidates, assignment, layout)
    for folder in candidates if not layout else ():
        for known in LAYOUTS.values() if folder.is_dir() else ():
            if found := known(folder, assignment):
                return found
    around = [
        p for p in candidates[1:] if wrapped and not any(f.suffix.lower() in KINDS for f in visible(candidates[1]))
    ]
    return plain(around[0] if around and folders(around[0]) else candidates[0])


def _said(candidates: Sequence[Path], assignment: str, layout: str) -> Recognised:
    """The class as it is said to be laid out: in the folder of which most speaks for it, else where anything does."""
    for said in (False, True):
        for folder in candidates:
            if folder.is_dir() and (found := LAYOUTS[layout](folder, assignment, said=said)):
                return found
    raise UserError(
        f"Expected {candidates[0]} to be laid out as {layout} does it (--layout), found nothing in it that is. "
        "Leave out --layout to have it recognised."
    )


class _Layouter:
    """Lays out, below one folder, what cannot stay where it lies: flat downloads and zips within submissions."""

    def __init__(self, folder: Path, refused: Mapping[Path, str]) -> None:
        """`refused` are the empty files that stand for what was not unpacked, each with the reason."""
        self._folder = folder
        self._refused = refused
        self._count = 0

    def ready(self, handed: Handed) -> Handed:
        """The same with a folder of its own, its zips unpacked, and what was refused listed."""
        try:
            return handed if handed.fault else self._ready(handed)
        except Exception as error:  # noqa: BLE001 (what is everybody's is raised)
            return replace(handed, files={}, fault=fault_in_reading(error, "unpacking the files"))

    def _ready(self, handed: Handed) -> Handed:
        reasons = {n: self._refused.get(p) or _not_unpacked(n) for n, p in handed.files.items()}
        others = [*handed.others, *(_listed(n, reason, _packed(n)) for n, reason in reasons.items() if reason)]
        handed = replace(handed, files={n: p for n, p in handed.files.items() if not reasons[n]})
        if handed.root is None or any(is_zip(path) for path in handed.files.values()):
            handed, more = self._laid_out(handed)
            others += more
        return replace(handed, others=tuple(others))

    def _laid_out(self, handed: Handed) -> tuple[Handed, list[SourceFile]]:
        self._count += 1
        root = self._folder / str(self._count)
        root.mkdir(parents=True)
        noted = []
        for name, path in handed.files.items():
            if left_out := not_taken(name, path):
                noted.append(left_out)
                continue
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, root / name)
        noted += _without_zips(root)
        return replace(handed, root=root, files=below(root)), noted


def _not_unpacked(name: str) -> str:
    """Why a packed file is left alone; empty for what is none, such as MNIST's `train-images-idx3-ubyte.gz`."""
    packed = name.lower().endswith(PACKED)
    return "packed in a way that is not unpacked; pack it as a zip" if packed else ""


def _packed(name: str) -> Format:
    return Format.ARCHIVE if name.lower().endswith(PACKED) else Format.ZIP


def _listed(entry: str, reason: str, format_: Format = Format.ZIP) -> SourceFile:
    return SourceFile(entry, FileKind.REFUSED, reason, format_)


def _without_zips(root: Path) -> list[SourceFile]:
    """Unpacks every zip in a student's folder, and those in them; gives what was refused."""
    noted: list[SourceFile] = []
    for number in range(MOST_ZIPS):
        packed = next((p for p in walk(root) if is_zip(p)), None)
        if packed is None:
            return noted
        name = packed.relative_to(root).as_posix()
        alone = len(below(root)) == 1
        # Beside the student's folder: in it, something may have just this name.
        target = root.with_name(f"{root.name}.{number}")
        try:
            refused = unpack(packed, target, OF_A_STUDENT)
        except UnreadableArchiveError as error:
            refused = (Refusal("", str(error)),)
        for refusal in refused:
            noted.append(_listed(f"{name}: {refusal.entry}".removesuffix(": "), refusal.reason))
            if refusal.path:
                (target / refusal.path).unlink(missing_ok=True)
        packed.unlink()
        try:
            _settle(target, root if alone else _free(packed.with_suffix("")))
        except OSError as error:
            if error.errno not in NAMES:
                raise UserError(f"Cannot unpack {packed} into {target}: {error.strerror or error}.") from error
            noted.append(_listed(name, NAMES[error.errno]))
    noted += [_listed(p.relative_to(root).as_posix(), f"more than {MOST_ZIPS} zips") for p in walk(root) if is_zip(p)]
    return noted


def _settle(unpacked: Path, target: Path) -> None:
    """Moves what a zip held to its place; a folder that is all there is in it is left out."""
    if not unpacked.is_dir():
        return
    inside = unpacked
    while len(listed := visible(inside)) == 1 and listed[0].is_dir():
        inside = listed[0]
    target.mkdir(parents=True, exist_ok=True)
    for path in list(inside.iterdir()):
        path.replace(_free(target / path.name))
    shutil.rmtree(unpacked, ignore_errors=True)


def _free(path: Path) -> Path:
    """The path, or one like it where something is already."""
    candidates = chain((path,), (path.with_name(f"{path.name} ({n})") for n in count(2)))
    return next(p for p in candidates if not p.exists())
