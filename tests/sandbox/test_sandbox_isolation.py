"""What only bubblewrap promises: the threat list, each threat tried."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

import grader
from grader.errors import SandboxUnavailable
from grader.sandbox.base import StopReason
from grader.sandbox.bubblewrap import Bubblewrap, Identity, Way
from tests.sandbox.conftest import SLEEP, Runner, wait_until

PROJECT = Path(grader.__file__).parent.parent
Find = Callable[[], list[psutil.Process]]


def test_a_listener_on_the_hosts_loopback_cannot_be_reached(confined: Runner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        confined.environment = {"PORT": str(listener.getsockname()[1])}
        ran = confined("import socket; attempt(socket.create_connection, ('127.0.0.1', int(os.environ['PORT'])), 2)")
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert ran.said == ["ConnectionRefusedError 111"]


def test_the_loopback_inside_works(confined: Runner) -> None:
    ran = confined("""
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), 2).sendall(b"x")
say(server.accept()[0].recv(1))
""")
    assert ran.said == ["b'x'"]


def test_there_is_no_network_and_no_way_out_by_other_families(confined: Runner) -> None:
    ran = confined("""
import socket
say([name for _, name in socket.if_nameindex()])
attempt(socket.socket, socket.AF_VSOCK, socket.SOCK_STREAM)
attempt(socket.socket, socket.AF_PACKET, socket.SOCK_RAW)
attempt(socket.socketpair)
""")
    assert ran.said[:3] == ["['lo']", "PermissionError 1", "PermissionError 1"]
    assert ran.said[3].startswith("got (<socket")


@pytest.mark.parametrize(
    "path",
    [
        PROJECT / "pyproject.toml",
        PROJECT / "grader" / "records.py",
        PROJECT / "submissions",
        Path("/etc/passwd"),
        Path("/sys"),
        Path("/home"),
        Path("/var"),
        Path.home() / ".bashrc",
    ],
    ids=str,
)
def test_host_files_are_not_there(confined: Runner, path: Path) -> None:
    assert confined(f"attempt(os.stat, {str(path)!r})").said == ["FileNotFoundError 2"]


def test_the_submission_next_door_is_not_there(confined: Runner, tmp_path: Path) -> None:
    (tmp_path / "neighbour.ipynb").write_text("answers")
    (tmp_path / "own.ipynb").write_text("own")
    confined.files = {"own.ipynb": tmp_path / "own.ipynb"}
    ran = confined(f"say(os.listdir()); attempt(os.stat, {str(tmp_path)!r})")
    assert ran.said == ["['own.ipynb']", "FileNotFoundError 2"]


def test_the_graders_packages_cannot_be_imported(confined: Runner) -> None:
    ran = confined("""
import importlib.util
for name in "grader", "reference", "rubrics": say(importlib.util.find_spec(name))
""")
    assert ran.said == ["None", "None", "None"]


def test_packages_installed_beside_the_students_are_masked(
    confined: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a wheel installs them, here in a further folder of packages such as a user's own."""
    packages = tmp_path / "site-packages"
    for name in ("rubrics", "harmless"):
        (packages / name).mkdir(parents=True)
        (packages / name / "content.py").write_text("answer = 42")
    monkeypatch.syspath_prepend(packages)
    ran = confined(f"import harmless.content; say(os.listdir({str(packages / 'rubrics')!r}), harmless.content.answer)")
    assert ran.said == ["[] 42"], ran.stop.stderr


