"""A calibration loses nothing when it is killed, says how long it takes, and is verified by fresh runs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import yaml

from grader.errors import UserError
from grader.executors.cluster import connected
from grader.records.target import Target
from reference import bands, curves
from reference.calibration import calibrate
from reference.settings import VERIFIED_SEED, Task, handout, plan
from reference.stages import STAGES
from reference.train import MEASURED_EPOCHS, Run, made_by, train
from reference.trainers import trainer
from reference.verification import departures, fresh_tasks
from tests.executors.clusters import arrived, cluster

FRESH_RUNS = Path(__file__).parent / "fresh_runs.yaml"
NAIVE = handout(STAGES[0])
TASKS = [Task(replace(NAIVE, scaling=scaling), seed, epochs=4) for scaling in ("raw", "unit") for seed in range(4)]
HERE = trainer(Target(jobs=1), print)
"""One process: each imports TensorFlow, which takes longer than these trainings."""


def in_process(tasks: Sequence[Task]) -> Iterator[tuple[Task, Run]]:
    """The same training where TensorFlow is there already."""
    return ((task, train(task)) for task in tasks)


PROGRAM = """
import sys
from pathlib import Path
from reference.calibration import calibrate
from tests.reference.test_calibration import HERE, TASKS

if __name__ == "__main__":
    calibrate(Path(sys.argv[1]), TASKS, HERE, lambda line: print(line, flush=True), folder=Path(sys.argv[2]))
"""


def run(work: Path, into: Path, kill_after: int | None = None) -> list[str]:
    """A calibration in a process of its own, killed with all its workers when it has told of so many runs."""
    into.mkdir(exist_ok=True)
    command = [sys.executable, "-c", PROGRAM, str(work), str(into)]
    root = Path(__file__).parents[2]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, start_new_session=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if len(lines) == kill_after:
                os.killpg(process.pid, signal.SIGKILL)
                break
        process.wait(timeout=300)
    return lines


@pytest.mark.slow
def test_what_trains_while_another_training_fails_is_kept_before_the_error() -> None:
    impossible = Task(replace(NAIVE, rows=0), 0, epochs=1)
    runs = trainer(Target(jobs=2), print)([impossible, replace(TASKS[0], epochs=1)])
    assert next(runs)[0].setting == NAIVE
    with pytest.raises(ValueError, match="'train_size' parameter"):
        next(runs)


@pytest.mark.slow
def test_a_training_that_no_worker_can_do_is_told_after_the_others_are_done() -> None:
    impossible = Task(replace(NAIVE, rows=0), 0, epochs=1)
    with cluster("one") as there:
        with connected(there.address, 0, print) as client:
            arrived(client, 1)
        runs = trainer(Target("dask", scheduler=there.address), print)([impossible, replace(TASKS[0], epochs=1)])
        assert next(runs)[0].setting == NAIVE
        with pytest.raises(UserError, match=r"(?s)0 rows, seed 0: .*CalledProcessError.*\nRun the same"):
            next(runs)


@pytest.mark.slow
def test_a_killed_calibration_trains_only_what_is_missing_and_ends_with_the_same_files(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", tmp_path / "a")
    assert len(whole) == len(TASKS)
    assert "left" in whole[0]
    assert "left" not in whole[-1]

    run(tmp_path / "killed", tmp_path / "b", kill_after=3)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "killed").rglob("*.json")}
    assert 3 <= len(kept) < len(TASKS)
    assert not (tmp_path / "b" / "bands.yaml").exists()

    run(tmp_path / "killed", tmp_path / "b")
    assert all(path.stat().st_mtime_ns == before for path, before in kept.items())
    for name in ("bands.yaml", "curves.json"):
        assert (tmp_path / "a" / name).read_text() == (tmp_path / "b" / name).read_text()


@pytest.mark.slow
def test_a_run_on_a_worker_of_a_cluster_is_the_same_run() -> None:
    task = Task(NAIVE, 5, epochs=2)
    ((back, far),) = trainer(Target("dask", workers=1), print)([task])
    assert back == task
    ((_, near),) = HERE([task])
    assert far == near


@pytest.mark.slow
def test_the_gradients_are_measured_without_changing_a_bit_of_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(handout(STAGES[5]), 5, epochs=2)
    measured = train(task)
    assert len(measured.gradients) == sum(epoch <= task.epochs for epoch in MEASURED_EPOCHS)
    monkeypatch.setattr("reference.train.MEASURED_EPOCHS", ())
    assert train(task) == replace(measured, gradients=())


@pytest.mark.slow
def test_what_the_bands_of_these_versions_hold_is_trained_again_only_when_asked(tmp_path: Path) -> None:
    def trained(tasks: Sequence[Task], *, anew: bool = False) -> int:
        told: list[str] = []
        calibrate(tmp_path / f"work{next(works)}", tasks, in_process, told.append, anew=anew, folder=tmp_path)
        return sum(line.startswith("[") for line in told)

    works = count()
    assert trained(TASKS[:2]) == 2
    written = bands.read(tmp_path / "bands.yaml")["bands"]
    assert trained(TASKS[:2]) == 0
    assert bands.read(tmp_path / "bands.yaml")["bands"] == written
    assert trained(TASKS[:3]) == 3
    assert trained(TASKS[:2], anew=True) == 2


def test_one_stage_and_one_scaling_can_be_calibrated_alone() -> None:
    settings = {task.setting for task in plan(3, {"stage": ["naive"], "scaling": ["unit"]})}
    assert settings == {replace(NAIVE, scaling="unit")}


def test_the_whole_plan_has_three_scalings_bigger_batches_and_all_rows() -> None:
    settings = {task.setting for task in plan(20)}
    assert {s.scaling for s in settings} == {"raw", "unit", "standard"}
    assert {s.batch_size for s in settings if s.stage == "dropout"} == {32, 64, 128, 256}
    assert {s.stage for s in settings if s.rows == 60_000} == {stage.id for stage in STAGES}


@pytest.mark.parametrize(
    ("stages", "scalings", "words"), [(["relu"], [], "no stage 'relu'"), ([], ["x"], "scaling 'x'")]
)
def test_an_unknown_stage_or_scaling_is_told_which_there_are(
    stages: list[str], scalings: list[str], words: str
) -> None:
    with pytest.raises(UserError, match=rf"{words}.* Known: (naive|raw), "):
        plan(3, {"stage": stages, "scaling": scalings})


def test_seeds_of_calibration_check_and_verification_never_meet() -> None:
    calibrated = {task.seed for task in plan(500)}
    fresh = {task.seed for task in fresh_tasks(100)}
    tried = set(yaml.safe_load(FRESH_RUNS.read_text())["seeds"])
    assert not calibrated & tried
    assert not fresh & (calibrated | tried)
    assert min(fresh) == VERIFIED_SEED


# ---------------------------------------------------------------- verification


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work folder of a naive stage that was trained afresh: further verifications take its run from there."""
    work = tmp_path_factory.mktemp("fresh")
    assert departures(work, FRESH, in_process, lambda _: None) == []
    return work


