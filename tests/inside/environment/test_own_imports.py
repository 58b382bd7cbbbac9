"""What lies beside a notebook meets the student's code, and never the grader's own imports before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.evidence.trace import Environment, Fault, FitBegin
from reference import data
from tests.inside.running import Ran, run

STOPS = b"raise SystemExit('from beside')\n"
GARBAGE = b"\xff\xfe\x00 backend"
_CONFIGURATION = (
    "matplotlibrc jupyter_config.json jupyter_config.py ipython_config.json keras.json "
    ".keras/keras.json .ipython/profile_default/startup/00.py .matplotlib/matplotlibrc .jupyter/jupyter_config.json "
    "pyproject.toml setup.cfg .pythonrc .pdbrc pyvenv.cfg python311._pth kernel.json .env"
)
CONFIGURATION = _CONFIGURATION.split()
_MODULES = (
    "ipython_config ipython_kernel_config jupyter_nbclient_config sitecustomize usercustomize random json numpy typing "
    "keras tensorflow h5py optree absl matplotlib IPython ipykernel zmq tornado traitlets psutil fcntl inspect "
    "statistics fractions difflib gzip struct hashlib secrets uuid inside grader"
)
MODULES = _MODULES.split()
TRAINS = """\
import keras, numpy as np
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
model.compile("sgd", "mse")
model.fit(np.zeros((8, 4)), np.zeros((8, 2)), verbose=0)
"""
WHERE = """\
import os
print(sorted(os.listdir())[:1], os.path.basename(os.getcwd()), [os.path.basename(p) for p in _dh])
%cd ..
%cd -
print(os.path.basename(os.getcwd()))
import beside
"""


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mnist")
    data.write_folder(folder)
    return folder


def ran(folder: Path, mnist: Path, beside: dict[str, bytes], cells: list[str]) -> Ran:
    for name, content in beside.items():
        path = folder / "given" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    files = {f"week/{name}": folder / "given" / name for name in beside}
    return run(folder, mnist, cells, name="week/lab.ipynb", files=files)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["a file", "a package"])
def test_no_module_that_lies_beside_it_keeps_the_first_line_from_its_turn(
    kind: str, tmp_path: Path, mnist: Path
) -> None:
    at = {"a file": "{}.py", "a package": "{}/__init__.py"}[kind]
    beside = {at.format(name): STOPS for name in MODULES} | {"beside.py": b"print('found')"}
    seen = ran(tmp_path, mnist, beside, ["print('first')", TRAINS, WHERE])
    assert seen.of(Environment), seen.stop.stderr
    assert seen.of(Fault) == []
    assert seen.printed(1) == "first\n"
    assert "week ['week']" in seen.printed(3)
    assert seen.printed(3).endswith("week\nfound\n")


@pytest.mark.slow
def test_no_configuration_that_lies_beside_it_keeps_the_first_line_from_its_turn(tmp_path: Path, mnist: Path) -> None:
    beside = dict.fromkeys(CONFIGURATION, GARBAGE)
    cells = ["print('first')", TRAINS, "import matplotlib.pyplot as plt", "print('next')"]
    seen = ran(tmp_path, mnist, beside, cells)
    assert seen.of(Environment), seen.stop.stderr
    assert seen.of(Fault) == []
    assert seen.printed(1) == "first\n"
    assert len(seen.of(FitBegin)) == 1
    # As in a plain Jupyter: the configuration is theirs, and so is the error.
    assert seen.cell(3).error.startswith("UnicodeDecodeError")
    assert seen.printed(4) == "next\n"


@pytest.mark.slow
def test_a_good_configuration_counts_as_in_plain_jupyter(tmp_path: Path, mnist: Path) -> None:
    cells = [TRAINS, "import matplotlib.pyplot as plt; print(plt.rcParams['lines.linewidth'])"]
    seen = ran(tmp_path, mnist, {"matplotlibrc": b"lines.linewidth: 7\n"}, cells)
    assert seen.printed(2) == "7.0\n"


@pytest.mark.slow
def test_keras_that_is_first_imported_by_a_made_up_name_is_recorded_whatever_lies_beside(
    tmp_path: Path, mnist: Path
) -> None:
    beside = {f"{name}.py": STOPS for name in ("inside", "grader", "recording", "compat", "signing")}
    hidden = TRAINS.replace("import keras, numpy as np", "k = __import__('ker' + 'as'); import numpy as np")
    seen = ran(tmp_path, mnist, beside, ["print('first')", hidden.replace("keras.", "k.")])
    assert seen.of(Fault) == []
    assert len(seen.of(FitBegin)) == 1, seen.cell(2).error
