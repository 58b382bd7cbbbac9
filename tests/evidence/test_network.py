"""However a student spells a network, its description comes out in one normal form, or says why it cannot."""

import json
from collections.abc import Callable
from typing import Any

import keras
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

from grader.evidence.network import DEEPEST_NESTING, MOST_LAYERS, UnknownNetworkError, architecture, chain

INPUT = (784,)
BLOCK = ["Dense(50)", "relu", "Dense(10)", "softmax"]


def words(model: Any) -> list[str]:
    """The normal form without the input."""
    found = architecture(model.to_json())
    assert not found.problem
    return [str(layer) for layer in found.layers if layer.kind not in {"input", "flatten"}]


def sequential(*parts: Any) -> Any:
    return keras.Sequential([keras.Input(INPUT), *parts])


def functional(*parts: Any) -> Any:
    start = value = keras.Input(INPUT)
    for part in parts:
        value = part(value)
    return keras.Model(start, value)


# ---------------------------------------------------------------- one meaning, many spellings

SPELLINGS: dict[str, Callable[[], list[Any]]] = {
    "arguments": lambda: [layers.Dense(50, activation="relu"), layers.Dense(10, activation="softmax")],
    "activation layers": lambda: [
        layers.Dense(50),
        layers.Activation("relu"),
        layers.Dense(10),
        layers.Activation("softmax"),
    ],
    "layers of their own": lambda: [layers.Dense(50), layers.ReLU(), layers.Dense(10), layers.Softmax()],
    "functions": lambda: [layers.Dense(50, keras.activations.relu), layers.Dense(10, keras.activations.softmax)],
    "objects": lambda: [layers.Dense(50, activation=layers.ReLU()), layers.Dense(10, activation=layers.Softmax())],
    "an activation in an activation": lambda: [
        layers.Dense(50, activation=layers.Activation("relu")),
        layers.Dense(10, "softmax"),
    ],
    "TensorFlow's functions": lambda: [layers.Dense(50, tf.nn.relu), layers.Dense(10, tf.nn.softmax)],
    "Keras's operations": lambda: [layers.Dense(50, keras.ops.relu), layers.Dense(10, keras.ops.softmax)],
    "flattened first": lambda: [
        layers.Reshape((28, 28)),
        layers.Flatten(),
        layers.Dense(50, "relu"),
        layers.Dense(10, "softmax"),
    ],
    "nested models": lambda: [
        keras.Sequential([layers.Dense(50, "relu")]),
        keras.Sequential([keras.Input((50,)), layers.Dense(10, "softmax")]),
    ],
}


@pytest.mark.parametrize("spelling", sorted(SPELLINGS))
@pytest.mark.parametrize("build", [sequential, functional])
def test_a_network_has_one_normal_form_however_it_is_spelt(spelling: str, build: Callable[..., Any]) -> None:
    assert words(build(*SPELLINGS[spelling]())) == BLOCK


def test_a_network_that_is_built_by_its_first_rows_has_the_same_normal_form() -> None:
    model = keras.Sequential([layers.Dense(50, "relu"), layers.Dense(10, "softmax")])
    assert words(model) == BLOCK
    model.build((None, 784))
    assert words(model) == BLOCK


def test_the_input_shape_is_read_from_the_first_layer() -> None:
    assert architecture(sequential(layers.Dense(10)).to_json()).input_shape == (784,)
    square = keras.Sequential([keras.Input((28, 28)), layers.Flatten(), layers.Dense(10)])
    assert architecture(square.to_json()).input_shape == (28, 28)


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (lambda: layers.LeakyReLU(0.1), "leaky_relu"),
        (layers.ELU, "elu"),
        (layers.PReLU, "prelu"),
        (lambda: layers.Activation("swish"), "silu"),
        (lambda: layers.Activation("tanh"), "tanh"),
    ],
)
def test_an_activation_layer_is_the_activation_of_its_block(layer: Callable[[], Any], name: str) -> None:
    found = architecture(sequential(layers.Dense(50), layer(), layers.Dense(10)).to_json())
    assert [b.activation for b in found.blocks] == [name, "linear"]


