"""Whatever an honest program does, however much of it, the recorder writes lines that the grader reads."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from grader.evidence import trace as reading
from grader.evidence.network import architecture
from grader.evidence.trace import (
    AdvisoryEvent,
    Array,
    CellEnd,
    Compiled,
    Epoch,
    Fault,
    FitBegin,
    FitEnd,
    Plot,
    Refused,
    Written,
    read,
)
from grader.inside import protocol as bounds
from grader.inside.patches import Patches
from grader.inside.recording.arrays import ArrayRecorder
from grader.inside.recording.figures import NOT_ALL, record_figures
from grader.inside.run_cells import CappedClient
from grader.inside.trace import Trace
from tests.inside.running import run

mpl.use("agg")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trace.jsonl"


@pytest.fixture
def trace(path: Path) -> Iterator[Trace]:
    with path.open("wb") as sink:
        yield Trace(sink.fileno())


# ---------------------------------------------------------------- every field of every event

INTEGERS = st.integers() | st.integers(10**9, 10**12) | st.sampled_from([10**10, -(10**10), 10**400, 10**5000, 2**63])
FLOATS = st.floats() | st.sampled_from([1e308, 5e-324])
TEXTS = st.text(st.characters(), max_size=20) | st.integers(0, 5000).map(lambda n: "ü" * n) | st.just("half \ud83d")
LONG = st.sampled_from(["{}", "[" * 100, "x" * (bounds.LONGEST_ARCHITECTURE + 1)])
METRICS = st.integers(0, 80).map(lambda n: {f"metric {k}" + "x" * 10 * k: k / 7 for k in range(n)})
NAMED: Mapping[str, st.SearchStrategy[Any]] = {
    "architecture": LONG,
    "logs": METRICS | st.dictionaries(TEXTS, FLOATS, max_size=5),
    "lines": st.integers(0, 600).map(lambda n: [[0.5, float("nan")]] * n),
    "outputs": st.sampled_from([0, 3, 10_001]).map(lambda n: [{"output_type": "stream", "text": "x"}] * n),
    "id": st.just("0" * 32),
    "seed": st.none() | st.integers(1, 2**31 - 1),
}
"""Fields whose values have a form of their own."""


def values(name: str, kind: Any) -> st.SearchStrategy[Any]:
    """What the recorder may be about to write into a field of this type."""
    if name in NAMED:
        return NAMED[name]
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return values(name, inner[0])
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in {Union, UnionType}:
        return st.one_of([values(name, one) for one in inner])
    if origin is tuple:
        return st.lists(values("", inner[0]), max_size=70)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return st.fixed_dictionaries({n: values(n, f.annotation) for n, f in kind.model_fields.items()})
    return {int: INTEGERS, float: FLOATS.map(lambda x: x if x == x and abs(x) < 1e400 else 0.0), str: TEXTS,  # noqa: PLR0124 (NaN)
            bool: st.booleans(), NoneType: st.none()}[kind]  # fmt: skip


EVENTS = {one.model_fields["t"].annotation.__args__[0]: one for one in get_args(Written)}  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", sorted(EVENTS))
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(draw=st.data())
def test_an_event_with_anything_in_its_fields_is_written_within_the_bounds(
    kind: str, draw: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fields = {n: f for n, f in EVENTS[kind].model_fields.items() if n != "t"}
    given_ = {name: draw.draw(values(name, field.annotation), name) for name, field in fields.items()}
    path = tmp_path_factory.getbasetemp() / f"bounds-{kind}"
    with path.open("wb") as sink:
        Trace(sink.fileno()).write({"t": kind, **given_})
    found = list(read(path))
    assert [e for e in found if isinstance(e, Refused)] == []
    assert [e.t for e in found if not isinstance(e, AdvisoryEvent) or kind == "advisory"][:1] == [kind]  # type: ignore[union-attr]


# ---------------------------------------------------------------- what is cut, and what is said of it

FIT: Mapping[str, Any] = {"fit": 1, "model": 1, "cell": 2, "epochs": 3, "epochs_asked": 3, "architecture": "{}"}
FIT = FIT | {"compile": {"optimizer": "sgd"}}


def test_more_epochs_than_can_be_recorded_are_recorded_as_the_most_and_that_is_told(trace: Trace, path: Path) -> None:
    trace.write({"t": "fit_begin", **FIT, "epochs_asked": 10**10})
    fit, told = read(path)
    assert isinstance(fit, FitBegin)
    assert isinstance(told, AdvisoryEvent)
    assert fit.epochs_asked == 10**9
    assert (told.cell, told.message) == (
        2,
        "epochs_asked: 10,000,000,000 was recorded as 1,000,000,000, the most that is recorded",
    )


def test_a_seed_is_recorded_as_it_is_however_large(trace: Trace, path: Path) -> None:
    trace.write({"t": "fit_begin", **FIT, "seed": 2**31 - 1})
    (fit,) = read(path)
    assert isinstance(fit, FitBegin)
    assert fit.seed == 2**31 - 1


def test_of_too_many_metrics_loss_and_accuracy_stay(trace: Trace, path: Path) -> None:
    rates = {f"rate {n}": 0.5 for n in range(60)}
    logs = {"loss": 1.0, **rates, "val_loss": 2.0, "accuracy": 0.5, "val_accuracy": 0.4}
    trace.write({"t": "epoch", "fit": 1, "epoch": 0, "logs": logs})
    trace.write({"t": "epoch", "fit": 1, "epoch": 1, "logs": logs})
    epoch, told, again = read(path)
    assert isinstance(epoch, Epoch)
    assert isinstance(again, Epoch)
    assert len(epoch.logs) == bounds.MOST_METRICS
    assert {"loss", "val_loss", "accuracy", "val_accuracy"} < set(epoch.logs)
    assert isinstance(told, AdvisoryEvent)
    assert "of 64 metrics of an epoch, 50 were recorded" in told.message


def test_a_network_whose_description_is_too_long_is_not_known_and_says_so(trace: Trace, path: Path) -> None:
    trace.write({"t": "compile", "model": 1, "cell": 2, "architecture": "x" * 2_000_001, "compile": {}})
    event, told = read(path)
    assert isinstance(event, Compiled)
    assert architecture(event.architecture).problem
    assert isinstance(told, AdvisoryEvent)
    assert "2,000,001 characters" in told.message


def test_an_array_of_many_dimensions_is_an_array(trace: Trace, path: Path) -> None:
    key = ArrayRecorder(trace).describe(np.zeros((3,) + (1,) * 60 + (20,)))
    array = next(e for e in read(path) if isinstance(e, Array))
    assert (array.id, array.shape[0], len(array.shape)) == (key, 3, 62)


def test_a_network_of_more_arrays_than_are_read_is_not_recorded(trace: Trace, path: Path) -> None:
    assert trace.blob({f"w{n:04}": np.zeros(1) for n in range(bounds.MOST_ARRAYS + 1)}) == ""
    assert path.read_bytes() == b""


def test_a_line_beyond_all_bounds_is_told_in_place_of_being_written(
    trace: Trace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.inside.trace.LONGEST_LINE", 3000)
    trace.write({"t": "fit_end", "fit": 1, "error": "x" * 3500})
    (fault,) = read(path)
    assert isinstance(fault, Fault)
    assert fault.where == "fit_end"


# ---------------------------------------------------------------- drawn lines


@pytest.fixture
def axes(trace: Trace, patches: Patches) -> Any:
    from matplotlib.figure import Figure

    patches.install(record_figures(trace, lambda: 3))
    return Figure().subplots()


def drawn(path: Path) -> int:
    return sum(len(e.lines) for e in read(path) if isinstance(e, Plot))


def test_curves_that_are_drawn_anew_after_every_epoch_are_all_recorded(axes: Any, path: Path) -> None:
    for n in range(300):
        axes.plot([0.5] * (n % 100 + 1), [0.25] * (n % 100 + 1), [0.5], [0.75])
    assert drawn(path) == 600
    assert [e for e in read(path) if isinstance(e, AdvisoryEvent)] == []


def test_of_lines_without_end_the_first_are_recorded_and_that_is_told_once(axes: Any, path: Path) -> None:
    axes.plot(np.zeros((5, 600)))
    axes.plot(np.zeros((5, 600)))
    assert drawn(path) == 2 * bounds.MOST_LINES
    assert [e.message for e in read(path) if isinstance(e, AdvisoryEvent)] == [NOT_ALL]


def test_points_without_end_leave_room_for_what_is_drawn_later(axes: Any, path: Path) -> None:
    for _ in range(3):
        axes.plot(np.zeros((19_800, 40)))
        axes.clear()
    axes.plot([0.5, 0.6])
    assert [len(line) for e in read(path) if isinstance(e, Plot) for line in e.lines][-1] == 2
    assert drawn(path) == bounds.MOST_POINTS // 19_800 + 1


# ---------------------------------------------------------------- what was refused all the same

EPOCH = {"t": "epoch", "fit": 1, "epoch": 0, "logs": {}}


def lines(path: Path, *written: bytes) -> list[Any]:
    path.write_bytes(b"".join(line + b"\n" for line in written))
    return list(read(path))


def as_written(event: Mapping[str, Any], **changes: Any) -> bytes:
    return json.dumps({**event, **changes}, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (as_written(EPOCH, fit=-1), "field fit: Input should be greater than or equal to 0"),
        (as_written(EPOCH, logs={str(n): 0.5 for n in range(51)}), "field logs: Dictionary should have at most 50"),
        (as_written(EPOCH, epoch=10**10), "field epoch: Input should be less than or equal to 1000000000"),
        (as_written({"t": "epoch"}), "field fit: Field required"),
        (as_written(EPOCH, logs={"loss": float("nan")}), "NaN is not JSON"),
        (as_written(EPOCH, fit=1).replace(b'"fit":1', b'"fit":' + b"1" * 5000), "Exceeds the limit"),
    ],
)
def test_a_line_in_the_recorder_s_form_that_is_refused_is_told_with_its_field(
    line: bytes, reason: str, path: Path
) -> None:
    *_, refused = lines(path, line, as_written(EPOCH), line)
    assert isinstance(refused, Refused)
    assert (refused.kind, refused.lines) == ("epoch", 2)
    assert reason in refused.reason


@pytest.mark.parametrize(
    "line",
    [b"", b"garbage", b"[1]", b"{}", b'{"t":3}', b'{"t":"something"}', b'{"t":["epoch"]}', as_written(EPOCH)[:-4]],
)
def test_what_has_not_the_recorder_s_form_is_nothing_that_we_wrote(line: bytes, path: Path) -> None:
    assert lines(path, line) == []


def test_a_hostile_program_makes_no_more_of_refused_lines_than_a_few_sentences(path: Path) -> None:
    wrong = [as_written(EPOCH, fit=-n, logs={"x" * n: "y" * 200}) for n in range(1, 3000)]
    other = [as_written({"t": kind}) for kind in sorted(EVENTS)]
    deep = [as_written({"t": "load", "cell": 1, "dataset": "d", "source": "s", "shapes": [["x"]] * n}) for n in (1, 9)]
    found = lines(path, *wrong, *other, *deep)
    assert all(isinstance(e, Refused) for e in found)
    assert len(found) <= reading.MOST_REFUSED + 1
    assert sum(e.lines for e in found) == len(wrong) + len(other) + len(deep)
    assert max(len(e.reason) for e in found) <= reading.LONGEST_REASON


def test_a_line_with_a_million_wrong_values_costs_little_more_than_a_right_one(path: Path) -> None:
    right, wrong = ([[one] * 500_000] for one in (0.5, "x"))
    peaks = []
    for values_ in (right, wrong):
        tracemalloc.start()
        lines(path, as_written({"t": "plot", "cell": 1}, lines=values_))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]
    assert lines(path, as_written({"t": "plot", "cell": 1}, lines=wrong))[0].reason.startswith("more than 20 values")


# ---------------------------------------------------------------- outputs


def kept(*messages: tuple[str, Mapping[str, Any]]) -> tuple[list[Any], int]:
    """What the runner keeps of these messages of one cell, and how many characters it counts as left out."""
    cell = nbformat.v4.new_code_cell("")
    client = CappedClient(nbformat.v4.new_notebook(cells=[cell]))
    client.reset_execution_trackers()
    client.clear_before_next_output = False
    for kind, content in messages:
        header = {"msg_type": kind}
        client.process_message({"msg_type": kind, "header": header, "parent_header": {}, "content": content}, cell, 0)
    return cell.outputs, client.left_out


def shown(data: Mapping[str, Any], **metadata: Any) -> tuple[str, Mapping[str, Any]]:
    return "display_data", {"data": data, "metadata": metadata}


ERROR = "error", {"ename": "E" * 20_000, "evalue": "x" * 20_000, "traceback": ["line"] * 100}


def test_of_outputs_without_end_the_first_are_kept_and_the_error_too(trace: Trace, path: Path) -> None:
    streams = [("stream", {"name": name, "text": "x"}) for _ in range(3000) for name in ("stdout", "stderr")]
    outputs, left_out = kept(*streams, *[shown({"text/plain": "y"})] * 5000, *streams, ERROR)
    assert 9_000 < len(outputs) <= bounds.MOST_OUTPUTS
    assert outputs[-1]["output_type"] == "error"
    assert left_out > 6000
    kept_ = [dict(o) for o in outputs]
    trace.write({"t": "cell", "number": 1, "index": 0, "status": "error", "seconds": 1.0, "outputs": kept_})
    (cell,) = read(path)
    assert isinstance(cell, CellEnd)
    assert len(cell.outputs) == len(outputs)


def nested(levels: int) -> Any:
    value: Any = "deep"
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "message", [shown({"application/json": nested(900)}), shown({"text/plain": "x"}, mine="x" * (3 << 20))]
)
def test_an_output_that_is_too_deep_or_too_large_is_left_out_and_counted(message: tuple[str, Any]) -> None:
    outputs, left_out = kept(message, shown({"text/plain": "after", "application/json": nested(40)}))
    assert left_out
    assert [o["data"]["text/plain"] for o in outputs] == (["after"] if "mine" not in message[1]["metadata"] else [])


# ---------------------------------------------------------------- in a real kernel

NETWORK = """
import keras, numpy as np
from IPython.display import display
x, y = np.ones((40, 4)), np.ones((40, 2))
def build(*metrics):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=list(metrics))
    return model
