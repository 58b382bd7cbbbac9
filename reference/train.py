"""Trains the reference over many seeds, each run once: a killed calibration goes on where it was."""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

from grader.inside.speed import Speed
from reference import data
from reference.stages import EPOCHS, STAGES, VALIDATION_SPLIT, Stage, build

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TRAINING_ROWS = 19_800
"""What `train_test_split(..., test_size=0.67)` leaves of 60,000 (handout, "Pre-Process X data")."""
SPLIT_SEED = 7
"""The handout's `random_state`."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training of one stage: accuracies in [0, 1] after the last epoch."""

    stage: str
    seed: int
    train: float
    validation: float
    test: float


def train_all(folder: Path, seeds: Sequence[int], jobs: int) -> Iterator[Run]:
    """Trains every stage for every seed and yields each run as it ends, stored ones first.

    Finished runs are files in `folder`, so that a killed calibration trains only what is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing: list[tuple[Stage, int]] = []
    for seed in seeds:
        for stage in STAGES:
            path = _path(folder, stage, seed)
            if path.is_file():
                yield Run(**json.loads(path.read_text()))
            else:
                missing.append((stage, seed))
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        futures = {pool.submit(train, stage, seed): (stage, seed) for stage, seed in missing}
        for future in as_completed(futures):
            run = future.result()
            path = _path(folder, *futures[future])
            path.with_suffix(".part").write_text(json.dumps(asdict(run)))
            path.with_suffix(".part").replace(path)
            yield run


def train(stage: Stage, seed: int, epochs: int = EPOCHS) -> Run:
    """One stage trained as the handout trains it, on unscaled pixels."""
    import keras
    from sklearn.model_selection import train_test_split

    mnist = data.load()
    images, _, labels, _ = train_test_split(
        mnist.train_images.reshape(60_000, -1),
        mnist.train_labels,
        train_size=TRAINING_ROWS,
        random_state=SPLIT_SEED,
    )
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = build(stage)
    call = {
        "x": images,
        "y": keras.utils.to_categorical(labels),
        "batch_size": stage.batch_size,
        "epochs": epochs,
        "validation_split": VALIDATION_SPLIT,
        "verbose": 0,
    }
    # The same bits as Keras's own way, sooner: the very code that trains students' networks.
    plan = Speed(keras).fit(model, call)
    with plan.in_force(model):
        history = model.fit(**plan.arguments).history
    _, accuracy = model.evaluate(
        mnist.test_images.reshape(10_000, -1), keras.utils.to_categorical(mnist.test_labels), verbose=0
    )
    return Run(stage.id, seed, history["accuracy"][-1], history["val_accuracy"][-1], accuracy)


def _one_thread() -> None:
    """One process a core with one thread each trains faster than threads within a process, and has the same bits."""
    os.environ |= {
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "KERAS_BACKEND": "tensorflow",
        "CUDA_VISIBLE_DEVICES": "-1",
    }


def _path(folder: Path, stage: Stage, seed: int) -> Path:
    return folder / f"{stage.id}-{seed}.json"
