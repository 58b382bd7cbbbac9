"""Under which settings the reference is trained: the handout's own, and those that students change without erring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.errors import UserError
from reference.stages import EPOCHS, STAGES, Stage

HANDOUT_ROWS = 19_800
"""What `train_test_split(..., test_size=0.67)` leaves of 60,000 (handout, "Pre-Process X data")."""
ALL_ROWS = 60_000
OTHER_BATCHES: Mapping[tuple[str, int], float] = {
    **dict.fromkeys([("raw", 128), ("raw", 256)], 0.5),
    **dict.fromkeys([("raw", 64), ("unit", 64), ("unit", 128), ("unit", 256)], 0.3),
}
"""Scalings and batch sizes beside the handout's for which the five remedies have bands, with the share of the seeds
that each is trained with: many honest students take one size throughout, and a band of batches of 32 asks too much."""
SCALINGS = ("raw", "unit", "standard")
"""Pixels 0…255 as in the handout, divided by 255, and through scikit-learn's StandardScaler."""
Only = Mapping[str, Sequence[str]]
"""Names of stages under `stage` and of scalings under `scaling`; what is absent or empty is not restricted."""
ALL: Only = {}
FIRST_SEED = 2000
"""Not the lab's own table (0, 1, 2), not the runs that the bands are tried on (`tests/reference/fresh_runs.yaml`)."""
VERIFIED_SEED = 3000
"""The first of `reference verify`."""


@dataclass(frozen=True, slots=True, order=True)
class Setting:
    """One way to train one stage."""

    stage: str
    scaling: str
    batch_size: int
    rows: int

    @property
    def name(self) -> str:
        """Fit for a file's name."""
        return f"{self.stage}-{self.scaling}-batch{self.batch_size}-rows{self.rows}"

    def __str__(self) -> str:
        words = [self.stage, self.scaling, f"batches of {self.batch_size}"]
        return ", ".join([*words, f"{self.rows:,} rows"] if self.rows != HANDOUT_ROWS else words)


@dataclass(frozen=True, slots=True)
class Task:
    """One training: a setting and a seed."""

    setting: Setting
    seed: int
    epochs: int = EPOCHS


def handout(stage: Stage, scaling: str = "raw") -> Setting:
    """The stage as the handout trains it, but for its scaling."""
    return Setting(stage.id, scaling, stage.batch_size, HANDOUT_ROWS)


def variants() -> Iterator[Setting]:
    """What students often change without being wrong: other batches for the five remedies, and all 60,000 rows.

    Each apart: a run that has both is held against the band of its batches, which asks for less (`nearest_band` in the
    rubric).
    """
    for stage in STAGES:
        if stage.id != "naive":
            yield from (Setting(stage.id, scaling, size, HANDOUT_ROWS) for scaling, size in OTHER_BATCHES)
    for stage in STAGES:
        yield Setting(stage.id, "raw", stage.batch_size, ALL_ROWS)


def plan(seeds: int, only: Only = ALL) -> list[Task]:
    """All trainings of a calibration: `seeds` for each stage and scaling; variants have fewer and so wider bands.

    As many as `OTHER_BATCHES` says for other batches, a quarter for all rows, where a run takes three times as long.
    `only` names some of the stages or scalings.
    """
    chosen = [(handout(stage, scaling), seeds) for scaling in SCALINGS for stage in STAGES]
    chosen += [(v, max(2, int(seeds * _share(v)))) for v in variants()]
    wanted = selected(only)
    return [Task(setting, FIRST_SEED + i) for setting, count in chosen if wanted(setting) for i in range(count)]


def _share(variant: Setting) -> float:
    return 0.25 if variant.rows == ALL_ROWS else OTHER_BATCHES[variant.scaling, variant.batch_size]


def selected(only: Only) -> Callable[[Setting], bool]:
    """Whether a setting is of the named stages and scalings; none named means all. UserError for unknown ones."""
    known = {"stage": [stage.id for stage in STAGES], "scaling": list(SCALINGS)}
    for kind, names in only.items():
        for name in names:
            if name not in known[kind]:
                raise UserError(f"There is no {kind} {name!r} in the reference. Known: {', '.join(known[kind])}.")
    return lambda setting: all(getattr(setting, kind) in (names or known[kind]) for kind, names in only.items())
