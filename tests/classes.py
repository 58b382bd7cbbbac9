"""A class of any size as an LMS would hand it out: the bundled submissions again and again, trained for few epochs.

.venv/bin/python -m tests.classes build/class          # class.zip as from Moodle, and worksheet.csv
.venv/bin/grader grade build/class/class.zip --roster build/class/worksheet.csv --out build/class/reports
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

BUNDLED = Path(__file__).parents[1] / "submissions"
ENDLESS = {"adam-nowak"}
"""It never ends: in a class of 120 seven of them would do nothing but wait."""
FIRST_NUMBER = 1001
DUE = datetime(2024, 8, 14, 23, 59)  # noqa: DTZ001 (the clock of the worksheet's zone)
EPOCHS = re.compile(rb"(epochs\s*=\s*)\d+", re.IGNORECASE)
HEADER = [
    "Identifier",
    "Full name",
    "Email address",
    "Status",
    "Grade",
    "Maximum Grade",
    "Grade can be changed",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
]


def students(size: int) -> list[tuple[str, Path]]:
    """The names of a class, and the bundled submission that each hands in."""
    folders = sorted(f for f in BUNDLED.iterdir() if f.is_dir() and f.name not in ENDLESS)
    names = [f"{f.name.replace('-', ' ').title()} {n}" for n in range(-(-size // len(folders))) for f in folders]
    return [(name, folders[i % len(folders)]) for i, name in enumerate(names[:size])]


def files(folder: Path, name: str, epochs: int) -> Iterator[tuple[str, bytes]]:
    """What a student hands in: the bundled files with fewer epochs, none of them the same as another student's."""
    for path in sorted(folder.iterdir()):
        content = EPOCHS.sub(rb"\g<1>%d" % epochs, path.read_bytes())
        if path.suffix == ".py":
            content += f"\n# {name}\n".encode()
        if path.suffix == ".ipynb":
            content = content.replace(b'"source": [', f'"source": [\n    "# {name}\\n",'.encode(), 1)
        yield path.name, content


def moodle_zip(size: int, epochs: int) -> bytes:
    """All submissions, as Moodle's "Download all submissions" packs them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, folder) in enumerate(students(size), FIRST_NUMBER):
            for file, content in files(folder, name, epochs):
                archive.writestr(f"{name}_{number}_assignsubmission_file_/{file}", content)
    return buffer.getvalue()


def worksheet(size: int) -> str:
    """The grading worksheet: everybody of the class, every tenth late, and one who handed in nothing."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(HEADER)
    people = [name for name, _ in students(size)]
    for number, name in enumerate([*people, "Nobody At All"], FIRST_NUMBER):
        late = timedelta(hours=30) if number % 10 == 0 else -timedelta(hours=3)
        when = f"{DUE + late:%A, %d %B %Y, %I:%M %p}" if name in people else "-"
        status = "Submitted for grading" if name in people else "No submission"
        mail = f"{name.lower().replace(' ', '.')}@example.org"
        writer.writerow([f"Participant {number}", name, mail, status, "", "10.00", "Yes", when, "-", ""])
    return table.getvalue()


def main() -> None:
    """Writes a class into a folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=120, help="students")
    parser.add_argument("--epochs", type=int, default=2, help="of every fit")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    (arguments.folder / "class.zip").write_bytes(moodle_zip(arguments.size, arguments.epochs))
    (arguments.folder / "worksheet.csv").write_text(worksheet(arguments.size), encoding="utf-8")
    print(f"Written: {arguments.folder}/class.zip and worksheet.csv, {arguments.size} students")  # noqa: T201 (the answer)


if __name__ == "__main__":
    main()
