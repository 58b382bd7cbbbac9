"""`python -m tests.variety FOLDER` writes a varied class, `… count REPORTS` holds its grades against the expert's.

.venv/bin/python -m tests.variety build/variety --size 500 --seed 7 --rows 2000 --epochs 1
.venv/bin/grader grade build/variety --out build/variety-reports
.venv/bin/python -m tests.variety count build/variety-reports --expected build/variety/expected.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.variety.count import count
from tests.variety.files import write_class


def main(arguments: Sequence[str]) -> None:
    """Writes or counts."""
    if arguments[:1] == ["count"]:
        parser = argparse.ArgumentParser(prog="python -m tests.variety count", description="Right, wrong, missed.")
        parser.add_argument("reports", type=Path)
        parser.add_argument("--expected", type=Path, required=True, help="the expected.json of that class")
        asked = parser.parse_args(arguments[1:])
        count(asked.reports, asked.expected)
        return
    parser = argparse.ArgumentParser(prog="python -m tests.variety", description="A varied class of students.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=500, help="students")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rows", type=int, default=2000, help="training images")
    parser.add_argument("--epochs", type=int, default=1, help="of every fit")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of the students to write")
    asked = parser.parse_args(arguments)
    numbers = asked.only or range(1, asked.size + 1)
    write_class(asked.folder, numbers, asked.seed, asked.rows, asked.epochs)
    sys.stdout.write(f"Written: {len(numbers)} students below {asked.folder}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
