"""The command line as a person meets it: messages and exit statuses."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.executors.clusters import until

RUBRIC = Path(__file__).parents[1] / "rubrics" / "mlp-regularization.yaml"
TINY = "print('no network here')\n"


def grader(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300, check=False)


@pytest.fixture
def one_student(tmp_path: Path) -> Path:
    folder = tmp_path / "class" / "ada"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text(TINY)
    return folder.parent


def test_an_empty_folder_is_told_what_was_expected(tmp_path: Path) -> None:
    ran = grader("grade", tmp_path, cwd=tmp_path)
    assert ran.returncode == 2
    assert "Found no submissions" in ran.stderr
    assert "<student>" in ran.stderr


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    ran = grader("grade", tmp_path / "nowhere", cwd=tmp_path)
    assert ran.returncode == 2
    assert "nowhere" in ran.stderr


def test_an_unknown_option_is_the_users_to_mend(tmp_path: Path) -> None:
    assert grader("grade", tmp_path, "--colour", cwd=tmp_path).returncode == 2


def test_reports_that_cannot_be_written_are_found_out_before_grading(one_student: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = grader("grade", one_student, "--out", tmp_path / "file" / "reports", cwd=tmp_path)
    assert ran.returncode == 2
    assert "--out" in ran.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("check: dropout_rate", "check: dropuot_rate"), "unknown check 'dropuot_rate' (did you mean 'dropout_rate'?)"),
        (("    marks: 1.25\n", ""), ""),
        (("marks: 10\n", "marks: 11\n"), "11"),
    ],
)
def test_a_wrong_rubric_stops_everything_with_line_and_column(
    change: tuple[str, str], message: str, one_student: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(RUBRIC.read_text().replace(*change, 1))
    if wrong.read_text() == RUBRIC.read_text():
        wrong.write_text(RUBRIC.read_text().replace('    title: "Dropout: rate 0.2"\n', "", 1))
        message = "title"
    ran = grader("grade", one_student, "--rubric", wrong, cwd=tmp_path)
    assert ran.returncode == 2
    assert message in ran.stderr
    assert "wrong.yaml:" in ran.stderr
    assert not (tmp_path / "reports").exists()


def test_the_bundled_rubric_has_no_problems(tmp_path: Path) -> None:
    ran = grader("rubric", "check", RUBRIC, cwd=tmp_path)
    assert ran.returncode == 0
    assert "No problems" in ran.stdout


@pytest.mark.slow
def test_a_sandbox_that_is_none_is_announced_in_the_terminal_and_in_the_report(
    one_student: Path, tmp_path: Path
) -> None:
    ran = grader("grade", one_student, "--sandbox", "process", cwd=tmp_path)
    assert ran.returncode == 0
    assert "NOT ISOLATED" in ran.stdout
    assert "without isolation" in (tmp_path / "reports" / "ada" / "report.html").read_text().lower()


@pytest.mark.slow
def test_a_total_below_the_line_ends_with_status_one_and_a_second_run_takes_what_is_there(
    one_student: Path, tmp_path: Path
) -> None:
    first = grader("grade", one_student, "--fail-under", "5", cwd=tmp_path)
    assert first.returncode == 1
    assert "0.00 unconfirmed" in first.stdout
    second = grader("grade", one_student, cwd=tmp_path)
    assert second.returncode == 0
    assert "kept from an earlier run" in second.stdout


SMALL = """
import keras
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
x, y = x[:3000].reshape(3000, -1), keras.utils.to_categorical(y[:3000])
model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(50, "relu"), keras.layers.Dense(10, "softmax")])
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=2, validation_split=0.3, verbose=0)
model.evaluate(x_test.reshape(10000, -1), keras.utils.to_categorical(y_test), verbose=0)
"""


@pytest.mark.slow
def test_ones_own_check_and_the_instructors_run_write_the_same_grade(tmp_path: Path) -> None:
    file = tmp_path / "class" / "lab" / "lab.py"
    file.parent.mkdir(parents=True)
    file.write_text(SMALL)
    checked = grader("check", file, "--json", "--fail-under", "9", cwd=tmp_path)
    assert checked.returncode == 1
    assert "cell 1 of 1: training 1: epoch 2 of 2, accuracy 0." in checked.stderr
    assert (tmp_path / "check" / "lab" / "report.html").is_file()
    assert grader("grade", tmp_path / "class", cwd=tmp_path).returncode == 0
    own, instructors = (json.loads((tmp_path / n / "lab" / "grade.json").read_text()) for n in ("check", "reports"))
    assert own == instructors == json.loads(checked.stdout)
    assert instructors["stages"]["optimizer"]["measured_accuracy"] > 0.2
    assert sorted(p.name for p in (tmp_path / "check").iterdir() if not p.name.startswith(".")) == ["lab"]
    assert not (tmp_path / "check" / "lab" / "instructor.html").exists()


@pytest.mark.slow
def test_control_c_stops_within_seconds_says_how_to_go_on_and_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "class" / "endless"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text("import time\nwhile True: time.sleep(1)\n")
    command = [sys.executable, "-m", "grader", "grade", str(folder.parent)]
    # Tests that run in the background of a shell are deaf to Ctrl-C, and so would be what they start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    signal.signal(signal.SIGINT, before)
    try:
        until(lambda: process.poll() is not None or _runs_a_program(process.pid))
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "run the same command again" in said
    assert not psutil.wait_procs(children, timeout=60)[1]


def _runs_a_program(pid: int) -> bool:
    """Whether a student's program has been started, and not only the first look whether there is a sandbox."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            found.append(child.cmdline())
    return any(line[-2:] == ["-m", "inside"] for line in found)


