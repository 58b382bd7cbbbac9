"""Runs submissions on the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.errors import UserError
from grader.executors.cluster import Say, connected
from grader.executors.farm import Farm, Lost
from grader.executors.parcels import submission_parcel, unpack_ran
from grader.executors.protocol import Step, Told
from grader.executors.worker import SANDBOX, Terms, graded, versions
from grader.executors.workforce import Workforce
from grader.pipeline import Ran, conditions, failed
from grader.records import Limits, Submission
from grader.standard import load_reference


class Remote:
    """An `Executor` whose submissions travel to workers and come back as facts."""

    sandbox = SANDBOX

    def __init__(self, force: Workforce, reference: str) -> None:
        self._force = force
        self._farm: Farm[Submission] | None = None
        self.conditions: Mapping[str, str] = _conditions(reference)

    @property
    def jobs(self) -> int:
        """As `Executor.jobs`: what workers there are now."""
        return max(1, self._force.slots)

    def run(self, submissions: Sequence[Submission], limits: Limits, told: Told) -> Iterator[tuple[Submission, Ran]]:
        """As `Executor.run`."""
        self._farm = Farm(self._force, graded, lambda s: submission_parcel(s, limits), ahead=1 + self.jobs // 4)
        answers = self._farm.run([(s.student, s) for s in submissions], lambda s, what: told(s, Step(what)))
        return ((s, _ran(s, answer, limits)) for s, answer in answers)

    def whereabouts(self, submission: Submission) -> str:
        """As `Executor.whereabouts`."""
        at = self._farm.whereabouts(submission.student) if self._farm else ""
        return f"on {at}" if at else "waiting for a worker"


@contextmanager
def remote(scheduler: str | None, workers: int, reference: str, say: Say) -> Iterator[Remote]:
    """The workers of a scheduler, or so many started here, for as long as it lasts.

    Raises:
        UserError: no worker can be had; the message says why.
    """
    terms = Terms(reference, confined=True, versions=tuple(versions().items()))
    with connected(scheduler, workers, say) as client, Workforce(client, terms, say) as force:
        yield Remote(force, reference)


def _ran(submission: Submission, answer: bytes | Lost, limits: Limits) -> Ran:
    if isinstance(answer, Lost):
        return failed(submission, answer.why, limits)
    try:
        return unpack_ran(answer, submission)
    except UserError as error:
        return failed(submission, str(error), limits)


def _conditions(reference: str) -> Mapping[str, str]:
    with TemporaryDirectory(prefix="grader-") as folder:
        data = Path(folder) / "mnist"
        load_reference(reference).write_data(data)
        return conditions(data)
