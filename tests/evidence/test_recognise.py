"""Arrays are recognised by what they hold: which images, which of them, how scaled; whatever a student did to them."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from grader.evidence.measure import measure
from grader.evidence.official import Official
from grader.evidence.recognise import Recognised, recognise_images, recognise_labels
from grader.evidence.samples import is_sample
from grader.evidence.trace import Array, Blob, arrays, read
from grader.inside.protocol import SAMPLED_ROWS
from grader.inside.recording.arrays import ArrayRecorder
from grader.inside.sampling import drawn_rows
from grader.inside.trace import Trace
from grader.records import DataFacts, LabelFacts
from reference import data

MNIST = data.load()
TRAIN = MNIST.train_images.reshape(60_000, -1)
TEST = MNIST.test_images.reshape(10_000, -1)
IMAGES: NDArray[np.uint8]
IMAGES, _, LABELS, _ = train_test_split(TRAIN, MNIST.train_labels, test_size=0.67, random_state=7)
"""The 19,800 rows of the lab."""
FEW, FEW_LABELS = IMAGES[:100], LABELS[:100]


ROWS = 64
"""Of arrays where more would say no more."""


@pytest.fixture(scope="module")
def official() -> Official:
    return Official(MNIST)


Look = Callable[[Any], Recognised]
LookAtLabels = Callable[[Any, Any], LabelFacts]


def recorded(values: Any, folder: Path, key: bytes = b"") -> tuple[Array, Mapping[str, NDArray[Any]]]:
    """What the recorder writes about an array, read back."""
    with (folder / "trace.jsonl").open("wb") as sink:
        trace = Trace(sink.fileno(), key)
        with trace.guarded("a test"):
            ArrayRecorder(trace).describe(values)
    blob, array = read(folder / "trace.jsonl", key)
    assert isinstance(blob, Blob)
    assert isinstance(array, Array)
    return array, arrays(blob)


@pytest.fixture
def look(official: Official, tmp_path: Path) -> Look:
    """What the grader makes of an array that is handed to Keras."""

    def at(values: Any) -> Recognised:
        event, sample = recorded(values, tmp_path)
        return recognise_images(event.shape, event.dtype, sample, official)

    return at


@pytest.fixture
def label(official: Official, tmp_path: Path, look: Look) -> LookAtLabels:
    def at(labels: Any, images: Any) -> LabelFacts:
        beside = look(images)
        event, sample = recorded(labels, tmp_path)
        return recognise_labels(event.shape, event.dtype, sample, beside, official)

    return at


# ---------------------------------------------------------------- scalings


@cache
def stretched() -> MinMaxScaler:
    return MinMaxScaler().fit(IMAGES.astype(np.float64))


@cache
def standardized() -> StandardScaler:
    return StandardScaler().fit(IMAGES.astype(np.float64))


SCALINGS: dict[str, tuple[Callable[[NDArray[np.uint8]], Any], str]] = {
    "as loaded": (lambda x: x, "raw"),
    "as floats": (lambda x: x.astype("float32"), "raw"),
    "divided by 255": (lambda x: x / 255, "unit"),
    "divided by 255 in single precision": (lambda x: x.astype("float32") / 255, "unit"),
    "normalised with one mean": (lambda x: (x / 255 - 0.1307) / 0.3081, "standard"),
    "normalised with the subset's mean": (lambda x: (x - IMAGES.mean()) / IMAGES.std(), "standard"),
    "standardised pixel by pixel": (lambda x: standardized().transform(x), "standard"),
    "standardised pixel by pixel in single precision": (
        lambda x: standardized().transform(x).astype("float32"),
        "standard",
    ),
    "stretched pixel by pixel": (lambda x: stretched().transform(x), "unit"),
    "centred": (lambda x: x / 255.0 - 0.5, "other"),
    "from -1 to 1": (lambda x: x / 127.5 - 1, "other"),
    "divided by 256": (lambda x: x / 256, "unit"),
    "half precision": (lambda x: (x / 255).astype("float16"), "unit"),
}


def some(way: str) -> NDArray[np.uint8]:
    """Training images; all of the subset where the scaling depends on all of it."""
    return IMAGES if "pixel by pixel" in way else FEW


@pytest.mark.parametrize(
    ("way", "pixels", "split"),
    [
        *((way, some(way), "train") for way in sorted(SCALINGS)),
        ("as loaded", TEST[:100], "test"),
        ("divided by 255", TEST[:100], "test"),
        ("standardised pixel by pixel", TEST, "test"),
    ],
)
def test_images_are_recognised_however_they_are_scaled(
    way: str, pixels: NDArray[np.uint8], split: str, look: Look
) -> None:
    scaled, name = SCALINGS[way]
    values = scaled(pixels)
    found = look(values)
    assert found.facts == DataFacts(values.shape, str(values.dtype), "mnist", split, name)
    assert found.scaling is not None
    off = np.abs(found.scaling(pixels) - values)
    assert np.mean(off) < 0.003 * np.ptp(pixels * 1.0 if name == "raw" else values)


def test_squares_are_the_same_images_as_rows(look: Look) -> None:
    assert look(MNIST.train_images).facts == DataFacts((60_000, 28, 28), "uint8", "mnist", "train", "raw")
    assert look(MNIST.train_images[..., None] / 255).facts.scaling == "unit"


def test_lists_and_tensors_are_arrays_too(look: Look) -> None:
    assert look(TEST[:ROWS].tolist()).facts.split == "test"
    assert look(keras.ops.convert_to_tensor(TEST[:ROWS])).facts.split == "test"


# ---------------------------------------------------------------- which images


def test_shuffled_rows_are_found_each_at_its_place(look: Look) -> None:
    order = np.random.default_rng(0).permutation(60_000)[:ROWS]
    assert look(TRAIN[order]).rows == tuple(order)


def test_test_images_among_the_training_images_are_mixed(look: Look) -> None:
    assert look(np.concatenate([TRAIN[:ROWS], TEST[:ROWS]])).facts.split == "mixed"


def test_a_single_row_is_recognised(look: Look) -> None:
    assert look(TEST[7:8]).facts.split == "test"


def test_images_divided_each_by_its_own_length_are_the_official_ones_in_a_scaling_that_is_not_repeated(
    look: Look, label: LookAtLabels
) -> None:
    divided = keras.utils.normalize(FEW.astype("float32"), axis=1)
    found = look(divided)
    assert (found.facts.dataset, found.facts.split, found.facts.scaling) == ("mnist", "train", "other")
    assert found.scaling is None
    assert label(FEW_LABELS, divided).right == 1.0


# ---------------------------------------------------------------- what is not MNIST


def test_inverted_images_are_not_recognised_and_crash_nothing(look: Look) -> None:
    """A factor below zero is none of the lab's scalings; such a run is not measured, and flagged."""
    assert look(255 - TRAIN[:ROWS]).facts.dataset == "unknown"


