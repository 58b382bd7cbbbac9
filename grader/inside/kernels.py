"""Starts the kernel of a program, and a fresh one where a cell has ended its own: `exit()`, Colab's way to restart.

A fresh kernel is worth no more than the first: it begins when nothing of the old one is left, neither a process, which
could read its key, nor a file that it would run. All limits are the run's, not a kernel's.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager

MOST_RESTARTS = 10
"""Of one program: one before each stage, and some; each takes seconds of the program's own time."""
ROUNDS = 20
"""Attempts at ending what the old kernel has left."""
PATIENCE = 2.0
"""Seconds in which a kernel that was asked to end may do so."""
SETTINGS = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR")
"""Where files are that a kernel reads, or runs, before our hooks are in place."""
SIGNALS = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""By which a program ends itself; others are crashes."""
SUBREAPER = 36
"""`prctl(PR_SET_CHILD_SUBREAPER)`: who has lost its parent is ours, and can be found."""


class Kernels:
    """Of one program; one at a time."""

    def __init__(self, key: bytes, environment: Mapping[str, str], folder: str) -> None:
        """`key`: of the trace; `environment`: beside the runner's own; `folder`: the program's, in the submission."""
        self._key = key
        self._environment = environment
        self._folder = Path.cwd() / folder
        self._begun = 0
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)

    def begin(self, client: Any, before: int = 0) -> None:
        """Starts one for a client; `before`: the cells that had their turn in another."""
        client.kernel_name = _kernel_spec()
        manager = client.create_kernel_manager()
        manager.transport = "ipc"
        # Sockets: not in the student's folder, and in one place for runner and kernel wherever they work.
        sockets = Path(os.environ["JUPYTER_RUNTIME_DIR"]) / str(self._begun)
        sockets.mkdir(parents=True, exist_ok=True)
        manager.ip = str(sockets / "kernel")
        # As in Jupyter, a notebook finds what lies beside it, in whatever folder of the submission that is.
        self._folder.mkdir(parents=True, exist_ok=True)
        # Through a pipe, which is empty when the student's code has its turn: /proc shows the environment to everybody.
        key_out, key_in = os.pipe()
        os.write(key_in, self._key)
        os.close(key_in)
        environment = {
            **os.environ,
            **self._environment,
            "GRADER_KEY_FD": str(key_out),
            "GRADER_FOLDER": str(self._folder),
            "GRADER_BEFORE": str(before),
        }
        self._begun += 1
        try:
            # It goes to the student's folder when all of ours has been imported: libraries look for their settings
            # where they are imported, and what lies beside a notebook is to meet the notebook's own code.
            pipes = (int(os.environ["GRADER_TRACE_FD"]), key_out)
            client.start_new_kernel(cwd=str(sockets), env=environment, pass_fds=pipes)
            client.start_new_kernel_client()
        finally:
            os.close(key_out)

    def ended_on_purpose(self, client: Any, sources: Sequence[str], *, asked: bool) -> bool:
        """Whether the program ended its kernel, which is gone then, and did not crash.

        `sources`: its cells so far; `asked`: it has asked the kernel to end, and got its answer.
        """
        process = client.km.provisioner.process
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE if asked else 0)
        if asked:
            process.kill()
            return True
        status = process.poll()
        # A signal does not tell who sent it.
        killed = status is not None and -status in SIGNALS and any("kill" in source for source in sources)
        return killed or (status is not None and status >= 0)

    def clear(self, client: Any) -> bool:
        """Leaves nothing of the old kernel behind; False where that failed, or there were too many already."""
        with suppress(Exception):
            client.kc.stop_channels()
        if self._begun > MOST_RESTARTS or not _nothing_left():
            return False
        for name in SETTINGS:
            shutil.rmtree(os.environ[name], ignore_errors=True)
        return not any(Path(os.environ[name]).exists() for name in SETTINGS)


def clear_up() -> None:
    """Ends what is left where nothing comes after it."""
    _nothing_left()


def _nothing_left() -> bool:
    """Ends all processes that this one has started, and theirs."""
    import psutil

    for _ in range(ROUNDS):
        left = [p for p in psutil.Process().children(recursive=True) if not _is_gone(p)]
        if not left:
            return True
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=0.5)
    return False


def _is_gone(process: Any) -> bool:
    import psutil

    with suppress(ChildProcessError):
        # Who had another parent and is ours now is nobody's to wait for but ours.
        os.waitpid(process.pid, os.WNOHANG)
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return True


def _kernel_spec() -> str:
    """Writes the spec of a kernel that starts with the recorder in place, and returns its name.

    Whatever kernel the notebook names (another environment, another machine), it runs in this one.
    """
    folder = Path(os.environ["JUPYTER_DATA_DIR"]) / "kernels" / "student"
    folder.mkdir(parents=True, exist_ok=True)
    package = __package__ or "inside"
    spec = {
        "argv": [sys.executable, "-P", "-m", f"{package}.kernel", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
    }
    (folder / "kernel.json").write_text(json.dumps(spec))
    KernelSpecManager().get_kernel_spec("student")
    return "student"
