"""What lies beside a program is found by the program's own code, and by nothing of ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SETTINGS = "matplotlibrc"
OWN_PATH = tuple(sys.path)
"""From where modules are imported as long as nothing of the student's has run."""


def go_beside_the_program(shell: Any, folder: Path) -> None:
    """From here on the kernel works in the student's folder, as if it had been started there."""
    os.chdir(folder)
    # IPython has noted where it was started: `%cd -` goes back there.
    shell.starting_dir = str(folder)
    shell.history_manager.dir_hist[:] = [folder]
    if "matplotlib" in sys.modules:
        _read_settings(folder)


def _read_settings(folder: Path) -> None:
    """Keras has brought Matplotlib along, which reads the settings of the folder where it is imported first."""
    import matplotlib as mpl

    if Path(mpl.matplotlib_fname()).resolve().parent != folder.resolve():
        return
    try:
        mpl.rc_file(SETTINGS)
    except Exception:  # noqa: BLE001 (whatever is wrong with them, it is the student's)
        # As if it had not been imported: their own import fails as it does for them, and in their cell.
        for name in [n for n in sys.modules if n.partition(".")[0] == "matplotlib"]:
            del sys.modules[name]


@contextmanager
def nothing_of_theirs() -> Iterator[None]:
    """What is imported meanwhile is the installed one, whatever lies beside the program or on the path by now."""
    theirs, sys.path[:] = list(sys.path), OWN_PATH
    try:
        yield
    finally:
        sys.path[:] = theirs
