"""Whatever the reason why nothing was trained, one cause is told, the likeliest, with its cell or line."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from grader.checks.nothing_trained import why_nothing_trained
from grader.evidence.outline import outline
from grader.grading.scoring import grade
from grader.intake.folder import find_class
from grader.records import (
    EVIDENCE_VERSION,
    Cause,
    CauseKind,
    CellRun,
    CellStatus,
    DataFacts,
    Ending,
    Evidence,
    Execution,
    FileKind,
    LabelFacts,
    Measurement,
    Outcome,
)
from tests.builders import bands, evidence, graded, matched, perfect_run, perfect_runs, refit, rubric
from tests.evidence.events import program

NAME = "NameError: name {!r} is not defined"
IMPORTS = "import keras\nfrom keras.layers import Dense\nCFG = {'naive': 1}"
DATA = "(X, y), test = keras.datasets.mnist.load_data()"
FIT = "m = build(CFG['naive'])\nh = m.fit(X, y, epochs=100)"


def ran(
    *sources: str, errors: Mapping[int, str | tuple[str, int]] = {}, name: str = "lab.ipynb", stopped: int = 0
) -> Execution:
    """A program as it ran: which cells raised what (and in which line), and in which it was stopped."""
    kind = FileKind.NOTEBOOK if name.endswith(".ipynb") else FileKind.MODULE
    of = program(*sources, name=name, kind=kind)
    cells = []
    for number in range(1, len(sources) + 1):
        error, line = e if isinstance(e := errors.get(number, ""), tuple) else (e, 0)
        late = CellStatus.UNFINISHED if number == stopped else CellStatus.NOT_REACHED
        status = late if stopped and number >= stopped else CellStatus.ERROR if error else CellStatus.OK
        cells.append(CellRun(number, status, 0.1, error, line))
    ending = Ending.KERNEL_DIED if stopped else Ending.CELL_ERROR if errors else Ending.COMPLETED
    return Execution(name, ending, 1.0, 1, tuple(cells), "", "bubblewrap", outline=outline(of))


def why(*executions: Execution) -> Cause:
    cause = why_nothing_trained(evidence([], executions=executions, loads=()))
    assert cause
    return cause


def test_where_something_was_trained_there_is_nothing_to_ask() -> None:
    assert why_nothing_trained(evidence()) is None
    assert graded().cause is None


def test_where_the_grader_failed_nobody_else_is_the_cause() -> None:
    assert why_nothing_trained(evidence([], faults=("the recorder broke",))) is None


# ---------------------------------------------------------------- an error, and what follows from it


def test_the_first_failing_cell_is_the_cause_of_the_names_that_later_cells_miss() -> None:
    """Cases x12a, x12c, x12d and t22: one import, download or setting, and seven cells of red."""
    missing = NAME.format("CFG")
    cause = why(ran(IMPORTS, FIT, FIT, errors={1: ("RuntimeError: no such thing", 2), 2: missing, 3: missing}))
    assert cause.kind is CauseKind.ERROR
    assert cause.found == (
        "lab.ipynb, cell 1, line 2 stopped with RuntimeError: no such thing; nothing after it was trained: your "
        "mistake, or this environment's?"
    )


def test_a_harmless_error_before_it_is_not_taken_for_the_cause() -> None:
    broken = {1: "AttributeError: module 'matplotlib' has no style", 3: ("ValueError: shapes (784,) and (28, 28)", 2)}
    assert "cell 3, line 2 stopped with ValueError" in why(ran("plt.style.use('x')", IMPORTS, FIT, errors=broken)).found


def test_a_name_that_nothing_defines_is_its_own_cause_with_its_line() -> None:
    """Case matching/r5: everything is there but one import."""
    source = f"{IMPORTS}\nnet = keras.Sequential()\nnet.add(Dropout(0.2))\nnet.compile('adam', loss='mse')\n{FIT}"
    cause = why(ran(source, name="lab.py", errors={1: (NAME.format("Dropout"), 5)}))
    assert cause.found.startswith("lab.py, line 5 stopped with NameError: name 'Dropout' is not defined; nothing after")
    assert cause.advice.startswith("Nothing before it gives Dropout a value: import or define it first")


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("ModuleNotFoundError: needs datasets: no file of that name was handed in", "Import only what the lab needs"),
        ("ImportError: cannot import name 'np_utils'", "Import only what the lab needs"),
        ("Exception: URL fetch failure on https://x.org/mnist.npz: None", "There is no network here"),
        ("URLError: <urlopen error [Errno -3] Temporary failure in name resolution>", "There is no network here"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'a.csv'", "Hand the file in beside the notebook"),
        ("RuntimeError: Intra op parallelism cannot be modified after initialization.", "come too late here"),
        ("ZeroDivisionError: division by zero", "Mend this one first"),
    ],
)
def test_what_to_do_follows_from_the_error(error: str, advice: str) -> None:
    assert advice in why(ran(IMPORTS, FIT, errors={1: error, 2: NAME.format("CFG")})).advice


def test_an_endless_error_is_quoted_in_part() -> None:
    assert len(why(ran(FIT, errors={1: f"ValueError: {'x' * 400}"})).found) < 300


def test_the_cell_that_ended_the_kernel_is_named() -> None:
    """Cases x01 and x02: a restart at the top."""
    cause = why(ran("import os; os.kill(os.getpid(), 9)", IMPORTS, FIT, stopped=1))
    assert cause.kind is CauseKind.STOPPED
    assert cause.found.startswith("lab.ipynb, cell 1 ended the run (kernel died) before anything was trained")


# ---------------------------------------------------------------- nothing raised


def test_a_framework_of_another_kind_is_named_where_it_is_imported() -> None:
    cause = why(ran("import torch.nn as nn", "net = nn.Linear(784, 10)"))
    assert (cause.kind, cause.found.split(",")[0:2]) == (
        CauseKind.OTHER_FRAMEWORK,
        ["lab.ipynb", " cell 1"],
    )
    assert "turns to PyTorch" in cause.found


def test_a_classifier_of_scikit_learn_is_another_framework_and_its_scaler_is_none() -> None:
    source = "from sklearn.neural_network import MLPClassifier\nMLPClassifier().fit(X, y)"
    assert "turns to scikit-learn" in why(ran(source)).found
    scaled = "from sklearn.preprocessing import StandardScaler\nscaler = StandardScaler().fit(X)"
    assert why(ran(scaled)).kind is CauseKind.NO_NETWORK


def test_sessions_of_tensorflow_1_are_another_framework() -> None:
    assert "TensorFlow 1" in why(ran("x = tf.placeholder(tf.float32)\nwith tf.Session() as s:\n    s.run(x)")).found


def test_a_framework_whose_import_failed_is_an_import_that_failed() -> None:
    cause = why(ran("import torch", "net = torch.nn.Linear(1, 1)", errors={1: "ModuleNotFoundError: torch"}))
    assert cause.kind is CauseKind.ERROR


@pytest.mark.parametrize("source", ["# m.fit(X, y)\n# m.evaluate(X)", '"""\nm.fit(X, y)\n"""', "pass"])
def test_a_program_of_comments_only_is_told_so(source: str) -> None:
    assert why(ran(source)).kind is CauseKind.COMMENTED_OUT


def test_a_fit_that_is_commented_out_is_told_with_its_line_although_what_follows_raises() -> None:
    cells = ("m = keras.Sequential()\nm.compile(loss='mse')\n# history = m.fit(X, y)", "print(history.history)")
    cause = why(ran(*cells, errors={2: NAME.format("history")}))
    assert cause.found == "fit is commented out in lab.ipynb, cell 1, line 3: nothing was trained"


def test_a_function_that_trains_and_is_never_called_is_named() -> None:
    source = "def train(X):\n    return build().fit(X, X, epochs=3)\n\ndef build():\n    return keras.Sequential()"
    cause = why(ran(source, name="lab.py"))
    assert (cause.kind, cause.found) == (
        CauseKind.NEVER_CALLED,
        "train() in lab.py, line 1 is defined, and nothing calls it: nothing was trained",
    )


def test_of_functions_that_call_one_another_the_outer_one_is_named() -> None:
    source = "def train(m):\n    m.fit(X, y)\ndef main():\n    train(keras.Sequential())"
    assert why(ran(source)).found.startswith("main() in lab.ipynb, cell 1, line 3")


def test_builders_that_are_never_called_are_named() -> None:
    source = "def mlp_model():\n    m = keras.Sequential()\n    m.compile(loss='mse')\n    return m"
    assert why(ran(source)).found.startswith("mlp_model() in lab.ipynb, cell 1, line 1")


def test_a_network_that_was_compiled_and_never_fitted_is_told_with_its_cell() -> None:
    runs = [replace(perfect_run("naive"), fit=None, cell=4), replace(perfect_run("init"), fit=None, cell=6)]
    cause = why_nothing_trained(evidence(runs, executions=(ran(DATA),)))
    assert cause
    assert cause.found == "the network of lab.ipynb, cell 4 was compiled, and fit was never called"


def test_a_network_that_was_only_built_is_told() -> None:
    assert "built, and neither compiled nor fitted" in why(ran("m = keras.Sequential([Dense(10)])")).found


def test_a_network_that_was_loaded_and_not_trained_is_told() -> None:
    assert why(ran("m = keras.models.load_model('best.keras')\nm.evaluate(X, y)")).kind is CauseKind.LOADED


def test_a_fit_that_is_not_reached_is_told_with_its_line() -> None:
    assert "fit stands in lab.ipynb, cell 1, line 2" in why(ran("if False:\n    m.fit(X, y, epochs=3)")).found


def test_a_fit_that_raised_before_its_first_epoch_has_trained_nothing() -> None:
    """Case t56: six fits, each ended by the same argument."""
    run = replace(refit(perfect_run("naive"), epochs_done=0), finished=False, error="TypeError: 'Nothing'", cell=2)
    cause = why_nothing_trained(evidence([run], executions=(ran(IMPORTS, FIT, errors={2: ("TypeError: no", 2)}),)))
    assert cause
    assert cause.found.startswith("lab.ipynb, cell 2, line 2 stopped with TypeError: no")


def test_what_has_nothing_to_do_with_networks_is_told() -> None:
    """Cases k04 and k05 under their right name."""
    assert why(ran("x = 1\nprint(x)")).found == "lab.ipynb ran to its end, builds no network and calls no fit"


def test_of_several_programs_the_one_that_was_to_train_says_why() -> None:
    other = replace(ran("x = 1"), program="a.ipynb")
    assert why(other, ran(FIT, errors={1: "ValueError: no"})).found.startswith("lab.ipynb, cell 1 stopped")


def test_a_script_that_is_no_python_is_told_with_its_line_and_nothing_ran() -> None:
    source = "import keras\nmodel = keras.Sequential([\n"
    cause = why(
        ran(source, name="lab.py", errors={1: ("SyntaxError: '[' was never closed (1896469485.py, line 2)", 2)})
    )
    assert cause.found == "lab.py, line 2 is no Python: SyntaxError: '[' was never closed; not one line was run"
    assert not cause.ran


def test_evidence_of_an_earlier_grader_without_an_outline_has_a_cause_all_the_same() -> None:
    old = replace(ran(IMPORTS, FIT, errors={1: "ImportError: no"}), outline=None)
    assert why(old).kind is CauseKind.ERROR


# ---------------------------------------------------------------- what came was no program


def came(folder: Path, files: Mapping[str, bytes]) -> Evidence:
    (folder / "zoe").mkdir()
    for name, content in files.items():
        (folder / "zoe" / name).write_bytes(content)
    (submission,) = find_class(folder).submissions
    return Evidence(EVIDENCE_VERSION, submission, ())


@pytest.mark.parametrize(
    ("files", "found", "advice"),
    [
        ({}, "nothing was handed in: there is no file", "Hand in the notebook itself"),
        ({"lab.pdf": b"%PDF-1.7"}, "no program was handed in, but lab.pdf (a PDF)", "Hand in the notebook itself"),
        (
            {"link.txt": b"https://colab.research.google.com/drive/1AbC"},
            "no program was handed in, but link.txt (a link: https://colab.research.google.com/drive/1AbC)",
            "Hand in the file and not the way to it",
        ),
        ({"lab.html": b"<html>x</html>"}, "lab.html (a web page (HTML))", "That is what a browser saves"),
        ({"notes.md": b"sorry", "lab.pdf": b"%PDF"}, "but lab.pdf (a PDF), notes.md (a text)", "the notebook itself"),
        ({f"{n}.png": b"\x89PNG" for n in "abcdef"}, "a.png (a picture), b.png (a picture), c.png", "notebook itself"),
    ],
)
def test_no_program_is_told_with_what_came_and_what_to_hand_in(
    files: Mapping[str, bytes], found: str, advice: str, tmp_path: Path
) -> None:
    cause = why_nothing_trained(came(tmp_path, files))
    assert cause
    assert found in cause.found
    assert advice in cause.advice
    assert not cause.ran


# ---------------------------------------------------------------- flagged, and held back


def test_where_nothing_was_trained_the_cause_is_the_first_reason_for_review() -> None:
    found = graded({}, executions=(ran(IMPORTS, FIT, errors={1: "ImportError: no"}),))
    assert found.cause
    assert found.review[0] == found.cause.found
    assert found.unconfirmed_zero == found.review[0]


def test_networks_that_were_only_compiled_earn_their_marks_and_are_flagged() -> None:
    runs = {s: replace(r, fit=None, evaluations=(), plotted=()) for s, r in perfect_runs().items()}
    runs = {s: replace(r, measurement=Measurement(None, reason="never trained")) for s, r in runs.items()}
    found = graded(runs, executions=(ran(DATA),))
    assert found.total > 2
    assert found.cause
    assert found.needs_review
    assert found.unconfirmed_zero == ""


def test_a_run_that_was_stopped_before_it_trained_is_flagged_once() -> None:
    found = graded({}, executions=(ran("exit()", FIT, stopped=1),))
    assert len([r for r in found.review if "kernel died" in r]) == 1


def test_a_zero_for_what_was_trained_waits_for_a_person_too() -> None:
    odd = refit(
        perfect_run("naive", evaluations=(), plotted=()),
        images=DataFacts((100, 3), "float64"),
        labels=LabelFacts((100, 3), "float64", "other"),
        training_rows=70,
        validation_rows=30,
    )
    judged = grade(evidence([odd], loads=()), rubric(), matched({}), bands())
    assert judged.total == 0
    assert judged.unconfirmed_zero.startswith("no criterion earned a mark")


def test_a_file_that_the_graders_machine_may_not_read_is_nobodys_zero(tmp_path: Path) -> None:
    submission = came(tmp_path, {"lab.pdf": b"%PDF"}).submission
    (file,) = submission.files
    locked = replace(file, name="lab.ipynb", kind=FileKind.NOT_OPENED, note="cannot be opened: Permission denied")
    found = graded({}, submission=replace(submission, files=(locked,)), executions=(), loads=())
    assert {c.outcome for c in found.criteria} == {Outcome.NOT_ASSESSED}
    assert found.not_assessed == Fraction(10)
    (reason,) = found.review
    assert reason.startswith("the machine that grades may not read lab.ipynb (cannot be opened: Permission denied)")


def test_a_module_beside_it_that_may_not_be_read_leaves_open_what_seems_to_lack() -> None:
    facts = evidence([])
    locked = replace(facts.submission.files[0], name="stages.py", kind=FileKind.NOT_OPENED, note="cannot be opened: x")
    files = (*facts.submission.files, locked)
    found = graded({}, submission=replace(facts.submission, files=files), executions=(ran("import stages"),))
    assert any("stages.py cannot be opened: x; make it readable" in r for r in found.review)
    assert found.not_assessed > 5


def test_an_unreadable_program_beside_one_that_ran_is_flagged() -> None:
    broken = Execution("part2.ipynb", Ending.UNREADABLE, 0, 0, (), "part2.ipynb is an empty file.", "bubblewrap")
    found = graded(executions=(*evidence().executions, broken))
    assert found.review == ("part2.ipynb was not run: part2.ipynb is an empty file.",)
    assert found.unconfirmed_zero == ""


def test_a_notebook_without_code_beside_one_that_ran_is_nothing_to_look_at() -> None:
    empty = Execution("Untitled.ipynb", Ending.NOTHING_TO_RUN, 0, 0, (), "no code", "bubblewrap")
    found = graded(executions=(*evidence().executions, empty))
    assert found.review == ()
    assert found.ending is Ending.COMPLETED
