"""The trace is hostile input: whatever it holds, only valid events and harmless arrays come out of it."""

import base64
import contextlib
import io
import json
import math
import tracemalloc
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from grader.evidence import trace
from grader.evidence.trace import (
    LARGEST_ARRAYS,
    MOST_ARRAYS,
    AdvisoryEvent,
    Blob,
    CellEnd,
    Epoch,
    Event,
    FitBegin,
    Flood,
    arrays,
    parse,
    read,
)
from grader.inside.trace import Trace

ID = "0" * 32
EPOCH = {"t": "epoch", "fit": 1, "epoch": 0, "logs": {"loss": 2.5}}
FIT = {"t": "fit_begin", "fit": 1, "model": 1, "cell": 2, "epochs": 3, "epochs_asked": 3, "architecture": "{}"}
FIT |= {"compile": {"optimizer": "sgd", "learning_rate": 0.001}}
CELL = {"t": "cell", "number": 1, "index": 0, "status": "ok", "seconds": 0.5}
BLOB = {"t": "blob", "id": ID, "npz": ""}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def line(event: Mapping[str, Any], **changes: Any) -> bytes:
    return json.dumps({**event, **changes}).encode()


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize("event", [EPOCH, FIT, CELL, BLOB])
def test_a_line_that_the_recorder_writes_is_an_event(event: Mapping[str, Any]) -> None:
    found = parse(line(event))
    assert found is not None
    assert found.t == event["t"]


@given(st.binary(max_size=300))
def test_arbitrary_bytes_never_raise(garbage: bytes) -> None:
    assert parse(garbage) is None or isinstance(parse(garbage), Event)


@given(JSON)
def test_arbitrary_json_is_no_event(value: Any) -> None:
    assert parse(json.dumps(value).encode()) is None


@given(st.sampled_from([EPOCH, FIT, CELL, BLOB]), st.data())
def test_an_event_with_one_arbitrary_field_is_a_valid_event_or_none(event: dict[str, Any], data: st.DataObject) -> None:
    changed = event | {data.draw(st.sampled_from(sorted(event))): data.draw(JSON)}
    found = parse(json.dumps(changed).encode())
    assert found is None or type(found).model_validate(found.model_dump()) == found


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_file_of_garbage_around_a_line_yields_that_line(before: bytes, after: bytes) -> None:
    content = before.replace(b"\n", b"") + b"\n" + line(EPOCH) + b"\n" + after.replace(b"\n", b"")
    found = [parse(part) for part in content.split(b"\n")]
    assert parse(line(EPOCH)) in found


def test_a_torn_line_is_passed_over_and_the_next_one_counts(tmp_path: Path) -> None:
    (tmp_path / "trace").write_bytes(line(EPOCH)[:20] + b"\n" + line(EPOCH, epoch=1) + b"\n" + line(EPOCH)[:-1])
    assert [e.epoch for e in read(tmp_path / "trace") if isinstance(e, Epoch)] == [1]


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_that_is_none_makes_the_line_count_for_nothing(constant: str) -> None:
    assert parse(line(EPOCH).replace(b"2.5", constant.encode())) is None
    assert parse(line(CELL).replace(b"0.5", constant.encode())) is None


def test_an_integer_beyond_all_floats_makes_the_line_count_for_nothing() -> None:
    assert parse(line(EPOCH, logs={"loss": 10**400})) is None
    assert parse(b'{"t": "epoch", "fit": 1, "epoch": 0, "logs": {"loss": 1' + b"0" * 5000 + b"}}") is None


@pytest.mark.parametrize("bomb", [b"[" * 100_000, b'{"t":' * 100_000, b"[" * 99_999 + b"]" * 99_999, b"-" * 5000])
def test_a_nesting_bomb_is_no_event(bomb: bytes) -> None:
    assert parse(bomb) is None
    assert parse(line(CELL)[:-1] + b', "outputs": [{"a": ' + bomb + b"}]}") is None


def test_of_duplicate_keys_the_last_one_counts_and_is_validated() -> None:
    assert parse(b'{"t": "epoch", "fit": 1, "fit": -1, "epoch": 0, "logs": {}}') is None
    twice = parse(b'{"t": "blob", "t": "epoch", "fit": 1, "epoch": 0, "logs": {}}')
    assert isinstance(twice, Epoch)


@pytest.mark.parametrize("wrong", [-1, 10**9 + 1, 1.5, "one", None, [], {}])
def test_a_count_out_of_its_range_or_of_another_type_makes_the_line_count_for_nothing(wrong: Any) -> None:
    assert parse(line(EPOCH, fit=wrong)) is None
    assert parse(line(FIT, cell=wrong)) is None


def test_a_count_is_an_integer_even_where_a_boolean_was_written() -> None:
    found = parse(line(EPOCH, fit=True))
    assert isinstance(found, Epoch)
    assert type(found.fit) is int


