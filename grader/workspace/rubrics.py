"""The rubric by which the class in a folder of reports was graded, and what another one is to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from grader.assignment.criterion import Rubric
from grader.assignment.rubric.load import bundled, load
from grader.errors import UserError, WrittenError
from grader.i18n.languages import languages
from grader.workspace.grade_file import stored_grade
from grader.workspace.layout import GRADE, INDEX_JSON, RUBRIC
from grader.workspace.manifest import Manifest, read_manifest
from grader.workspace.members import stored, student_folders


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rubric that a command goes by."""

    rubric: Rubric
    file: Path
    name: str
    """What the user calls it."""
    remembered: bool
    """Nothing was said, and the folder knew it."""
    instead_of: str = ""
    """The name of the rubric by which the class was graded, where that is another; empty where it is this one."""
    original: str = ""
    """The path of the user's file, of which the folder keeps a copy; empty for the lab's own, or where unknown."""

    @property
    def is_the_labs_own(self) -> bool:
        """Not by its content alone: a copy of it is there to be changed, and may have been since."""
        same = self.rubric.content == bundled().read_bytes()
        return same and not self.original and self.name == bundled().name


def choose(out: Path, said: Path | None) -> Chosen:
    """The rubric that was said; else the one that the folder remembers; else, for a new folder, the lab's own.

    Raises:
        UserError: the rubric has problems; or nothing was said and the class was graded by one that is not known.
    """
    manifest = read_manifest(out)
    digests = graded_by(out)
    if said is None and (manifest or digests):
        return _remembered(out, manifest, digests)
    file = said or bundled()
    rubric = load(file)
    original = _original(out, manifest, file)
    agreed = manifest is not None and manifest.rubric.digest == rubric.digest
    if agreed or not digests or digests == {rubric.digest}:
        return Chosen(rubric, file, _name(out, rubric, manifest, file), remembered=False, original=original)
    former = _former(manifest, digests, file.name)
    return Chosen(rubric, file, file.name, remembered=False, instead_of=former, original=original)


def graded_by(out: Path) -> frozenset[str]:
    """The digests of the rubrics by which the class has grades; "" for a grade that does not say."""
    found = set()
    for folder in student_folders(out, GRADE).values():
        grade = stored_grade(folder)
        found.add(grade.digests.rubric if grade else "")
    return frozenset(found)


def language_said(out: Path, rubric: Rubric) -> str | None:
    """The language that was asked for by an option when the class was graded; None where the rubric's own holds.

    A folder of an older grader says in which language its reports are: it was asked for unless the rubric, being the
    one by which they were written, names it.

    Raises:
        UserError: the manifest cannot be read.
    """
    manifest = read_manifest(out)
    if manifest is not None:
        return manifest.settings.language
    written = stored(out / INDEX_JSON).get("language")
    known = written in languages() and graded_by(out) == {rubric.digest}
    return str(written) if known and written != rubric.language else None


def _remembered(out: Path, manifest: Manifest | None, digests: frozenset[str]) -> Chosen:
    copy = out / RUBRIC
    wanted = {manifest.rubric.digest} if manifest else digests
    for path in (copy, bundled()):
        if len(wanted) == 1 and _digest(path) in wanted:
            rubric = _loaded(path)
            name = manifest.rubric.name if manifest else path.name
            return Chosen(rubric, path, name, remembered=True, original=_original(out, manifest, path))
    if manifest is None:
        by = "by another rubric than the lab's own" if len(digests) == 1 else f"by {len(digests)} different rubrics"
        raise UserError(
            f"It is not known by which rubric the class in {out} was graded: {by}, and by a grader that kept no copy. "
            f"Say which to go by with --rubric FILE (the lab's own, as it comes with this grader: {bundled()})."
        )
    kept = f"The class in {out} was graded by {manifest.rubric.name}, and the copy of it, {copy},"
    if not copy.exists():
        raise UserError(f"{kept} is not there. Put it back, or say by which rubric to go on: --rubric FILE.")
    raise UserError(
        f"{kept} has been changed since it was kept. Put it back, or say by which rubric to go on: "
        f"--rubric {copy} takes it as it is now."
    )


def _original(out: Path, manifest: Manifest | None, file: Path) -> str:
    if _is_the_copy(out, file):
        return manifest.settings.rubric_path if manifest and manifest.rubric.digest == _digest(file) else ""
    return "" if file == bundled() else str(file.resolve())


def _former(manifest: Manifest | None, digests: frozenset[str], now: str) -> str:
    """What the rubric of before is called beside that of now."""
    if manifest is None and digests != {_digest(bundled())}:
        return "another rubric"
    name = manifest.rubric.name if manifest else bundled().name
    return f"{name} as it was then" if name == now else name


def _loaded(path: Path) -> Rubric:
    """A rubric that was right once may not be for a newer grader."""
    try:
        return load(path)
    except WrittenError as error:
        advice = f"By {path} the class was graded; this grader asks more of a rubric. Mend a copy: --rubric FILE."
        raise WrittenError((*error.problems, advice)) from error


def _is_the_copy(out: Path, file: Path) -> bool:
    return file.resolve() == (out / RUBRIC).resolve()


def _name(out: Path, rubric: Rubric, manifest: Manifest | None, file: Path) -> str:
    """The name under which the class knows the rubric, whatever its copy is called."""
    known = manifest is not None and manifest.rubric.digest == rubric.digest and _is_the_copy(out, file)
    return manifest.rubric.name if manifest and known else file.name


def changed_since(chosen: Chosen, path: Path) -> bool:
    """Whether a file is another now than the rubric."""
    return _digest(path) != chosen.rubric.digest


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
