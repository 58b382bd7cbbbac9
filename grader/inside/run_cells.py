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
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from .cell_output import CELL_OUTPUT, DEEPEST_OUTPUT, ERROR_OUTPUT, IMAGE_OUTPUT, MOST_FRAMES
from .kernels import Kernels, clear_up
from .protocol import (
    CELL_ERROR,
    ENDED,
    MOST_OUTPUTS,
    RESTARTED,
    TRY_PARTS,
    TRY_SECONDS,
    Advisory,
    CellBegin,
    CellEnd,
    End,
)
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
        self.on_cell_executed = self._executed
        self.asked_to_end = False
        """The last cell has asked the kernel to end, as `exit()` does: it does so a moment after it has answered."""
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
        self.asked_to_end = False

    def _executed(self, *, execute_reply: dict[str, Any], **_: Any) -> None:
        payload = execute_reply["content"].get("payload")
        asked = (one for one in payload or () if isinstance(one, dict) and one.get("source") == "ask_exit")
        self.asked_to_end = any(one.get("keepkernel") is False for one in asked)


def main() -> None:
    """Reads the program, starts the kernel, runs every cell in order; errors do not stop a notebook."""
    program = json.load(sys.stdin)
    key = bytes.fromhex(program.get("key", ""))
    trace = Trace(key=key)
    notebook = nbformat.from_dict(program["notebook"])
    environment = {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "GRADER_MODULE": Path(program["name"]).name if program["kind"] == "module" else "",
        "GRADER_KERAS": "at once" if _mentions_keras(notebook) else "later",
    }
    kernels = Kernels(key, environment, str(Path(program["name"]).parent))
    ended = _run_cells(kernels, notebook, trace)
    trace.write(End(t="end", ending="completed" if ended else "kernel died"))
    # All that counts is in the trace; taking TensorFlow and a client down in good order takes a second, and a dead
    # kernel would be waited for.
    clear_up()
    os._exit(0)


def _client(notebook: Any) -> CappedClient:
    return CappedClient(
        notebook,
        timeout=None,
        startup_timeout=STARTUP_SECONDS,
        allow_errors=True,
        allow_stdin=False,
        iopub_timeout=30,
        raise_on_iopub_timeout=False,
        skip_cells_with_tag="",
    )


def _run_cells(kernels: Kernels, notebook: Any, trace: Trace) -> bool:
    """Whether all had their turn; not, where the kernel died in one and it was not the program that ended it."""
    client: CappedClient | None = None
    cells = [(i, c) for i, c in enumerate(notebook.cells) if c.cell_type == "code" and c.source.strip()]
    sources = [cell.source for _, cell in cells]
    for number, (index, cell) in enumerate(cells, 1):
        if client is None:
            client = _client(notebook)
            kernels.begin(client, number - 1)
        trace.write(CellBegin(t="cell_begin", number=number))
        client.start_cell()
        started = time.monotonic()
        died = False
        try:
            client.execute_cell(cell, index, store_history=True)
        except DeadKernelError:
            died = True
        seconds = time.monotonic() - started
        ends = died or client.asked_to_end
        if ends and not kernels.ended_on_purpose(client, sources[:number], asked=not died):
            return False
        last = number == len(cells)
        if ends and not (kernels.clear(client) or last):
            return False
        trace.write(_cell_end(client, cell, number, index, seconds))
        if ends:
            client = None
            trace.write(Advisory(t="advisory", cell=number, message=ENDED if last else RESTARTED))
    if client is not None:
        _try_parts(client, len(notebook.cells))
    return True


def _cell_end(client: CappedClient, cell: Any, number: int, index: int, seconds: float) -> CellEnd:
    error = next((o for o in cell.outputs if o.output_type == "error"), None)
    return CellEnd(
        t="cell",
        number=number,
        index=index,
        status="error" if error else "ok",
        error=f"{error.ename}: {error.evalue}"[:CELL_ERROR] if error else "",
        seconds=round(seconds, 3),
        left_out=client.left_out,
        outputs=[dict(o) for o in cell.outputs],
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