@pytest.mark.parametrize(
    "given", ["he_normal", "HeNormal", keras.initializers.HeNormal(), keras.initializers.HeNormal(7)]
)
def test_an_initializer_has_one_name_however_it_is_spelt(given: Any) -> None:
    found = architecture(sequential(layers.Dense(50, kernel_initializer=given)).to_json())
    assert found.blocks[0].dense.initializer == "he_normal"


def test_a_dense_layer_without_initializer_has_keras_default() -> None:
    assert architecture(sequential(layers.Dense(50)).to_json()).blocks[0].dense.initializer == "glorot_uniform"


def test_blocks_keep_the_order_of_norm_activation_and_dropout() -> None:
    model = functional(
        layers.Dense(50),
        layers.BatchNormalization(),
        layers.Activation("elu"),
        layers.Dropout(0.2),
        layers.Dense(50, "elu"),
        layers.BatchNormalization(),
        layers.Dense(10),
    )
    assert [str(b) for b in architecture(model.to_json()).blocks] == [
        "Dense(50) → BatchNormalization → elu → Dropout(0.2)",
        "Dense(50) → elu → BatchNormalization",
        "Dense(10)",
    ]


def test_scaling_inside_the_network_is_seen() -> None:
    model = sequential(layers.Rescaling(1 / 255), layers.Normalization(mean=0.1, variance=0.1), layers.Dense(10))
    assert [la.kind for la in architecture(model.to_json()).layers] == ["input", "rescale", "normalize", "dense"]


# ---------------------------------------------------------------- what is no chain of known layers


def branched() -> Any:
    start = keras.Input(INPUT)
    one = layers.Dense(50)(start)
    return keras.Model(start, layers.Dense(10)(layers.Add()([one, layers.Dense(50)(one)])))


def summed_by_operator(*, swapped: bool) -> Any:
    start = keras.Input(INPUT)
    one = layers.Dense(50)(start)
    two = layers.Dense(50)(one)
    return keras.Model(start, layers.Dense(10)(two + one if swapped else one + two))


def shared() -> Any:
    start, dense = keras.Input(INPUT), layers.Dense(50)
    return keras.Model(start, dense(dense(layers.Dense(50)(start))))


def two_outputs() -> Any:
    start = keras.Input(INPUT)
    return keras.Model(start, [layers.Dense(10)(start), layers.Dense(10)(start)])


