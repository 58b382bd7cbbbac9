"""`grader doctor`: whether grading can work on this machine, and what to do where it cannot.

Imports nothing but the standard library until a question needs more, so that it also answers where much is broken.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from grader.errors.failures import in_words

CANNOT_WORK = 2
PACKAGE = "mlp-lab-grader"
OLDEST = (3, 11)
GIB = 1 << 30
LEAST_MEMORY, ENOUGH_MEMORY = 2 * GIB, 4 * GIB
"""TensorFlow with MNIST takes about 1 GiB in the program and as much in the grader; 4 GiB is a program's limit."""
LEAST_DISK, ENOUGH_DISK = GIB // 4, 2 * GIB
"""A submission's reports, weights and executed notebook take some MiB, its scratch space at most 256 MiB."""
IMPORT = "import keras, tensorflow as tf; print(keras.__version__, tf.__version__, float(tf.constant(1.0) + 1))"
IMPORT_SECONDS = 180
COMPARED = ("'keras>=3.15,<3.16'", "'tensorflow>=2.21,<2.22'")
"""The versions whose every bit was compared (grader/inside/fast_fit/speed.py)."""
PRIVATE_NAMES = ("-m", "grader.inside.private_names")


class State(Enum):
    """How a finding bears on grading."""

    GOOD = "✓"
    CARE = "!"
    """Grading works, within limits."""
    BROKEN = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question; `advice` says what to do, empty where there is nothing to do."""

    state: State
    question: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        lines = [f"{self.state.value} {self.question}: {self.found}"]
        return "\n".join([*lines, *(f"    {line}" for line in self.advice.splitlines())])


def findings() -> Iterator[Finding]:
    """All questions in their order; a question that breaks is a finding, never an exception."""
    for question, ask in QUESTIONS.items():
        try:
            state, found, advice = ask()
        except Exception as error:  # noqa: BLE001 (what is broken here may break in any way)
            broken = f"could not be answered ({type(error).__name__}: {error})"
            yield Finding(State.BROKEN, question, broken, in_words(error) or REINSTALL)
        else:
            yield Finding(state, question, found, advice)


def doctor() -> None:
    """Say whether this machine can grade.

    And what to do where it cannot; ends with status 2 then.
    """
    worst = []
    for finding in findings():
        print(finding, flush=True)  # noqa: T201 (the answer; the libraries that print better may be what is missing)
        worst.append(finding.state)
    print()  # noqa: T201
    print(_verdict(worst))  # noqa: T201
    if State.BROKEN in worst:
        sys.exit(CANNOT_WORK)


def _verdict(states: Sequence[State]) -> str:
    broken = states.count(State.BROKEN)
    if broken:
        return f"Grading cannot work here yet: {broken} to mend (✗)."
    if State.CARE in states:
        return "Grading works here; mind what is marked with an exclamation mark."
    return "Grading works here."


REINSTALL = f"Install the grader again in a fresh environment: python -m pip install --force-reinstall {PACKAGE}"
Answer = tuple[State, str, str]


def _python() -> Answer:
    found = f"{platform.python_version()} in {sys.prefix}"
    if sys.version_info[:2] < OLDEST:
        return State.BROKEN, found, f"Install Python {'.'.join(map(str, OLDEST))} or newer."
    return State.GOOD, found, ""


def _system() -> Answer:
    found = f"{platform.system()} {platform.machine()}"
    match platform.system():
        case "Linux":
            return State.GOOD, found, ""
        case "Darwin":
            return State.CARE, found, "Programs are run without isolation here; grade a class on Linux."
        case _:
            advice = "Commands that run programs need Linux or macOS: use WSL. In a notebook %load_ext grader works."
            return State.BROKEN, found, advice


def _packages() -> Answer:
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement

    wrong = []
    wanted = [Requirement(r) for r in requires(PACKAGE) or ()]
    needed = [r for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})]
    for requirement in needed:
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            wrong.append((requirement, "missing"))
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            wrong.append((requirement, installed))
    if not wrong:
        return State.GOOD, f"all {len(needed)} are there", ""
    install = " ".join(f"'{r.name}{r.specifier}'" for r, _ in wrong)
    return (
        State.BROKEN,
        "; ".join(f"{r.name} {found}, expected {r.specifier}" for r, found in wrong),
        f"Run: {sys.executable} -m pip install {install}",
    )


def _keras() -> Answer:
    """In a process of its own: a TensorFlow that was built for another processor ends the process that imports it."""
    try:
        ran = _with_keras("-c", IMPORT)
    except subprocess.TimeoutExpired:
        return State.BROKEN, f"did not answer within {IMPORT_SECONDS} s", "Try again on an idle machine."
    if ran.returncode < 0:
        advice = "This TensorFlow does not run on this processor: install another version or use another machine."
        return State.BROKEN, f"crashed with signal {-ran.returncode} when it was imported", advice
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or ["no message"])[-1]
        return State.BROKEN, f"cannot be imported: {last}", REINSTALL
    keras, tensorflow, _ = ran.stdout.split()[-3:]
    return State.GOOD, f"Keras {keras}, TensorFlow {tensorflow}", ""


def _with_keras(*program: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
    }
    command = [sys.executable, *program]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=IMPORT_SECONDS, check=False)


def _private_names() -> Answer:
    """What the recorder relies on beyond what Keras and its companions promise."""
    ran = _with_keras(*PRIVATE_NAMES)
    if ran.returncode:
        return State.CARE, "not looked at: what has them cannot be imported", ""
    missing = [(name, without, stops) for name, _, without, stops in json.loads(ran.stdout.splitlines()[-1])]
    if not missing:
        return State.GOOD, "all that the recorder relies on are there", ""
    state = State.BROKEN if any(stops for *_, stops in missing) else State.CARE
    found = "; ".join(f"{name} is missing: {without}" for name, without, _ in missing)
    install = f"{sys.executable} -m pip install {' '.join(COMPARED)}"
    return state, found, f"These versions are newer than the grader knows. Run: {install}"


def _bands() -> Answer:
    from grader.assignment import rubric as rubrics
    from grader.assignment.reference import load_reference

    rubric = rubrics.load(rubrics.bundled())
    changed = load_reference(rubric.reference).bands_changed()
    if not changed:
        return State.GOOD, "made with these versions", ""
    advice = "Accuracies may differ a little. See whether it matters: grader reference verify --quick"
    return State.CARE, f"made otherwise: {changed}", advice


def _data() -> Answer:
    from grader.assignment import rubric as rubrics
    from grader.assignment.reference import load_reference

    data = load_reference(rubrics.load(rubrics.bundled()).reference).load_data()
    return State.GOOD, f"{len(data.train_images):,} and {len(data.test_images):,} images, digests as they should be", ""


def _sandbox() -> Answer:
    from threading import Event

    from grader.errors import SandboxUnavailable
    from grader.sandbox.bubblewrap import Bubblewrap

    if platform.system() != "Linux":
        return State.CARE, "there is none on this system", "grader check needs none; grader grade: --sandbox process."
    try:
        return State.GOOD, f"bubblewrap works: {Bubblewrap(Event()).way}", ""
    except SandboxUnavailable as error:
        first, _, rest = str(error).partition("\n")
        return State.BROKEN, first, f"{rest}\n`grader check` of your own file works without."


def _promises() -> Answer:
    """What of a submission is held here and what is not, whatever it does; README says it of each sandbox."""
    from threading import Event

    from grader.errors import SandboxUnavailable
    from grader.sandbox.base import Promise
    from grader.sandbox.bubblewrap import Bubblewrap
    from grader.sandbox.process import Process

    try:
        _ = (sandbox := Bubblewrap(Event())).way
        promises, name = sandbox.promises, sandbox.name
    except SandboxUnavailable:
        promises, name = Process.promises, Process.name
    given, lacking = ([p for p in Promise if (p in promises) is kept] for kept in (True, False))
    held = "\n".join([f"{State.GOOD.value} {p}" for p in given] + [f"not promised: {p}" for p in lacking])
    found = f"{len(given)} of {len(Promise)} are kept by a submission under {name}, whatever it does"
    return State.CARE if lacking else State.GOOD, found, held


def _memory() -> Answer:
    import psutil

    from grader.executors.capacity import memory_limits

    memory = psutil.virtual_memory()
    allowed = [memory.total, *(limit for limit, _ in memory_limits())]
    found = f"{memory.available / GIB:.1f} GiB free of {min(allowed) / GIB:.1f}"
    free = min(memory.available, *allowed)
    if min(allowed) < LEAST_MEMORY:
        return State.BROKEN, found, f"Grading needs at least {LEAST_MEMORY // GIB} GiB."
    if free < ENOUGH_MEMORY:
        return State.CARE, found, "Close other programs, or grade with --jobs 1 --memory 2."
    return State.GOOD, found, ""


def _cores() -> Answer:
    """As `--jobs` counts them."""
    from grader.executors.capacity import because, default_jobs, this_machine

    machine = this_machine()
    found = because(machine, default_jobs(machine))
    if machine.cores == 1:
        return State.CARE, found, "One submission at a time; a full run of the lab takes some minutes."
    return State.GOOD, found, ""


def _disk() -> Answer:
    folders = {"temporary files": Path(tempfile.gettempdir()), "reports": Path.cwd()}
    free = {name: shutil.disk_usage(folder).free for name, folder in folders.items()}
    found = ", ".join(f"{free[name] / GIB:.1f} GiB for {name} ({folder})" for name, folder in folders.items())
    unwritable = [str(folder) for folder in folders.values() if not os.access(folder, os.W_OK)]
    if min(free.values()) < LEAST_DISK:
        return State.BROKEN, found, "Make room, or set TMPDIR to a larger disk."
    if unwritable:
        return State.CARE, f"cannot write to {', '.join(unwritable)}", "Give another folder with --out, or set TMPDIR."
    if min(free.values()) < ENOUGH_DISK:
        return State.CARE, found, "Enough for a few submissions; a class needs some GiB."
    return State.GOOD, found, ""


QUESTIONS: dict[str, Callable[[], Answer]] = {
    "Python": _python,
    "System": _system,
    "Packages": _packages,
    "Keras": _keras,
    "Private names": _private_names,
    "Accuracy bands": _bands,
    "Data set": _data,
    "Isolation": _sandbox,
    "Promises": _promises,
    "Memory": _memory,
    "Cores": _cores,
    "Disk": _disk,
}
