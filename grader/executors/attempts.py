"""A failure of the grader's own is tried once more, and then it is a fault in the evidence: nobody's zero."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable

from grader.errors import UserError
from grader.errors.failures import described, has_temporary_room, in_words
from grader.executors.probe import trouble
from grader.executors.ran import Ran
from grader.executors.runner import CancelledError, KernelNotStartedError, Runner, failed
from grader.records import Limits, Submission

BROUGHT_BY_NONE = frozenset({errno.EMFILE, errno.ENFILE, errno.EIO, errno.ESTALE, errno.EROFS})
"""No submission brings these about."""
ATTEMPTS = 2
"""A failure may be the machine's bad moment; the second one is reported."""
SOON = 0.5
"""Of the time limit, which is for all that a submission takes: what fails later than that is not tried again."""


def attempted(runner: Runner, submission: Submission, limits: Limits, again: Callable[[], None]) -> Ran:
    """The submission's evidence, whatever goes wrong on our side; `again` is called before the second try."""
    fault, started = "", time.monotonic()
    for attempt in range(ATTEMPTS):
        if attempt and time.monotonic() - started > SOON * limits.seconds:
            break
        if attempt:
            again()
        try:
            return runner.run(submission, limits)
        except (CancelledError, KeyboardInterrupt):
            raise
        except UserError as error:
            if trouble(runner):
                # The sandbox, the disk: nobody's submission can be graded until the user acts.
                raise
            fault = f"the grader failed: {error}"
        except KernelNotStartedError as error:
            fault = f"the grader failed: {error}"
        except Exception as error:  # noqa: BLE001 (one failure never stops the rest)
            fault = f"the grader failed: {described(error)}"
            if attempt and isinstance(error, OSError):
                _must_be_the_submissions(error)
    return failed(submission, fault, limits)


def _must_be_the_submissions(error: OSError) -> None:
    """Where the system fails with nothing of the submission left on it, it fails for all: raises UserError."""
    told = in_words(error)
    if told and (error.errno in BROUGHT_BY_NONE or not has_temporary_room()):
        raise UserError(told) from error