random = np.random.default_rng(1)
OTHERS: dict[str, Any] = {
    "noise": random.random((ROWS, 784)),
    "noise of bytes": random.integers(0, 256, (ROWS, 784), dtype=np.uint8),
    "pixels in another order": TRAIN[:ROWS][:, random.permutation(784)],
    "mirrored": MNIST.train_images[:ROWS, :, ::-1],
    "half of the images replaced": np.where(np.arange(ROWS)[:, None] % 2, TRAIN[:ROWS], 7),
    "cut to 20 x 20": MNIST.train_images[:ROWS, 4:24, 4:24],
    "padded to 32 x 32": np.pad(MNIST.train_images[:ROWS], ((0, 0), (2, 2), (2, 2))),
    "zeros": np.zeros((ROWS, 784)),
    "ones": np.ones((ROWS, 784)),
    "one column": np.arange(0.0, ROWS)[:, None],
    "black and white": (TRAIN[:ROWS] > 127).astype("float32"),
    "the largest numbers there are": np.full((ROWS, 784), 3e38, np.float32) * random.choice([-1, 1], (ROWS, 784)),
    "the smallest": np.full((ROWS, 784), 1e-45, np.float32),
    "squared": (TRAIN[:ROWS] / 255) ** 2,
}


@pytest.mark.parametrize("values", sorted(OTHERS))
def test_other_arrays_come_out_as_unknown(values: str, look: Look) -> None:
    found = look(OTHERS[values])
    assert (found.facts.dataset, found.facts.split, found.facts.scaling) == ("unknown", "unknown", "other")
    assert found.scaling is None
    assert found.rows == ()


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_images_with_holes_come_out_as_unknown(hole: float, look: Look) -> None:
    values = TRAIN[:ROWS].astype("float32")
    values[0, 400] = hole
    assert look(values).facts.dataset == "unknown"


