"""`python -m tests.honest FOLDER` writes a class of honest students, `… count REPORTS` counts how many are flagged.

.venv/bin/python -m tests.honest build/honest --size 200 --seed 1 --epochs 1
.venv/bin/grader grade build/honest --out build/honest-reports
.venv/bin/python -m tests.honest count build/honest-reports --expected build/honest/expected.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.honest.count import count
from tests.honest.files import write_class


def main(arguments: Sequence[str]) -> None:
    """Writes or counts."""
    if arguments[:1] == ["count"]:
        parser = argparse.ArgumentParser(prog="python -m tests.honest count", description="How many are flagged, why.")
        parser.add_argument("reports", type=Path)
        parser.add_argument("--expected", type=Path, help="the expected.json of that class")
        asked = parser.parse_args(arguments[1:])
        count(asked.reports, asked.expected)
        return
    parser = argparse.ArgumentParser(prog="python -m tests.honest", description="A class of honest students.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=200, help="students")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=1, help="of every fit")
    asked = parser.parse_args(arguments)
    write_class(asked.folder, asked.size, asked.seed, asked.epochs)
    sys.stdout.write(f"Written: {asked.size} students below {asked.folder}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
