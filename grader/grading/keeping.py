"""What was found of a class's submissions, to disk and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from grader.executors.ran import Ran
from grader.executors.runner import failed
from grader.grading.faults import Faults, ForOne
from grader.records import Evidence, Limits, Submission
from grader.workspace.evidence_file import stored_evidence, write_evidence, write_facts


class Keeping:
    """Facts to disk and back; where that fails for one student, evidence that says so."""

    def __init__(self, folder: Callable[[str], Path], limits: Limits, faults: Faults) -> None:
        """`folder` says where the reports of a student lie."""
        self._folder = folder
        self._limits = limits
        self._faults = faults
        self._unkept: dict[str, Evidence] = {}

    def keep(self, ran: Ran) -> None:
        """Writes what a submission has shown; called from the executor's threads."""
        submission = ran.evidence.submission
        try:
            write_facts(self._folder(submission.student), ran.evidence, ran.notebooks, ran.weights)
        except Exception as error:  # noqa: BLE001 (what is everybody's is raised by who notes it)
            self._unkept[submission.student] = self._failed(submission, error, "writing what was found")

    def kept(self, evidence: Evidence) -> Evidence:
        """The evidence, or in its place that it could not be kept."""
        return self._unkept.get(evidence.submission.student, evidence)

    def found(self, submission: Submission) -> Evidence:
        """The evidence of an earlier run."""
        try:
            return stored_evidence(self._folder(submission.student))
        except Exception as error:  # noqa: BLE001 (as above)
            return self._failed(submission, error, "reading what was found before")

    def unread(self, submission: Submission) -> Evidence:
        """The evidence of a submission that could not be taken in."""
        ran = failed(submission, submission.fault, self._limits)
        self.keep(ran)
        return self.kept(ran.evidence)

    def _failed(self, submission: Submission, error: Exception, doing: str) -> Evidence:
        fault = self._faults.note(submission.student, error, doing)
        nothing = failed(submission, fault, self._limits).evidence
        # So that a later scoring counts this student, too.
        with ForOne():
            write_evidence(self._folder(submission.student), nothing)
        return nothing