def test_no_process_inside_shows_the_graders_environment_or_the_hosts_paths(
    confined: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_SECRET", "hush")
    confined.files = {"lab.txt": tmp_path / "a student's name"}
    confined.files["lab.txt"].write_text("x")
    confined.environment = {"SOUGHT": tmp_path.name}
    ran = confined("""
say(sorted(p for p in os.listdir("/proc") if p.isdigit()))
attempt(lambda: len(open("/proc/1/environ").read()))
say("hush" in open("/proc/self/environ").read(), os.environ["SOUGHT"] in open("/proc/1/cmdline").read())
""")
    pids, first, mine = ran.said
    assert pids == "['1', '2']"
    assert first in {"got 0", "PermissionError 13"}
    assert mine == "False False"


def test_no_descriptor_of_the_grader_is_open_but_the_three_and_the_trace(confined: Runner) -> None:
    ran = confined("say(sorted(int(f) for f in os.listdir('/proc/self/fd')), os.environ['GRADER_TRACE_FD'])")
    listed, _, trace = ran.said[0].rpartition(" ")
    listing_itself = 1
    assert set(eval(listed)) >= {0, 1, 2, int(trace)}
    assert len(eval(listed)) == 4 + listing_itself


def test_input_files_are_read_only(confined: Runner, tmp_path: Path) -> None:
    (tmp_path / "lab.ipynb").write_text("x")
    confined.files = {"lab.ipynb": tmp_path / "lab.ipynb"}
    confined.mounts = {"mnist": tmp_path}
    ran = confined("""
attempt(open, "lab.ipynb", "a")
attempt(os.remove, "lab.ipynb")
attempt(open, os.environ["GRADER_MNIST"] + "/new", "w")
""")
    assert ran.said[0] in {"OSError 30", "PermissionError 13"}
    assert ran.said[1] == "OSError 16"
    assert ran.said[2] in {"OSError 30", "PermissionError 13"}


FILL = "import pathlib; attempt(pathlib.Path({path!r}).write_bytes, b'x' * (80 << 20))"


@pytest.mark.parametrize("path", ["/box/work/x", "/box/home/x", "/tmp/x", "/dev/shm/x"])
def test_scratch_space_has_an_end(confined: Runner, path: str) -> None:
    assert confined(FILL.format(path=path), scratch=70 << 20).said == ["OSError 28"]


@pytest.mark.parametrize("path", ["/x", "/dev/x", "/opt/grader/inside/x", "/data/x", "/usr/x"])
def test_nothing_else_can_be_written(confined: Runner, path: str) -> None:
    assert confined(FILL.format(path=path)).said[0] in {"OSError 30", "PermissionError 13"}


def test_the_scratch_space_is_one_for_all_its_folders(confined: Runner) -> None:
    ran = confined(FILL.format(path="/box/work/x") + "\n" + FILL.format(path="/box/tmp/x"), scratch=120 << 20)
    assert ran.said == [f"got {80 << 20}", "OSError 28"]


def test_threads_and_children_still_work(confined: Runner) -> None:
    ran = confined("""
import subprocess, threading
thread = threading.Thread(target=say, args=["thread"]); thread.start(); thread.join()
say(subprocess.run(["/bin/echo", "child"], capture_output=True, text=True).stdout.strip())
""")
    assert ran.said == ["thread", "child"]


def test_nobody_inside_is_root(confined: Runner) -> None:
    ran = confined("say(0 in (os.getuid(), os.geteuid(), os.getgid()), os.getgroups()); attempt(os.setuid, 0)")
    assert ran.said[0].startswith("False [")
    assert "0" not in ran.said[0].partition("[")[2].strip("]").split(", ")
    assert ran.said[1] in {"PermissionError 1", "OSError 22"}  # not allowed, or there is no such user


def test_seen_from_the_host_it_is_not_root_either(confined: Runner, alive: Find, tmp_path: Path) -> None:
    confined.environment = {"MARK": str(tmp_path)}
    with ThreadPoolExecutor() as pool:
        running = pool.submit(confined, SLEEP, seconds=5.0)
        wait_until(alive)
        users = {number for p in alive() for number in (*p.uids(), *p.gids())}
        assert running.result().said == ["up"]
    assert users, "the run was not seen"
    if os.geteuid() == 0:
        assert 0 not in users
    else:
        assert os.geteuid() in users


def test_two_ways_of_giving_up_root_are_known_and_the_one_in_use_works(bubblewrap: Bubblewrap) -> None:
    expected = Identity.UNUSED_USER if os.geteuid() == 0 else Identity.SAME_USER
    assert bubblewrap.way.identity is expected


def test_the_user_namespace_confines_as_well_when_root_cannot_be_given_up(
    bubblewrap: Bubblewrap, confined: Runner
) -> None:
    """The shape that everybody but root has; root takes it where a container forbids the other."""
    other = Bubblewrap(bubblewrap._cancel)
    other.__dict__["way"] = Way(bubblewrap.way.program, Identity.SAME_USER)
    confined.sandbox = other
    ran = confined("say(os.getuid(), os.listdir()); attempt(os.stat, '/etc/passwd'); attempt(open, '/box/work/x', 'w')")
    assert ran.said[:2] == ["65534 []", "FileNotFoundError 2"]
    assert ran.said[2].startswith("got")


def test_a_bwrap_that_does_not_start_is_not_the_students_fault(confined: Runner, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    broken.chmod(0o755)
    confined.sandbox = Bubblewrap(confined.sandbox._cancel)  # type: ignore[attr-defined]
    confined.sandbox.__dict__["way"] = Way(broken, Identity.SAME_USER)
    with pytest.raises(SandboxUnavailable, match=r"no fault of the program.*bwrap: setting up uid map"):
        confined("say('never')")


def test_a_student_cannot_pretend_that_bwrap_did_not_start(confined: Runner) -> None:
    ran = confined("sys.stderr.write('bwrap: setting up uid map: Permission denied'); sys.exit(1)")
    assert (ran.stop.reason, ran.stop.status) == (StopReason.EXITED, 1)