@pytest.mark.parametrize("share", [-0.1, 1.1, "half"])
def test_a_validation_split_beyond_all_rows_makes_the_line_count_for_nothing(share: Any) -> None:
    assert parse(line(FIT, validation_split=share)) is None


def test_texts_and_lists_beyond_their_bounds_make_the_line_count_for_nothing() -> None:
    assert parse(line({"t": "advisory", "cell": 1}, message="x" * 5000)) is None
    assert parse(line(EPOCH, logs={str(n): 0.5 for n in range(51)})) is None
    assert parse(line({"t": "plot", "cell": 1}, lines=[[0.5]] * 501)) is None


def test_an_unknown_kind_of_event_is_passed_over() -> None:
    assert parse(line({"t": "of a later version"})) is None


@pytest.mark.parametrize(
    "id_", ["../../../etc/cron.d/x", "/etc/passwd", "a/b", "", "A" * 32, "0" * 31, "0" * 32 + "\n"]
)
def test_a_blob_is_named_by_a_digest_since_a_file_is_named_after_it(id_: str) -> None:
    assert parse(line(BLOB, id=id_)) is None


def test_what_is_recorded_beside_arrays_is_bounded_and_the_cut_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "ROOM", 4 << 20)
    long = line(CELL, outputs=[{"text": "x" * (1 << 20)}]) + b"\n"
    (tmp_path / "trace").write_bytes(long * 3 + line(BLOB, npz="A" * (8 << 20)) + b"\n" + long * 3)
    events = list(read(tmp_path / "trace"))
    assert [type(e) for e in events] == [CellEnd, CellEnd, CellEnd, Blob, Flood]


FLOODS = {
    "events": line(EPOCH) + b"\n",
    "empty lines": b"\n" * 1000,
    "garbage": b"x\n" * 1000,
    "short events": b'{"t":"end","ending":"completed"}\n' * 100,
    "one cell of lists": line(CELL)[:-1] + b', "outputs": [{"a": [' + b"[]," * (1 << 20) + b"0]}]}\n",
    "a line without an end": b"[" * (1 << 20),
}


