"""What a program stores in a tracker of experiments is what it reads from it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from grader.inside.environment.stand_ins import Nothing, StandIns
from grader.inside.environment.trackers import TRACKERS

SPELLINGS = {
    "init": "wandb.init(project='mlp', config={'epochs': 100, 'rate': 0.1})\nconfig = wandb.config",
    "init, the run's": "config = wandb.init(config=dict(epochs=100, rate=0.1)).config",
    "of the run that is known": "wandb.init(config=dict(epochs=100, rate=0.1))\nconfig = wandb.run.config",
    "attributes": "wandb.init()\nwandb.config.epochs = 100\nwandb.config.rate = 0.1\nconfig = wandb.config",
    "items": "wandb.init()\nconfig = wandb.config\nconfig['epochs'] = 100\nconfig['rate'] = 0.1",
    "update": "run = wandb.init()\nrun.config.update({'epochs': 100, 'rate': 0.1}, allow_val_change=True)\n"
    "config = run.config",
    "defaults": "wandb.init(config={'epochs': 100})\nconfig = wandb.config\n"
    "config.setdefaults({'epochs': 10, 'rate': 0.1})",
    "arguments": "wandb.init(config=argparse.Namespace(epochs=100, rate=0.1))\nconfig = wandb.config",
    "a context": "with wandb.init(config=dict(epochs=100, rate=0.1)) as run:\n    config = run.config\n    run.log({})",
}


@pytest.fixture
def finder() -> Iterator[list[str]]:
    advice: list[str] = []
    made = StandIns(advice.append, TRACKERS)
    sys.meta_path.append(made)
    yield advice
    sys.meta_path.remove(made)
    for name in [n for n in sys.modules if n.partition(".")[0] in TRACKERS]:
        del sys.modules[name]


def after(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"argparse": argparse}
    exec(source, names)
    return names


@pytest.mark.parametrize("how", sorted(SPELLINGS))
def test_settings_of_wandb_are_the_programs_own(how: str, finder: list[str]) -> None:
    config = after(f"import wandb\n{SPELLINGS[how]}")["config"]
    assert (config.epochs, config["rate"], config.get("epochs"), config.get("depth", 5)) == (100, 0.1, 100, 5)
    assert dict(config) == {"epochs": 100, "rate": 0.1} == dict(config.items()) == config.as_dict()
    assert ("epochs" in config, "depth" in config) == (True, False)
    assert [advice.partition(" ")[0] for advice in finder] == ["wandb"]


def test_what_was_never_stored_is_nothing(finder: list[str]) -> None:
    found = after("import wandb\nwandb.init()\nconfig = wandb.config\nrun = wandb.init(config='settings.yaml')")
    assert isinstance(found["config"].epochs, Nothing)
    assert isinstance(found["config"]["epochs"], Nothing)
    assert isinstance(found["run"].name, Nothing)
    assert finder


def test_the_rest_of_them_goes_on_doing_nothing(finder: list[str]) -> None:
    found = after(
        "import wandb\nfrom wandb.keras import WandbCallback\nfrom wandb.integration.keras import WandbMetricsLogger\n"
        "wandb.login(); wandb.log({'a': 1}); run = wandb.init(); run.finish(); callback = WandbCallback()"
    )
    assert isinstance(found["callback"], Nothing)
    assert finder


def test_parameters_of_mlflow_and_comet_are_given_back(finder: list[str]) -> None:
    found = after(
        "import mlflow, comet_ml\nepochs = mlflow.log_param('epochs', 100)\n"
        "same = mlflow.log_param(key='epochs', value=100)\n"
        "e = comet_ml.Experiment(api_key='x')\ne.log_parameters({'rate': 0.1})\nrate = e.get_parameter('rate')\n"
        "e.log_parameter(name='size', value=32)\nsize = e.get_parameter('size')"
    )
    assert (found["epochs"], found["same"], found["rate"], found["size"]) == (100, 100, 0.1, 32)
    assert finder


def test_settings_can_be_copied(finder: list[str]) -> None:
    found = after("import wandb, copy\nwandb.init(config={'epochs': 100})\nmine = copy.deepcopy(dict(wandb.config))")
    assert found["mine"] == {"epochs": 100}
    assert finder
    assert finder
