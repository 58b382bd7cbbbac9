"""Nobody forges a mark: a forgery earns at most what the same work earns honestly, and what is noticed is flagged."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.evidence.gather import gather
from grader.evidence.official import Official
from grader.evidence.trace import AnyEvent, Array, Blob, parse
from grader.grading.judge import judge
from grader.records import Grade
from reference import data
from tests.builders import evidence
from tests.evidence.events import begin, compiled, end, epochs, evaluated, network, plot, program
from tests.evidence.test_gather import blob, images, sampled
from tests.graded import Graded
from tests.hostile.forging import FORGERIES, Forgery, grade_forgeries, problems

# ---------------------------------------------------------------- programs


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Graded]:
    return grade_forgeries(tmp_path_factory.mktemp("forgeries"))


@pytest.mark.slow
@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda f: f.name)
def test_a_program_that_forges_earns_what_it_earns_without(forgery: Forgery, graded: Mapping[str, Graded]) -> None:
    assert list(problems(forgery, graded)) == []


@pytest.mark.slow
def test_the_forgery_of_fit_earns_nothing_for_training_that_was_none(graded: Mapping[str, Graded]) -> None:
    assert graded["patched"].criterion("naive.training")["score"] == 0
    assert graded["patched"].grade["stages"]["naive"]["measured_accuracy"] is None


@pytest.mark.slow
def test_what_the_program_asks_the_collector_for_is_not_the_way_to_the_record(graded: Mapping[str, Graded]) -> None:
    executed = json.loads((graded["found_by_gc"].folder / "files" / "lab.executed.ipynb").read_text())
    printed = ["".join(o["text"]) for o in executed["cells"][0]["outputs"] if o.get("name") == "stdout"]
    assert printed == ["False False False keras\n"]


# ---------------------------------------------------------------- records

NOTEBOOK = program("keras.datasets.mnist.load_data()", "model.fit(x, y)", "model.evaluate(x, y)", "plt.plot(a)")
SHAPES = [(784, 50), (50,), (50, 50), (50,), (50, 50), (50,), (50, 50), (50,), (50, 10), (10,)]
NAIVE = json.loads(network(50, 50, 50, 50, activation="sigmoid", kernel_initializer="GlorotUniform"))
NAIVE["config"]["layers"].append({"class_name": "Dense", "config": {"units": 10, "activation": "softmax"}})
TEXT = json.dumps(NAIVE)
TRAIN = sampled(1)
VALUES = data.load().test_images[:100].reshape(100, -1).astype(np.float32)
TEST = blob(3, rows=np.arange(100), values=VALUES, mean=VALUES.mean(axis=0), std=VALUES.std(axis=0))
LABELS = blob(
    2,
    rows=np.arange(100),
    values=np.eye(10, dtype=np.float32)[data.load().train_labels[:100]],
    mean=np.zeros(10, np.float32),
    std=np.zeros(10, np.float32),
)


def weights(seed: int, scale: float = 0.05, shapes: Sequence[tuple[int, ...]] = SHAPES) -> Blob:
    """A network that has learnt nothing, as the naive one is to end."""
    random = np.random.default_rng(seed)
    return blob(100 + seed, **{f"w{n:04}": random.normal(0, scale, s).astype(np.float32) for n, s in enumerate(shapes)})


BEFORE, AFTER = weights(1), weights(2)


def claimed(final: Blob = AFTER, accuracy: float = 0.1, *, evaluation: float = 0.1, **fit: Any) -> list[AnyEvent]:
    """The record of a naive stage that was trained, drawn and evaluated as the lab asks."""
    given = {"architecture": TEXT, "weights": BEFORE.id, "batch_size": 256, "epochs": 100, "epochs_asked": 100}
    given |= {"validation_split": 0.3}
    curve = (accuracy,) * 100
    return [
        TRAIN,
        LABELS,
        BEFORE,
        final,
        images("x", TRAIN),
        Array(t="array", id="y", shape=(19_800, 10), dtype="float64", sample=LABELS.id),
        compiled(architecture=given.get("architecture")),
        begin(**(given | fit)),
        *(e.model_copy(update={"logs": e.logs | {"val_accuracy": accuracy}}) for e in epochs(1, *curve)),
        end().model_copy(update={"weights": final.id}),
        TEST,
        images("test", TEST, 10_000),
        evaluated(accuracy=evaluation),
        plot(curve, curve),
    ]


@cache
def official() -> Official:
    return Official(data.load())


@cache
def assignment() -> Assignment:
    return Assignment.of(load(bundled()))


def judged(events: Sequence[AnyEvent]) -> Grade:
    found = gather(NOTEBOOK, events, official())
    assert found.gaps == ()
    facts = evidence(found.runs, loads=found.loads, doubts=found.doubts, gaps=found.gaps)
    return judge(facts, assignment())


@cache
def honest() -> Grade:
    return judged(claimed())


def described(text: str) -> list[AnyEvent]:
    return claimed(architecture=text)


def with_layer(class_name: str, **config: Any) -> str:
    changed = json.loads(TEXT)
    changed["config"]["layers"].insert(2, {"class_name": class_name, "config": config})
    return json.dumps(changed)


def npz_bomb() -> Blob:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("w0000.npy", "w") as member:
        for _ in range(256):
            member.write(bytes(1 << 20))
    return Blob(t="blob", id="b" * 32, npz=base64.b64encode(buffer.getvalue()).decode())


def a_second_stage() -> list[AnyEvent]:
    """The same weights once more, as the answer of another stage."""
    he = json.dumps(json.loads(TEXT.replace("GlorotUniform", "HeNormal")))
    again = begin(2, 2, architecture=he, weights=BEFORE.id, epochs=100, epochs_asked=100, validation_split=0.3)
    return [*claimed(), again, *epochs(2, *[0.4] * 100), end(2).model_copy(update={"weights": AFTER.id})]


RECORDS: dict[str, tuple[Callable[[], list[AnyEvent]], str]] = {
    "a claimed accuracy": (lambda: claimed(evaluation=0.99), "claims an accuracy of 0.9900"),
    "a history that contradicts the weights": (lambda: claimed(accuracy=0.6), "they are not those of this training"),
    "weights that were never trained": (lambda: claimed(BEFORE), "nothing was trained"),
    "weights that are not numbers": (lambda: claimed(weights(3, np.nan)), ""),
    "enormous weights": (lambda: claimed(weights(4, 1e37)), ""),
    "weights of another network": (
        lambda: claimed(weights(5, shapes=SHAPES[:-2])),
        "do not belong to",
    ),
    "a bomb for weights": (lambda: claimed(npz_bomb()), "its weights could not be read"),
    "a Lambda layer": (lambda: described(with_layer("Lambda", function="os.system")), "Lambda"),
    "an unknown class": (
        lambda: described(with_layer("Sabotage")),
        "does not rebuild, Sabotage",
    ),
    "two thousand million units": (
        lambda: described(TEXT.replace('"units": 50', '"units": 2000000000', 1)),
        "too large",
    ),
    "a nesting bomb": (lambda: described("[" * 100_000), "its configuration cannot be read"),
    "models within models": (
        lambda: described('{"class_name": "Sequential", "config": {"layers": [' * 50 + "]}}" * 50),
        "nested too deep",
    ),
    "a key twice": (lambda: described(TEXT.replace('"units": 10', '"units": 10, "units": 11')), ""),
    "NaN for a number": (lambda: described(TEXT.replace('"units": 10', '"units": NaN')), "cannot be read"),
    "training on the test images": (lambda: claimed(x="test"), "was trained on images of the test set"),
}


@pytest.mark.parametrize("forgery", sorted(RECORDS))
def test_a_forged_record_earns_no_more_than_an_honest_one(forgery: str) -> None:
    record, noticed = RECORDS[forgery]
    grade = judged(record())
    assert grade.total <= honest().total
    assert grade.faults == ()
    if noticed:
        assert grade.needs_review
        assert any(noticed in reason for reason in grade.review), grade.review


def test_the_honest_record_earns_its_stage_and_is_not_doubted() -> None:
    earned = {c.id: c.score for c in honest().criteria if c.stage == "naive"}
    assert sum(earned.values()) == sum(c.max_score for c in honest().criteria if c.stage == "naive")
    assert not any("doubtful" in reason for reason in honest().review)


def test_the_weights_of_one_stage_are_no_answer_to_another() -> None:
    grade = judged(a_second_stage())
    accuracy = next(c for c in grade.criteria if c.id == "init.accuracy")
    assert accuracy.score == 0
    assert any("the very weights of the run in cell 2" in reason for reason in grade.review)


@pytest.mark.parametrize("field", ["seconds", "total", "measurement", "score"])
def test_a_field_that_no_event_has_changes_nothing(field: str) -> None:
    line = json.loads(begin().model_dump_json())
    assert parse(json.dumps(line | {field: 10}).encode()) == begin()