@pytest.mark.parametrize("factor", [1, 1 / 255])
def test_images_as_bright_as_fashion_mnist_are_named_so(factor: float, look: Look) -> None:
    bright = random.beta(0.4, 1.0, (ROWS, 784)) * 255
    assert look(np.clip(bright * (0.286 * 255 / bright.mean()), 0, 255) * factor).facts.dataset == "fashion-mnist"


@pytest.mark.parametrize(
    "values",
    [*(scale for way, (scale, _) in SCALINGS.items() if "pixel by pixel" not in way), StandardScaler().fit_transform],
)
def test_digits_upside_down_stand_for_fashion_mnist_and_are_never_measured(
    values: Callable[[NDArray[np.uint8]], Any], look: Look
) -> None:
    found = look(values(IMAGES[:, ::-1]))
    assert found.facts.dataset == "fashion-mnist"
    assert (found.scaling, found.rows) == (None, ())


# ---------------------------------------------------------------- labels


def one_hot(labels: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.eye(10)[labels]


ENCODINGS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "one-hot": (one_hot, "one-hot"),
    "one-hot integers": (lambda y: one_hot(y).astype(int), "one-hot"),
    "one-hot booleans": (lambda y: one_hot(y).astype(bool), "one-hot"),
    "integers": (lambda y: y, "classes"),
    "floats": (lambda y: y.astype("float32"), "classes"),
    "a column": (lambda y: y.reshape(-1, 1), "classes"),
    "a list": (lambda y: y.tolist(), "classes"),
}


@pytest.mark.parametrize("way", sorted(ENCODINGS))
def test_official_labels_are_right_however_they_are_encoded(way: str, label: LookAtLabels) -> None:
    encode, name = ENCODINGS[way]
    found = label(encode(FEW_LABELS), FEW)
    assert (found.encoding, found.right) == (name, 1.0)


def test_shuffled_labels_are_right_by_chance_only(label: LookAtLabels) -> None:
    found = label(random.permutation(FEW_LABELS), FEW)
    assert found.right is not None
    assert found.right < 0.2


def test_labels_of_unknown_images_are_neither_right_nor_wrong(label: LookAtLabels) -> None:
    assert label(FEW_LABELS[:ROWS], OTHERS["noise"]).right is None


@pytest.mark.parametrize(
    "labels",
    [
        one_hot(FEW_LABELS) * 0.9 + 0.01,
        one_hot(FEW_LABELS)[:, :9],
        FEW_LABELS / 10,
        FEW_LABELS + 1,
        FEW_LABELS.astype(float) * np.nan,
        FEW,
    ],
    ids=["smoothed", "nine classes", "fractions", "from one to ten", "not a number", "images"],
)
def test_other_labels_come_out_as_other(labels: Any, label: LookAtLabels) -> None:
    found = label(labels, FEW)
    assert (found.encoding, found.right) == ("other", None)


# ---------------------------------------------------------------- what is measured with them


@pytest.mark.parametrize(
    "way",
    [
        "as loaded",
        "divided by 255",
        "normalised with the subset's mean",
        "standardised pixel by pixel",
        "stretched pixel by pixel",
        "centred",
    ],
)
def test_the_accuracy_measured_with_the_recognised_scaling_is_what_keras_evaluates(way: str, look: Look) -> None:
    scaled, _ = SCALINGS[way]
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((784,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(10, "softmax")],
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    train = scaled(IMAGES if "pixel by pixel" in way else IMAGES[:2000])
    model.fit(train[:2000], LABELS[:2000], epochs=1, verbose=0)
    _, claimed = model.evaluate(scaled(TEST), MNIST.test_labels, batch_size=1000, verbose=0)
    weights = {f"w{n:04}": w for n, w in enumerate(model.get_weights())}
    found = measure(model.to_json(), weights, weights, look(train).scaling, MNIST)
    assert found.accuracy == pytest.approx(claimed, abs=0.0005)
    assert found.accuracy is not None
    assert found.accuracy > 0.2


def test_the_gradients_are_those_of_the_initial_and_of_the_final_weights(look: Look) -> None:
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(10, "softmax")])
    first = {f"w{n:04}": w for n, w in enumerate(model.get_weights())}
    last = {name: weight * 2 for name, weight in first.items()}
    found = measure(model.to_json(), first, last, look(TEST[:ROWS]).scaling, MNIST)
    same = measure(model.to_json(), last, last, look(TEST[:ROWS]).scaling, MNIST)
    assert [len(norms) for norms in found.gradients] == [2, 2]
    assert found.gradients[0] != found.gradients[1] == same.gradients[0]
    assert found.accuracy == same.accuracy


