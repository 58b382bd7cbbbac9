"""One submission for each student, every file accounted for, in class folders of all shapes."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import UserError
from grader.intake.folder import LARGEST_DATA, MOST_FILES, find_class, single_file
from grader.records import FileKind, Submission

STAGE = """
import keras
from keras import layers
(X, y), (X_test, y_test) = keras.datasets.mnist.load_data()
model = keras.Sequential()
{layers}
model.compile(optimizer={optimizer}, loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(X.reshape(60000, 784), keras.utils.to_categorical(y), epochs=100)
"""


def notebook(*cells: str) -> str:
    made: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    return str(nbformat.writes(made))


def put(folder: Path, **files: str) -> Path:
    """Writes files; `__` in a name stands for a slash, the last `_` for the dot."""
    for name, content in files.items():
        path = folder / ".".join(name.replace("__", "/").rsplit("_", 1))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def kinds(submission: Submission) -> dict[str, str]:
    return {f.name: str(f.kind) for f in submission.files}


def only(folder: Path) -> Submission:
    (submission,) = find_class(folder).submissions
    return submission


def students(folder: Path) -> list[str]:
    return [s.student for s in find_class(folder).submissions]


# ---------------------------------------------------------------- whose it is


def test_a_folder_is_a_students_submission(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook("1"), ben__lab_py="1")
    assert students(tmp_path) == ["ada", "ben"]
    assert kinds(find_class(tmp_path).submissions[1]) == {"lab.py": "module"}


def test_a_loose_file_is_a_submission_named_after_it(tmp_path: Path) -> None:
    put(tmp_path, ada_ipynb=notebook("1"), ben_py="1")
    assert students(tmp_path) == ["ada", "ben"]
    assert [p.name for p in find_class(tmp_path).submissions[0].programs] == ["ada.ipynb"]


def test_a_loose_notebook_and_module_of_one_name_are_one_students(tmp_path: Path) -> None:
    put(tmp_path, ada_ipynb=notebook("a = 1"), ada_py="b = 2")
    assert students(tmp_path) == ["ada"]
    assert kinds(only(tmp_path)) == {"ada.ipynb": "notebook", "ada.py": "module"}


def test_a_loose_file_beside_a_folder_of_its_name_keeps_a_name_of_its_own(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook("1"), ada_ipynb=notebook("2"))
    assert students(tmp_path) == ["ada", "ada.ipynb"]


def test_an_empty_folder_is_a_submission_with_nothing_to_run(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    assert only(tmp_path).files == ()


@pytest.mark.parametrize("name", ["Müller Łukasz", "мой", " ada ", "ada'; DROP TABLE", "李雷", "a&b<c>"])
def test_a_students_name_is_kept_as_it_is(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / f"{name} (2).ipynb").write_text(notebook("1"))
    assert students(tmp_path) == [name]
    assert len(only(tmp_path).programs) == 1


def test_a_file_name_of_broken_bytes_is_read_all_the_same(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/M\xfcller"
    os.mkdir(folder)  # noqa: PTH102 (a name of bytes)
    with open(folder + b"/\xdcbung.py", "w") as file:  # noqa: PTH123 (a name of bytes)
        file.write("x = 1")
    submission = only(tmp_path)
    assert len(submission.programs) == 1
    assert len(submission.digest) == 64


def test_no_folder_is_told_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Expected a folder with one submission for each student, found no folder"):
        find_class(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="found no folder"):
        find_class(put(tmp_path, lab_py="1") / "lab.py")


def test_a_folder_without_submissions_is_told_with_what_was_expected(tmp_path: Path) -> None:
    put(tmp_path, readme_txt="hello")
    with pytest.raises(UserError, match=r"Found no submissions in .*Expected .*<student>"):
        find_class(tmp_path)


def test_what_belongs_to_no_student_is_told_with_the_reason(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_py="1", grades_csv="x")
    (tmp_path / ".DS_Store").touch()
    (tmp_path / ".git").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "ada")
    assert find_class(tmp_path).passed_over == (
        ".DS_Store: hidden or left by another program",
        ".git: hidden or left by another program",
        "grades.csv: not a notebook or module",
        "link: a link; hand in the file or folder itself",
    )


# ---------------------------------------------------------------- what the files are


def test_files_in_folders_within_the_folder_belong_to_it(tmp_path: Path) -> None:
    put(tmp_path, ada__week2__lab_ipynb=notebook("1"), ada__week2__data__x_csv="1,2")
    assert kinds(only(tmp_path)) == {"week2/lab.ipynb": "notebook", "week2/data/x.csv": "data"}


def test_a_link_is_told_and_never_followed(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_py="1")
    (tmp_path / "ada" / "secret.py").symlink_to("/etc/passwd")
    (tmp_path / "ada" / "folder").symlink_to("/etc")
    (tmp_path / "ada" / "broken.ipynb").symlink_to("nowhere")
    found = only(tmp_path)
    assert kinds(found) == {"broken.ipynb": "ignored", "folder": "ignored", "lab.py": "module", "secret.py": "ignored"}
    assert {f.note for f in found.files if f.kind is FileKind.IGNORED} == {
        "a link or special file; hand in the file itself"
    }


def test_a_pipe_is_told_and_never_opened(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_py="1")
    os.mkfifo(tmp_path / "ada" / "pipe.py")
    assert kinds(only(tmp_path))["pipe.py"] == "ignored"


def test_what_editors_and_systems_leave_behind_is_no_part_of_it(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_py="1")
    for clutter in ("__pycache__", "__MACOSX", ".ipynb_checkpoints"):
        put(tmp_path / "ada" / clutter, lab_py="2")
    assert kinds(only(tmp_path)) == {"lab.py": "module"}


def test_an_empty_file_is_a_program_like_any_other(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_py="", ada__lab2_ipynb="")
    assert kinds(only(tmp_path)) == {"lab.py": "module", "lab2.ipynb": "notebook"}


def test_an_upper_case_suffix_is_a_suffix(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "LAB.IPYNB").write_text(notebook("1"))
    assert kinds(only(tmp_path)) == {"LAB.IPYNB": "notebook"}


def test_a_huge_data_file_is_left_out_with_the_reason(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_py="1")
    with (tmp_path / "ada" / "weights.h5").open("wb") as file:
        file.truncate(LARGEST_DATA + 1)
    assert [f.note for f in only(tmp_path).files if f.name == "weights.h5"] == ["larger than 64 MiB"]


def test_of_endless_files_the_first_are_taken_and_the_rest_is_told(tmp_path: Path) -> None:
    folder = put(tmp_path, ada__lab_py="1") / "ada"
    for n in range(MOST_FILES + 5):
        (folder / f"z{n:04}.txt").touch()
    ignored = [f for f in only(tmp_path).files if f.kind is FileKind.IGNORED]
    assert len(only(tmp_path).files) == MOST_FILES + 6
    assert {f.note for f in ignored} == {"more than 500 files"}


# ---------------------------------------------------------------- programs under wrong names

RUN = "import keras\nmodel = keras.Sequential()"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("lab.ipynb.txt", "notebook"),
        ("lab.ipynb.json", "notebook"),
        ("lab.ipynb.ipynb", "notebook"),
        ("lab.json", "notebook"),
        ("lab.txt", "notebook"),
        ("lab", "notebook"),
        ("lab.py", "notebook"),
        ("lab.ipynb", "module"),
        ("lab.py.txt", "module"),
        ("lab.txt", "module"),
    ],
)
def test_what_plainly_is_a_program_is_run_under_a_wrong_name_with_a_word(name: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / name).write_text(notebook(RUN) if kind == "notebook" else RUN)
    (program,) = only(tmp_path).programs
    assert (program.name, str(program.kind)) == (name, kind)
    assert "by its content, whatever its name says" in program.note


def test_a_rightly_named_program_bears_no_word(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook(RUN), ada__more_py="import os")
    assert [f.note for f in only(tmp_path).programs] == ["", ""]


def test_a_notebook_saved_twice_under_wrong_names_counts_once(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_json=notebook(RUN))
    (tmp_path / "ada" / "lab.ipynb.json").write_text(notebook(RUN))
    assert sorted(kinds(only(tmp_path)).values()) == ["data", "notebook"]


def test_a_copy_under_a_wrong_name_beside_the_notebook_counts_once(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook(RUN, "x = 1"))
    (tmp_path / "ada" / "lab.ipynb.txt").write_text(notebook(RUN, "x = 1"))
    assert kinds(only(tmp_path)) == {"lab.ipynb": "notebook", "lab.ipynb.txt": "duplicate"}


def test_json_beside_a_notebook_is_data_whatever_is_in_it(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook(RUN), ada__config_json='{"cells": 1}', ada__given_json=notebook("other = 1"))
    assert kinds(only(tmp_path)) == {"lab.ipynb": "notebook", "config.json": "data", "given.json": "data"}


def test_what_macos_leaves_beside_a_notebook_is_no_damaged_notebook(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook(RUN))
    (tmp_path / "ada" / "._lab.ipynb").write_bytes(b"\0\x05\x16\x07\0")
    assert kinds(only(tmp_path)) == {"lab.ipynb": "notebook", "._lab.ipynb": "ignored"}


def test_ones_own_file_may_have_a_wrong_name(tmp_path: Path) -> None:
    (tmp_path / "lab.ipynb.txt").write_text(notebook(RUN))
    (found,) = single_file(tmp_path / "lab.ipynb.txt").programs
    assert (found.name, found.kind) == ("lab.ipynb.txt", FileKind.NOTEBOOK)
    assert "by its content" in found.note


def test_what_is_no_program_of_ones_own_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "lab.pdf").write_bytes(b"%PDF-1.4")
    with pytest.raises(UserError, match=r"found a PDF: .*lab\.pdf\. Hand in the notebook itself"):
        single_file(tmp_path / "lab.pdf")


# ---------------------------------------------------------------- students of whom no program came


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("zoe.pdf", b"%PDF-1.4"),
        ("zoe.docx", b"PK\x03\x04word/document.xml"),
        ("zoe.rar", b"Rar!\x1a\x07"),
        ("zoe.7z", b"7z\xbc\xaf\x27\x1c"),
        ("zoe.url", b"[InternetShortcut]\nURL=https://x.org"),
        ("zoe.txt", b"https://colab.research.google.com/drive/1AbC"),
        ("zoe.html", b"<html>x</html>"),
        ("zoe.jpg", b"\xff\xd8\xff\xe0"),
        ("zoe.ipynb", b""),
        ("zoe.ipynb.txt", notebook("x = 1").encode()),
        ("zoe", notebook("x = 1").encode()),
    ],
)
@pytest.mark.parametrize("others", ["ben_ipynb", "ben__lab_ipynb"])
def test_a_loose_file_that_is_somebodys_work_is_never_passed_over(
    others: str, name: str, content: bytes, tmp_path: Path
) -> None:
    put(tmp_path, **{others: notebook("1")})
    (tmp_path / name).write_bytes(content)
    assert students(tmp_path) == ["ben", "zoe"]
    assert find_class(tmp_path).passed_over == ()


@pytest.mark.parametrize(
    "name", ["Assignment 2.pdf", "CS101-Lab2.pdf", "README.html", "handout.docx", "solution.zip.7z"]
)
def test_what_is_called_like_course_material_is_passed_over_with_a_word(name: str, tmp_path: Path) -> None:
    put(tmp_path, ben_ipynb=notebook("1"))
    (tmp_path / name).write_bytes(b"%PDF-1.4")
    assert students(tmp_path) == ["ben"]
    (told,) = find_class(tmp_path).passed_over
    assert "course material" in told


def test_a_document_beside_a_notebook_of_its_name_is_the_same_students(tmp_path: Path) -> None:
    put(tmp_path, ada_ipynb=notebook("1"), ada_pdf="%PDF-1.4", ben_ipynb=notebook("1"))
    assert students(tmp_path) == ["ada", "ben"]


def test_a_folder_of_documents_only_is_told_with_their_names(tmp_path: Path) -> None:
    put(tmp_path, ada_pdf="%PDF-1.4", ben_docx="x")
    with pytest.raises(UserError, match=r"Found no submissions .* but ada.pdf, ben.docx, none of which is a notebook"):
        find_class(tmp_path)


def test_an_empty_folder_called_like_a_notebook_is_told(tmp_path: Path) -> None:
    (tmp_path / "ada" / "lab.ipynb").mkdir(parents=True)
    assert [(f.name, f.note) for f in only(tmp_path).files] == [("lab.ipynb", "an empty folder")]


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user reaches."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """Nobody may read the path, not even root, who becomes somebody else meanwhile."""
    root, mode = os.geteuid() == 0, path.stat().st_mode
    path.chmod(0)
    if root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        path.chmod(mode)


@pytest.mark.parametrize("name", ["lab.py", "data.csv", "folder"])
def test_what_may_not_be_read_stops_nothing(name: str, shared: Path) -> None:
    put(shared, ada__lab_py="1", ada__data_csv="1", ada__folder__x_py="1", ben__lab_py="1")
    with unreadable(shared / "ada" / name):
        found = find_class(shared).submissions
    assert [s.student for s in found] == ["ada", "ben"]
    assert kinds(found[0])[name] == "not opened"
    assert [f.note for f in found[0].files if f.name == name] == ["cannot be opened: Permission denied"]


def test_a_students_folder_that_may_not_be_read_is_a_submission_with_nothing_to_run(shared: Path) -> None:
    put(shared, ada__lab_py="1", ben__lab_py="1")
    with unreadable(shared / "ada"):
        found = find_class(shared).submissions
    assert [len(s.programs) for s in found] == [0, 1]
    assert [(f.name, f.kind) for f in found[0].files] == [(".", "not opened")]


def test_a_class_folder_that_may_not_be_read_is_told(shared: Path) -> None:
    put(shared, outer__class__ada__lab_py="1")
    for folder in ("outer", "outer/class"):
        with unreadable(shared / folder), pytest.raises(UserError, match="cannot be read: Permission denied"):
            find_class(shared / "outer/class")


# ---------------------------------------------------------------- helpers

IMPORTS = {
    "plain": "import common",
    "with others": "import os, common as c, sys",
    "after a semicolon": "import os; import common",
    "from": "from common import load",
    "star": "from common import *",
    "from here": "from . import common",
    "from here by name": "from .common import load",
    "over several lines": "from common import (\n    load,  # the data\n    plot,\n)",
    "within a function": "def f():\n    import common\n",
    "run": "%run common.py",
    "run with options": "%run -i common",
    "run quoted": "%run './common.py'",
}


@pytest.mark.parametrize("way", sorted(IMPORTS))
def test_a_module_that_is_imported_is_a_helper_however_it_is_imported(way: str, tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook(IMPORTS[way]), ada__common_py="def load(): pass")
    found = only(tmp_path)
    assert kinds(found) == {"common.py": "helper", "lab.ipynb": "notebook"}
    assert [f.note for f in found.beside] == ["imported by lab.ipynb"]


def test_a_module_is_imported_by_its_path_too(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_py="from tools.data import load", ada__tools__data_py="1", ada__tools__other_py="2")
    assert kinds(only(tmp_path)) == {"lab.py": "module", "tools/data.py": "helper", "tools/other.py": "module"}


def test_a_package_is_a_helper_with_all_that_makes_it_one(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_py="import tools.data")
    put(tmp_path / "ada" / "tools", data_py="1")
    (tmp_path / "ada" / "tools" / "__init__.py").write_text("")
    assert kinds(only(tmp_path)) == {"lab.py": "module", "tools/__init__.py": "helper", "tools/data.py": "helper"}


def test_a_notebook_that_another_one_runs_is_a_helper(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook("%run ./common.ipynb"), ada__common_ipynb=notebook("x = 1"))
    assert kinds(only(tmp_path)) == {"common.ipynb": "helper", "lab.ipynb": "notebook"}


def test_a_module_of_the_same_name_as_a_library_is_none_unless_it_is_imported(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_py="import keras_tuner, numpy", ada__keras_py="x = 1")
    assert kinds(only(tmp_path))["keras.py"] == "module"


def test_modules_that_import_one_another_are_programs_and_not_lost(tmp_path: Path) -> None:
    put(tmp_path, ada__one_py="import two\nx = 1", ada__two_py="import one\ny = 2")
    assert kinds(only(tmp_path)) == {"one.py": "module", "two.py": "module"}


def test_a_helper_of_a_helper_is_a_helper(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_py="import one", ada__one_py="import two", ada__two_py="x = 1")
    assert kinds(only(tmp_path)) == {"lab.py": "module", "one.py": "helper", "two.py": "helper"}


# ---------------------------------------------------------------- copies


def aged(folder: Path, *names: str) -> Path:
    """Files that were changed an hour apart, in this order."""
    for hours, name in enumerate(reversed(names)):
        then = time.time() - 3600 * (hours + 1)
        os.utime(folder / "ada" / name, (then, then))
    return folder


LAB = ("import keras", "model = keras.Sequential()", "model.compile()", "model.fit()", "model.evaluate()")


@pytest.mark.parametrize(
    "name",
    ["lab (1).ipynb", "lab-Copy1.ipynb", "lab_v2.ipynb", "lab_final.ipynb", "lab - Copy.ipynb", "Copy of lab.ipynb"],
)
def test_a_second_attempt_counts_once_the_newest(name: str, tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook(*LAB))
    (tmp_path / "ada" / name).write_text(notebook(*LAB, "model.summary()"))
    assert kinds(only(aged(tmp_path, "lab.ipynb", name))) == {"lab.ipynb": "duplicate", name: "notebook"}
    assert kinds(only(aged(tmp_path, name, "lab.ipynb"))) == {"lab.ipynb": "notebook", name: "duplicate"}


@pytest.mark.parametrize("name", ["lab - Copy.ipynb", "lab-Copy1.ipynb", "Copy of lab.ipynb"])
def test_a_copy_that_differs_may_be_a_backup_and_a_person_is_asked_where_times_do_not_tell(
    name: str, tmp_path: Path
) -> None:
    put(tmp_path, ada__lab_ipynb=notebook(*LAB))
    (tmp_path / "ada" / name).write_text(notebook(*LAB, "model.summary()"))
    assert [f.name for f in only(tmp_path).files if f.unsure] == ["lab.ipynb"]
    assert not any(f.unsure for f in only(aged(tmp_path, "lab.ipynb", name)).files)
    (tmp_path / "ada" / name).write_text(notebook(*LAB))
    assert not any(f.unsure for f in only(tmp_path).files)


def test_of_copies_unpacked_together_the_higher_number_is_the_newer(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook(*LAB))
    for n in (2, 10):
        (tmp_path / "ada" / f"lab ({n}).ipynb").write_text(notebook(*LAB, f"print({n})"))
    found = only(tmp_path)
    assert [p.name for p in found.programs] == ["lab (10).ipynb"]
    assert {f.note for f in found.files if f.kind is FileKind.DUPLICATE} == {"an older copy of lab (10).ipynb"}


def test_a_notebook_and_the_script_exported_from_it_count_once(tmp_path: Path) -> None:
    exported = "#!/usr/bin/env python\n# coding: utf-8\n" + "".join(f"# In[{n}]:\n\n{c}\n\n" for n, c in enumerate(LAB))
    put(tmp_path, ada__lab_ipynb=notebook(*LAB), ada__export_py=exported)
    assert kinds(only(tmp_path)) == {"lab.ipynb": "notebook", "export.py": "duplicate"}


def test_one_script_for_each_stage_is_no_copy_of_the_others_however_alike_they_are(tmp_path: Path) -> None:
    for name, optimizer in (
        ("1_naive", '"sgd"'),
        ("2_init", '"rmsprop"'),
        ("3_activation", '"adam"'),
        ("4 final", '"nadam"'),
    ):
        put(tmp_path, **{f"ada__{name}_py": STAGE.format(layers="", optimizer=optimizer)})
    assert set(kinds(only(tmp_path)).values()) == {"module"}
    assert len(only(tmp_path).programs) == 4


def test_a_copy_in_name_alone_is_a_program(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook(*LAB))
    (tmp_path / "ada" / "lab (1).ipynb").write_text(notebook("entirely", "different", "content", "throughout", "here"))
    assert len(only(tmp_path).programs) == 2


def test_two_empty_files_are_no_copies(tmp_path: Path) -> None:
    put(tmp_path, ada__one_py="", ada__two_py="# nothing")
    assert len(only(tmp_path).programs) == 2


def test_copies_of_endless_code_are_compared_at_all(tmp_path: Path) -> None:
    # Line by line it would be ten thousand million comparisons, and this test would end tomorrow.
    put(tmp_path, ada__lab_py="x = 1\ny = 2\n" * 25_000)
    (tmp_path / "ada" / "lab (1).py").write_text("y = 2\nx = 1\n" * 25_000 + "z = 3\n")
    assert len(only(tmp_path).programs) == 1


# ---------------------------------------------------------------- digest


def test_the_digest_changes_with_what_a_run_depends_on_and_with_nothing_else(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_py="x = 1", ada__data_csv="1")
    first = only(tmp_path).digest
    put(tmp_path / "ada" / "__pycache__", lab_pyc="x")
    os.utime(tmp_path / "ada" / "lab.py")
    assert only(tmp_path).digest == first
    put(tmp_path, ada__data_csv="2")
    second = only(tmp_path).digest
    put(tmp_path, ada__data_csv="1", ada__new_py="y = 1")
    assert len({first, second, only(tmp_path).digest}) == 3


def test_the_digest_does_not_depend_on_who_or_where_it_is(tmp_path: Path) -> None:
    put(tmp_path / "here", ada__lab_py="x = 1")
    put(tmp_path / "there", ben__lab_py="x = 1")
    assert only(tmp_path / "here").digest == only(tmp_path / "there").digest


# ---------------------------------------------------------------- one's own file


def test_ones_own_file_comes_with_the_modules_it_needs_and_no_others(tmp_path: Path) -> None:
    put(tmp_path, lab_ipynb=notebook("import one"), one_py="import two", two_py="x = 1", other_py="y = 1")
    found = single_file(tmp_path / "lab.ipynb")
    assert kinds(found) == {"lab.ipynb": "notebook", "one.py": "helper", "two.py": "helper"}
    assert found.student == "lab"


def test_ones_own_module_is_checked_even_where_another_imports_it(tmp_path: Path) -> None:
    put(tmp_path, lab_py="x = 1", other_py="import lab")
    assert kinds(single_file(tmp_path / "lab.py")) == {"lab.py": "module"}


def test_ones_own_file_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path, real_py="x = 1")
    (tmp_path / "lab.py").symlink_to("real.py")
    assert kinds(single_file(tmp_path / "lab.py")) == {"lab.py": "module"}


@pytest.mark.parametrize(
    ("name", "words"), [("nowhere.py", "found no file"), ("notes.txt", "notes.txt"), (".", "Expected")]
)
def test_what_is_no_file_of_ones_own_is_told(name: str, words: str, tmp_path: Path) -> None:
    put(tmp_path, notes_txt="hello")
    with pytest.raises(UserError, match=words):
        single_file(tmp_path / name)


# ---------------------------------------------------------------- anything

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(NAMES, st.binary(max_size=60), min_size=1, max_size=4),
    suffix=st.sampled_from([".py", ".ipynb", ".txt"]),
)
def test_every_file_of_a_folder_is_accounted_for_once(
    files: dict[str, bytes], suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("class") / "ada"
    folder.mkdir()
    for name, content in files.items():
        (folder / f"{name}{suffix}").write_bytes(content)
    found = only(folder.parent)
    assert sorted(f.name for f in found.files) == sorted(p.name for p in folder.iterdir())
    assert found.digest == only(folder.parent).digest


# ---------------------------------------------------------------- check takes what grade takes


def taken(submission: Submission) -> dict[str, str]:
    """What a run depends on."""
    return {f.name: str(f.kind) for f in (*submission.programs, *submission.beside)}


@pytest.mark.parametrize(
    "files",
    [
        {"lab_ipynb": notebook("from tools.data import load"), "tools__data_py": "1", "tools____init___py": ""},
        {"lab_py": "import numpy as np; np.load('weights.npy')", "weights_npy": "1", "data__train_csv": "1,2"},
        {"lab_ipynb": notebook("%run prepare.ipynb"), "prepare_ipynb": notebook("import one"), "one_py": "x = 1"},
        {
            "lab_py": "import sys; sys.path.append('src')\nimport nets",
            "src__nets_py": "from . import deep",
            "src__deep_py": "",
        },
        {"lab_py": "import two", "two_py": "import lab"},
    ],
    ids=["package", "data", "notebook that is run", "folder on the path", "each other"],
)
def test_a_file_checked_alone_finds_what_its_grading_finds(files: dict[str, str], tmp_path: Path) -> None:
    put(tmp_path / "class" / "lab", **files)
    if "two_py" in files:
        put(tmp_path / "class" / "lab", lab_py="import two\nmodel.fit(x)")
    graded = only(tmp_path / "class")
    (program,) = graded.programs
    checked = single_file(tmp_path / "class" / "lab" / program.name)
    assert taken(checked) == taken(graded)
    assert len(taken(graded)) > 1
    assert checked.digest == graded.digest


def test_other_programs_beside_ones_own_are_no_part_of_it(tmp_path: Path) -> None:
    put(tmp_path, lab_ipynb=notebook("import one"), one_py="1", homework_ipynb=notebook("2"), other__deep_py="3")
    assert kinds(single_file(tmp_path / "lab.ipynb")) == {"lab.ipynb": "notebook", "one.py": "helper"}


def test_reports_environments_and_hidden_folders_beside_ones_own_file_are_no_data(tmp_path: Path) -> None:
    put(
        tmp_path,
        lab_py="1",
        check__lab__report_html="x",
        _ssh__id_rsa="x",
        env__bin__python_txt="x",
        env__pyvenv_cfg="x",
    )
    (tmp_path / "_ssh").rename(tmp_path / ".ssh")
    (tmp_path / "check" / ".grader.lock").touch()
    assert kinds(single_file(tmp_path / "lab.py")) == {"lab.py": "module"}


def test_of_a_download_folder_only_what_the_program_names_is_taken(tmp_path: Path) -> None:
    put(tmp_path, lab_py="np.load('mine.npy'); read('data/' + name)", mine_npy="1", data__a_csv="1", photos__me_jpg="1")
    for n in range(MOST_FILES):
        (tmp_path / f"download{n}.pdf").touch()
    assert kinds(single_file(tmp_path / "lab.py")) == {"lab.py": "module", "mine.npy": "data", "data/a.csv": "data"}


def test_data_beside_ones_own_file_is_bounded_in_all_and_the_rest_is_told(tmp_path: Path) -> None:
    put(tmp_path, lab_py="open('data/x')")
    (tmp_path / "data").mkdir()
    for n in range(6):
        with (tmp_path / "data" / f"{n}.npy").open("wb") as file:
            file.truncate(LARGEST_DATA)
    found = single_file(tmp_path / "lab.py")
    assert list(kinds(found).values()).count("data") == 4
    assert {f.note for f in found.files if f.kind is FileKind.IGNORED} == {
        "beyond 500 files or 256 MiB beside the program"
    }


def test_a_folder_to_check_is_told_what_grades_it_and_which_file_can_be_checked(tmp_path: Path) -> None:
    put(tmp_path, lab_ipynb=notebook("1"))
    with pytest.raises(UserError, match=rf"grader check {tmp_path}/lab\.ipynb\n.*grader grade {tmp_path}"):
        single_file(tmp_path)


def test_a_misspelt_file_to_check_is_told_which_was_meant(tmp_path: Path) -> None:
    put(tmp_path, my_lab_ipynb=notebook("1"))
    with pytest.raises(UserError, match=r"found no file .*mylab\.ipynb \(did you mean 'my_lab.ipynb'\?\)"):
        single_file(tmp_path / "mylab.ipynb")


def test_a_thousand_plots_hide_no_program(tmp_path: Path) -> None:
    folder = put(tmp_path, ada__lab_py="1") / "ada"
    for n in range(MOST_FILES + 5):
        (folder / f"a{n:04}.png").touch()
    assert [p.name for p in only(tmp_path).programs] == ["lab.py"]


def test_reports_that_a_student_hands_in_with_the_lab_are_not_taken_for_the_lab(tmp_path: Path) -> None:
    put(tmp_path, ada__lab_ipynb=notebook(*LAB), ada__check__lab__report_html="x")
    put(tmp_path / "ada" / "check" / "lab", evidence_json="{}", grade_json="{}")
    (tmp_path / "ada" / "check" / "lab" / "lab.executed.ipynb").write_text(notebook(*LAB))
    found = only(aged(tmp_path, "lab.ipynb", "check/lab/lab.executed.ipynb"))
    assert [p.name for p in found.programs] == ["lab.ipynb"]
    assert found.beside == ()
