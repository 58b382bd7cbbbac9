"""Prints, for each stage of the lab, how long an epoch takes plainly, with `steps_per_execution` and exactly.

Run: `python -m tests.benchmarks.bench_fit [STAGE ...] [--epochs 5] [--rows 19800] [--threads 1]`. With one thread it
runs on one core, as every worker of the grader does.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections import Counter
from typing import Any

import keras
import tensorflow as tf

from grader.inside.fast_fit.speed import EXACT, MANY_STEPS, PLAIN, Speed
from reference import stages
from tests.inside.fast_fit.training import mnist, same, state_after

WARM = 2
"""Epochs that are not measured: they trace."""


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Wall and processor seconds of each epoch; on a busy machine the second kind is the steadier."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[tuple[float, float]] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras passes both)
        self._began = (time.perf_counter(), time.process_time())

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 (Keras passes both)
        now = (time.perf_counter(), time.process_time())
        self.epochs.append((now[0] - self._began[0], now[1] - self._began[1]))


def measure(stage: stages.Stage, path: str, data: tuple[Any, Any], epochs: int) -> tuple[Clock, dict[str, Any]]:
    """Trains one stage on one path; returns the clock and all that the training left."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    model, clock = stages.build(stage), Clock()
    given = {"x": data[0], "y": data[1], "batch_size": stage.batch_size, "epochs": WARM + epochs}
    given |= {"validation_split": stages.VALIDATION_SPLIT, "verbose": 0, "callbacks": [clock]}
    if path == PLAIN:
        return clock, state_after(model, [model.fit(**given)])
    plan = Speed(keras, "" if path == EXACT else "measured without it").fit(model, given)
    with plan.in_force(model):
        return clock, state_after(model, [model.fit(**plan.arguments)])


def row(stage: stages.Stage, data: tuple[Any, Any], epochs: int, total: Counter[str]) -> str:
    """One line of the table: medians per epoch, the first epoch, ratios, equality; adds the wall medians to `total`."""
    measured = {path: measure(stage, path, data, epochs) for path in (PLAIN, MANY_STEPS, EXACT)}
    clocks = {path: clock.epochs for path, (clock, _) in measured.items()}
    wall, processor = ({p: statistics.median(e[k] for e in clocks[p][WARM:]) for p in clocks} for k in (0, 1))
    total.update(wall)
    equal = all(same(measured[PLAIN][1], measured[path][1]) for path in (MANY_STEPS, EXACT))
    cells = [f"{wall[p]:.3f} / {processor[p]:.3f}" for p in clocks]
    ratios = [f"{wall[p] / wall[EXACT]:.1f} / {processor[p] / processor[EXACT]:.1f}" for p in (PLAIN, MANY_STEPS)]
    first = " / ".join(f"{clocks[p][0][0]:.1f}" for p in clocks)
    return " | ".join(["", stage.id, *cells, *ratios, first, "bit for bit" if equal else "DIFFERENT", ""]).strip()


def main() -> None:
    """Parses the command line and prints Markdown."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("stages", nargs="*", default=[stage.id for stage in stages.STAGES])
    options.add_argument("--epochs", type=int, default=5, help="measured epochs")
    options.add_argument("--rows", type=int, default=19_800, help="rows of training and validation together")
    options.add_argument("--threads", type=int, default=1, help="intra-op threads")
    chosen = options.parse_args()
    if chosen.threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    tf.config.threading.set_intra_op_parallelism_threads(chosen.threads)
    tf.config.threading.set_inter_op_parallelism_threads(chosen.threads)
    print(f"Keras {keras.__version__}, TensorFlow {tf.__version__}, {platform.platform()}, {chosen.threads} threads;")  # noqa: T201
    print("medians per epoch, wall / processor seconds; first epochs in wall seconds, tracing included.\n")  # noqa: T201
    names = ("stage", PLAIN, MANY_STEPS, EXACT, "plain : exact", "steps : exact", "first epochs", "equal")
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")  # noqa: T201 (its purpose is to print)
    data = mnist(chosen.rows)
    total: Counter[str] = Counter()
    for stage in stages.STAGES:
        if stage.id in chosen.stages:
            print(row(stage, data, chosen.epochs, total), flush=True)  # noqa: T201
    together = ", ".join(f"{path} {total[path]:.2f}" for path in (PLAIN, MANY_STEPS, EXACT))
    print(f"\nTogether, wall seconds an epoch: {together}; plain : exact = {total[PLAIN] / total[EXACT]:.1f}")  # noqa: T201


if __name__ == "__main__":
    main()
