"""Where work is to be done, as the person at the command line asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.errors import UserError, did_you_mean

CHOICES = ("local", "dask")
CONFINED = ("bubblewrap", "auto")


@dataclass(frozen=True, slots=True)
class Target:
    """Where submissions are to run, as it was asked for."""

    executor: str = "local"
    sandbox: str = "bubblewrap"
    jobs: int | None = None
    """At a time, on this machine; None: as many as cores and memory allow."""
    scheduler: str | None = None
    """Address of a Dask cluster that is there."""
    workers: int | None = None
    """Dask workers to start here; None: as many as cores and memory allow."""

    def checked(self) -> Target:
        """This target; raises UserError with all that does not go together."""
        problems = list(self._problems())
        if problems:
            raise UserError("\n".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        if self.executor not in CHOICES:
            meant = did_you_mean(self.executor, CHOICES)
            yield f"Unknown executor {self.executor!r}{meant}; expected one of: {', '.join(CHOICES)}."
        elif self.executor == "local" and (self.scheduler or self.workers):
            yield "--scheduler and --workers go with --executor dask; on this machine, say --jobs."
        elif self.executor == "dask":
            if self.jobs:
                yield "--jobs goes with --executor local; with dask, say --workers, or start more workers."
            if self.scheduler and self.workers:
                yield "--workers starts workers here, --scheduler names a cluster that has its own: leave one out."
            if self.sandbox not in CONFINED:
                yield "--executor dask runs submissions in bubblewrap or not at all: leave out --sandbox."
