"""Waits for the grader to end and, where it was killed, removes what it could not: `python -m grader.sandbox.janitor`.

Its standard input is a pipe from the grader, which the system closes however the grader ends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from grader.sandbox.scratch import remove
from grader.sandbox.watchdog import kill_marked


def main(lines: Iterable[str]) -> None:
    """Follows what there is until the grader is gone, then clears what is left."""
    runs: set[str] = set()
    folders: set[str] = set()
    for line in lines:
        what, name = json.loads(line)
        match what:
            case "run":
                runs.add(name)
            case "folder":
                folders.add(name)
            case _:
                runs.discard(name)
                folders.discard(name)
    for run in runs:
        kill_marked(run)
    for folder in folders:
        remove(Path(folder))


if __name__ == "__main__":
    main(sys.stdin)
