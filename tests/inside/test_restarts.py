"""A program that ends its own kernel, as is done in Colab to restart it, goes on in a fresh one."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.evidence.trace import AdvisoryEvent, CellBegin, CellEnd, End
from grader.inside.kernels import MOST_RESTARTS
from grader.inside.protocol import RESTARTED
from tests.inside.running import Ran, run

pytestmark = pytest.mark.slow
LEFT_BEHIND = """
import os, pathlib, subprocess
mine = 'left'
pathlib.Path('kept.txt').write_text('kept')
startup = pathlib.Path(os.environ['IPYTHONDIR'], 'profile_default', 'startup')
startup.mkdir(parents=True, exist_ok=True)
(startup / '00.py').write_text("planted = 'ran before the hooks'")
spec = pathlib.Path(os.environ['JUPYTER_DATA_DIR'], 'kernels', 'student', 'kernel.json')
spec.write_text(spec.read_text().replace('inside.kernel', 'ipykernel_launcher'))
lives = subprocess.Popen(['sleep', '600'], start_new_session=True)
pathlib.Path('lives.txt').write_text(str(lives.pid))
"""
FOUND = """
import os, pathlib
print([name in globals() for name in ('mine', 'planted')], pathlib.Path('kept.txt').read_text())
print(pathlib.Path('/proc', pathlib.Path('lives.txt').read_text()).exists())
"""
CELLS = {
    "exit": f"{LEFT_BEHIND}\nprint('said')\nexit()",
    "what is found": FOUND,
    "kill": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "sys.exit": "import sys; sys.exit('no')",
    "goes on": "print(sys.version_info.major)",
    "os._exit": "import os; os._exit(0)",
    "do_shutdown": "get_ipython().kernel.do_shutdown(True); print('answered')",
    "pip": "!pip install -q scikeras",
    "quit": "print('last'); quit()",
}
NUMBERS = {name: number for number, name in enumerate(CELLS, 1)}
ENDS = ("exit", "kill", "os._exit", "do_shutdown")


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory, mnist: Path) -> Ran:
    return run(tmp_path_factory.mktemp("restarts"), mnist, list(CELLS.values()))


def printed(ran: Ran, name: str) -> str:
    return ran.printed(NUMBERS[name])


def test_every_cell_has_its_turn_once_and_the_run_is_complete(restarted: Ran) -> None:
    assert [e.number for e in restarted.of(CellBegin)] == list(NUMBERS.values())
    assert [e.number for e in restarted.of(CellEnd)] == list(NUMBERS.values())
    assert [e.ending for e in restarted.of(End)] == ["completed"]


def test_the_very_cells_that_end_the_kernel_are_named_and_no_others(restarted: Ran) -> None:
    told = [e.cell for e in restarted.of(AdvisoryEvent) if e.message == RESTARTED]
    assert told == [NUMBERS[name] for name in ENDS]


def test_none_of_them_is_an_error_and_none_is_waited_for(restarted: Ran) -> None:
    for name in ENDS:
        assert restarted.cell(NUMBERS[name]).status == "ok"
        assert restarted.cell(NUMBERS[name]).seconds < 20


def test_what_a_cell_printed_before_it_ended_the_kernel_is_kept(restarted: Ran) -> None:
    assert [printed(restarted, name) for name in ("exit", "do_shutdown", "quit")] == ["said\n", "answered\n", "last\n"]


def test_a_fresh_kernel_has_the_files_and_neither_the_names_nor_the_processes_of_the_old_one(restarted: Ran) -> None:
    assert printed(restarted, "what is found") == "[False, False] kept\nFalse\n"


def test_sys_exit_ends_its_cell_and_not_the_kernel(restarted: Ran) -> None:
    assert restarted.cell(NUMBERS["sys.exit"]).error == "SystemExit: no"
    assert printed(restarted, "goes on") == "3\n"


def test_a_fresh_kernel_records_under_the_number_of_the_cell(restarted: Ran) -> None:
    assert [e.cell for e in restarted.of(AdvisoryEvent) if "pip" in e.message] == [NUMBERS["pip"]]


def test_a_program_cannot_begin_kernels_without_end(tmp_path: Path, mnist: Path) -> None:
    ran = run(tmp_path, mnist, ["import os; os._exit(0)"] * 50)
    assert [e.number for e in ran.of(CellBegin)][-1] == MOST_RESTARTS + 1
    assert [e.ending for e in ran.of(End)] == ["kernel died"]


def test_a_crash_is_no_restart(tmp_path: Path, mnist: Path) -> None:
    ran = run(tmp_path, mnist, ["import os; os.abort()", "print('behind')"])
    assert [e.number for e in ran.of(CellBegin)] == [1]
    assert [e.ending for e in ran.of(End)] == ["kernel died"]


def test_a_script_that_ends_by_itself_is_complete(tmp_path: Path, mnist: Path) -> None:
    ran = run(tmp_path, mnist, ["import sys\nprint('done')\nsys.exit()"], name="lab.py")
    assert [e.ending for e in ran.of(End)] == ["completed"]
    assert ran.printed(1) == "done\n"
