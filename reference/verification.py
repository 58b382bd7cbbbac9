"""Verifies the bands: trains the reference afresh and holds it against what the calibration wrote."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

from grader.errors import UserError
from reference import bands
from reference.calibration import watched
from reference.settings import ALL, SCALINGS, VERIFIED_SEED, Only, Setting, Task, handout, selected
from reference.stages import STAGES
from reference.train import Trainer

COMMAND = "grader reference calibrate"


def fresh_tasks(seeds: int, only: Only = ALL) -> list[Task]:
    """Trainings under the handout's settings with seeds that no calibration uses; `only` some stages or scalings."""
    wanted = selected(only)
    settings = [handout(stage, scaling) for scaling in SCALINGS for stage in STAGES]
    return [Task(setting, VERIFIED_SEED + n) for setting in settings if wanted(setting) for n in range(seeds)]


def departures(
    work: Path, tasks: Sequence[Task], trainer: Trainer, tell: Callable[[str], object], file: Path = bands.FILE
) -> list[str]:
    """Trains the tasks and says which stages have left their bands, in words for a maintainer; empty if none has.

    A stage has left its band when the median of its fresh runs lies outside: of single runs one in a hundred does, and
    an alarm that rings by chance is soon not heard.
    """
    content = bands.read(file)
    if not content:
        raise UserError(f"There are no bands in {file}. Make them: {COMMAND}")
    reached: dict[Setting, list[float]] = {}
    for run in watched(work, tasks, trainer, tell):
        reached.setdefault(run.setting, []).append(run.test)
    left = [words for setting, tests in reached.items() if (words := _departure(setting, tests, content["bands"]))]
    changed = bands.changed(content)
    if changed:
        tell(f"The bands were made otherwise: {changed}.")
    if left and changed:
        left.append(
            f"What they were made by has changed ({changed}) and the accuracies with it. Recalibrate: {COMMAND}"
        )
    elif left:
        left.append(f"The bands were made by this very reference: its data or a library has changed. {COMMAND} --anew")
    return left


def _departure(setting: Setting, tests: Sequence[float], entries: dict[str, list[dict[str, list[float]]]]) -> str:
    entry = next((e for e in entries.get(setting.stage, ()) if bands.setting(setting.stage, e) == setting), None)
    if entry is None:
        return f"{setting}: there is no band. Make it: {COMMAND} --stage {setting.stage} --scaling {setting.scaling}"
    low, high = entry["band"]
    middle = statistics.median(tests)
    if low <= middle <= high:
        return ""
    listed = ", ".join(f"{test:.4f}" for test in sorted(tests))
    return f"{setting}: expected within {low:.4f} to {high:.4f}, found {middle:.4f} (fresh runs: {listed})"
