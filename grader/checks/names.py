"""The names that a rubric may use for what Keras knows, each mapped to the one spelling that facts use.

Static, since Keras takes five seconds to import; a test holds them against the Keras that is installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, WithJsonSchema

from grader.yaml_files.validate import suggestion, told_as_it_is


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All names of one kind of thing."""

    noun: str
    spellings: Mapping[str, str]
    """From every spelling to the one of the facts."""

    def fact(self, name: str) -> str:
        """The spelling of the facts; a problem with what was probably meant for a name that nothing has.

        Capitals make no difference where the rest is a name of Keras: `Sigmoid`, `SGD`, `He_Normal`.
        """
        found = self.spellings.get(name.strip()) or self.spellings.get(name.strip().lower())
        if found is None:
            raise told_as_it_is(f"unknown {self.noun} '{name}' {suggestion(name, self.spellings)}")
        return found


def _table(*facts: str, **further: str) -> Mapping[str, str]:
    return {**{name: name for name in facts}, **further}


_ACTIVATIONS = """
celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear log_sigmoid log_softmax
mish prelu relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax
squareplus tanh tanh_shrink threshold
"""
ACTIVATIONS = Vocabulary(
    "activation",
    _table(
        *_ACTIVATIONS.split(),
        swish="silu",
        hard_swish="hard_silu",
        ReLU="relu",
        LeakyReLU="leaky_relu",
        PReLU="prelu",
        ELU="elu",
        Softmax="softmax",
        ThresholdedReLU="threshold",
    ),
)
"""Functions, and the layers that are one."""

_INITIALIZERS: Mapping[str, str] = {
    "Constant": "constant",
    "GlorotNormal": "glorot_normal",
    "GlorotUniform": "glorot_uniform",
    "HeNormal": "he_normal",
    "HeUniform": "he_uniform",
    "Identity": "identity",
    "LecunNormal": "lecun_normal",
    "LecunUniform": "lecun_uniform",
    "Ones": "ones",
    "Orthogonal": "orthogonal",
    "RandomNormal": "random_normal",
    "RandomUniform": "random_uniform",
    "TruncatedNormal": "truncated_normal",
    "VarianceScaling": "variance_scaling",
    "Zeros": "zeros",
}
INITIALIZERS = Vocabulary(
    "initializer",
    _table(
        *_INITIALIZERS.values(),
        **_INITIALIZERS,
        IdentityInitializer="identity",
        OrthogonalInitializer="orthogonal",
        normal="random_normal",
        uniform="random_uniform",
        one="ones",
        zero="zeros",
    ),
)
"""Of the weights of Dense layers."""

OPTIMIZER_CLASSES: Mapping[str, str] = {
    name.lower(): name
    for name in (
        *("Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl"),
        *("Lion", "Muon", "Nadam", "RMSprop", "SGD", "ScheduleFreeAdamW"),
    )
}
"""The class of each as Keras spells it."""
OPTIMIZERS = Vocabulary(
    "optimizer", {**{n: n for n in OPTIMIZER_CLASSES}, **{c: n for n, c in OPTIMIZER_CLASSES.items()}}
)

OFFICIAL: Mapping[str, tuple[tuple[int, ...], ...]] = {"mnist": ((60000, 28, 28), (60000,), (10000, 28, 28), (10000,))}
"""The data sets that are recognised by their images, with the shapes of their arrays: training, then test."""
DATASETS = Vocabulary("data set", {name: name for name in OFFICIAL})

# ---------------------------------------------------------------- as options


def _options(vocabulary: Vocabulary) -> dict[str, object]:
    return {"type": "string", "enum": sorted(vocabulary.spellings)}


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    """Several spellings of one name are that name."""
    return tuple(dict.fromkeys(names))


Activation: TypeAlias = Annotated[str, AfterValidator(ACTIVATIONS.fact), WithJsonSchema(_options(ACTIVATIONS))]
Initializer: TypeAlias = Annotated[str, AfterValidator(INITIALIZERS.fact), WithJsonSchema(_options(INITIALIZERS))]
Optimizer: TypeAlias = Annotated[str, AfterValidator(OPTIMIZERS.fact), WithJsonSchema(_options(OPTIMIZERS))]
Dataset: TypeAlias = Annotated[str, AfterValidator(DATASETS.fact), WithJsonSchema(_options(DATASETS))]
Activations: TypeAlias = Annotated[tuple[Activation, ...], AfterValidator(_once)]
Initializers: TypeAlias = Annotated[tuple[Initializer, ...], AfterValidator(_once)]
Optimizers: TypeAlias = Annotated[tuple[Optimizer, ...], AfterValidator(_once)]
