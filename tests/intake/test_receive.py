"""Every kind of download is recognised without being told, and each student's files are where the student had them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.intake.folder import StudentClass
from grader.intake.receive import receive
from grader.records import FileKind, Format, Lms, Submission
from tests.intake.downloads import Content, notebook, put, raw_zip, zipped
from tests.intake.test_folder import unreadable

LAB = notebook("x = 1")
MOODLE = {
    "Ada Lovelace_101_assignsubmission_file_/lab.ipynb": LAB,
    "Ada Lovelace_101_assignsubmission_file_/data/x.csv": "1",
    "Ada Lovelace_101_assignsubmission_onlinetext_/onlinetext.html": "<p>see <a href='https://x.example/a'>it</a></p>",
    "Żółć Ł._102_assignsubmission_file_/lab.py": "x = 2",
}
MOODLE_FLAT = {
    "Ada Lovelace_101_assignsubmission_file_lab.py": "import plots",
    "Ada Lovelace_101_assignsubmission_file_plots.py": "y = 1",
    "Ben_102_assignsubmission_file_my_lab_2.ipynb": LAB,
}
CANVAS = {
    "lovelaceada_340934_208490284_lab.ipynb": LAB,
    "lovelaceada_340934_208490285_plots.py": "y = 1",
    "smithbob_LATE_340935_208490286_my_lab_2.ipynb": LAB,
    "textonly_340936_text.html": "<p>My code is at https://colab.example/1</p>",
    "linkonly_LATE_340937_link.html": '<meta http-equiv="refresh" content="0; url=https://x.example/2">',
}
NBGRADER = {
    "submitted/ada/ps1/lab.ipynb": LAB,
    "submitted/ada/ps1/timestamp.txt": "2015-02-02 14:58:23.948203 America/Los_Angeles",
    "submitted/ben/ps1/lab.ipynb": LAB,
    "source/ps1/lab.ipynb": LAB,
    "nbgrader_config.py": "c = get_config()",
}
METADATA = """---
submission_901:
  :submitters:
  - :name: Ada Lovelace
    :sid: '4711'
    :email: ada@x.example
  :created_at: 2024-08-14 18:29:59.123456000 Z
  :score: 0.0
  :results: !ruby/object:Results {a: 1}
  :history:
  - :id: 899
    :created_at: 2024-08-13 10:00:00 Z
submission_902:
  :submitters:
  - :name: Ben
    :sid: '4712'
    :email: ben@x.example
  - :name: Cem
    :sid: '4713'
    :email: cem@x.example
  :created_at: 2024-08-15 01:00:00 Z
