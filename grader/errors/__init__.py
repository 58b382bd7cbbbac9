"""The ways the grader can stop: the user must act, or we are wrong; and the system's trouble in words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """The user must act (exit status 2); the message says what was expected, what was found, what to do."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the message says it all."""
        return [str(self)]


class WrittenError(UserError):
    """A file that a person wrote is wrong; `problems` has one line for each, with file, line and column."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keeps all problems, so that an author mends them in one go."""
        super().__init__("\n".join(problems))
        self.problems = problems


class UnreadableSubmission(Exception):  # noqa: N818 (not an error of ours: a finding about a submission)
    """A handed-in file cannot be read as a notebook or module; the message is for its student."""

    def __init__(self, found: str, advice: str = "") -> None:
        """What was found, and what to do."""
        super().__init__(f"{found} {advice}".strip())
        self.advice = advice


class SandboxUnavailable(UserError):  # noqa: N818 (reads better where it is raised)
    """The confinement asked for cannot be had on this machine."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, in brackets after a space; empty where none is near.

    A name in other letters' case, or the beginning of one name only, is nearer than any that is spelt alike.
    """
    plain = {name.casefold(): name for name in sorted(known, reverse=True)}
    wanted = word.casefold()
    begun = [name for name in plain if name.startswith(wanted)]
    near = [wanted] if wanted in plain else begun if len(begun) == 1 else get_close_matches(wanted, plain, 1)
    return f" (did you mean '{plain[near[0]]}'?)" if near and wanted else ""