@pytest.mark.parametrize(("outputs", "initial"), [(5, True), (10, False)], ids=["five classes", "no initial weights"])
def test_gradients_that_cannot_be_measured_leave_the_accuracy_alone(look: Look, outputs: int, initial: bool) -> None:
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(outputs, "softmax")])
    weights = {f"w{n:04}": w for n, w in enumerate(model.get_weights())}
    found = measure(model.to_json(), weights if initial else {}, weights, look(TEST[:ROWS]).scaling, MNIST)
    assert found.accuracy is not None
    assert (found.gradients, found.fault) == ((), False)


def test_nothing_is_measured_with_a_scaling_that_was_not_recognised(look: Look) -> None:
    found = measure("{}", {}, {}, look(OTHERS["noise"]).scaling, MNIST)
    assert found.accuracy is None
    assert "not MNIST's" in found.reason
    assert not found.fault


def test_a_network_that_cannot_be_rebuilt_is_not_measured_and_the_reason_is_no_fault(look: Look) -> None:
    found = measure("[", {}, {}, look(TEST[:ROWS]).scaling, MNIST)
    assert found.accuracy is None
    assert found.reason == "its configuration cannot be read"
    assert not found.fault


def test_an_output_that_is_not_one_value_for_each_class_is_not_measured(look: Look) -> None:
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(1)])
    weights = {f"w{n:04}": w for n, w in enumerate(model.get_weights())}
    found = measure(model.to_json(), weights, weights, look(TEST[:ROWS]).scaling, MNIST)
    assert (found.accuracy, found.fault) == (None, False)
    assert "not one value for each class" in found.reason


@pytest.mark.parametrize("last", ["softmax", None], ids=["softmax", "logits"])
def test_the_confusions_add_up_and_the_worst_mistakes_are_surest_of_the_wrong_digit(look: Look, last: str) -> None:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((784,)), keras.layers.Rescaling(1 / 255), keras.layers.Dense(10, last)])
    weights = {f"w{n:04}": w for n, w in enumerate(model.get_weights())}
    found = measure(model.to_json(), weights, weights, look(TEST[:ROWS]).scaling, MNIST)
    counts = np.array(found.confusion)
    assert counts.sum(axis=1).tolist() == np.bincount(MNIST.test_labels).tolist()
    assert counts.trace() / 10_000 == found.accuracy
    scores = keras.ops.softmax(model(TEST)) if last is None else model(TEST)
    wrong = np.asarray(scores)[[m.image for m in found.mistakes]]
    assert [m.digit for m in found.mistakes] == [MNIST.test_labels[m.image] for m in found.mistakes]
    assert [m.answer for m in found.mistakes] == wrong.argmax(axis=1).tolist()
    assert [m.sure for m in found.mistakes] == pytest.approx(wrong.max(axis=1), abs=1e-3)
    by = [w[m.answer] - w[m.digit] for w, m in zip(wrong, found.mistakes, strict=True)]
    assert len(by) == 10
    assert by == sorted(by, reverse=True)


def test_an_output_of_twelve_classes_has_an_accuracy_and_no_confusions(look: Look) -> None:
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(12, "softmax")])
    weights = {f"w{n:04}": w for n, w in enumerate(model.get_weights())}
    found = measure(model.to_json(), weights, weights, look(TEST[:ROWS]).scaling, MNIST)
    assert found.accuracy is not None
    assert (found.confusion, found.mistakes) == ((), ())


# ---------------------------------------------------------------- rows that no program knows

