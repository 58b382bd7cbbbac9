"""`KerasClassifier` and `KerasRegressor` as they were in `keras.wrappers.scikit_learn`, for scikit-learn of today."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

TABLE = 2
"""Dimensions of one-hot labels."""


class _Wrapper(BaseEstimator):  # type: ignore[misc]
    """Builds a model by `build_fn` and trains it; all other arguments go to whichever of the two takes them."""

    def __init__(self, build_fn: Callable[..., Any] | None = None, **sk_params: Any) -> None:
        self.build_fn = build_fn
        self.sk_params = sk_params

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 (scikit-learn's signature)
        """As scikit-learn clones by: `build_fn` and every argument by its own name."""
        return {"build_fn": self.build_fn, **copy.copy(self.sk_params)}

    def set_params(self, **params: Any) -> Self:
        """Takes what a grid tries."""
        self.build_fn = params.pop("build_fn", self.build_fn)
        self.sk_params |= params
        return self

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Builds anew, trains, and returns the history, as the wrappers of Keras did."""
        build = self.build_fn or self
        self.model = build(**_accepted(build, self.sk_params))
        loss = getattr(self.model, "loss", "")
        name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
        if name == "categorical_crossentropy" and np.ndim(y) < TABLE:
            y = np.eye(int(self.model.output_shape[-1]))[np.asarray(y).astype(int)]
        given = self._arguments("fit") | kwargs
        if "nb_epoch" in given:
            given["epochs"] = given.pop("nb_epoch")
        return self.model.fit(np.asarray(x), np.asarray(y), **given)

    def _arguments(self, method: str) -> dict[str, Any]:
        return _accepted(getattr(self.model, method), self.sk_params, {"nb_epoch"} if method == "fit" else set())


class KerasClassifier(ClassifierMixin, _Wrapper):  # type: ignore[misc]
    """For `cross_val_score`, `GridSearchCV`, `VotingClassifier`."""

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Trains on class names of any kind, or on one-hot labels."""
        y = np.asarray(y)
        if y.ndim == TABLE and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        else:
            self.classes_, y = np.unique(y.ravel(), return_inverse=True)
        return super().fit(x, y, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """The class of each row."""
        found = self.predict_proba(x, **kwargs)
        return self.classes_[found.argmax(axis=-1)]

    def predict_proba(self, x: Any, **kwargs: Any) -> Any:
        """The probability of each class, two columns for a single output."""
        found = self.model.predict(np.asarray(x), **(self._arguments("predict") | kwargs))
        return np.hstack([1 - found, found]) if found.shape[-1] == 1 else found

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The share of rows that are classified rightly."""
        y = np.asarray(y)
        right = y.argmax(axis=1) if y.ndim == TABLE and y.shape[1] > 1 else y.ravel()
        return float(np.mean(self.predict(x, **kwargs) == right))


class KerasRegressor(RegressorMixin, _Wrapper):  # type: ignore[misc]
    """The same for numbers."""

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """One number a row."""
        return np.squeeze(self.model.predict(np.asarray(x), **(self._arguments("predict") | kwargs)), axis=-1)


def _accepted(function: Callable[..., Any], given: Mapping[str, Any], more: set[str] | None = None) -> dict[str, Any]:
    known = set(inspect.signature(function).parameters) | (more or set())
    return {k: v for k, v in given.items() if k in known}
