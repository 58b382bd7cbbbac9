"""Unpacks zips from strangers, bounded and into a folder of the grader's own; what is refused is named."""

from __future__ import annotations

import errno
import io
import lzma
import os
import re
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.errors import UserError
from grader.intake.directory import ENTRY_SIZE, directory_size, with_honest_names

LONGEST_NAME = 255
"""Bytes that file systems allow in one part of a path."""
LONGEST_PATH = 1000
DEEPEST = 32
"""Folders within folders."""
SMALL = 16 << 20
"""Bytes; below this no ratio of compression is suspicious."""
LARGEST_ENTRY = 256 << 20
HIGHEST_RATIO = 200
"""An array of zeros compresses a thousandfold, MNIST fivefold, a notebook with plots twofold."""
SPARE_DISK = 1 << 30
"""Bytes that unpacking leaves free."""
CHUNK = 1 << 20
LONG_ENTRY = ENTRY_SIZE + 1024
"""Bytes that an entry has in the directory, with a name longer than most."""
DRIVE = re.compile(r"^[A-Za-z]:(/|$)")
ENCRYPTED = 0x1
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, ValueError, IndexError),
    *(OSError, NotImplementedError, OverflowError, MemoryError),
)
"""What `zipfile` raises while it reads; OSError too, where an entry points to before the file's beginning."""
TWICE = "a file and a folder of one name; rename one of them"
NAMES = {
    errno.EEXIST: TWICE,
    errno.ENOTDIR: TWICE,
    errno.EISDIR: TWICE,
    errno.ENAMETOOLONG: "a name or path that is too long here; shorten it",
}
"""Why an entry cannot be written where that is its name's fault; everything else is the disk's."""


class UnreadableArchiveError(Exception):
    """Not a zip, or one whose directory cannot be read; the message is for whoever made it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may be unpacked from one zip: entries, and bytes of all files together."""

    entries: int
    size: int


OF_A_CLASS = Bounds(entries=100_000, size=20 << 30)
OF_A_STUDENT = Bounds(entries=2_000, size=1 << 30)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that was not unpacked, and why, with what to do."""

    entry: str
    reason: str
    path: str = ""
    """Where an empty file stands in its place, so that it is known whose it was; empty where its name is no path."""


@dataclass(frozen=True, slots=True)
class _Entry:
    info: zipfile.ZipInfo
    path: str
    """Relative, with `/` between the parts."""


def unpack(archive: Path, target: Path, bounds: Bounds) -> tuple[Refusal, ...]:
    """Unpacks into `target`, which is made; returns what was refused, in the order of the zip.

    Files are plain and readable, never links, and lie below `target` whatever their names say.

    Raises:
        UnreadableArchiveError: it is no zip, or damaged as a whole, or has too many entries to be looked at.
        UserError: the disk is full, or `target` cannot be written.
    """
    try:
        with _opened(archive, bounds) as opened:
            entries, refused = _examined(opened.infolist(), bounds)
            _insist_on_room(target, sum(e.info.file_size for e in entries))
            refused += [r for e in entries if (r := _unpacked(opened, e, target))]
        return tuple(_with_place(r, target) for r in refused)
    except OSError as error:
        raise UserError(f"Cannot unpack {archive} into {target}: {error.strerror or error}.") from error


def _opened(archive: Path, bounds: Bounds) -> zipfile.ZipFile:
    if directory_size(archive) > bounds.entries * LONG_ENTRY:
        raise UnreadableArchiveError(f"it has more than {bounds.entries:,} entries; hand in only what is needed")
    try:
        try:
            return zipfile.ZipFile(archive)
        except UnicodeDecodeError:
            return zipfile.ZipFile(io.BytesIO(with_honest_names(archive.read_bytes())))
    except DAMAGED as error:
        raise UnreadableArchiveError("it is damaged or no zip; make it anew") from error


# ---------------------------------------------------------------- which entries may be unpacked


def _examined(infos: Sequence[zipfile.ZipInfo], bounds: Bounds) -> tuple[list[_Entry], list[Refusal]]:
    """What may be unpacked, and what may not; the same name with the same content twice is one entry."""
    allowed: dict[str, list[_Entry]] = defaultdict(list)
    refused: list[Refusal] = []
    total = 0
    for number, info in enumerate(infos):
        if number >= bounds.entries:
            refused.append(Refusal(_shown(info), f"the zip has more than {bounds.entries:,} entries"))
            continue
        path = ""
        try:
            path = _path(info)
            _insist_on_plain(info, bounds.size - total)
        except _RefusedError as reason:
            refused.append(Refusal(_shown(info), str(reason), path or reason.path))
            continue
        total += info.file_size
        allowed[path].append(_Entry(info, path))
    return list(_single(allowed, refused)), refused


def _single(allowed: Mapping[str, Sequence[_Entry]], refused: list[Refusal]) -> Iterator[_Entry]:
    for path, same in allowed.items():
        contents = {(e.info.CRC, e.info.file_size, e.info.is_dir()) for e in same}
        if len(contents) == 1:
            yield same[0]
        else:
            refused.append(Refusal(path, "the name stands for several entries; give each file a name of its own", path))


class _RefusedError(Exception):
    """Why an entry is not unpacked; `path` is where it would have gone."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason)
        self.path = path