"""
GRADESCOPE = {
    "assignment_7_export/submission_metadata.yml": METADATA,
    "assignment_7_export/submission_901/lab.ipynb": LAB,
    "assignment_7_export/submission_902/lab.py": "x = 1",
}
CLASSROOM = {
    "lab-2-submissions/lab-2-ada-l/lab.ipynb": LAB,
    "lab-2-submissions/lab-2-ada-l/.git/HEAD": "ref",
    "lab-2-submissions/lab-2-ben/src/lab.py": "x = 1",
    "lab-2-submissions/lab-2-ben/.git/HEAD": "ref",
}
PLAIN = {"ada/lab.ipynb": LAB, "ben/lab.py": "x = 1"}
DOWNLOADS = {
    "a Moodle download, a folder for each student": MOODLE,
    "a Moodle download, all files in one folder": MOODLE_FLAT,
    "a Canvas download": CANVAS,
    "nbgrader's submitted/ tree, assignment ps1": NBGRADER,
    "a Gradescope export": GRADESCOPE,
    "GitHub Classroom clones of lab-2": CLASSROOM,
    "a folder for each student": PLAIN,
}


def of_folder(tmp_path: Path, files: dict[str, str], name: str = "class") -> StudentClass:
    return receive(put(tmp_path / name, files), tmp_path / "unpacked")


def of_zip(tmp_path: Path, files: dict[str, Content] | bytes) -> StudentClass:
    (tmp_path / "class.zip").write_bytes(files if isinstance(files, bytes) else zipped(files))
    return receive(tmp_path / "class.zip", tmp_path / "unpacked")


def students(found: StudentClass) -> dict[str, Submission]:
    return {s.student: s for s in found.submissions}


def kinds(submission: Submission) -> dict[str, str]:
    return {f.name: str(f.kind) for f in submission.files}


@pytest.mark.parametrize("what", sorted(DOWNLOADS))
def test_a_folder_is_recognised_and_its_zip_holds_the_same_submissions(what: str, tmp_path: Path) -> None:
    folder = of_folder(tmp_path, DOWNLOADS[what])
    packed = of_zip(tmp_path, dict(DOWNLOADS[what]))
    assert folder.recognised == what
    assert packed.recognised == f"a zip of {what}"
    about = [[(s.student, s.digest, s.identity) for s in found.submissions] for found in (folder, packed)]
    assert about[0] == about[1]


@pytest.mark.parametrize("what", sorted(DOWNLOADS))
def test_nothing_is_written_into_the_instructors_folder(what: str, tmp_path: Path) -> None:
    of_folder(tmp_path, DOWNLOADS[what])
    found = {p.relative_to(tmp_path / "class").as_posix() for p in (tmp_path / "class").rglob("*") if p.is_file()}
    assert found == DOWNLOADS[what].keys()


def test_moodle_a_folder_for_each_student_with_its_typed_text(tmp_path: Path) -> None:
    found = students(of_folder(tmp_path, MOODLE))
    ada = found["Ada Lovelace"]
    assert kinds(ada) == {"lab.ipynb": "notebook", "data/x.csv": "data", "online text": "entry"}
    assert (ada.identity.lms, ada.identity.id, ada.identity.name) == (Lms.MOODLE, "101", "Ada Lovelace")
    assert "https://x.example/a" in next(f.note for f in ada.files if f.kind is FileKind.ENTRY)
    assert found["Żółć Ł."].identity.id == "102"


def test_moodle_flat_files_have_their_own_names_again(tmp_path: Path) -> None:
    found = students(of_folder(tmp_path, MOODLE_FLAT))
    assert kinds(found["Ada Lovelace"]) == {"lab.py": "module", "plots.py": "helper"}
    assert kinds(found["Ben"]) == {"my_lab_2.ipynb": "notebook"}


def test_moodle_blind_students_are_numbers_and_have_no_names(tmp_path: Path) -> None:
    files = {f"Teilnehmer-in_{n}_assignsubmission_file_/lab.py": "x = 1" for n in (7, 8)}
    found = of_folder(tmp_path, files)
    assert "blind" in found.recognised
    assert list(students(found)) == ["Teilnehmer-in 7", "Teilnehmer-in 8"]
    assert {s.identity.name for s in found.submissions} == {""}


def test_two_students_of_one_name_are_told_apart_by_their_numbers(tmp_path: Path) -> None:
    files = {f"{name}_{n}_assignsubmission_file_/lab.py": "x" for n, name in enumerate(["Ada", "ada", "Ben"])}
    assert list(students(of_folder(tmp_path, files))) == ["Ada (0)", "Ben", "ada (1)"]


def test_canvas_late_work_typed_entries_and_own_names(tmp_path: Path) -> None:
    found = students(of_folder(tmp_path, CANVAS))
    assert kinds(found["lovelaceada"]) == {"lab.ipynb": "notebook", "plots.py": "module"}
    assert kinds(found["smithbob"]) == {"my_lab_2.ipynb": "notebook"}
    assert {n: s.identity.marked_late for n, s in found.items()} == {
        "lovelaceada": False,
        "smithbob": True,
        "textonly": False,
        "linkonly": True,
    }
    assert kinds(found["textonly"]) == {"text entry": "entry"}
    assert "https://x.example/2" in found["linkonly"].files[0].note
    assert found["smithbob"].identity.id == "340935"
    assert found["smithbob"].identity.submitted_at is None


def test_canvas_anonymous(tmp_path: Path) -> None:
    files = {"anon_9xYz_12_lab.py": "x = 1", "LATE_anon_aB3_13_lab.py": "x = 2"}
    found = of_folder(tmp_path, files)
    assert found.recognised == "a Canvas download, anonymous"
    assert list(students(found)) == ["anonymous 9xYz", "anonymous aB3"]
    assert [s.identity.marked_late for s in found.submissions] == [False, True]


def test_canvas_a_file_handed_in_again_counts_once_and_all_attempts_are_listed(tmp_path: Path) -> None:
    same = notebook("import keras", "model = keras.Sequential()", "model.compile()")
    files = {"ada_1_10_lab.ipynb": same, "ada_1_30_lab-2.ipynb": same, "ada_1_20_lab-1.ipynb": same}
    ada = of_folder(tmp_path, files).submissions[0]
    assert kinds(ada) == {"lab.ipynb": "duplicate", "lab (1).ipynb": "duplicate", "lab (2).ipynb": "notebook"}
    attempts = [(a.label, a.graded) for a in ada.identity.attempts]
    assert attempts == [
        ("lab.ipynb, attachment 10", False),
        ("lab-1.ipynb, attachment 20", False),
        ("lab-2.ipynb, attachment 30", True),
    ]


def test_canvas_numbers_that_are_the_students_own_stay(tmp_path: Path) -> None:
    files = {"ada_1_10_task-1.py": "a = 1", "ada_1_20_task-2.py": "b = 2", "ben_2_30_lab-3.py": "c = 1"}
    found = students(of_folder(tmp_path, files))
    assert kinds(found["ada"]) == {"task-1.py": "module", "task-2.py": "module"}
    assert kinds(found["ben"]) == {"lab.py": "module"}


def test_nbgrader_the_time_stamp_is_the_systems_and_no_file_of_the_students(tmp_path: Path) -> None:
    found = students(of_folder(tmp_path, NBGRADER))
    assert kinds(found["ada"]) == {"lab.ipynb": "notebook"}
    assert found["ada"].identity.submitted_at.isoformat() == "2015-02-02T14:58:23.948203-08:00"
    assert found["ben"].identity.submitted_at is None


def test_nbgrader_with_several_assignments_asks_which(tmp_path: Path) -> None:
    put(tmp_path / "class", NBGRADER | {"submitted/ada/ps2/lab.ipynb": LAB, "source/ps2/lab.ipynb": LAB})
    with pytest.raises(UserError, match=r"several assignments: ps1 \(2\), ps2 \(1\)\. Choose one with --assignment"):
        receive(tmp_path / "class", tmp_path / "unpacked")
    chosen = receive(tmp_path / "class", tmp_path / "unpacked", "ps2")
    assert list(students(chosen)) == ["ada"]
    assert "ben: has no ps2" in chosen.passed_over
    with pytest.raises(UserError, match="Nobody handed in an assignment 'ps9'"):
        receive(tmp_path / "class", tmp_path / "unpacked", "ps9")


def test_gradescope_says_who_when_and_what_came_before(tmp_path: Path) -> None:
    found = students(of_folder(tmp_path, GRADESCOPE))
    ada, pair = found["Ada Lovelace"].identity, found["Ben and Cem"].identity
    assert (ada.id, ada.email, ada.submitted_at.isoformat()) == (
        "4711",
        "ada@x.example",
        "2024-08-14T18:29:59.123456+00:00",
    )
    assert [(a.label, a.graded) for a in ada.attempts] == [("899", False), ("submission_901", True)]
    assert pair.members == ("4712", "4713")


def test_gradescope_names_that_are_no_folders_and_twins_without_numbers_are_kept_apart(tmp_path: Path) -> None:
    one = "submission_{0}:\n  :submitters:\n  - :name: {1}\n  :created_at: soon\n"
    names = ['"../../Eve\\0"', "Twin", "twin", "'...'"]
    metadata = "---\n" + "".join(one.format(n, name) for n, name in enumerate(names))
    files = {f"export/submission_{n}/lab.py": f"x = {n}" for n in range(4)}
    found = of_folder(tmp_path, files | {"export/submission_metadata.yml": metadata})
    assert list(students(found)) == ["Eve", "Twin (2)", "submission_3", "twin (3)"]
    assert {s.identity.submitted_at for s in found.submissions} == {None}


def test_github_classroom_the_assignments_name_is_taken_off(tmp_path: Path) -> None:
    found = students(of_folder(tmp_path, CLASSROOM))
    assert list(found) == ["ada-l", "ben"]
    assert kinds(found["ben"]) == {"src/lab.py": "module"}


def test_a_zip_within_a_students_folder_is_unpacked_without_the_folder_around_it(tmp_path: Path) -> None:
    inner = zipped({"ada lab/lab.ipynb": LAB, "ada lab/data/x.csv": "1", "__MACOSX/ada lab/._lab.ipynb": "x"})
    packed: dict[str, Content] = {"Ada_1_assignsubmission_file_/ada.zip": inner}
    assert kinds(of_zip(tmp_path, packed).submissions[0]) == {"lab.ipynb": "notebook", "data/x.csv": "data"}


def test_a_zip_beside_other_files_has_a_folder_of_its_own(tmp_path: Path) -> None:
    put(tmp_path / "class" / "ada", {"lab.py": "x = 1"})
    (tmp_path / "class" / "ada" / "data.zip").write_bytes(zipped({"x.csv": "1"}))
    found = receive(tmp_path / "class", tmp_path / "unpacked")
    assert kinds(found.submissions[0]) == {"lab.py": "module", "data/x.csv": "data"}
    assert (tmp_path / "class" / "ada" / "data.zip").is_file()


def test_a_zip_in_a_zip_in_a_zip_is_unpacked_and_an_endless_one_is_not(tmp_path: Path) -> None:
    content: bytes = LAB.encode()
    for depth in range(3):
        content = zipped({f"{'lab.ipynb' if not depth else f'{depth}.zip'}": content})
    put(tmp_path / "class", {"ada/3.zip": content})
    assert list(kinds(receive(tmp_path / "class", tmp_path / "unpacked").submissions[0])) == ["lab.ipynb"]
    many: dict[str, Content] = {f"{n}.zip": zipped({"a.csv": "1"}) for n in range(30)}
    put(tmp_path / "more", {"ben/all.zip": zipped(many)})
    notes = [f.note for f in receive(tmp_path / "more", tmp_path / "unpacked").submissions[0].files]
    assert notes.count("more than 20 zips") == 11


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_a_damaged_zip_is_its_students_alone_and_told(content: bytes, tmp_path: Path) -> None:
    put(tmp_path / "class", {"ada/lab.zip": content, "ben/lab.py": "x = 1"})
    found = students(receive(tmp_path / "class", tmp_path / "unpacked"))
    assert kinds(found["ada"]) == {"lab.zip": "refused"}
    assert kinds(found["ben"]) == {"lab.py": "module"}


def test_another_kind_of_archive_is_told(tmp_path: Path) -> None:
    found = of_folder(tmp_path, {"ada/lab.rar": "Rar!", "ada/train-images-idx3-ubyte.gz": "x"})
    assert kinds(found.submissions[0]) == {"lab.rar": "refused", "train-images-idx3-ubyte.gz": "data"}


def test_what_is_refused_is_told_at_its_student_and_the_others_go_on(tmp_path: Path) -> None:
    entries = [(b"Ada_1_assignsubmission_file_/M\xfcll.py", b"x"), (b"Ben_2_assignsubmission_file_/lab.py", b"y")]
    found = of_zip(tmp_path, raw_zip([*entries, (b"../../evil.py", b"z")]))
    assert [s.student for s in found.submissions] == ["Ada", "Ben"]
    assert [(f.kind, "not UTF-8" in f.note) for f in found.submissions[0].files] == [(FileKind.REFUSED, True)]
    assert found.passed_over == ("../../evil.py: refused: its path leads out of the zip",)


def test_a_link_in_a_flat_download_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "class", MOODLE_FLAT)
    (tmp_path / "class" / "Eve_9_assignsubmission_file_lab.py").symlink_to("/etc/passwd")
    found = receive(tmp_path / "class", tmp_path / "unpacked")
    assert list(students(found)) == ["Ada Lovelace", "Ben"]
    assert any("Eve_9" in reason for reason in found.passed_over)


def test_a_folder_around_everything_is_seen_through(tmp_path: Path) -> None:
    wrapped = {f"Lab 2/{name}": content for name, content in MOODLE.items()}
    assert list(students(of_folder(tmp_path, wrapped))) == ["Ada Lovelace", "Żółć Ł."]
    packed: dict[str, Content] = {f"class/{name}": content for name, content in PLAIN.items()}
    assert list(students(of_zip(tmp_path, packed))) == ["ada", "ben"]


def test_a_plain_zip_of_one_student_is_that_students(tmp_path: Path) -> None:
    assert list(students(of_zip(tmp_path, {"ada/lab.ipynb": LAB}))) == ["ada"]


def test_a_file_that_is_no_zip_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Expected a folder or a zip of submissions; .* damaged or no zip"):
        of_zip(tmp_path, b"%PDF")


def test_reports_among_the_submissions_are_no_student(tmp_path: Path) -> None:
    put(tmp_path / "class", {"reports/ada/grade.json": "{}", "reports/.grader.lock": "", "reports/index.json": "{}"})
    found = of_folder(tmp_path, PLAIN)
    assert list(students(found)) == ["ada", "ben"]
    assert "reports: reports of a grader" in found.passed_over


@pytest.mark.parametrize("ours", [(".received",), (".grader.lock", "index.json"), ("manifest.json", "rubric.yaml")])
def test_a_hand_in_that_poses_as_reports_is_a_hand_in(ours: tuple[str, ...], tmp_path: Path) -> None:
    found = of_folder(tmp_path, PLAIN | {f"ada/{name}": "{}" for name in ours})
    assert list(students(found)) == ["ada", "ben"]
    assert not found.passed_over


def test_a_student_who_checked_their_own_work_in_place_is_a_student(tmp_path: Path) -> None:
    found = of_folder(tmp_path, PLAIN | {"ada/.grader.lock": ""})
    assert list(students(found)) == ["ada", "ben"]


@pytest.mark.parametrize(
    "more", [["a.zip.unpacked/x"], [f"{'n' * 251}.zip"], ["a", *(f"a ({n})" for n in range(2, 30))]]
)
def test_a_zip_with_an_awkward_name_stops_nobody(more: list[str], tmp_path: Path) -> None:
    inner = zipped({"lab.py": "x = 1"})
    files: dict[str, Content] = {"ada/a.zip": inner} | {f"ada/{n}": inner if n.endswith(".zip") else "" for n in more}
    put(tmp_path / "class", files | {"ben/lab.py": "x = 2"})
    found = students(receive(tmp_path / "class", tmp_path / "unpacked"))
    assert kinds(found["ben"]) == {"lab.py": "module"}
    assert any(name.endswith("/lab.py") for name in kinds(found["ada"]))


def test_a_zip_that_finds_no_place_is_its_students_refused_entry(tmp_path: Path) -> None:
    name = "n" * 251
    put(tmp_path / "class", {f"ada/{name}.zip": zipped({"lab.py": "x"}), f"ada/{name}": "", "ben/lab.py": "y"})
    put(tmp_path / "class", {f"ada/{name} ({n})": "" for n in range(2, 10)})
    found = students(receive(tmp_path / "class", tmp_path / "unpacked"))
    assert kinds(found["ada"])[f"{name}.zip"] == "refused"
    assert kinds(found["ben"]) == {"lab.py": "module"}


# ---------------------------------------------------------------- whoever cannot be read is somebody's all the same


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that every user reaches."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        (Path(name) / "unpacked").mkdir(mode=0o777)
        (Path(name) / "unpacked").chmod(0o777)
        yield Path(name)


LAYOUTS_OF_FOLDERS = {
    "plain": {"class/ada/lab.ipynb": LAB, "class/ben/lab.ipynb": LAB},
    "moodle": {f"class/{s}_{n}_assignsubmission_file_/lab.ipynb": LAB for n, s in enumerate(("ada", "ben"), 7001)},
    "nbgrader": {f"class/submitted/{s}/ps1/lab.ipynb": LAB for s in ("ada", "ben")}
    | {f"class/submitted/{s}/ps1/timestamp.txt": "2015-02-02 15:58:23 UTC" for s in ("ada", "ben")},
    "classroom": {f"class/lab2-{s}/lab.ipynb": LAB for s in ("ada", "ben")}
    | {f"class/lab2-{s}/.git/HEAD": "x" for s in ("ada", "ben")},
}


@pytest.mark.parametrize("layout", sorted(LAYOUTS_OF_FOLDERS))
def test_a_students_folder_that_may_not_be_read_is_that_students(layout: str, open_place: Path) -> None:
    put(open_place, LAYOUTS_OF_FOLDERS[layout])
    folder = next(p for p in sorted((open_place / "class").rglob("*ada*")) if p.is_dir())
    with unreadable(folder):
        found = receive(open_place / "class", open_place / "unpacked" / "class").submissions
    ada, ben = found
    assert (ada.student, ben.student) == ("ada", "ben")
    assert [f.note for f in ada.not_opened] == ["cannot be opened: Permission denied"]
    assert (len(ada.programs), len(ben.programs)) == (0, 1)


def test_a_file_of_a_flat_download_that_may_not_be_read_is_told_at_its_student(open_place: Path) -> None:
    put(open_place, {"class/adalovelace_1_11_lab.ipynb": LAB, "class/turingalan_2_12_lab.ipynb": LAB})
    with unreadable(open_place / "class" / "adalovelace_1_11_lab.ipynb"):
        found = receive(open_place / "class", open_place / "unpacked" / "class").submissions
    assert [[(f.name, str(f.kind)) for f in s.files] for s in found] == [
        [("lab.ipynb", "not opened")],
        [("lab.ipynb", "notebook")],
    ]


def test_a_class_that_may_not_be_read_is_told(open_place: Path) -> None:
    put(open_place, LAYOUTS_OF_FOLDERS["plain"])
    with unreadable(open_place / "class"), pytest.raises(UserError, match="cannot be read: Permission denied"):
        receive(open_place / "class", open_place / "unpacked" / "class")


def test_nbgrader_what_lies_beside_the_assignments_folders_is_its_students(tmp_path: Path) -> None:
    put(tmp_path, {**LAYOUTS_OF_FOLDERS["nbgrader"], "class/submitted/cy/lab.pdf": b"%PDF", "class/submitted/dee/": ""})
    found = receive(tmp_path / "class", tmp_path / "unpacked")
    assert [s.student for s in found.submissions] == ["ada", "ben", "cy"]
    assert found.passed_over == ("dee: has no ps1",)


def test_moodle_everybody_of_whom_no_program_came_is_there(tmp_path: Path) -> None:
    """Case lms-not-run-exported."""
    came = {
        "lab.ipynb.txt": LAB,
        "lab.ipynb": b"",
        "link.txt": b"https://x.org/1",
        "a.html": b"<html>",
        "a.rar": b"Rar!",
    }
    download = {f"S{n}_{n}_assignsubmission_file_/{name}": c for n, (name, c) in enumerate(came.items(), 9001)}
    (tmp_path / "class.zip").write_bytes(zipped(download))
    found = receive(tmp_path / "class.zip", tmp_path / "unpacked").submissions
    assert [[f.name for f in s.programs] for s in found] == [["lab.ipynb.txt"], ["lab.ipynb"], [], [], []]
    assert [f.format for s in found for f in s.files] == [
        Format.NOTEBOOK,
        Format.EMPTY,
        Format.LINK,
        Format.WEB_PAGE,
        Format.ARCHIVE,
    ]
