"""`grader` and `python -m grader`: the command line, or in words what keeps it from starting."""

from __future__ import annotations

import os
import sys

CANNOT_START = 2


def main() -> None:
    """Runs the command line; where a part of the installation is missing, says which, and `doctor` still answers."""
    try:
        from grader.cli import main as run
    except ImportError as error:
        print(f"The grader cannot start: {error}.", file=sys.stderr)  # noqa: T201
        _say_what_to_do()
        sys.exit(CANNOT_START)
    except OSError as error:
        from grader.errors.failures import in_words

        words = in_words(error)
        if words is None:
            raise
        print(f"The grader cannot start. {words}", file=sys.stderr)  # noqa: T201
        sys.exit(CANNOT_START)
    run()


def _say_what_to_do() -> None:
    from grader.commands.doctor import REINSTALL, doctor

    if os.name != "posix":
        words = "On Windows, use it within WSL. In a notebook, %load_ext grader works on Windows, too."
        print(words, file=sys.stderr)  # noqa: T201
    elif sys.argv[1:] == ["doctor"]:
        doctor()
    else:
        print(f"{REINSTALL}\nWhat else is amiss: grader doctor", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
