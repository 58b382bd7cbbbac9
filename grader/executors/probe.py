"""A known-good program, by which a machine is judged: what strangers hand in may fail on any."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from grader.executors.runner import CancelledError, Runner
from grader.records import Ending, FileKind, Limits, SourceFile, Submission

NAME = "known_good.py"
PROGRAM = "import numpy\nprint(numpy.arange(3).sum())\n"
LIMITS = Limits(seconds=120)


def trouble(runner: Runner) -> str:
    """Why not even a known-good program runs here; empty where it does.

    Raises:
        CancelledError: stopped from outside.
    """
    try:
        with TemporaryDirectory(prefix="grader-") as folder:
            (Path(folder) / NAME).write_text(PROGRAM, encoding="utf-8")
            file = SourceFile(NAME, FileKind.MODULE)
            evidence = runner.run(Submission("known good", Path(folder), (file,), "known-good"), LIMITS).evidence
    except CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever it is, this machine is not able)
        return str(error) or repr(error)
    if evidence.faults:
        return evidence.faults[0]
    execution = evidence.executions[0]
    return "" if execution.ending is Ending.COMPLETED else f"it ended so: {execution.ending}. {execution.message}"