class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None): self.model.stop_training = True
"""
EXTREMES = {
    "build": NETWORK,
    "epochs": "build().fit(x, y, epochs=10**10, callbacks=[Stop()], verbose=0)",
    "more epochs": "build().fit(x, y, epochs=10**4000, callbacks=[Stop()], verbose=0)",
    "batch": "build().fit(x, y, batch_size=10**10, verbose=0)",
    "a first epoch": "build().fit(x, y, initial_epoch=-3, epochs=0, verbose=0)",
    "metrics": """
metrics = [keras.metrics.MeanMetricWrapper(keras.losses.mean_squared_error, name=f"m{n}") for n in range(51)]
build(*metrics, "accuracy").fit(x, y, verbose=0)
""",
    "outputs": "import time\nfor n in range(10_001): display(n); n % 250 or time.sleep(0.2)",
    "a long name": "raise type('E' * 100_000, (Exception,), {})('x' * 100_000)",
    "deep output": """
nested = inner = {}
for _ in range(400): inner["a"] = inner = {}
display({"application/json": nested, "text/plain": "deep"}, raw=True)
""",
    "a magic": "%nosuchmagic " + "x" * 20_000,
    "after all": "print('still here')",
}
NUMBERS = {name: number for number, name in enumerate(EXTREMES, 1)}


@pytest.mark.slow
def test_a_notebook_that_goes_beyond_every_bound_is_recorded_whole(tmp_path: Path, mnist: Path) -> None:
    ran = run(tmp_path, mnist, list(EXTREMES.values()))
    assert ran.of(Refused) == []
    assert ran.of(Fault) == []
    assert [e.number for e in ran.of(CellEnd)] == list(NUMBERS.values())
    begun = {e.cell: e for e in ran.of(FitBegin)}
    fits = ("epochs", "more epochs", "batch", "a first epoch", "metrics")
    assert sorted(begun) == [NUMBERS[name] for name in fits]
    assert begun[NUMBERS["epochs"]].epochs_asked == begun[NUMBERS["more epochs"]].epochs_asked == 10**9
    assert len([e for e in ran.of(FitEnd) if not e.error]) == len(fits)
    metrics = next(e for e in ran.of(Epoch) if e.fit == begun[NUMBERS["metrics"]].fit)
    assert {"loss", "accuracy"} < set(metrics.logs)
    assert 0 < len(ran.cell(NUMBERS["outputs"]).outputs) <= bounds.MOST_OUTPUTS
    assert ran.cell(NUMBERS["deep output"]).outputs == ()
    assert ran.printed(NUMBERS["after all"]) == "still here\n"
