"""Prints what whole submissions cost: against nbconvert, two at once against one after the other, and doing nothing.

In wall seconds: what a program that is killed inside a sandbox has used of the processor is told to nobody.

Run: `python -m tests.benchmarks.bench_whole [nbconvert jobs nothing] [--epochs 100]`; needs nbconvert
(`pip install '.[benchmark]'`).
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat

from reference import data

SOLUTION = Path("reference/solution.ipynb")
GRADER = (sys.executable, "-m", "grader")
NBCONVERT = (sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir")
NO_NETWORK = """
import keras, numpy as np
_file = np.load({path!r})
keras.datasets.mnist.load_data = lambda: ((_file["x_train"], _file["y_train"]), (_file["x_test"], _file["y_test"]))
"""
KERNEL = "from jupyter_client.manager import start_new_kernel as s; m, c = s(); m.shutdown_kernel(now=True)"


def cost(*command: str) -> float:
    """Wall seconds of a command that must succeed."""
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    began = time.perf_counter()
    subprocess.run(command, check=True, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


Row = tuple[str, float, str, float]
"""What was measured, and against what."""


def notebook(path: Path, cells: list[str]) -> Path:
    """A notebook of these cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(made, path)
    return path


def solution(epochs: int) -> list[str]:
    """The cells of the reference solution, all six stages, for so many epochs."""
    cells = [cell.source for cell in nbformat.read(SOLUTION, 4).cells if cell.cell_type == "code"]
    shorter = [cell.replace("EPOCHS = 100", f"EPOCHS = {epochs}") for cell in cells]
    if epochs != 100 and shorter == cells:
        raise SystemExit(f"{SOLUTION} does not say EPOCHS = 100 any more")
    return shorter


def graded(folder: Path, out: Path, *options: str) -> float:
    """What `grader grade` takes, nothing kept from before."""
    shutil.rmtree(out, ignore_errors=True)
    return cost(*GRADER, "grade", str(folder), "--out", str(out), *options)


def main() -> None:
    """Parses the command line and prints Markdown."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rows", nargs="*", choices=[*ROWS, []], default=[], help="all if none is named")
    options.add_argument("--epochs", type=int, default=100)
    given = options.parse_args()
    epochs = given.epochs
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        data.write_folder(folder / "mnist")
        cells = solution(epochs)
        print(f"{platform.platform()}, {os.cpu_count()} cores; wall seconds, six stages of {epochs} epochs.\n")  # noqa: T201
        print("| what | seconds | against | seconds | ratio |\n|---|---|---|---|---|")  # noqa: T201
        for name in given.rows or ROWS:
            _row(*ROWS[name](folder, cells))


def against_nbconvert(folder: Path, cells: list[str]) -> Row:
    """The same notebook: executed by nbconvert, and graded before and after (the mean): a machine's speed drifts."""
    offline = NO_NETWORK.format(path=str(folder / "mnist" / "mnist.npz"))
    plain, out = notebook(folder / "plain.ipynb", [offline, *cells]), folder / "out"
    notebook(folder / "one" / "a.ipynb", cells)
    before = graded(folder / "one", out)
    executed = cost(*NBCONVERT, str(out), str(plain))
    return "nbconvert --execute", executed, "grader grade", (before + graded(folder / "one", out)) / 2


def jobs(folder: Path, cells: list[str]) -> Row:
    """Two submissions, one after the other and at once."""
    for student in "ab":
        notebook(folder / "two" / f"{student}.ipynb", [*cells, f"print({student!r})"])
    one, two = (graded(folder / "two", folder / "out", "--jobs", str(n)) for n in (1, 2))
    return "two, --jobs 1", one, "two, --jobs 2", two


def nothing(folder: Path, _cells: list[str]) -> Row:
    """A notebook that only imports Keras, against what that takes without a grader; a class's own pages come once."""
    empty = notebook(folder / "nothing" / "a.ipynb", ["import keras"])
    checked = cost(*GRADER, "check", str(empty), "--out", str(folder / "out"))
    bare = cost(sys.executable, "-c", "import keras") + cost(sys.executable, "-c", KERNEL)
    return "grader check, `import keras`", checked, "import keras + a kernel", bare


ROWS: Mapping[str, Callable[[Path, list[str]], Row]] = {
    "nbconvert": against_nbconvert,
    "jobs": jobs,
    "nothing": nothing,
}


def _row(what: str, one: float, against: str, other: float) -> None:
    print(f"| {what} | {one:.1f} | {against} | {other:.1f} | {one / other:.2f} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