@pytest.mark.parametrize("kind", sorted(FLOODS))
def test_a_flood_is_read_no_further_than_there_is_room(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "ROOM", 4 << 20)
    piece = FLOODS[kind]
    (tmp_path / "trace").write_bytes(piece * ((8 << 20) // len(piece)))
    tracemalloc.start()
    try:
        events = list(read(tmp_path / "trace"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(events[-1], Flood)
    # Twice for what pydantic adds, and the line itself.
    assert peak < 2 * (4 << 20) + 2 * len(piece) + (8 << 20 if b"\n" not in piece else 0)


def test_what_the_recorder_writes_is_read_back(tmp_path: Path) -> None:
    with (tmp_path / "trace").open("wb") as sink:
        writer = Trace(sink.fileno())
        key = writer.blob({"w0000": np.arange(6.0).reshape(2, 3)})
        logs = {"loss": math.nan, "accuracy": np.float32(0.5)}
        writer.write({"t": "epoch", "fit": np.int64(1), "epoch": 0, "logs": logs})
        message = "half an emoji \ud83d, ü and \u2028"
        writer.write({"t": "advisory", "cell": np.array(2), "message": message})
    blob, epoch, advisory = read(tmp_path / "trace")
    assert isinstance(blob, Blob)
    assert blob.id == key
    assert np.array_equal(arrays(blob)["w0000"], np.arange(6.0).reshape(2, 3))
    assert isinstance(epoch, Epoch)
    assert epoch.logs == {"loss": None, "accuracy": 0.5}
    assert isinstance(advisory, AdvisoryEvent)
    assert (advisory.cell, advisory.message) == (2, "half an emoji ?, ü and \u2028")


# ---------------------------------------------------------------- arrays


def packed(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npy(header: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    size = len(header) + 1
    return (
        b"\x93NUMPY" + version + size.to_bytes(2 if version[0] == 1 else 4, "little") + header.encode() + b"\n" + body
    )


def header(descr: object = "<f4", shape: object = (1,)) -> str:
    return repr({"descr": descr, "fortran_order": False, "shape": shape})


def unpacked(raw: bytes) -> dict[str, Any]:
    return arrays(Blob(t="blob", id=ID, npz=base64.b64encode(raw).decode()))


def saved(**given: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **given)
    return buffer.getvalue()


GOOD = saved(values=np.linspace(0, 1, 500, dtype=np.float32).reshape(50, 10), mean=np.zeros(10), rows=np.arange(50))


def test_arrays_come_back_as_they_were() -> None:
    assert unpacked(GOOD)["values"].shape == (50, 10)
    assert sorted(unpacked(GOOD)) == ["mean", "rows", "values"]


def test_an_array_without_dimensions_is_an_array() -> None:
    assert unpacked(saved(w0000=np.float32(3)))["w0000"] == 3


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_archives_raise_nothing_but_value_error(damage: list[tuple[int, int]]) -> None:
    raw = bytearray(GOOD)
    for place, byte in damage:
        raw[place] = byte
    with contextlib.suppress(ValueError):
        assert all(isinstance(a, np.ndarray) for a in unpacked(bytes(raw)).values())


@given(st.text(max_size=200))
def test_arbitrary_text_in_place_of_an_archive_raises_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="not an"):
        arrays(Blob(t="blob", id=ID, npz=text))


def tokens(text: str) -> bytes:
    return packed({"mean.npy": npy(text)})


@given(st.text(alphabet="{}()[]'\":,0123456789-<f4dscrhapeotn_ LTrue", max_size=120).map(tokens))
def test_arbitrary_headers_raise_nothing_but_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match="not an"):
        unpacked(raw)


HOSTILE = {
    "objects": npy(header("|O"), bytes(8)),
    "strings": npy(header("<U4"), bytes(16)),
    "dates": npy(header("<M8[s]"), bytes(8)),
    "complex": npy(header("<c8"), bytes(8)),
    "structured": npy(header([("a", "<f4")]), bytes(4)),
    "nested arrays": npy(header(("<f4", (2,))), bytes(8)),
    "no dtype": npy(header(()), bytes(4)),
    "more rows than bytes": npy(header(shape=(10**9,)), bytes(4)),
    "fewer rows than bytes": npy(header(shape=(1,)), bytes(400)),
    "negative shape": npy(header(shape=(-2, -3)), bytes(24)),
    "no rows of endless length": npy(header(shape=(0, 10**30))),
    "a shape of booleans": npy(header(shape=(True,)), bytes(4)),
    "unfinished header": npy("{'descr': ("),
    "deep header": npy("(" * 3000),
    "header of signs": npy("-" * 5000 + "1"),
    "later version": npy(header(), bytes(4), b"\x09\x00"),
    "no header": b"\x93NUMPY",
    "nothing": b"",
}


@pytest.mark.parametrize("fault", sorted(HOSTILE))
def test_an_array_that_is_no_plain_numbers_or_lies_about_its_size_raises_value_error(fault: str) -> None:
    with pytest.raises(ValueError, match="to be trusted"):
        unpacked(packed({"mean.npy": HOSTILE[fault]}))


def test_a_pickle_is_never_read() -> None:
    with pytest.raises(ValueError, match="array of object"):
        unpacked(saved(mean=np.array([{"a": 1}], dtype=object)))


def test_a_zip_bomb_is_read_no_further_than_the_bound() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("mean.npy", "w") as member:
        for _ in range(1024):
            member.write(bytes(1 << 20))
    text = base64.b64encode(buffer.getvalue()).decode()
    assert len(text) < 2 << 20
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="bytes of arrays"):
            arrays(Blob(t="blob", id=ID, npz=text))
        assert tracemalloc.get_traced_memory()[1] < 3 * LARGEST_ARRAYS
    finally:
        tracemalloc.stop()


def test_many_members_share_one_bound() -> None:
    third = npy(header("|u1", (LARGEST_ARRAYS // 3,)), bytes(LARGEST_ARRAYS // 3))
    assert len(unpacked(packed({"w0000.npy": third, "w0001.npy": third}))) == 2
    with pytest.raises(ValueError, match="bytes of arrays"):
        unpacked(packed({f"w{n:04}.npy": third for n in range(4)}))


def test_more_members_than_any_network_has_raise_value_error() -> None:
    one = npy(header(), bytes(4))
    with pytest.raises(ValueError, match=f"more than {MOST_ARRAYS} arrays"):
        unpacked(packed({f"w{n:04}.npy": one for n in range(MOST_ARRAYS + 1)}, zipfile.ZIP_STORED))


@pytest.mark.parametrize("name", ["file", "allow_pickle", "../w0000", "arr_0", "", "w0000.npy"])
def test_a_member_under_a_name_that_the_recorder_does_not_give_raises_value_error(name: str) -> None:
    with pytest.raises(ValueError, match="did not write"):
        unpacked(packed({f"{name}.npy": npy(header(), bytes(4))}))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_the_recorder_does_not_use_raises_value_error(method: int) -> None:
    with pytest.raises(ValueError, match="did not write"):
        unpacked(packed({"mean.npy": npy(header(), bytes(4))}, method))


def test_an_encrypted_member_raises_value_error() -> None:
    raw = bytearray(packed({"mean.npy": npy(header(), bytes(4))}))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ValueError, match="encrypted"):
        unpacked(bytes(raw))


def test_events_cannot_be_changed_once_they_are_read() -> None:
    found = parse(line(FIT))
    assert isinstance(found, FitBegin)
    with pytest.raises(ValidationError):
        found.cell = 3