KNOWN = np.unique(np.linspace(0, 19_799, SAMPLED_ROWS).astype(int))
"""The evenly spaced rows of 19,800, which anybody can work out."""
KEYS = [b"one key", b"another key"]


def looked_at(values: Any, folder: Path, official: Official, key: bytes) -> Recognised:
    event, sample = recorded(values, folder, key)
    return recognise_images(event.shape, event.dtype, sample, official)


def behind(values: NDArray[Any], share: float) -> NDArray[Any]:
    """The lab's images with others in that share of the rows that nobody can tell to be sampled."""
    rest = np.setdiff1d(np.arange(len(IMAGES)), KNOWN)
    chosen = rest[: int(share * len(IMAGES))] if share < 1 else rest
    mixed = IMAGES.copy()
    mixed[chosen] = np.resize(values, (len(chosen), 784))
    return mixed


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_test_images_in_all_but_the_known_rows_are_seen(share: float, official: Official, tmp_path: Path) -> None:
    found = looked_at(behind(TEST, share), tmp_path, official, b"a key")
    assert (found.facts.dataset, found.facts.split) == ("mnist", "mixed")


def test_images_that_only_stand_in_the_known_rows_are_not_what_was_trained_on(
    official: Official, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1_000, 784)).astype(np.uint8)
    found = looked_at(behind(noise, 1.0), tmp_path, official, b"a key")
    assert (found.facts.dataset, found.scaling, found.rows) == ("unknown", None, ())


HONEST: Mapping[str, Callable[[], Any]] = {
    "raw": lambda: IMAGES,
    "unit": lambda: IMAGES / 255,
    "standardised": lambda: StandardScaler().fit_transform(IMAGES),
    "stretched": lambda: MinMaxScaler().fit_transform(IMAGES),
    "test": lambda: TEST,
}


@pytest.mark.parametrize("kind", sorted(HONEST))
def test_what_is_recognised_of_honest_images_does_not_depend_on_the_key(
    kind: str, official: Official, tmp_path: Path
) -> None:
    values = HONEST[kind]()
    first, *others = (looked_at(values, tmp_path, official, key) for key in KEYS)
    assert first.scaling is not None
    for other in others:
        assert (other.facts, other.rows) == (first.facts, first.rows)
        assert other.scaling is not None
        assert np.array_equal(other.scaling.factor, first.scaling.factor)
        assert np.array_equal(other.scaling.offset, first.scaling.offset)


def test_wrong_labels_in_all_but_the_known_rows_are_seen(official: Official, tmp_path: Path) -> None:
    wrong = (LABELS + 1) % 10
    wrong[KNOWN] = LABELS[KNOWN]
    beside = looked_at(IMAGES, tmp_path, official, b"a key")
    event, sample = recorded(wrong, tmp_path, b"a key")
    found = recognise_labels(event.shape, event.dtype, sample, beside, official)
    assert found.right is not None
    assert found.right < 0.6


@pytest.mark.parametrize("rows", [300, 1_000, 19_800])
def test_one_row_of_each_equal_part_is_drawn_and_another_key_draws_others(rows: int) -> None:
    one, other = (drawn_rows(key, rows, SAMPLED_ROWS) for key in KEYS)
    assert one == drawn_rows(KEYS[0], rows, SAMPLED_ROWS)
    assert one == sorted(set(one))
    assert (len(one), one[0] >= 0, one[-1] < rows) == (SAMPLED_ROWS, True, True)
    assert one != other


def test_of_few_rows_all_are_known_and_none_need_be_drawn() -> None:
    assert drawn_rows(b"a key", SAMPLED_ROWS, SAMPLED_ROWS) == []


@pytest.mark.parametrize("rows", [100, 2_000])
def test_a_sample_of_rows_that_the_key_did_not_draw_is_not_the_recorders(rows: int, tmp_path: Path) -> None:
    key = b"a key"
    event, sample = recorded(IMAGES[:rows], tmp_path, key)
    assert is_sample(sample, event.shape[0], key)
    assert is_sample(sample, rows, b"another key") == (rows <= SAMPLED_ROWS)
    without = {name: part for name, part in sample.items() if "drawn" not in name}
    assert not is_sample(without, rows, key)
    assert is_sample(without, rows, b"")
    assert not is_sample({**sample, "drawn_values": sample["drawn_values"][:, :5]}, rows, key)
