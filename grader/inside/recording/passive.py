"""In place of the grader's seeds and speed where the recorder only looks on: a student's own kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..fast_fit.speed import PLAIN, Plan
from ..patches import Change


class OwnSeeds:
    """Leaves all random states to the student; the methods are those of `Seeds`."""

    def changes(self) -> Iterable[Change]:
        """Nothing to watch."""
        return ()

    def next_cell(self, code: str) -> None:
        """Goes on from where the cell before ended, as in any kernel."""

    def compiled(self, model: Any) -> None:
        """The model keeps its weights."""

    def of(self, model: Any) -> None:  # noqa: ARG002 (the same for every model)
        """No seed of ours."""
        return

    def used(self, model: Any) -> None:
        """No state of ours to guard."""

    def before_fit(self, model: Any, *, inside: bool = False) -> None:
        """The order of the images is Keras's."""


class OwnPace:
    """Everything runs as plain Keras runs it; the methods are those of `Speed`."""

    def begin(self) -> None:
        """Nothing to compare."""

    def fit(self, model: Any, given: Mapping[str, Any], *, inside: bool = False) -> Plan:  # noqa: ARG002 (one plan)
        """As it was called."""
        return Plan(PLAIN, "the student's own kernel", given, ())

    def evaluate(self, model: Any, given: Mapping[str, Any]) -> Plan:  # noqa: ARG002
        """As it was called."""
        return Plan(PLAIN, "", given, ())

    def predict(self, model: Any, given: Mapping[str, Any]) -> Plan:  # noqa: ARG002
        """As it was called."""
        return Plan(PLAIN, "", given, ())
