"""The ways the grader can stop: the user must act, or we are wrong."""

from __future__ import annotations


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