def _path(info: zipfile.ZipInfo) -> str:
    """Where the entry goes, below the target."""
    name = _name(info)
    if name is None:
        path = _safe(info.orig_filename)
        raise _RefusedError("its name is not UTF-8; rename it in plain letters and pack it again", path)
    return _safe(name)


def _safe(name: str) -> str:
    """The name as a path that stays below where it begins; old Windows programs write backslashes."""
    name = name.replace("\\", "/")
    if name.startswith("/") or DRIVE.match(name):
        raise _RefusedError("an absolute path; pack the folder itself")
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise _RefusedError("its path leads out of the zip")
    if any(unicodedata.category(c) in {"Cc", "Cs"} for c in name):
        raise _RefusedError("control characters in its name; rename it")
    path = "/".join(parts)
    if not parts or len(parts) > DEEPEST or len(path.encode()) > LONGEST_PATH or _longest(parts) > LONGEST_NAME:
        raise _RefusedError("no name, or one that is too long or too deep in folders")
    return path


def _longest(parts: Sequence[str]) -> int:
    return max(len(part.encode()) for part in parts)


def _name(info: zipfile.ZipInfo) -> str | None:
    """The name as UTF-8: so marked, or so written by programs that forget the mark; None where it is neither."""
    raw = info.orig_filename
    if info.flag_bits & 0x800:
        return raw
    if info.filename not in {raw, raw.partition("\0")[0]}:
        # An extra field holds the name in Unicode.
        return info.filename
    try:
        return raw.encode("cp437").decode("utf-8")
    except UnicodeError:
        return None


def _shown(info: zipfile.ZipInfo) -> str:
    """The name for a message: never unprintable, never endless."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in info.orig_filename)
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"


def _insist_on_plain(info: zipfile.ZipInfo, room: int) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        what = "a symbolic link" if kind == stat.S_IFLNK else "a special file"
        raise _RefusedError(f"{what}; pack the file itself")
    if info.flag_bits & ENCRYPTED:
        raise _RefusedError("encrypted; pack it without a password")
    if info.file_size > LARGEST_ENTRY:
        raise _RefusedError(f"larger than {LARGEST_ENTRY >> 20} MiB")
    if info.file_size > SMALL and info.file_size > HIGHEST_RATIO * info.compress_size:
        raise _RefusedError(f"compressed more than {HIGHEST_RATIO}-fold, as in a zip bomb")
    if info.file_size > room:
        raise _RefusedError("with it the zip would unpack to more than is allowed")


# ---------------------------------------------------------------- unpacking


def _insist_on_room(target: Path, size: int) -> None:
    target.mkdir(parents=True)
    free = shutil.disk_usage(target).free
    if size + SPARE_DISK > free:
        raise UserError(
            f"Unpacking needs {size >> 20:,} MiB and {SPARE_DISK >> 20:,} to spare; {free >> 20:,} are free where "
            f"{target} lies. Give an --out on another disk."
        )


def _unpacked(opened: zipfile.ZipFile, entry: _Entry, target: Path) -> Refusal | None:
    """Unpacks one entry, or says why that could not be done."""
    path = target / entry.path
    try:
        if entry.info.is_dir() or entry.info.filename.endswith("\\"):
            path.mkdir(parents=True, exist_ok=True)
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.open("xb")
    except OSError as error:
        if error.errno not in NAMES:
            raise
        return Refusal(entry.path, NAMES[error.errno])
    with draft:
        if reason := _copied(opened, entry.info, draft):
            draft.truncate(0)
            return Refusal(entry.path, reason, entry.path)
    # Among several copies in one submission, the newest counts.
    with suppress(ValueError, OverflowError, OSError):
        moment = datetime(*entry.info.date_time).timestamp()  # noqa: DTZ001 (zips know no zones)
        os.utime(path, (moment, moment))
    return None


def _with_place(refusal: Refusal, target: Path) -> Refusal:
    """The refusal, with an empty file in the entry's place where there is room for one."""
    if not refusal.path:
        return refusal
    path = target / refusal.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=path.is_file() and not path.stat().st_size)
    except OSError as error:
        if error.errno not in NAMES:
            raise
        return replace(refusal, path="")
    return refusal


def _copied(opened: zipfile.ZipFile, info: zipfile.ZipInfo, draft: io.BufferedWriter) -> str:
    """Copies what the entry holds, never more than it declares; gives the reason where it cannot be read."""
    chunks = _chunks(opened, info)
    while True:
        try:
            content = next(chunks, b"")
        except NotImplementedError:
            return "compressed in a way that is not understood; pack it as a plain zip"
        except (*DAMAGED, RuntimeError):
            return "damaged; pack it anew"
        if not content:
            return ""
        # Outside of the try: a full disk is no fault of the zip.
        draft.write(content)


def _chunks(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with opened.open(info) as packed:
        while content := packed.read(CHUNK):
            yield content
