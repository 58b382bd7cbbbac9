"""Runs a notebook, handed in on standard input as JSON, cell by cell, and writes what became of each to the trace."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from .cell_output import CELL_OUTPUT, DEEPEST_OUTPUT, ERROR_OUTPUT, IMAGE_OUTPUT, MOST_FRAMES
from .protocol import CELL_ERROR, MOST_OUTPUTS, TRY_PARTS, TRY_SECONDS, CellBegin, CellEnd, End
from .trace import Trace

MOST_KEPT = MOST_OUTPUTS - 10
"""Outputs of one cell, with room for the exception that ends it."""
STARTUP_SECONDS = 600
"""TensorFlow and Keras are imported before the kernel answers; on a loaded machine that takes half a minute, and beside
programs that want every core for themselves some. The time limit of the submission ends it in any case."""


class CappedClient(NotebookClient):
    """A notebook client that keeps a bounded part of what a cell prints, as it comes in."""

    def __init__(self, notebook: Any, **options: Any) -> None:
        super().__init__(notebook, **options)
        self.kept = 0
        self.pictures = 0
        self.left_out = 0

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Drops output beyond the cap before it is stored; all other messages take their course."""
        content = msg["content"]
        match msg["msg_type"]:
            case "stream":
                room = max(0, CELL_OUTPUT - self.kept) if len(cell.outputs) < MOST_KEPT else 0
                self.left_out += max(0, len(content["text"]) - room)
                self.kept += len(content["text"])
                if not room:
                    return None
                content["text"] = content["text"][:room]
            case "error":
                content |= {name: content[name][:ERROR_OUTPUT] for name in ("ename", "evalue")}
                content["traceback"] = [line[:ERROR_OUTPUT] for line in content["traceback"][-MOST_FRAMES:]]
            case "display_data" | "update_display_data" | "execute_result":
                rich = [content["data"], content.get("metadata")]
                if not _is_flat(rich, DEEPEST_OUTPUT - 1):
                    self.left_out += 1
                    return None
                size = len(json.dumps(rich))
                self.pictures += size
                if self.pictures > IMAGE_OUTPUT or len(cell.outputs) >= MOST_KEPT:
                    self.left_out += size
                    return None
            case "comm_open" | "comm_msg" | "comm_close":
                return None
        return super().process_message(msg, cell, cell_index)

    def start_cell(self) -> None:
        """Every cell has the whole allowance."""
        self.kept = self.pictures = self.left_out = 0


def main() -> None:
    """Reads the program, starts the kernel, runs every cell in order; errors do not stop a notebook."""
    program = json.load(sys.stdin)
    key = bytes.fromhex(program.get("key", ""))
    trace = Trace(key=key)
    notebook = nbformat.from_dict(program["notebook"])
    client = CappedClient(
        notebook,
        kernel_name=_kernel_spec(),
        timeout=None,
        startup_timeout=STARTUP_SECONDS,
        allow_errors=True,
        allow_stdin=False,
        iopub_timeout=30,
        raise_on_iopub_timeout=False,
        skip_cells_with_tag="",
        # All that counts is in the trace; taking TensorFlow down in good order takes a second.
        shutdown_kernel="immediate",
    )
    manager = client.create_kernel_manager()
    manager.transport = "ipc"
    # Sockets: not in the student's folder, and in one place for runner and kernel wherever they work.
    sockets = Path(os.environ["JUPYTER_RUNTIME_DIR"])
    sockets.mkdir(parents=True, exist_ok=True)
    manager.ip = str(sockets / "kernel")
    environment = os.environ | {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "GRADER_MODULE": Path(program["name"]).name if program["kind"] == "module" else "",
        "GRADER_KERAS": "at once" if _mentions_keras(notebook) else "later",
    }
    pipe = int(os.environ["GRADER_TRACE_FD"])
    # Through a pipe, which is empty when the student's code has its turn: /proc shows the environment to everybody.
    key_out, key_in = os.pipe()
    os.write(key_in, key)
    os.close(key_in)
    environment["GRADER_KEY_FD"] = str(key_out)
    # As in Jupyter, a notebook finds what lies beside it, in whatever folder of the submission that is.
    folder = Path.cwd() / Path(program["name"]).parent
    folder.mkdir(parents=True, exist_ok=True)
    environment["GRADER_FOLDER"] = str(folder)
    # It goes to the student's folder when all of ours has been imported: libraries look for their settings where they
    # are imported, and what lies beside a notebook is to meet the notebook's own code.
    with client.setup_kernel(cwd=str(sockets), env=environment, pass_fds=(pipe, key_out)):
        os.close(key_out)
        try:
            _run_cells(client, notebook, trace)
            _try_parts(client, len(notebook.cells))
        except DeadKernelError:
            trace.write(End(t="end", ending="kernel died"))
            # The kernel's shutdown would wait for a process that is no more.
            os._exit(0)
        trace.write(End(t="end", ending="completed"))


def _run_cells(client: CappedClient, notebook: Any, trace: Trace) -> None:
    number = 0
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        number += 1
        trace.write(CellBegin(t="cell_begin", number=number))
        client.start_cell()
        started = time.monotonic()
        client.execute_cell(cell, index, store_history=True)
        seconds = time.monotonic() - started
        error = next((o for o in cell.outputs if o.output_type == "error"), None)
        trace.write(
            CellEnd(
                t="cell",
                number=number,
                index=index,
                status="error" if error else "ok",
                error=f"{error.ename}: {error.evalue}"[:CELL_ERROR] if error else "",
                seconds=round(seconds, 3),
                left_out=client.left_out,
                outputs=[dict(o) for o in cell.outputs],
            )
        )


def _try_parts(client: CappedClient, cells: int) -> None:
    """What the student wrote themselves is tried once nothing of theirs runs any more; however that ends."""
    client.timeout = TRY_SECONDS
    with contextlib.suppress(Exception):
        client.execute_cell(nbformat.v4.new_code_cell(TRY_PARTS), cells, store_history=False)


def _is_flat(value: Any, levels: int) -> bool:
    """Whether nothing is nested deeper."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels >= 0 and all(_is_flat(one, levels - 1) for one in inner)


def _mentions_keras(notebook: Any) -> bool:
    """Whether the program or what was handed in beside it names Keras or TensorFlow.

    A guess that costs or saves seconds and nothing else: a program that hides its import is recorded all the same.
    """
    sources = (cell.source.encode("utf-8", "replace") for cell in notebook.cells)
    files = (p.read_bytes() for p in Path.cwd().rglob("*") if p.suffix in {".py", ".ipynb"} and p.is_file())
    return any(name in text for text in itertools.chain(sources, files) for name in (b"keras", b"tensorflow"))


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
