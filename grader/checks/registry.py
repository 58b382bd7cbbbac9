"""The table of all checks: what a rubric may name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from grader.checks.accuracy import MeasuredAccuracy, VanishingGradient
from grader.checks.architecture import (
    HiddenActivation,
    HiddenLayers,
    Initializer,
    OutputLayer,
)
from grader.checks.base import Check
from grader.checks.data import DatasetLoaded, Flattened, OneHot, Rows
from grader.checks.epochs import Epochs
from grader.checks.execution import CurvesPlotted, EvaluatedOnTestImages
from grader.checks.regularization import BatchNorm, BatchNormPlacement, DropoutPlacement, DropoutRate
from grader.checks.training import BatchSize, Loss, Optimizer, Validation

_ALL: tuple[type[Check], ...] = (
    DatasetLoaded,
    Flattened,
    Rows,
    OneHot,
    HiddenLayers,
    HiddenActivation,
    OutputLayer,
    Initializer,
    BatchNorm,
    BatchNormPlacement,
    DropoutPlacement,
    DropoutRate,
    Optimizer,
    Loss,
    BatchSize,
    Epochs,
    Validation,
    MeasuredAccuracy,
    VanishingGradient,
    CurvesPlotted,
    EvaluatedOnTestImages,
)

CHECKS: Mapping[str, type[Check]] = MappingProxyType({check.name: check for check in _ALL})
