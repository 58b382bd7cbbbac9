"""What trackers of experiments give back to a program that stores its settings in them: `epochs=config.epochs`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .stand_ins import Nothing


class Settings(Nothing):
    """What a tracker of experiments keeps for a program, and gives back: the epochs that are read from it are its own.

    What was never put in is Nothing.
    """

    def __init__(self) -> None:
        vars(self)["_kept"] = {}

    def take(self, *given: Any, name: Any = None, value: Any = None, **named: Any) -> Any:
        """Mappings, names with a value, or what argparse makes; answers with the last value, as mlflow does."""
        match given if name is None else (name, *given, value):
            case (str(name), value, *_):
                self._kept[name] = value
                return value
            case (dict() as settings, *_):
                self._kept.update(settings)
            case (argparse.Namespace() as settings, *_):
                self._kept.update(vars(settings))
        for one in named.values():
            if isinstance(one, dict | argparse.Namespace):
                self.take(one)
        return self

    update = take

    def setdefaults(self, settings: Any) -> None:
        """Those that are not there yet."""
        before = dict(self._kept)
        self.take(settings)
        self._kept.update(before)

    def get(self, name: str, default: Any = None) -> Any:
        """As a dictionary's."""
        return self._kept.get(name, default)

    def as_dict(self) -> dict[str, Any]:
        """All that was put in."""
        return dict(self._kept)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._kept:
            return self._kept[name]
        return getattr(self._kept, name) if name in {"keys", "items", "values"} else super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._kept[name] = value

    def __getitem__(self, key: Any) -> Any:
        return self._kept[key] if key in self._kept else Nothing()

    def __setitem__(self, key: Any, value: Any) -> None:
        self._kept[key] = value

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def __iter__(self) -> Iterator[Any]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


class _Run(Nothing):
    """Of wandb: it has the settings, also where it is a context."""

    def __init__(self, settings: Settings) -> None:
        self.config = settings


def _wandb() -> Mapping[str, Any]:
    settings = Settings()
    run = _Run(settings)

    def init(*_given: Any, config: Any = None, **_named: Any) -> _Run:
        settings.take(config)
        return run

    return {"config": settings, "init": init, "run": run}


def _mlflow() -> Mapping[str, Any]:
    def log_param(key: str, value: Any = None, *_given: Any, **_named: Any) -> Any:  # noqa: ARG001 (as mlflow names it)
        return value

    return {"log_param": log_param}


def _comet() -> Mapping[str, Any]:
    return {"Experiment": _Experiment, "OfflineExperiment": _Experiment, "start": _Experiment}


class _Experiment(Nothing):
    """Of comet: parameters are asked for by their names."""

    def __init__(self, *_arguments: Any, **_named: Any) -> None:
        settings = Settings()
        self.log_parameter = self.log_parameters = settings.take
        self.get_parameter = settings.__getitem__


TRACKERS: Mapping[str, Callable[[], Mapping[str, Any]]] = {"wandb": _wandb, "mlflow": _mlflow, "comet_ml": _comet}
"""What of them has an answer; the rest is Nothing."""
