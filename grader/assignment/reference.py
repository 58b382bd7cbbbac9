"""The package that a rubric names as its reference: the model answer, its data set and its accuracy bands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from grader.errors import UserError
from grader.records import Band, ReferenceRuns
from grader.records.data_set import DataSet
from grader.records.target import Target
from grader.yaml_files.validate import suggestion

Tell = Callable[[str], object]
Only = Mapping[str, Sequence[str]]
"""Of what kind (`stage`, `scaling`) only which; empty means all."""


class Reference(Protocol):
    """What the package that a rubric names as its reference offers."""

    def load_data(self) -> DataSet:
        """The official data set."""
        ...

    def write_data(self, folder: Path) -> None:
        """Puts the data set into a folder in the forms in which programs look for it."""
        ...

    def load_bands(self) -> Mapping[str, tuple[Band, ...]]:
        """The accuracy bands by stage, each with what it was made with where that is known."""
        ...

    def bands_changed(self) -> str:
        """In which versions the bands were made otherwise than one would make them here; empty if in none."""
        ...

    def load_runs(self) -> Sequence[ReferenceRuns]:
        """What the runs behind the bands showed on their way."""
        ...

    @property
    def SOLUTION(self) -> Path:  # noqa: N802 (a constant of a module)
        """The model answer."""
        ...

    @property
    def HANDOUT(self) -> Path:  # noqa: N802 (a constant of a module)
        """Fingerprints of the code that all were given."""
        ...

    @property
    def WORKSHEET(self) -> Path:  # noqa: N802
        """What students begin with."""
        ...

    def calibrate(self, work: Path, seeds: int, target: Target, tell: Tell, only: Only, *, anew: bool) -> Path:
        """Trains what is missing of the reference's runs and writes its bands."""
        ...

    def verify(self, work: Path, seeds: int, target: Target, tell: Tell, only: Only) -> list[str]:
        """Trains the reference afresh and says where it has left its bands; empty if nowhere."""
        ...


NEEDED = ("load_data", "write_data", "load_bands", "load_runs")
"""Without these of a reference nothing is graded."""


def load_reference(name: str) -> Reference:
    """The reference that a rubric names; raises UserError if it cannot be imported or is none."""
    try:
        module = import_module(name)
    except Exception as error:  # a package of somebody else may fail in any way
        known = suggestion(name, ["reference"])
        hint = f" {known}" if known.startswith("(did") else ""
        raise UserError(
            f"The rubric names the reference {name!r}, which cannot be imported: {error}{hint}. "
            "Install it where the grader is installed, or name another."
        ) from error
    lacking = [what for what in NEEDED if not hasattr(module, what)]
    if lacking:
        raise UserError(
            f"The rubric names the reference {name!r}, which is a module but no reference: it lacks "
            f"{', '.join(lacking)} (see `Reference` in grader/assignment/reference.py)."
        )
    return cast("Reference", module)
