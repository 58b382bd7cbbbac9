"""Prints what whole submissions cost: against nbconvert, two at once against one after the other, and doing nothing.

Run: `python -m tests.benchmarks.bench_whole [--epochs 100]`; needs nbconvert (`pip install '.[benchmark]'`).
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


def seconds(*command: str) -> float:
    """Wall seconds of a command that must succeed."""
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    began = time.perf_counter()
    subprocess.run(command, check=True, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


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
    """Wall seconds of `grader grade`, nothing kept from before."""
    shutil.rmtree(out, ignore_errors=True)
    return seconds(*GRADER, "grade", str(folder), "--out", str(out), *options)


def main() -> None:
    """Parses the command line and prints Markdown."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--epochs", type=int, default=100)
    epochs = options.parse_args().epochs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data.write_folder(folder / "mnist")
        cells = solution(epochs)
        notebook(folder / "one" / "a.ipynb", cells)
        for student in "ab":
            notebook(folder / "two" / f"{student}.ipynb", [*cells, f"print({student!r})"])
        offline = NO_NETWORK.format(path=str(folder / "mnist" / "mnist.npz"))
        plain = notebook(folder / "plain.ipynb", [offline, *cells])
        nothing = notebook(folder / "nothing" / "a.ipynb", ["import keras"])
        print(f"{platform.platform()}, {os.cpu_count()} cores; wall seconds, six stages of {epochs} epochs.\n")  # noqa: T201
        print("| what | seconds | against | seconds | ratio |\n|---|---|---|---|---|")  # noqa: T201
        out = folder / "out"
        _row(
            "nbconvert --execute",
            seconds(*NBCONVERT, str(out), str(plain)),
            "grader grade",
            graded(folder / "one", out),
        )
        after = graded(folder / "two", out, "--jobs", "1")
        _row("two, --jobs 1", after, "two, --jobs 2", graded(folder / "two", out, "--jobs", "2"))
        bare = seconds(sys.executable, "-c", "import keras") + seconds(sys.executable, "-c", KERNEL)
        _row("grader grade, a notebook that does nothing", graded(nothing.parent, out), "import keras + a kernel", bare)


def _row(what: str, one: float, against: str, other: float) -> None:
    print(f"| {what} | {one:.1f} | {against} | {other:.1f} | {one / other:.2f} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
