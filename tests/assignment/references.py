"""Small references as courses install them: packages of a made-up lab, laid into a folder of packages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

OFFERS = """\
from pathlib import Path
SOLUTION = Path(__file__).with_name("solution.ipynb")
def load_data(): import reference; return reference.load_data()
def write_data(folder): import reference; reference.write_data(folder)
def load_bands(): import reference; return reference.load_bands()
def load_runs(): return ()
"""
"""With this lab's data, so that submissions can be run against it."""
ANSWER = "the answer is 42"


def lay(folder: Path, files: Mapping[str, str]) -> Path:
    """Writes the files and gives the folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def installed(folder: Path, name: str, files: Mapping[str, str], about: str = ANSWER) -> Path:
    """The same as pip leaves it: with the metadata of a distribution that lists the files."""
    info = f"{name}-1.0.dist-info"
    lay(folder, files)
    lay(folder, {f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\n{about}\n"})
    listed = [*files, f"{info}/METADATA", f"{info}/RECORD"]
    return lay(folder, {f"{info}/RECORD": "".join(f"{file},,\n" for file in listed)})
