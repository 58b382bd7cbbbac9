"""From an `overrides.yaml` to frozen overrides, or to the list of everything that is wrong with the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from grader.errors import UserError, WrittenError
from grader.records import Override
from grader.workspace.overrides.entries import OverrideEntry
from grader.yaml_files.source import KeyPath, Source
from grader.yaml_files.validate import Dialect, suggestion, validated

DIALECT = Dialect(
    "the entry",
    lambda _model, _place: list(OverrideEntry.model_fields),
    {"string_type": "text (in quotes, where it looks like a number)", "greater_than_equal": "marks from 0 up"},
)


def load(path: Path) -> tuple[Override, ...]:
    """The overrides in the file, in its order; none where there is no such file.

    Raises:
        WrittenError: with all problems that show without knowing the class, each as file:line:column.
    """
    return parse(str(path), _content(path))


def parse(name: str, content: bytes) -> tuple[Override, ...]:
    """Like `load`, from the content of a file of that name."""
    source, overrides = _read(name, content)
    if source.problems:
        raise WrittenError(source.problems)
    return tuple(overrides.values())


def load_for(path: Path, students: Collection[str], most: Mapping[str, Fraction]) -> tuple[Override, ...]:
    """The overrides for a class: also names of students and criteria and the height of the marks must be right.

    `most` are the marks to be had by criterion.

    Raises:
        WrittenError: with all problems, each as file:line:column.
    """
    source, overrides = _read(str(path), _content(path))
    for at, override in overrides.items():
        _examine(source, at, override, students, most)
    if source.problems:
        raise WrittenError(source.problems)
    return tuple(overrides.values())


def load_of(path: Path, students: Collection[str]) -> tuple[Override, ...]:
    """The overrides for these students, where it is not known by which rubric.

    Raises:
        WrittenError: with all problems, each as file:line:column; among them, every student that is none of these.
    """
    source, overrides = _read(str(path), _content(path))
    for at, override in overrides.items():
        _examine_student(source, at, override, students)
    if source.problems:
        raise WrittenError(source.problems)
    return tuple(overrides.values())


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise UserError(f"{path}: expected marks by hand, cannot read it ({error.strerror}).") from error


def _read(name: str, content: bytes) -> tuple[Source, dict[KeyPath, Override]]:
    """The file and its valid entries by their paths; what is wrong is reported to the source."""
    source = Source.read(name, content)
    overrides = dict(_entries(source))
    _examine_twice(source, overrides)
    return source, overrides


def _entries(source: Source) -> Iterator[tuple[KeyPath, Override]]:
    listed: object = [] if source.value is None else source.value
    if not isinstance(listed, list):
        source.report((), "expected a list of entries, each beginning with `- student: NAME`")
        return
    for i, value in enumerate(listed):
        entry = validated(source, OverrideEntry, value, (i,), DIALECT)
        if entry is not None and _whole(source, (i,), entry):
            yield (i,), _override(entry)


def _override(entry: OverrideEntry) -> Override:
    return Override(
        student=entry.student,
        by=entry.by,
        when=entry.when,
        criterion=entry.criterion,
        mark=None if entry.mark is None else Fraction(entry.mark),
        replaces=entry.replaces,
        comment=entry.comment or "",
        accepts=entry.accepts,
        submission=entry.submission or "",
        rubric=entry.rubric or "",
    )


def _whole(source: Source, path: KeyPath, entry: OverrideEntry) -> bool:
    """Whether the keys go together; otherwise what is missing is reported."""
    given = {key for key in entry.model_fields_set if key == "replaces" or getattr(entry, key) not in {None, ()}}
    wrong: list[tuple[str, str]] = []
    if "mark" in given and entry.criterion is None:
        wrong.append(("mark", "a mark needs the criterion that it is for; add 'criterion'"))
    if "mark" in given and "replaces" not in given:
        wrong.append(
            ("mark", "a mark needs 'replaces', the automatic mark in its place, so that a change of that is noticed")
        )
    if "mark" not in given and "replaces" in given:
        wrong.append(("replaces", "'replaces' without 'mark'; add the mark, or take it away"))
    if entry.accepts and entry.criterion is not None:
        wrong.append(("accepts", "'accepts' is about the whole grade; give it an entry without 'criterion'"))
    wrong += [
        (key, f"'{key}' says of which grade the reasons are accepted; add 'accepts', or take it away")
        for key in sorted(given & {"submission", "rubric"})
        if not entry.accepts
    ]
    if not wrong and not given & {"mark", "comment", "accepts"}:
        wrong.append(("student", "the entry says nothing; add 'mark', 'comment' or 'accepts'"))
    for key, message in wrong:
        source.report((*path, key), message, at_key=True)
    return not wrong


def _examine_twice(source: Source, overrides: Mapping[KeyPath, Override]) -> None:
    """Two marks for one thing contradict one another; comments may be many."""
    first: dict[tuple[str, str | None], int] = {}
    for path, override in overrides.items():
        if override.mark is None:
            continue
        key = (override.student, override.criterion)
        if key in first:
            message = f"a second mark for {override.criterion} of {override.student} (first in entry {first[key]})"
            source.report((*path, "mark"), f"{message}; keep one", at_key=True)
        first.setdefault(key, int(path[0]) + 1)


def _examine(
    source: Source, path: KeyPath, override: Override, students: Iterable[str], most: Mapping[str, Fraction]
) -> None:
    _examine_student(source, path, override, students)
    if override.criterion is None:
        return
    if override.criterion not in most:
        source.report(
            (*path, "criterion"),
            f"no criterion '{override.criterion}' in the rubric {suggestion(override.criterion, most)}",
        )
    elif override.mark is not None and override.mark > most[override.criterion]:
        limit, found = float(most[override.criterion]), float(override.mark)
        source.report((*path, "mark"), f"{override.criterion} has at most {limit:g} marks, found {found:g}")


def _examine_student(source: Source, path: KeyPath, override: Override, students: Iterable[str]) -> None:
    known = list(students)
    if override.student not in known:
        source.report(
            (*path, "student"), f"no student '{override.student}' in the class {suggestion(override.student, known)}"
        )
