"""The evidence about a program is gathered from its trace within bounds, whatever its trace names."""

import base64
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.evidence import gather as room
from grader.evidence.gather import Findings, gather
from grader.evidence.official import Official
from grader.evidence.trace import AnyEvent, Array, Blob, Refused
from reference import data
from tests.evidence.events import begin, end, epochs, evaluated, fitted, network, program

MNIST = data.load()
NOTEBOOK = program("build", "train")
OTHER = "e" * 32


@pytest.fixture(scope="module")
def official() -> Official:
    return Official(MNIST)


def blob(number: int, **given: NDArray[Any]) -> Blob:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **given)  # type: ignore[arg-type]
    return Blob(t="blob", id=f"{number:032x}", npz=base64.b64encode(buffer.getvalue()).decode())


def sampled(number: int, rows: int = 100) -> Blob:
    """The sample of the first training images, as the recorder writes it."""
    values = MNIST.train_images[:rows].reshape(rows, -1).astype(np.float32)
    return blob(number, rows=np.arange(rows), values=values, mean=values.mean(axis=0), std=values.std(axis=0))


def images(id_: str, sample: Blob, rows: int = 19_800) -> Array:
    return Array(t="array", id=id_, shape=(rows, 784), dtype="uint8", sample=sample.id)


def weights(number: int, size: int = 784 * 10) -> Blob:
    """A network that says the same of every image; no two numbers give the same weights."""
    return blob(number, w0000=np.zeros((size // 10, 10), np.float32), w0001=np.full(10, number, np.float32))


def trained(number: int, blob_: Blob, **changes: Any) -> list[AnyEvent]:
    """A fit of a network of its own that ended with these weights."""
    started = begin(number, number, architecture=network(10), weights="", **changes)
    ended = end(number).model_copy(update={"weights": blob_.id})
    return [started, *([] if started.custom else epochs(number, 0.5)), ended]


SAMPLE = sampled(1)
SEEN: list[AnyEvent] = [SAMPLE, images("x", SAMPLE)]


def gathered(official: Official, *events: AnyEvent) -> Findings:
    return gather(NOTEBOOK, events, official)


def test_a_run_is_measured_with_the_weights_and_the_scaling_that_its_trace_shows(official: Official) -> None:
    found = gathered(official, *SEEN, weights(2), *trained(1, weights(2)))
    assert found.runs[0].measurement.scaling == "raw"
    assert found.runs[0].measurement.accuracy == pytest.approx(0.098, abs=0.001)
    assert list(found.weights) == [weights(2).id]


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([begin()], "training was stopped before it ended"),
        ([begin(), *epochs(1, 0.5), end(1, "ValueError: no")], "fit raised ValueError: no"),
        (fitted(), "its weights could not be read"),
        ([begin(), end().model_copy(update={"weights": ""})], "its weights were not recorded"),
    ],
)
def test_a_run_without_weights_says_why_it_was_not_measured(
    events: list[AnyEvent], reason: str, official: Official
) -> None:
    found = gathered(official, *events).runs[0].measurement
    assert (found.accuracy, found.reason, found.fault) == (None, reason, False)


def test_weights_that_are_not_to_be_trusted_are_no_fault_of_the_grader(official: Official) -> None:
    broken = Blob(t="blob", id=OTHER, npz="AAAA")
    found = gathered(official, *SEEN, broken, *trained(1, broken))
    assert (found.runs[0].measurement.reason, found.gaps) == ("its weights could not be read", ())
    assert found.weights == {}


@pytest.mark.parametrize(
    "sample",
    [
        blob(5, values=np.zeros((9, 784), np.float32)),
        blob(5, rows=np.arange(9), values=np.zeros((9, 784)), mean=np.zeros(3), std=np.zeros(784)),
        blob(5, rows=np.arange(9), values=np.zeros(784), mean=np.zeros(784), std=np.zeros(784)),
        blob(5, rows=np.arange(9), values=np.zeros((9000, 784), np.uint8), mean=np.zeros(784), std=np.zeros(784)),
        weights(5),
        Blob(t="blob", id=f"{5:032x}", npz="AAAA"),
    ],
    ids=["one part", "another width", "no table", "more rows than a sample", "weights", "no archive"],
)
def test_what_is_no_sample_leaves_the_images_unknown(sample: Blob, official: Official) -> None:
    found = gathered(official, sample, images("x", sample), *fitted()).runs[0].fit
    assert found is not None
    assert found.images is not None
    assert (found.images.rows, found.images.dataset) == (19_800, "unknown")


def test_predictions_of_single_images_are_not_compared_with_the_official_ones(official: Official) -> None:
    alone = sampled(7, 1)
    found = gathered(official, alone, images("test", alone, 1), *fitted(), evaluated(kind="predict"))
    assert found.runs[0].evaluations[0].images.dataset == "unknown"


def test_arrays_without_end_are_compared_up_to_a_bound(official: Official, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_RECOGNISED", 1)
    second = sampled(8, 60)
    events = [*SEEN, second, images("x2", second), *fitted(1, model=1), *fitted(2, model=2, x="x2")]
    found = [run.fit.images for run in gathered(official, *events).runs if run.fit and run.fit.images]
    assert [i.dataset for i in found] == ["mnist", "unknown"]
    assert gathered(official, *events).gaps == ("lab.ipynb handed 2 arrays to Keras; 1 were not looked at",)


def test_single_images_take_no_room_from_those_that_are_looked_at(
    official: Official, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_RECOGNISED", 1)
    single = [images(f"s{n}", SAMPLE, 1) for n in range(5)]
    answers = [evaluated(x=f"s{n}", kind="predict") for n in range(5)]
    found = gathered(official, *SEEN, *single, *fitted(1, x="s0"), *answers, *fitted(2, model=2))
    assert [run.fit.images.dataset for run in found.runs if run.fit and run.fit.images] == ["unknown", "mnist"]
    assert found.gaps == ()


def test_direct_fits_are_measured_before_those_of_a_search(official: Official, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_MEASURED", 1)
    search = [event for n in range(1, 4) for event in trained(n, weights(2), wrapped=True)]
    found = gathered(official, *SEEN, weights(2), weights(3), *search, *trained(9, weights(3))).runs
    assert [run.measurement.accuracy is not None for run in found] == [False, False, False, True]
    assert found[0].measurement.reason == "not measured"


def test_the_smallest_networks_are_measured_first(official: Official, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_WORK", 20_000)
    wide = blob(2, w0000=np.random.default_rng(0).normal(size=(784, 30)), w0001=np.zeros(30))
    search = [event for n in (1, 2) for event in trained(n, wide)]
    found = gathered(official, *SEEN, wide, weights(3), *search, *trained(9, weights(3))).runs
    assert [run.measurement.accuracy is not None for run in found] == [False, False, True]
    assert "too large to be measured" in found[0].measurement.reason


def test_a_loop_that_names_nothing_known_counts_and_is_doubted(official: Official) -> None:
    events = [*SEEN, weights(2), *trained(1, weights(2), custom="GradientTape"), *trained(2, weights(2))]
    found = gather(NOTEBOOK, events, official, helpers=())
    assert [run.custom for run in found.runs] == ["GradientTape"]
    assert ["a loop of the student's own" in doubt for doubt in found.doubts] == [True, False]
    assert "it does not count" in found.doubts[1]


def test_weights_are_kept_as_far_as_there_is_room(official: Official, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "STORED", 70_000)
    events = [*(weights(n) for n in range(2, 6)), *(e for n in range(2, 6) for e in trained(n, weights(n)))]
    assert list(gathered(official, *events).weights) == [weights(2).id, weights(3).id]


def test_a_helper_that_replaces_what_is_recorded_is_named(official: Official) -> None:
    helper = replace(program("import keras", "keras.Model.fit = fake"), name="h.py")
    (doubt,) = gather(NOTEBOOK, [], official, helpers=(helper,)).doubts
    assert doubt.startswith("h.py, cell 2: it replaces keras.Model.fit")


def test_lines_of_our_own_that_were_refused_are_a_gap_in_the_record(official: Official) -> None:
    found = gathered(official, *fitted(), Refused(kind="epoch", reason="field logs: too long", lines=2))
    assert found.gaps == (
        "a line of kind epoch in the record of lab.ipynb was refused (2 times): field logs: too long",
    )
