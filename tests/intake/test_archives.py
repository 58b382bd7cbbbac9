"""Zips from strangers: nothing lands outside, nothing grows beyond bounds, and what is refused is named."""

import io
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.intake import archives
from grader.intake.archives import OF_A_STUDENT, Bounds, Refusal, UnreadableArchiveError, unpack
from tests.intake.downloads import raw_zip, zipped


def unpacked(content: bytes, tmp_path: Path, bounds: Bounds = OF_A_STUDENT) -> dict[str, str]:
    """The reasons for what was refused, by entry."""
    (tmp_path / "a.zip").write_bytes(content)
    return {r.entry: r.reason for r in unpack(tmp_path / "a.zip", tmp_path / "out", bounds)}


def there(tmp_path: Path) -> dict[str, bytes]:
    out = tmp_path / "out"
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def with_mode(name: str, mode: int, content: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.create_system, entry.external_attr = 3, mode << 16
        archive.writestr(entry, content)
        archive.writestr("lab.py", "x = 1")
    return buffer.getvalue()


def test_files_and_folders_come_out_as_they_went_in(tmp_path: Path) -> None:
    files = {"ada/lab.ipynb": "{}", "ada/data/x.csv": "1,2", "Łukasz/über.py": "x = 1"}
    assert unpacked(zipped(files), tmp_path) == {}
    assert there(tmp_path) == {name: content.encode() for name, content in files.items()}


@pytest.mark.parametrize("name", ["../evil.py", "a/../../evil.py", "..\\evil.py", "a/.."])
def test_a_path_that_leads_out_is_refused_and_the_rest_goes_on(name: str, tmp_path: Path) -> None:
    found = unpacked(zipped({name: "x", "lab.py": "y"}), tmp_path)
    assert "leads out of the zip" in found[name]
    assert there(tmp_path) == {"lab.py": b"y"}
    assert not (tmp_path / "evil.py").exists()


@pytest.mark.parametrize("name", ["/etc/evil.py", "C:\\evil.py", "\\\\server\\evil.py", "c:/evil.py"])
def test_an_absolute_path_is_refused_and_the_rest_goes_on(name: str, tmp_path: Path) -> None:
    found = unpacked(zipped({name: "x", "lab.py": "y"}), tmp_path)
    assert ["absolute path" in reason for reason in found.values()] == [True]
    assert there(tmp_path) == {"lab.py": b"y"}


def test_backslashes_of_old_windows_programs_are_folders(tmp_path: Path) -> None:
    assert unpacked(zipped({"ada\\data\\x.csv": "1"}), tmp_path) == {}
    assert there(tmp_path) == {"ada/data/x.csv": b"1"}


@pytest.mark.parametrize(
    ("mode", "reason"), [(stat.S_IFLNK | 0o777, "a symbolic link"), (stat.S_IFIFO | 0o600, "a special file")]
)
def test_links_and_special_files_are_refused_and_leave_an_empty_file(mode: int, reason: str, tmp_path: Path) -> None:
    found = unpacked(with_mode("secret.py", mode, "/etc/passwd"), tmp_path)
    assert reason in found["secret.py"]
    assert there(tmp_path) == {"lab.py": b"x = 1", "secret.py": b""}
    assert not any(p.is_symlink() for p in (tmp_path / "out").iterdir())


def test_an_encrypted_entry_is_refused_by_name(tmp_path: Path) -> None:
    found = unpacked(raw_zip([(b"lab.py", b"x = 1")], flags=0x1), tmp_path)
    assert found == {"lab.py": "encrypted; pack it without a password"}


@pytest.mark.parametrize("flags", [0, 0x800])
def test_a_name_that_is_not_utf_8_is_refused_whatever_it_says_of_itself(flags: int, tmp_path: Path) -> None:
    found = unpacked(raw_zip([(b"M\xfcller.py", b"x"), (b"lab.py", b"y")], flags=flags), tmp_path)
    assert ["not UTF-8" in reason for reason in found.values()] == [True]
    assert there(tmp_path)["lab.py"] == b"y"


def test_a_name_in_utf_8_without_the_mark_is_read_as_such(tmp_path: Path) -> None:
    assert unpacked(raw_zip([("Müller.py".encode(), b"x")]), tmp_path) == {}
    assert there(tmp_path) == {"Müller.py": b"x"}


def test_two_entries_of_one_name_are_refused_unless_they_are_the_same(tmp_path: Path) -> None:
    same, other = (b"same.py", b"x"), (b"lab.py", b"y")
    found = unpacked(raw_zip([same, same, other, (b"./lab.py", b"z")]), tmp_path)
    assert list(found) == ["lab.py"]
    assert "several entries" in found["lab.py"]
    assert there(tmp_path) == {"same.py": b"x", "lab.py": b""}


def test_a_file_and_a_folder_of_one_name_leave_the_first(tmp_path: Path) -> None:
    found = unpacked(raw_zip([(b"lab", b"x"), (b"lab/a.py", b"y")]), tmp_path)
    assert found == {"lab/a.py": "a file and a folder of one name; rename one of them"}
    assert there(tmp_path) == {"lab": b"x"}


def test_a_bomb_by_ratio_is_refused_before_it_is_read(tmp_path: Path) -> None:
    found = unpacked(zipped({"zeros.npy": bytes(archives.SMALL + 1), "lab.py": "x"}), tmp_path)
    assert "zip bomb" in found["zeros.npy"]
    assert there(tmp_path) == {"lab.py": b"x", "zeros.npy": b""}


def test_what_would_be_too_much_in_all_is_refused_from_there_on(tmp_path: Path) -> None:
    found = unpacked(zipped({"a.py": "x" * 60, "b.py": "y" * 60, "c.py": "z"}), tmp_path, Bounds(10, 100))
    assert list(found) == ["b.py"]
    assert there(tmp_path)["c.py"] == b"z"


def test_too_many_entries_are_refused_from_there_on(tmp_path: Path) -> None:
    found = unpacked(zipped({f"{n}.py": "x" for n in range(5)}), tmp_path, Bounds(3, 100))
    assert list(found) == ["3.py", "4.py"]


def test_a_directory_of_millions_is_not_even_read(tmp_path: Path) -> None:
    content = raw_zip([(b"x" * 60_000, b"")])
    with pytest.raises(UnreadableArchiveError, match="more than 50 entries"):
        unpacked(content, tmp_path, Bounds(50, 100))


def test_an_entry_that_declares_less_than_it_holds_is_damaged_and_cut(tmp_path: Path) -> None:
    content = bytearray(zipped({"lab.py": "x" * 1000}))
    place = content.rfind(b"PK\x01\x02") + 24
    content[place : place + 4] = (10).to_bytes(4, "little")
    assert unpacked(bytes(content), tmp_path) == {"lab.py": "damaged; pack it anew"}
    assert there(tmp_path) == {"lab.py": b""}


@pytest.mark.parametrize(
    "content",
    [b"", b"no zip", b"PK\x05\x06", zipped({"a.py": "x"})[:-30]],
    ids=["empty", "text", "the beginning of an end", "a zip that was cut"],  # a zip holds the time, and no id may
)
def test_what_is_no_zip_is_told(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(UnreadableArchiveError, match="damaged or no zip"):
        unpacked(content, tmp_path)


NAMES = st.binary(min_size=1, max_size=24) | st.text("./\\\0ab:é\u202e\n", min_size=1, max_size=12).map(str.encode)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(NAMES, st.binary(max_size=8)), max_size=6),
    st.sampled_from([0, 0x1, 0x800, 0x801]),
    st.sampled_from([0, stat.S_IFLNK << 16, stat.S_IFREG << 16, 0xFFFFFFFF]),
)
def test_whatever_the_names_nothing_lands_outside_and_everything_is_accounted_for(
    entries: list[tuple[bytes, bytes]], flags: int, attributes: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.zip").write_bytes(raw_zip(entries, flags=flags, attributes=attributes))
        try:
            refused = unpack(Path(folder) / "a.zip", Path(folder) / "out", OF_A_STUDENT)
        except UnreadableArchiveError:
            refused = (Refusal("", ""),) * len(entries)
        assert sorted(p.name for p in Path(folder).iterdir()) in (["a.zip", "out"], ["a.zip"])
        written = [p for p in (Path(folder) / "out").rglob("*") if not p.is_dir()]
        assert all(p.is_file() and not p.is_symlink() for p in written)
        assert {c for p in written for c in [p.read_bytes()] if c} <= {c for _, c in entries}
        assert all(r.reason for r in refused if r.entry)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_zip_with_any_bytes_changed_is_unpacked_or_refused_and_never_breaks_the_grader(data: st.DataObject) -> None:
    content = bytearray(zipped({"ada/lab.py": "x = 1\n" * 20, "ben/lab.ipynb": "{}"}))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.zip").write_bytes(content)
        try:
            unpack(Path(folder) / "a.zip", Path(folder) / "out", OF_A_STUDENT)
        except UnreadableArchiveError as error:
            assert str(error)  # noqa: PT017 (either way is right)
