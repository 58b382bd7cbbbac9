"""Calibrates the bands: trains the reference over many settings and seeds and writes what follows."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.errors import UserError
from reference import bands, curves
from reference.settings import Task
from reference.train import Run, Trainer, made_by, train_all

Tell = Callable[[str], object]
FOLDER = bands.FILE.parent
MINUTE = 60
STORED = 2.0
"""Seconds from the start in which runs come from the disk and say nothing about how long one takes."""


def calibrate(
    work: Path, tasks: Sequence[Task], trainer: Trainer, tell: Tell, *, anew: bool = False, folder: Path = FOLDER
) -> Path:
    """Trains what is missing in `work` and writes `bands.yaml` and `curves.json` in `folder`.

    Settings that have as many runs in `bands.yaml` already, of the same reference and versions, are not trained again
    unless `anew`. Bands of settings that are not among the tasks stay as they are.
    Raises UserError if some of those would stay that were made by another reference or with other versions.
    """
    old = bands.read(folder / bands.FILE.name)
    same = bands.changed(old) == ""
    if same and not anew:
        tasks = [task for task in tasks if not _covered(task, tasks, old)]
    elif not same:
        _must_replace_all(tasks, old)
    if not tasks:
        tell("Nothing is missing: the bands hold all of these runs. Add --anew to train them again.")
        return folder / bands.FILE.name
    order = {setting: n for n, setting in enumerate(dict.fromkeys(task.setting for task in tasks))}
    runs = sorted(watched(work, tasks, trainer, tell), key=lambda run: (order[run.setting], run.seed))
    settings = {"date": dt.datetime.now(dt.UTC).date().isoformat(), **made_by()}
    drawn = folder / curves.FILE.name
    curves.write({**(curves.read(drawn) if same else {}), **curves.from_runs(runs)}, drawn)
    return bands.write(bands.merged(old if same else {}, bands.from_runs(runs, settings)), folder / bands.FILE.name)


def _must_replace_all(tasks: Sequence[Task], old: Mapping[str, Any]) -> None:
    """Bands of two versions must not stand side by side, and none may vanish unasked."""
    planned = {task.setting for task in tasks}
    entries = [(stage, entry) for stage, of in old.get("bands", {}).items() for entry in of]
    left = [setting for stage, entry in entries if (setting := bands.setting(stage, entry)) not in planned]
    if left:
        raise UserError(
            f"The other {len(left)} bands were made otherwise ({bands.changed(old)}), and bands of two kinds must not "
            "stand side by side. Calibrate everything: leave out --stage and --scaling."
        )


def _covered(task: Task, tasks: Sequence[Task], old: Mapping[str, Any]) -> bool:
    """Whether the bands hold as many runs of the task's setting as are asked for."""
    wanted = sum(other.setting == task.setting for other in tasks)
    entries = old["bands"].get(task.setting.stage, ())
    return any(bands.setting(task.setting.stage, e) == task.setting and e["runs"] >= wanted for e in entries)


def watched(work: Path, tasks: Sequence[Task], trainer: Trainer, tell: Tell) -> Iterator[Run]:
    """The runs of the tasks as they end, each told of with the time that is left."""
    began, trained, steps_trained = time.monotonic(), 0.0, 0
    left = sum(map(_steps, tasks))
    by_run = {(task.setting, task.seed): task for task in tasks}
    for n, run in enumerate(train_all(work, tasks, trainer), 1):
        steps = _steps(by_run[run.setting, run.seed])
        left -= steps
        now = time.monotonic() - began
        if now > STORED:
            trained, steps_trained = now, steps_trained + steps
        remaining = f", {_minutes(left * trained / steps_trained)} left" if steps_trained and left else ""
        tell(f"[{n}/{len(tasks)}] {run.setting}, seed {run.seed}: {run.test:.4f} on the test images{remaining}")
        yield run


def _steps(task: Task) -> int:
    """Batches in a whole training, which is what it costs."""
    return task.epochs * -(-task.setting.rows // task.setting.batch_size)


def _minutes(seconds: float) -> str:
    minutes = round(seconds / MINUTE)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= MINUTE else f"{minutes} min"
