"""Runs submissions on the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.assignment.reference import load_reference
from grader.errors import UserError
from grader.executors.base import Keep, Running, Step, Told
from grader.executors.cluster import Say
from grader.executors.distribute import Distributor, Lost
from grader.executors.ran import Ran
from grader.executors.runner import conditions, failed
from grader.executors.serialize import submission_payload, unpack_ran
from grader.executors.worker import SANDBOX, Terms, graded
from grader.executors.workforce import Workforce, hired
from grader.records import Evidence, Limits, Submission


class Remote:
    """An `Executor` whose submissions travel to workers and come back as facts."""

    sandbox = SANDBOX

    def __init__(self, force: Workforce, conditions: Mapping[str, str]) -> None:
        self._force = force
        self._distributor: Distributor[Submission] | None = None
        self.conditions = conditions

    @property
    def jobs(self) -> int:
        """As `Executor.jobs`: what workers there are now."""
        return max(1, self._force.slots)

    def run(self, submissions: Sequence[Submission], limits: Limits, told: Told, keep: Keep) -> Running:
        """As `Executor.run`."""
        self._distributor = Distributor(
            self._force, graded, lambda s: submission_payload(s, limits), ahead=1 + self.jobs // 4
        )
        answers = self._distributor.run([(s.student, s) for s in submissions], lambda s, what: told(s, Step(what)))

        def kept(submission: Submission, answer: bytes | Lost) -> Evidence:
            ran = _ran(submission, answer, limits)
            keep(ran)
            return ran.evidence

        # Nothing is kept but by who listens, so that to stop listening is enough; `close` ends what runs far away.
        return (kept(submission, answer) for submission, answer in answers)

    def close(self) -> None:
        """Ends what still runs, when somebody stops the grading."""
        if self._distributor:
            self._distributor.let_go()

    def whereabouts(self, submission: Submission) -> str:
        """As `Executor.whereabouts`."""
        at = self._distributor.whereabouts(submission.student) if self._distributor else ""
        return f"on {at}" if at else "waiting for a worker"

    def trace_path(self, submission: Submission) -> None:
        """As `Executor.trace_path`: what a worker writes comes back when it is done."""


@contextmanager
def remote(scheduler: str | None, workers: int, reference: str, say: Say) -> Iterator[Remote]:
    """The workers of a scheduler, or so many started here, for as long as it lasts.

    Raises:
        UserError: no worker can be had; the message says why.
    """
    here = _conditions(reference)
    terms = Terms(reference, confined=True, data=here["data"])
    with hired(scheduler, workers, terms, say) as force, closing(Remote(force, here)) as running:
        yield running


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
