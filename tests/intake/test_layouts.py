"""One student's files or name never decide for the class: how it is laid out, and whose a file is."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.intake.folder import StudentClass
from grader.intake.misfits import ONE_NUMBER, TWO_READINGS, UNLIKE_THE_CLASS
from grader.intake.receive import LAYOUT_NAMES, receive
from grader.records import Submission
from tests.intake.downloads import Content, put

LAB = "x = 1"
STAMP = "2024-01-01 00:00:00 UTC"
MOODLE = {f"{s}_{n}_assignsubmission_file_/lab.py": LAB for n, s in enumerate(("Ada", "Ben", "Cem"), 101)}
CANVAS = {f"{s}_{3400 + n}_{208490 + n}_lab.py": LAB for n, s in enumerate(("ada", "ben", "cem"))}
NBGRADER = {f"submitted/{s}/ps1/lab.py": LAB for s in ("ada", "ben", "cem")} | {
    "nbgrader_config.py": "",
    "source/ps1/lab.py": LAB,
}
CLASSROOM = {f"lab2-{s}/{name}": LAB for s in ("ada", "ben", "cem") for name in ("lab.py", ".git/HEAD")}
GRADESCOPE = {f"submission_{n}/lab.py": LAB for n in (1, 2, 3)} | {
    "submission_metadata.yml": "\n".join(f"submission_{n}:\n  :submitters:\n  - :name: S{n}" for n in (1, 2, 3))
}
PLAIN = {f"{s}/lab.py": LAB for s in ("ada", "ben", "cem")}
ODD: Mapping[str, tuple[Mapping[str, Content], str]] = {
    "moodle": (MOODLE, "dee"),
    "canvas": (CANVAS, "dee"),
    "nbgrader": (NBGRADER, "submitted/dee"),
    "github-classroom": (CLASSROOM, "dee"),
    "gradescope": (GRADESCOPE, "dee"),
}


def of(tmp_path: Path, *files: Mapping[str, Content], layout: str = "") -> StudentClass:
    for each in files:
        put(tmp_path / "class", each)
    return receive(tmp_path / "class", tmp_path / "unpacked", layout=layout)


def students(found: StudentClass) -> dict[str, Submission]:
    return {s.student: s for s in found.submissions}


def doubted(found: StudentClass) -> dict[str, tuple[str, ...]]:
    return {s.student: s.doubts for s in found.submissions if s.doubts}


@pytest.mark.parametrize("layout", sorted(ODD))
@pytest.mark.parametrize("odd", ["{}/lab.py", "{}.py", "{}.pdf"])
def test_whoever_does_not_fit_is_a_student_with_a_doubt_and_the_others_are_what_they_were(
    layout: str, odd: str, tmp_path: Path
) -> None:
    files, where = ODD[layout]
    before = of(tmp_path, files)
    after = of(tmp_path, {odd.format(where): LAB if odd.endswith("py") else b"%PDF"})
    assert after.recognised == before.recognised
    assert [s for s in after.submissions if s.student != "dee"] == list(before.submissions)
    assert doubted(before) == {}
    assert doubted(after) == {"dee": (UNLIKE_THE_CLASS,)}
    assert [f.name for f in students(after)["dee"].files] == [
        Path(odd.format("dee")).name if "/" not in odd else "lab.py"
    ]


SIGNS: Mapping[str, Mapping[str, Content]] = {
    "a time stamp of nbgrader's": {"mallory/x/lab.py": LAB, "mallory/x/timestamp.txt": STAMP},
    "two folders with time stamps": {f"mallory/{x}/{n}": STAMP for x in "xy" for n in ("lab.py", "timestamp.txt")},
    "a name as in Moodle": {"Ada_1_assignsubmission_file_/lab.py": LAB},
    "a name as in Canvas": {"mallory_1_2_lab.py": LAB},
    "a clone": {"lab2-mallory/.git/HEAD": "", "lab2-mallory/lab.py": LAB},
    "a student called as a folder of nbgrader's": {"submitted/x/timestamp.txt": STAMP, "submitted/lab.py": LAB},
    "metadata of Gradescope's that are none": {"submission_metadata.yml": "{", "submission_1/lab.py": LAB},
}


@pytest.mark.parametrize("what", sorted(SIGNS))
def test_what_one_student_does_as_a_system_would_leaves_the_class_as_it_is(what: str, tmp_path: Path) -> None:
    found = of(tmp_path, PLAIN, SIGNS[what])
    assert found.recognised == "a folder for each student"
    assert {"ada", "ben", "cem"} < students(found).keys()
    assert len(found.submissions) == 4


def test_a_student_called_as_a_folder_of_nbgraders_beside_another_makes_no_course(tmp_path: Path) -> None:
    found = of(tmp_path, PLAIN, {"submitted/x/timestamp.txt": STAMP, "submitted/lab.py": LAB, "release/lab.py": LAB})
    assert students(found).keys() == {"ada", "ben", "cem", "submitted", "release"}


def test_clones_of_which_one_holds_a_time_stamp_stay_clones(tmp_path: Path) -> None:
    found = of(tmp_path, CLASSROOM, {"lab2-mallory/.git/HEAD": "", "lab2-mallory/x/lab.py": LAB})
    put(tmp_path / "class", {"lab2-mallory/x/timestamp.txt": STAMP, "lab2-ben/y/other.py": LAB})
    found = of(tmp_path)
    assert found.recognised == "GitHub Classroom clones of lab2"
    assert list(students(found)) == ["ada", "ben", "cem", "mallory"]
    assert doubted(found) == {}


def test_a_clone_of_another_assignment_takes_no_ones_name(tmp_path: Path) -> None:
    found = of(tmp_path, CLASSROOM, {"lab3-dee/.git/HEAD": "", "lab3-dee/lab.py": LAB})
    assert list(students(found)) == ["ada", "ben", "cem", "lab3-dee"]
    assert doubted(found).keys() == {"lab3-dee"}


def test_users_with_hyphens_in_their_names_keep_them(tmp_path: Path) -> None:
    files = {f"lab-2-{s}/{n}": LAB for s in ("ada-l", "ada-m", "ben") for n in ("lab.py", ".git/HEAD")}
    assert list(students(of(tmp_path, files))) == ["ada-l", "ada-m", "ben"]


def test_one_nbgrader_folder_that_nobody_else_has_asks_no_question(tmp_path: Path) -> None:
    found = of(tmp_path, NBGRADER, {"submitted/ben/x/lab.py": LAB})
    assert found.recognised == "nbgrader's submitted/ tree, assignment ps1"
    assert list(students(found)) == ["ada", "ben", "cem"]
    assert "x in 1, not an assignment of the class" in found.passed_over


# ---------------------------------------------------------------- names that are made to be read as another's


def test_moodle_a_display_name_in_moodles_own_form_joins_nobody(tmp_path: Path) -> None:
    mallory = "Mallory_101_assignsubmission_file_z_888_assignsubmission_file_/lab_final.py"
    found = of(tmp_path, MOODLE, {mallory: "y = 2"})
    assert [f.name for f in students(found)["Ada"].files] == ["lab.py"]
    assert students(found)["Mallory_101_assignsubmission_file_z"].identity.id == "888"
    assert doubted(found) == {}


MOODLE_FLAT = {name.replace("/", ""): content for name, content in MOODLE.items()}


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Mallory_101_assignsubmission_file_z_888_assignsubmission_file_a.py", "Mallory_101_assignsubmission_file_z"),
        ("Ada_101_assignsubmission_file_z_888_assignsubmission_file_a.py", "Ada_101_assignsubmission_file_z"),
        ("Mallory_888_assignsubmission_file_z_101_assignsubmission_file_a.py", "Mallory_888_assignsubmission_file_z"),
        (
            "Mallory_888_assignsubmission_file_Ada_101_assignsubmission_file_lab.py",
            "Mallory_888_assignsubmission_file_Ada",
        ),
    ],
)
def test_moodle_a_flat_file_that_could_be_two_students_joins_nobody(name: str, student: str, tmp_path: Path) -> None:
    found = of(tmp_path, MOODLE_FLAT, {name: "y = 2"})
    assert students(found)["Ada"] == students(of(tmp_path))["Ada"]
    assert [f.name for f in students(found)["Ada"].files] == ["lab.py"]
    assert students(found)[student].identity.id == ""
    assert doubted(found) == {student: (TWO_READINGS,)}


def test_moodle_a_file_that_came_from_ones_own_download_is_ones_own(tmp_path: Path) -> None:
    again = "Ada_101_assignsubmission_file_Ada_101_assignsubmission_file_plots.py"
    found = of(tmp_path, MOODLE_FLAT, {again: "y = 2"})
    assert len(students(found)["Ada"].files) == 2
    assert doubted(found) == {}


def test_moodle_two_names_with_one_number_are_both_for_a_person_to_see(tmp_path: Path) -> None:
    found = of(tmp_path, MOODLE, {"Mallory_101_assignsubmission_file_/lab.py": "y = 2"})
    assert doubted(found) == {"Ada": (ONE_NUMBER,), "Mallory": (ONE_NUMBER,)}
    assert all(len(s.files) == 1 for s in found.submissions)


def test_moodle_one_with_another_word_leaves_a_blind_download_blind(tmp_path: Path) -> None:
    blind = {f"Teilnehmer_{n}_assignsubmission_file_/lab.py": LAB for n in (1, 2, 3)}
    found = of(tmp_path, blind, {"Mallory_4_assignsubmission_file_/lab.py": LAB})
    assert list(students(found)) == ["Mallory", "Teilnehmer 1", "Teilnehmer 2", "Teilnehmer 3"]


@pytest.mark.parametrize("name", ["m_3400_888_9.py", "ada_3400_208499_8888_209999_a.py"])
def test_canvas_a_name_that_could_be_two_students_joins_nobody(name: str, tmp_path: Path) -> None:
    found = of(tmp_path, CANVAS, {name: "y = 2"})
    assert [f.name for f in students(found)["ada"].files] == ["lab.py"]
    assert len(found.submissions) == 4
    assert doubted(found)


def test_canvas_a_name_that_ends_in_a_number_is_told_from_the_users_by_their_lengths(tmp_path: Path) -> None:
    found = of(tmp_path, CANVAS, {"m_3400_8888_209999_a.py": "y = 2"})
    assert students(found)["m_3400"].identity.id == "8888"
    assert doubted(found) == {}


def test_canvas_numbers_in_a_files_own_name_are_its_own(tmp_path: Path) -> None:
    found = of(tmp_path, CANVAS, {"dee_3409_208499_2024_08_lab_2.py": LAB, "dee_3409_208498_1_plots.py": "y = 1"})
    assert {f.name for f in students(found)["dee"].files} == {"2024_08_lab_2.py", "1_plots.py"}
    assert doubted(found) == {}


def test_canvas_names_that_all_end_in_numbers_are_told_from_the_users_numbers(tmp_path: Path) -> None:
    files = {f"student_{100 + n}_{340000 + n}_{208490000 + n}_lab.py": LAB for n in range(5)}
    found = of(tmp_path, files)
    assert [s.student for s in found.submissions] == [f"student_{100 + n}" for n in range(5)]
    assert [s.identity.id for s in found.submissions] == [str(340000 + n) for n in range(5)]
    assert doubted(found) == {}


def test_files_that_somebody_numbered_are_no_canvas_download(tmp_path: Path) -> None:
    found = of(tmp_path, {f"lab_1_2_{s}.py": LAB for s in ("ada", "ben", "cem")})
    assert list(students(found)) == ["lab_1_2_ada", "lab_1_2_ben", "lab_1_2_cem"]


# ---------------------------------------------------------------- said instead of recognised


def test_a_layout_that_is_said_needs_no_majority(tmp_path: Path) -> None:
    files = {"Ada_101_assignsubmission_file_/lab.py": LAB, "ben/lab.py": LAB, "cem/lab.py": LAB}
    assert of(tmp_path, files).recognised == "a folder for each student"
    found = of(tmp_path, layout="moodle")
    assert found.recognised == "a Moodle download, a folder for each student"
    assert students(found)["Ada"].identity.id == "101"
    assert doubted(found).keys() == {"ben", "cem"}


def test_a_download_can_be_said_to_be_plain(tmp_path: Path) -> None:
    found = of(tmp_path, MOODLE, layout="plain")
    assert list(students(found)) == [name.partition("/")[0] for name in MOODLE]


@pytest.mark.parametrize("layout", [name for name in LAYOUT_NAMES if name != "plain"])
def test_a_layout_of_which_nothing_is_there_is_told(layout: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"laid out as {layout} does it"):
        of(tmp_path, {"ada.py": LAB, "ben.py": LAB}, layout=layout)


def test_an_unknown_layout_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"found 'moodel' \(did you mean 'moodle'\?\)"):
        of(tmp_path, PLAIN, layout="moodel")