@pytest.mark.slow
def test_the_reference_is_verified_by_fresh_runs_and_a_stage_that_left_its_band_ends_with_status_one(
    tmp_path: Path,
) -> None:
    arguments = ("reference", "verify", "--stage", "naive", "--scaling", "raw", "--seeds", "1", "--no-solution")
    ran = grader(*arguments, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "[1/1] naive, raw, batches of 256, seed 3000: 0.1135 on the test images" in ran.stdout
    assert "The reference stands within its bands." in ran.stdout

    (tmp_path / "moved.py").write_text(MOVED)
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(RUBRIC.read_text().replace("reference: reference", "reference: moved"))
    ran = grader(*arguments, "--rubric", rubric, cwd=tmp_path)
    assert ran.returncode == 1
    assert "expected within 0.2000 to 0.3000, found 0.1135" in ran.stdout


MOVED = '''
"""The reference, but its bands are elsewhere."""
from pathlib import Path
from reference import *
from reference import bands
from reference.trainers import trainer
from reference.verification import departures, fresh_tasks


def verify(work, seeds, place, tell, only):
    content = bands.read()
    content["bands"]["naive"][0]["band"] = [0.2, 0.3]
    file = bands.write(content, Path(work) / "bands.yaml")
    return departures(work, fresh_tasks(seeds, only), trainer(place, tell), tell, file)
'''


def test_a_stage_that_the_reference_does_not_have_is_told_which_it_has(tmp_path: Path) -> None:
    ran = grader("reference", "calibrate", "--stage", "relu", cwd=tmp_path)
    assert ran.returncode == 2
    assert "no stage 'relu' in the reference. Known: naive, init," in ran.stderr
    assert not (tmp_path / "build").exists()


@pytest.mark.slow
def test_a_graded_class_is_scored_anew_and_what_needs_review_is_listed(one_student: Path, tmp_path: Path) -> None:
    assert grader("grade", one_student, cwd=tmp_path).returncode == 0
    ran = grader("regrade", "reports", cwd=tmp_path)
    labs_own = "Rubric: the lab's own (mlp-regularization.yaml).\n"
    assert (ran.returncode, ran.stdout) == (0, f"{labs_own}0 of 1 changed.\n")
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(RUBRIC.read_text().replace("id: dropout.rate", "id: dropout.share"))
    ran = grader("regrade", "reports", "--rubric", rubric, "--yes", cwd=tmp_path)
    assert "ada: 0.00 → 0.00 unconfirmed" in ran.stdout
    assert "dropout.share - → 0.00" in ran.stdout
    ran = grader("review", "list", "reports", cwd=tmp_path)
    assert ran.returncode == 0
    assert "1 to look at." in ran.stdout


def test_a_folder_that_was_never_graded_cannot_be_scored_anew(tmp_path: Path) -> None:
    ran = grader("regrade", "nowhere", cwd=tmp_path)
    assert ran.returncode == 2
    assert "Grade a class first: grader grade FOLDER" in ran.stderr


@pytest.mark.parametrize(
    ("name", "content", "first", "second"),
    [
        ("lab.ipynb", '{"cells": [', "lab: lab.ipynb is not a notebook: expected JSON", "Open it in Jupyter"),
        ("lab.ipynb", "<!DOCTYPE html><html>", "lab: lab.ipynb is a web page (HTML) and no notebook.", "That is what"),
        ("lab.ipynb", "", "lab: lab.ipynb is an empty file and no notebook.", "Save the notebook, see that its file"),
        ("lab.py", "import keras\nm = (\n", "lab: lab.py, line 2 is no Python: SyntaxError", "Mend that line"),
    ],
)
def test_what_cannot_be_run_is_told_in_two_lines_and_is_the_students_to_mend(
    name: str, content: str, first: str, second: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    ran = grader("check", tmp_path / name, "--sandbox", "process", cwd=tmp_path)
    assert ran.returncode == 2, ran.stderr
    told = [line for line in ran.stdout.splitlines() if line.strip()]
    place = next(i for i, line in enumerate(told) if line.startswith("lab: "))
    assert told[place].startswith(first)
    assert told[place + 1].startswith(second)
    assert told[place + 2].startswith("Report: ")
    assert "dropout" not in ran.stdout


def test_who_does_not_lie_as_the_class_does_is_said_with_what_the_class_was_taken_for(tmp_path: Path) -> None:
    for name in ("Ada_101_assignsubmission_file_", "Ben_102_assignsubmission_file_", "cem"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "lab.py").write_text("raise SystemExit\n")
    (tmp_path / "class" / "cem" / "timestamp.txt").write_text("2024-01-01 00:00:00 UTC")
    ran = grader("grade", tmp_path / "class", "--layout", "moodel", cwd=tmp_path)
    assert ran.returncode == 2
    assert "found 'moodel' (did you mean 'moodle'?)" in ran.stderr
    ran = grader("grade", tmp_path / "class", "--out", tmp_path / "out", "--timeout", "1", cwd=tmp_path)
    assert "class: a Moodle download, a folder for each student, 3 submissions." in ran.stdout
    assert "cem: this does not lie as most of the class does" in ran.stdout
    grade = json.loads((tmp_path / "out" / "cem" / "grade.json").read_text())
    assert any("this does not lie as most of the class does" in reason for reason in grade["review_reasons"])
