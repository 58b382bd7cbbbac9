"""Whatever students call themselves and their files: names that differ, short, safe, stable, and none of ours."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.workspace.layout import (
    FILES,
    LONGEST,
    OF_A_STUDENT,
    OF_THE_CLASS,
    executed_paths,
    short_names,
    student_folders_named,
)
from grader.workspace.manifest import Kept, Manifest, write_manifest
from grader.workspace.members import folders_for, folders_of

WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
HOSTILE = (
    *OF_THE_CLASS,
    *(name.upper() for name in OF_THE_CLASS),
    *(
        "Ada",
        "ada",
        "ADA",
        "Müller",
        "Mu\u0308ller",
        "mu\u0308ller",
        "ﬁn",
        "fin",
        "straße",
        "STRASSE",
        "ada.",
        "ada ",
        " ada",
    ),
    *("CON", "con.txt", "Nul", "aux.py", "COM1", "lpt9.x", "a:b", "a\\b", "a*b", "tab\there", "\u202eada", "a\u200bda"),
    *("n" * 249, "n" * 248 + "m", "ü" * 127, "\udcff\udcfe", "...", "~", "-rf", "$HOME", "'", '"', "null", "1e3", "#x"),
    *("evidence.json", "report.html", "files", "files.json", "weights", ".received", ".grader.lock", ".0.tmp"),
    *("ada~0123456789abcdef", "index_html~0123456789abcdef", "later.yaml", "x.HTML"),
)
WORDS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(blacklist_characters="/\0"), min_size=1, max_size=60),
    st.text("aAäÄ. ~", min_size=1, max_size=6),
)
NAMES = st.lists(WORDS.filter(lambda name: name not in {".", ".."}), unique=True, max_size=30)


def one_to_a_file_system(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def must_be_safe(names: list[str]) -> None:
    assert len({one_to_a_file_system(name) for name in names}) == len(names)
    for name in names:
        assert len(name.encode()) <= LONGEST, "no half characters, and short"
        assert name == name.strip()
        assert not name.endswith(".")
        assert not name.startswith(".")
        assert not WINDOWS.fullmatch(one_to_a_file_system(name))
        assert not set('<>:"/\\|?*') & set(name)
        assert not [c for c in name if unicodedata.category(c) in {"Cc", "Cf", "Cs"}]


@given(NAMES, st.randoms())
def test_folders_of_students_differ_are_short_safe_and_stable_and_none_of_ours(
    students: list[str], chance: object
) -> None:
    folders = student_folders_named(students)
    assert list(folders) == students
    must_be_safe(list(folders.values()))
    ours = {one_to_a_file_system(name) for name in OF_THE_CLASS}
    assert not ours & {one_to_a_file_system(name) for name in folders.values()}
    shuffled = list(students)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random
    assert student_folders_named(shuffled) == folders
    half = student_folders_named(students[::2])
    assert student_folders_named(students, half).items() >= half.items()
    must_be_safe(list(student_folders_named(students, half).values()))


@given(NAMES, NAMES, NAMES)
def test_files_of_a_student_differ_are_short_safe_and_none_of_ours(
    folders: list[str], programs: list[str], helpers: list[str]
) -> None:
    inside = [f"{folder}/{program}" for folder in folders[:4] for program in programs[:4]]
    executed, modules = short_names([*inside, *(f"{p}.ipynb" for p in programs)], [f"{h}.py" for h in helpers])
    assert len(executed) == len({*inside, *(f"{p}.ipynb" for p in programs)})
    must_be_safe_files([*executed.values(), *modules.values()])


def must_be_safe_files(names: list[str]) -> None:
    assert len({one_to_a_file_system(name) for name in names}) == len(names)
    assert all(len(name.encode()) < LONGEST + 20 and "/" not in name for name in names)


@pytest.mark.parametrize(
    "student",
    ["ada", "Ada Lovelace", "anna.müller", "Participant 12", "O'Neil, Seán", "李雷", "ada@example.org", "a_b-c (2)"],
)
def test_usual_names_stay_as_they_are(student: str) -> None:
    assert student_folders_named([student]) == {student: student}


def test_usual_files_are_called_as_before() -> None:
    executed, helpers = short_names(["lab.ipynb", "task 2.py"], ["layers.py"])
    assert executed == {"lab.ipynb": "lab.executed.ipynb", "task 2.py": "task 2.executed.ipynb"}
    assert helpers == {"layers.py": "layers.py"}


@pytest.mark.parametrize("program", ["evidence.json/lab.py", "../../gradebook.csv", "/etc/passwd", "a/../../b.py"])
def test_no_path_of_a_program_leads_out_of_its_folder(program: str, tmp_path: Path) -> None:
    (path,) = executed_paths(tmp_path, [program]).values()
    assert path.parent == tmp_path / FILES
    assert path.name not in OF_A_STUDENT


def written(out: Path, students: list[str], folders: dict[str, str]) -> None:
    out.mkdir(exist_ok=True)
    write_manifest(out, Manifest("Class", Kept("r", ""), dict.fromkeys(students, ""), folders=folders), b"")


def test_folders_of_an_older_grader_are_kept_whatever_they_are_called(tmp_path: Path) -> None:
    written(tmp_path, ["CON", "ada", "Ada"], {})
    for name in ("CON", "ada", "Ada"):
        (tmp_path / name).mkdir()
    folders = folders_for(tmp_path, ["CON", "ada", "Ada", "index.html"])
    assert [folders.of(s).name for s in ("CON", "ada", "Ada")] == ["CON", "ada", "Ada"]
    assert folders.of("index.html").name.startswith("index_html~")


def test_a_folder_that_was_given_is_found_again_when_a_twin_comes(tmp_path: Path) -> None:
    written(tmp_path, ["Ada"], dict(folders_for(tmp_path, ["Ada"]).names))
    (tmp_path / "Ada").mkdir()
    both = folders_for(tmp_path, ["ADA", "Ada"])
    assert both.of("Ada") == tmp_path / "Ada"
    written(tmp_path, ["ADA", "Ada"], dict(both.names))
    both.of("ADA").mkdir()
    assert folders_of(tmp_path).of("ADA") == both.of("ADA")
    assert folders_for(tmp_path, ["ADA"]).of("ADA") == both.of("ADA")
