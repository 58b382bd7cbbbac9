"""A name in an error is the student's: `lab.py` or the cell, with the line that stands there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.inside.running import Ran, run

CELLS = (
    "def f(x):\n    return 1 / x",
    "import warnings\nwarnings.warn('hm')",
    "def g(:",
    "%%time\na = 1\nf(0)",
    "\n%%time\nb = 2\nc = = 3",
    "%%no_such_magic\nd = 4\nf(0)",
    "%%capture\ne = 5\nf(0)",
    "import traceback\ntry:\n    f(0)\nexcept ZeroDivisionError:\n    print(traceback.format_exc())",
    "%%time\nimport inspect\nprint(inspect.getsource(f))\nprint(f.__code__.co_filename)",
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("names")
    return run(folder, folder, CELLS)


def shown(ran: Ran, number: int) -> str:
    """All that a cell put out, without colours."""
    outputs: Any = ran.cell(number).outputs
    texts = [o.get("text") or "\n".join(o.get("traceback", ())) for o in outputs]
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(texts))


def test_no_output_has_a_file_name_that_the_kernel_made_up(ran: Ran) -> None:
    said = json.dumps([ran.cell(n + 1).outputs for n in range(len(CELLS))])
    assert "ipykernel" not in said
    assert not re.search(r"\d{6,}\.py", said)
    assert "<timed" not in said


def test_a_cell_that_cannot_be_parsed_is_named_in_its_error(ran: Ran) -> None:
    assert ran.cell(3).error == "SyntaxError: invalid syntax (cell 3, line 1)"


def test_a_warning_and_a_printed_traceback_name_the_cell(ran: Ran) -> None:
    assert "cell 2:2: UserWarning: hm" in shown(ran, 2)
    assert 'File "cell 8", line 3, in <module>\n    f(0)' in shown(ran, 8)
    assert 'File "cell 1", line 2, in f\n    return 1 / x' in shown(ran, 8)


def test_lines_below_a_magic_are_counted_from_the_top_of_the_cell(ran: Ran) -> None:
    assert "Cell In[4], line 3\n      1 %%time\n      2 a = 1\n----> 3 f(0)" in shown(ran, 4)
    assert ran.cell(5).error == "SyntaxError: invalid syntax (cell 5, line 4)"
    assert "Cell In[6], line 3" in shown(ran, 6)
    assert "----> 3 f(0)" in shown(ran, 6)
    assert "Cell In[7], line 3" in shown(ran, 7)


def test_the_source_of_a_function_is_found_again(ran: Ran) -> None:
    assert ran.printed(9).startswith("def f(x):\n    return 1 / x\n\ncell 1\n")


def test_a_script_is_named_as_python_names_it(tmp_path: Path) -> None:
    script = "import warnings\nwarnings.warn('hm')\nprint(__file__)\n\ndef f():\n    1 / 0\nf()"
    found = run(tmp_path, tmp_path, [script], name="week 2/lab.py")
    assert "lab.py:2: UserWarning: hm" in shown(found, 1)
    assert "File lab.py, line 6, in f()" in shown(found, 1)
    (tmp_path / "again").mkdir()
    broken = run(tmp_path / "again", tmp_path, ["x = 1\ny = = 2"], name="lab.py")
    assert broken.cell(1).error == "SyntaxError: invalid syntax (lab.py, line 2)"
