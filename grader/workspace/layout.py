"""The folder of reports: how its files are called. What others named never reaches the names that are ours."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

MANIFEST, RUBRIC, ROSTER_FILE = "manifest.json", "rubric.yaml", "roster.csv"
"""By what a class was graded, and copies of the user's files; visible, so that a copy of what can be seen takes them
along."""
OVERRIDES = "overrides.yaml"
"""Marks and comments by hand."""
INDEX, INDEX_JSON, GRADEBOOK, REFERENCE = "index.html", "index.json", "gradebook.csv", "reference.html"
ROSTER = "roster.json"
SIMILAR, SIMILAR_JSON = "similar.html", "similar.json"
REPORTS_LOCK = ".grader.lock"
"""Held for as long as reports are written: by a grading for hours."""
MARKS_LOCK = ".marks.lock"
"""Held from reading marks by hand until the reports show them, or until whoever writes the reports is sure to."""
OF_THE_CLASS = frozenset(
    {MANIFEST, RUBRIC, ROSTER_FILE, OVERRIDES, INDEX, INDEX_JSON, GRADEBOOK, REFERENCE, ROSTER, SIMILAR, SIMILAR_JSON}
    | {REPORTS_LOCK, MARKS_LOCK}
)
"""What lies beside the students' folders."""

EVIDENCE, GRADE = "evidence.json", "grade.json"
REPORT, INSTRUCTOR = "report.html", "instructor.html"
DRAWINGS = "drawings.json"
"""The curves of the reports, so that pages are written anew without drawing anew."""
WEIGHTS = "weights"
"""A folder of a student's with the recorded weights, by their digests."""
FILES, FILES_JSON = "files", "files.json"
"""All that has its name from the student (notebooks as they were run, modules that were imported and not run: code all
the same) lies in this folder, under short names; the other says which is which."""
OF_A_STUDENT = frozenset({REPORT, INSTRUCTOR, EVIDENCE, GRADE, DRAWINGS, FILES_JSON})
"""Files of a student's folder."""
HELPERS = "helpers"
"""Where older graders put modules, under the student's own names."""

LONGEST = 120
"""Bytes of a name in UTF-8 that stays as it is; file systems take 255, and some archives less."""
SHOWN = 48
"""Bytes that stay of a name that does not."""
DIGEST = 16
"""Digits of what stands behind it: to be called so that another's name has the same, one would try for ages."""
OUR_ENDINGS = frozenset(PurePosixPath(name).suffix for name in OF_THE_CLASS) | {".htm", ".yml", ".lock", ".tmp"}
"""No student's folder ends so: a later grader may call files of the class by other names."""
OUR_FORM = re.compile(rf"~[0-9a-f]{{{DIGEST}}}$", re.IGNORECASE)
"""How names end that we make; who is called so gets another."""
OF_WINDOWS = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?:\..*)?")
NOT_IN_NAMES = frozenset('<>:"/\\|?*')
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Kinds of characters that no name needs: controls, halves of characters, those that no standard knows."""


def student_folders_named(students: Iterable[str], before: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the folder of each student is called among the reports: as the student, unless that could be another's.

    It could be where it is a name of ours, differs from another student's by case or Unicode form only, is longer than
    LONGEST, or is no name everywhere (`CON`, `a:b`, a blank at its end). Where `before` says what a student's folder
    is called already, it stays so.
    """
    own = dict(before or {})
    new = {s: s for s in students if s not in own}
    found = own | distinct(new, {s for s in new if _is_ours(s)}, own.values())
    return {s: found[s] for s in students}


def short_names(programs: Iterable[str], helpers: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What the executed notebook of each program and what each helper is called in FILES; all of them differ."""
    executed = distinct({p: PurePosixPath(p).stem for p in programs})
    notebooks = {program: f"{name}.executed.ipynb" for program, name in executed.items()}
    return notebooks, distinct({h: PurePosixPath(h).name for h in helpers}, taken=notebooks.values())


def executed_paths(folder: Path, programs: Iterable[str]) -> dict[str, Path]:
    """Where the executed notebook of each program of a submission is kept, in the order of the programs."""
    return {program: folder / FILES / name for program, name in short_names(programs, ())[0].items()}


def distinct(wanted: Mapping[str, str], refused: Collection[str] = (), taken: Iterable[str] = ()) -> dict[str, str]:
    """A safe and short name for each: the one that is wanted, or its beginning with a digest of the whole behind it.

    The latter where it is `refused`, taken, wanted twice or not safe.
    """
    used = {_key(name) for name in taken}
    count = Counter(_key(name) for name in wanted.values())
    given = {}
    for whole, name in wanted.items():
        is_free = count[_key(name)] == 1 and _key(name) not in used
        given[whole] = name if is_free and whole not in refused and _is_safe(name) else _made(whole, name)
    return given


def _made(whole: str, name: str) -> str:
    shown = "".join(c if c.isalnum() and unicodedata.category(c) not in UNSEEN else "_" for c in name)
    cut = shown.encode("utf-8", "replace")[:SHOWN].decode("utf-8", "ignore")
    digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST]
    return f"{cut.strip('_') or 'name'}~{digest}"


def _key(name: str) -> str:
    """The same for names that some file system takes for one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _is_safe(name: str) -> bool:
    """Whether a file may be called so on any system."""
    key = _key(name)
    return (
        bool(name.strip(" ."))
        and name == name.strip()
        and not name.startswith((".", "~"))
        and not name.endswith(".")
        and len(name.encode("utf-8", "surrogatepass")) <= LONGEST
        and not any(c in NOT_IN_NAMES or unicodedata.category(c) in UNSEEN for c in name)
        and not any(c in NOT_IN_NAMES for c in key)
        and not OF_WINDOWS.fullmatch(key)
        and not OUR_FORM.search(key)
    )


def _is_ours(name: str) -> bool:
    return PurePosixPath(_key(name)).suffix in OUR_ENDINGS or _key(name) in OF_THE_CLASS


def former_executed_paths(folder: Path, programs: Iterable[str]) -> dict[str, Path]:
    """Where older graders kept the executed notebook of each program, in the order of the programs."""
    paths: dict[str, Path] = {}
    for name in programs:
        place = PurePosixPath(name)
        if place.parts[0] in OF_A_STUDENT:
            place = PurePosixPath(f"_{place}")
        path = folder / f"{place.with_suffix('')}.executed.ipynb"
        # `lab.py` beside `lab.ipynb`
        paths[name] = folder / f"{place}.executed.ipynb" if path in paths.values() else path
    return paths