FRESH = fresh_tasks(1, {"stage": ["naive"], "scaling": ["raw"]})


def doctored(path: Path, **settings: str) -> Path:
    """The bands with that of the naive stage on raw pixels somewhere else, and with other settings."""
    content = bands.read()
    content["bands"]["naive"][0]["band"] = [0.2, 0.3]
    content["settings"] |= settings
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.slow
def test_a_stage_outside_its_band_is_named_with_the_band_and_the_value(finished: Path, tmp_path: Path) -> None:
    found = departures(finished, FRESH, in_process, lambda _: None, doctored(tmp_path / "bands.yaml"))
    assert found[0].startswith("naive, raw, batches of 256: expected within 0.2000 to 0.3000, found 0.1135")
    assert "The bands were made by this very reference" in found[1]
    assert found[1].endswith("grader reference calibrate --anew")


@pytest.mark.slow
def test_other_versions_with_other_accuracies_call_for_a_calibration(finished: Path, tmp_path: Path) -> None:
    found = departures(finished, FRESH, in_process, lambda _: None, doctored(tmp_path / "bands.yaml", keras="3.10.0"))
    assert "keras 3.10.0 then, 3." in found[1]
    assert found[1].endswith("Recalibrate: grader reference calibrate")


@pytest.mark.slow
def test_other_versions_with_the_same_accuracies_are_said_and_no_alarm(finished: Path, tmp_path: Path) -> None:
    content = bands.read()
    content["settings"]["keras"] = "3.10.0"
    file = tmp_path / "bands.yaml"
    file.write_text(yaml.safe_dump(content))
    told: list[str] = []
    assert departures(finished, FRESH, HERE, told.append, file) == []
    assert "The bands were made otherwise: keras 3.10.0 then" in told[-1]


def test_bands_of_two_versions_never_stand_side_by_side(tmp_path: Path) -> None:
    before = doctored(tmp_path / "bands.yaml", keras="3.10.0").read_text()
    with pytest.raises(UserError, match=r"keras 3.10.0 then, .* Calibrate everything: leave out --stage"):
        calibrate(tmp_path / "work", TASKS[:2], HERE, lambda _: None, folder=tmp_path)
    assert (tmp_path / "bands.yaml").read_text() == before


def test_another_reference_of_the_same_versions_has_other_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"settings": made_by()}
    assert bands.changed(content) == ""
    monkeypatch.setattr("reference.train.STAGES", [replace(stage, dropout=0.5) for stage in STAGES])
    assert re.fullmatch(r"reference [0-9a-f]{12} then, [0-9a-f]{12} now", bands.changed(content))


def test_of_twenty_fresh_runs_of_each_stage_at_most_one_in_a_hundred_lies_below_its_band() -> None:
    """What a band costs somebody who did nothing wrong: 120 runs that no band was made from, measured once."""
    fresh = yaml.safe_load(FRESH_RUNS.read_text())
    lows = {stage: entries[0]["band"][0] for stage, entries in bands.read()["bands"].items()}
    runs = [(stage, test) for stage, tests in fresh["test"].items() for test in tests]
    assert len(runs) == 120
    assert sum(test < lows[stage] for stage, test in runs) <= len(runs) / 100


# ---------------------------------------------------------------- what the page is drawn from


def test_the_curves_in_use_are_those_of_the_runs_behind_the_bands() -> None:
    for runs in curves.load():
        assert len(runs.test) == len(runs.training) == len(runs.validation) == runs.band.runs
        assert {len(curve) for curve in (*runs.training, *runs.validation)} == {100}
        assert len(runs.gradients) == len(runs.measured_epochs)
        assert {len(norms) for norms in runs.gradients} == {5}
        ends = next(e for e in bands.read()["bands"][runs.band.stage] if e["scaling"] == runs.band.scaling)
        assert [round(curve[-1], 4) for curve in runs.validation] == ends["validation"]


def test_there_are_curves_for_every_stage_and_scaling() -> None:
    assert len(curves.load()) == 18
    assert len(json.loads(curves.FILE.read_text())) == 18
