"""What a notebook expects around it and does not find here: a network, a screen, a keyboard, Colab's folders."""

from __future__ import annotations

import functools
import importlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..patches import Change
from .processes import tell_python

Advise = Callable[[str], None]

OFFLINE = frozenset(
    "pip pip3 conda mamba apt apt-get wget curl git gdown kaggle npm aria2c".split()  # noqa: SIM905 (reads better than a list)
)
"""Commands that reach for the network, and would try for minutes."""
FIRST_WORD = re.compile(r"(?:^|&&|;|\|)\s*(?:sudo\s+)?(?:python3?\s+-m\s+)?([\w.-]+)")
INLINE = frozenset({"inline", "agg", "svg", "pdf"})
NO_COMMAND = "it is no command of IPython (Colab has some of its own)"
STYLE = "seaborn"
TODAYS_STYLE = "seaborn-v0_8"


def adapt_shell(shell: Any, advise: Advise) -> Iterator[Change]:
    """Commands, magics, `input` and folders; what cannot be had is left out and said."""
    yield _commands(shell, advise)
    yield from _magics(shell, advise)
    yield from _keyboard(shell, advise)
    yield _folders(advise)
    _tell_missing_files(shell, advise)


def _commands(shell: Any, advise: Advise) -> Change:
    original = shell.system

    @functools.wraps(original)
    def system(command: str) -> Any:
        offline = [word for word in FIRST_WORD.findall(command) if word in OFFLINE]
        if not offline:
            tell_python(command, advise)
            return original(command)
        advise(f"!{offline[0]} was not run: there is no network here, and what the lab needs is installed")
        return None

    return Change("IPython shell.system", shell, "system", system)


def _magics(shell: Any, advise: Advise) -> Iterator[Change]:
    line_magic, cell_magic = shell.run_line_magic, shell.run_cell_magic

    @functools.wraps(line_magic)
    def run_line_magic(magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        run = functools.partial(line_magic, magic_name, _stack_depth=_stack_depth + 1)
        match magic_name:
            case "matplotlib":
                return _matplotlib(run, advise, line)
            case "pip" | "conda" | "mamba":
                return advise(f"%{magic_name} was not run: there is no network here")
            case "load_ext":
                return _extension(run, advise, line)
            case _ if _known(shell, magic_name, "line"):
                return run(line)
        return advise(f"%{magic_name} {line}".rstrip() + f" was left out: {NO_COMMAND}")

    @functools.wraps(cell_magic)
    def run_cell_magic(magic_name: str, line: str, cell: str) -> Any:
        if _known(shell, magic_name, "cell"):
            return cell_magic(magic_name, line, cell)
        advise(f"%%{magic_name} {line}".rstrip() + f" was left out: {NO_COMMAND}; the cell was run without it")
        return shell.run_cell(cell, store_history=False).raise_error()

    yield Change("IPython shell.run_line_magic", shell, "run_line_magic", run_line_magic)
    yield Change("IPython shell.run_cell_magic", shell, "run_cell_magic", run_cell_magic)


def _known(shell: Any, name: str, kind: str) -> bool:
    lazy = getattr(shell.magics_manager, "lazy_magics", {})
    return name in lazy or shell.find_magic(name, kind) is not None


def _matplotlib(original: Callable[[str], Any], advise: Advise, line: str) -> Any:
    if line.strip() not in {"", "inline", "--list", "-l"}:
        advise(f"%matplotlib {line.strip()} needs a screen: figures are drawn inline here")
        line = "inline"
    return original(line)


def _extension(original: Callable[[str], Any], advise: Advise, line: str) -> Any:
    try:
        return original(line)
    except ImportError:
        advise(f"%load_ext {line} was left out: the extension is not installed here")


def _keyboard(shell: Any, advise: Advise) -> Iterator[Change]:
    def answer(prompt: str = "", **_named: Any) -> str:
        print(prompt)  # noqa: T201 (as a notebook shows it)
        advise("input() has nobody to answer it here and got an empty line; write the value into the program")
        return ""

    # From here ipykernel takes what it puts in the place of `input` and `getpass` before each cell.
    yield Change("ipykernel kernel.raw_input", shell.kernel, "raw_input", answer)
    yield Change("ipykernel kernel.getpass", shell.kernel, "getpass", answer)


def _folders(advise: Advise) -> Change:
    original = os.chdir

    @functools.wraps(original)
    def chdir(path: Any) -> None:
        try:
            original(path)
        except (FileNotFoundError, NotADirectoryError):
            advise(f"the folder {str(path)[:200]} is not here: the program stays beside the notebook")

    return Change("os.chdir", os, "chdir", chdir)


def _tell_missing_files(shell: Any, advise: Advise) -> None:
    def look(result: Any) -> None:
        error = result.error_in_exec
        if isinstance(error, FileNotFoundError) and error.filename:
            name = Path(str(error.filename)).name
            advise(f"needs {name}, which was not handed in; put it beside the notebook")

    shell.events.register("post_run_cell", look)


def draw_inline(matplotlib: Any, advise: Advise) -> Iterator[Change]:
    """A backend that needs a screen is left out; to be called when Matplotlib has been imported."""
    original = matplotlib.use

    @functools.wraps(original)
    def use(backend: str, *arguments: Any, **named: Any) -> None:
        if backend.lower() in INLINE or backend.startswith("module://"):
            original(backend, *arguments, **named)
        else:
            advise(f"matplotlib.use({backend!r}) was left out: there is no screen; figures are drawn inline here")

    yield Change("matplotlib.use", matplotlib, "use", use)


def count_in_text(tqdm: Any) -> Iterator[Change]:
    """`tqdm_notebook` draws with widgets, which are not there: it prints instead; for `tqdm` and `tqdm.notebook`."""
    text = importlib.import_module("tqdm.std")
    names = {"tqdm_notebook": text.tqdm, "tnrange": text.trange}
    if tqdm.__name__ == "tqdm.notebook":
        names |= {"tqdm": text.tqdm, "trange": text.trange}
    for name, printing in names.items():
        yield Change("tqdm.notebook.*" if "tqdm" in names else f"tqdm.{name}", tqdm, name, printing)


def take_old_styles(pyplot: Any, advise: Advise) -> Iterator[Change]:
    """`plt.style.use('seaborn')`, which Matplotlib 3.8 has renamed; to be called when pyplot has been imported."""
    style, switch = pyplot.style, pyplot.switch_backend
    original = style.use

    @functools.wraps(original)
    def use(named: Any) -> None:
        if isinstance(named, str) and named.startswith(STYLE) and named not in style.available:
            today = named.replace(STYLE, TODAYS_STYLE, 1)
            advise(f"plt.style.use({named!r}) was renamed in Matplotlib 3.8; write plt.style.use({today!r}) instead")
            named = today
        original(named)

    yield Change("matplotlib.style.use", style, "use", use)

    @functools.wraps(switch)
    def switch_backend(backend: str) -> None:
        if backend.lower() in INLINE or backend.startswith("module://"):
            switch(backend)
        else:
            advise(f"plt.switch_backend({backend!r}) was left out: there is no screen")

    yield Change("matplotlib.pyplot.switch_backend", pyplot, "switch_backend", switch_backend)
