"""Trains the reference over many settings and seeds, each run once: a killed calibration goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference import data
from reference.settings import ALL_ROWS, Setting, Task
from reference.stages import COMMON, EPOCHS, STAGES, VALIDATION_SPLIT, build

SPLIT_SEED = 7
"""The handout's `random_state`."""
MEASURED_EPOCHS = (*range(10), *range(10, EPOCHS + 1, 5))
"""After which epochs the gradients are measured; 0 is before training."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training: accuracies in [0, 1] after each epoch and at the end on the test images, gradients on the way."""

    setting: Setting
    seed: int
    train: tuple[float, ...]
    validation: tuple[float, ...]
    test: float
    gradients: tuple[tuple[float, ...], ...] = ()
    """After each of MEASURED_EPOCHS the gradient norm of each dense layer (`grader.evidence.gradients`)."""


def made_by() -> dict[str, str]:
    """What the accuracies depend on: versions, and a digest of what the reference is (stages, split, data)."""
    definition = json.dumps([*map(asdict, STAGES), *COMMON, SPLIT_SEED, data.SHA256], sort_keys=True)
    digest = hashlib.sha256(definition.encode()).hexdigest()[:12]
    return {**{name: version(name) for name in ("keras", "tensorflow", "numpy")}, "reference": digest}


Trainer = Callable[[Sequence[Task]], Iterator[tuple[Task, Run]]]
"""Trains tasks somewhere, several at a time, and gives each run as it ends."""


def train_all(folder: Path, tasks: Iterable[Task], trainer: Trainer) -> Iterator[Run]:
    """Trains every task and yields each run as it ends, stored ones first.

    Finished runs are files in `folder`, apart by what they were made by, so that a killed calibration trains only what
    is missing.
    """
    kept = folder / "-".join(f"{name}{number}" for name, number in made_by().items())
    kept.mkdir(parents=True, exist_ok=True)
    missing: list[Task] = []
    for task in tasks:
        path = _path(kept, task)
        if path.is_file():
            yield run_from(json.loads(path.read_text()))
        else:
            missing.append(task)
    for task, run in trainer(missing) if missing else ():
        path = _path(kept, task)
        path.with_suffix(".part").write_text(json.dumps(asdict(run)))
        path.with_suffix(".part").replace(path)
        yield run


def train(task: Task) -> Run:
    """One stage trained as the handout trains it, but for what the setting says."""
    import keras

    from grader.evidence.gradients import ROWS, gradient_norms
    from grader.inside.fast_fit.speed import Speed

    setting = task.setting
    arrays = _arrays(setting.scaling, setting.rows)
    keras.backend.clear_session()
    keras.utils.set_random_seed(task.seed)
    model = build(next(stage for stage in STAGES if stage.id == setting.stage))
    gradients: list[tuple[float, ...]] = []

    def measure(epochs_done: int) -> None:
        if epochs_done in MEASURED_EPOCHS:
            gradients.append(gradient_norms(model, arrays["first"], data.load().train_labels[:ROWS]))

    measure(0)
    call = {
        "x": arrays["x"],
        "y": keras.utils.to_categorical(arrays["y"]),
        "batch_size": setting.batch_size,
        "epochs": task.epochs,
        "validation_split": VALIDATION_SPLIT,
        "verbose": 0,
        "callbacks": [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _logs: measure(epoch + 1))],
    }
    # The same bits as Keras's own way, sooner: the very code that trains students' networks.
    plan = Speed(keras).fit(model, call)
    with plan.in_force(model):
        history = model.fit(**plan.arguments).history
    labels = keras.utils.to_categorical(data.load().test_labels)
    _, accuracy = model.evaluate(arrays["test"], labels, verbose=0)
    training, validation = (tuple(round(a, 4) for a in history[name]) for name in ("accuracy", "val_accuracy"))
    return Run(setting, task.seed, training, validation, round(accuracy, 4), tuple(gradients))


@cache
def _arrays(scaling: str, rows: int) -> Mapping[str, NDArray[Any]]:
    """Training images and labels, test images and the first official images for the gradients, all scaled alike."""
    from sklearn.model_selection import train_test_split

    from grader.evidence.gradients import ROWS

    mnist = data.load()
    x, y = mnist.train_images.reshape(ALL_ROWS, -1), mnist.train_labels
    first, test = x[:ROWS], mnist.test_images.reshape(len(mnist.test_images), -1)
    if rows < ALL_ROWS:
        x, _, y, _ = train_test_split(x, y, train_size=rows, random_state=SPLIT_SEED)
    x, first, test = _scaled(scaling, x, first, test)
    return {"x": x, "y": y, "first": first, "test": test}


def _scaled(scaling: str, *images: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """The arrays as students scale them; the first is what StandardScaler is fitted to."""
    from sklearn.preprocessing import StandardScaler

    match scaling:
        case "raw":
            return images
        case "unit":
            return tuple(x.astype(np.float32) / 255 for x in images)
        case "standard":
            scaler = StandardScaler().fit(images[0].astype(np.float32))
            return tuple(scaler.transform(x.astype(np.float32)) for x in images)
        case _:
            raise ValueError(f"no such scaling: {scaling}")


def run_from(stored: dict[str, Any]) -> Run:
    """The run that `dataclasses.asdict` made this of."""
    setting = Setting(**stored["setting"])
    curves = {name: tuple(stored[name]) for name in ("train", "validation")}
    return Run(setting, stored["seed"], **curves, test=stored["test"], gradients=tuple(map(tuple, stored["gradients"])))


def _path(folder: Path, task: Task) -> Path:
    return folder / f"{task.setting.name}-epochs{task.epochs}-{task.seed}.json"