class Own(keras.Model):  # type: ignore[misc]
    """A subclass with a call of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(10)

    def call(self, inputs: Any) -> Any:
        return self.dense(inputs)


PROBLEMS: dict[str, tuple[Callable[[], Any], str]] = {
    "branch": (branched, "several inputs"),
    "sum": (lambda: summed_by_operator(swapped=False), "several inputs"),
    "sum, swapped": (lambda: summed_by_operator(swapped=True), "several inputs"),
    "shared layer": (shared, "used more than once"),
    "two outputs": (two_outputs, "branches"),
    "class of its own": (Own, "a class of its own, Own"),
}


@pytest.mark.parametrize("fault", sorted(PROBLEMS))
def test_what_is_no_chain_of_layers_has_a_problem_that_says_so(fault: str) -> None:
    build, reason = PROBLEMS[fault]
    found = architecture(build().to_json())
    assert reason in found.problem
    assert found.layers == ()


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`:UserWarning")
def test_a_lambda_as_activation_is_a_problem_and_no_crash() -> None:
    found = architecture(sequential(layers.Dense(50, activation=lambda x: x * 2), layers.Dense(10)).to_json())
    assert "activation that is not built into Keras" in found.problem


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`:UserWarning")
def test_a_layer_that_is_not_known_is_kept_as_other() -> None:
    model = sequential(layers.Dense(50), layers.Lambda(lambda x: x), layers.Dense(10))
    assert [la.kind for la in architecture(model.to_json()).layers] == ["input", "dense", "other", "dense"]


def test_a_model_that_keras_cannot_describe_is_not_said_to_be_a_class_of_its_own() -> None:
    assert "Keras cannot describe it" in architecture('{"class_name": "Sequential", "config": {}}').problem


# ---------------------------------------------------------------- hostile descriptions


def described(*parts: tuple[str, Any]) -> str:
    listed = [{"class_name": name, "config": config} for name, config in parts]
    return json.dumps({"class_name": "Sequential", "config": {"layers": listed}})


def nested(depth: int) -> str:
    model: dict[str, Any] = {"class_name": "Dense", "config": {"units": 3}}
    for _ in range(depth):
        model = {"class_name": "Sequential", "config": {"layers": [model]}}
    return json.dumps(model)


def edge(name: str, *sources: str) -> dict[str, Any]:
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [s, 0, 0]}} for s in sources]
    nodes = [{"args": tensors, "kwargs": {}}] if tensors else []
    return {"class_name": "Dense", "name": name, "config": {"units": 5}, "inbound_nodes": nodes}


def graph(*edges: Any) -> str:
    return json.dumps({"class_name": "Functional", "config": {"layers": list(edges)}})


HOSTILE = {
    "nothing": "",
    "no JSON": "{",
    "null": "null",
    "a number": "5",
    "brackets": "[" * 100_000,
    "braces": '{"class_name":"Sequential","config":{"layers":[' * 5000,
    "an integer without end": "1" * 5000,
    "no layers": '{"class_name": "Sequential"}',
    "layers that are text": '{"class_name": "Sequential", "config": {"layers": "abc"}}',
    "layers that are numbers": '{"class_name": "Sequential", "config": {"layers": [1, 2]}}',
    "a layer without configuration": '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense"}]}}',
    "models in models": nested(DEEPEST_NESTING + 3),
    "too many layers": described(*[("Dropout", {})] * (MOST_LAYERS + 1)),
    "an activation that is a number": described(("Dense", {"units": 3, "activation": 5})),
    "an activation without a name": described(("Dense", {"units": 3, "activation": {"class_name": 5}})),
    "a circle": graph(edge("a", "b"), edge("b", "a")),
    "a layer that feeds itself": graph(edge("a", "a")),
    "two inputs": graph(edge("a"), edge("b")),
    "a layer without a name": '{"class_name": "Functional", "config": {"layers": [{"inbound_nodes": []}]}}',
    "no edges": '{"class_name": "Functional", "config": {"layers": [{"name": "a"}]}}',
    "an edge from nowhere": graph(edge("a"), edge("b", "zzz")),
}


@pytest.mark.parametrize("fault", sorted(HOSTILE))
def test_a_hostile_description_is_a_problem_in_words(fault: str) -> None:
    found = architecture(HOSTILE[fault])
    assert found.problem
    assert found.layers == ()


def test_numbers_that_are_none_are_left_out() -> None:
    found = architecture(
        described(("Dense", {"units": True}), ("Dropout", {"rate": 10**400}), ("Dense", {"units": 2.5}))
    )
    assert [(la.units, la.rate) for la in found.layers] == [(None, None)] * 3
    assert (
        architecture('{"class_name":"Sequential","config":{"layers":[{"class_name":"Dropout","config":{"rate":NaN}}]}}')
        .layers[0]
        .rate
        is None
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["class_name", "config", "layers", "units", "activation", "name", "inbound_nodes", "args", "rate"]
            ),
            inner | st.sampled_from(["Sequential", "Functional", "Dense", "Activation", "Dropout"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_arbitrary_json_raises_nothing(value: Any) -> None:
    assert isinstance(architecture(json.dumps(value)).problem, str)


@given(
    st.sampled_from(["Dense", "Dropout", "Activation", "LeakyReLU", "BatchNormalization", "InputLayer"]),
    st.dictionaries(
        st.sampled_from(["units", "activation", "rate", "kernel_initializer", "batch_shape", "name"]), JSON, max_size=4
    ),
)
def test_an_arbitrary_configuration_of_a_known_layer_raises_nothing(name: str, config: dict[str, Any]) -> None:
    assert isinstance(architecture(described((name, config))).problem, str)


@given(st.text(max_size=100))
def test_arbitrary_text_is_no_network(text: str) -> None:
    with pytest.raises(UnknownNetworkError):
        chain(text)
