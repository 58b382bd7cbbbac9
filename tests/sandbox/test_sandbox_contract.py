"""What both sandboxes promise."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import psutil
import pytest

from grader.errors import SandboxUnavailable, UnreadableSubmission
from grader.sandbox.allowance import CLOCK
from grader.sandbox.base import Sandbox, StopReason
from tests.sandbox.conftest import Runner, wait_until

MIB = 1 << 20


def test_the_trace_has_what_was_written_and_the_status_is_the_programs(run: Runner) -> None:
    ran = run("say('hello'); say('world'); sys.exit(3)")
    assert ran.said == ["hello", "world"]
    assert (ran.stop.reason, ran.stop.status) == (StopReason.EXITED, 3)


def test_several_processes_may_write_to_the_trace(run: Runner) -> None:
    ran = run("""
child = os.fork()
say("child" if child == 0 else "parent")
if child: os.wait()
""")
    assert sorted(ran.said) == ["child", "parent"]


def test_the_trace_is_appended_to(run: Runner) -> None:
    run.trace.write_text("before\n")
    assert run("say('after')").said == ["before", "after"]


def test_standard_input_arrives_whole_and_ends(run: Runner) -> None:
    run.stdin = b"x" * 3 * MIB
    assert run("say(len(sys.stdin.read()))").said == [str(3 * MIB)]


def test_standard_input_that_nobody_reads_holds_nothing_up(run: Runner) -> None:
    run.stdin = b"x" * 3 * MIB
    assert run("say('done')").stop.reason is StopReason.EXITED


def test_standard_output_is_discarded_and_the_end_of_standard_error_kept(run: Runner) -> None:
    stop = run("print('x' * 10**6); sys.stderr.write('e' * 10**6 + 'the end')").stop
    assert stop.status == 0
    assert len(stop.stderr) == 4000
    assert stop.stderr.endswith("ethe end")


def test_a_crash_is_an_exit_by_signal(run: Runner) -> None:
    assert run("os.abort()").stop.status in {-6, 134}


def test_an_endless_program_is_stopped_at_its_time_and_keeps_what_it_said(run: Runner) -> None:
    ran = run("say('started')\nwhile True: pass", seconds=3.0)
    assert ran.said == ["started"]
    assert (ran.stop.reason, ran.stop.status) == (StopReason.TIMED_OUT, None)
    assert 3.0 <= ran.stop.used < 8.0
    # Where others take its core, its time is longer by the clock.
    assert ran.stop.used <= ran.stop.seconds < 3.0 * CLOCK + 5


def test_ignoring_signals_or_sleeping_on_does_not_help(run: Runner) -> None:
    ran = run(
        """
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU): signal.signal(number, signal.SIG_IGN)
os.kill(os.getpid(), signal.SIGSTOP)
""",
        seconds=2.0,
    )
    assert ran.stop.reason is StopReason.TIMED_OUT


@pytest.mark.parametrize("name", ["bubblewrap", "process"])
def test_what_is_written_shows_at_once_and_cancelling_ends_the_run(name: str, tmp_path: Path) -> None:
    from grader.sandbox.choose import choose

    cancel = Event()
    runner = Runner(choose(name, cancel), tmp_path / "trace")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(runner, "say('first'); time.sleep(60)", seconds=50.0)
        wait_until(lambda: runner.trace.exists() and runner.trace.read_text() == "first\n")
        assert not running.done()
        cancel.set()
        stop = running.result(timeout=5).stop
    assert (stop.reason, stop.status) == (StopReason.CANCELLED, None)


def test_runs_at_the_same_time_do_not_mix(sandbox: Sandbox, tmp_path: Path) -> None:
    runners = [Runner(sandbox, tmp_path / str(n), stdin=str(n).encode()) for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        all_ran = list(pool.map(lambda runner: runner("time.sleep(0.5); say(sys.stdin.read(), os.listdir())"), runners))
    assert [ran.said for ran in all_ran] == [[f"{n} []"] for n in range(4)]


def test_a_flood_on_the_trace_is_cut_at_its_cap(run: Runner) -> None:
    ran = run("while True: os.write(int(os.environ['GRADER_TRACE_FD']), b'x' * 65536)", trace=MIB)
    assert ran.stop.reason is StopReason.OUTPUT_LIMIT
    assert run.trace.stat().st_size == MIB


def test_a_trace_of_exactly_the_cap_is_no_flood(run: Runner) -> None:
    assert run("os.write(int(os.environ['GRADER_TRACE_FD']), b'x' * 1000)", trace=1000).stop.status == 0


def test_a_trace_that_cannot_be_written_is_an_error_of_the_system_not_an_end_of_the_run(run: Runner) -> None:
    run.trace = Path("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        run("say('hello'); time.sleep(30)")


def test_the_graders_environment_does_not_leak(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_SECRET", "hush")
    ran = run("say('GRADER_SECRET' in os.environ, 'hush' in str(dict(os.environ)))")
    assert ran.said == ["False False"]


def test_the_student_has_a_home_a_temporary_folder_and_fixed_variables(run: Runner) -> None:
    run.environment = {"MPLBACKEND": "Agg"}
    ran = run(
        """
import pathlib, tempfile
(pathlib.Path.home() / "new").write_text("x")
tempfile.TemporaryFile().write(b"x")
for name in "USER", "TF_NUM_INTRAOP_THREADS", "PYTHONHASHSEED", "MPLBACKEND": say(os.environ[name])
""",
        threads=2,
    )
    assert ran.said == ["student", "2", "0", "Agg"]


def test_the_working_directory_is_empty_but_for_the_files_and_writable(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "lab mitteilung ä.ipynb").write_text("hello")
    run.files = {"lab mitteilung ä.ipynb": tmp_path / "lab mitteilung ä.ipynb", "data/deep/x.csv": tmp_path / "trace0"}
    (tmp_path / "trace0").write_text("1,2")
    ran = run("""
say(sorted(os.listdir()))
say(open("lab mitteilung ä.ipynb").read(), open("data/deep/x.csv").read())
open("data/deep/new", "w").write("x"); open("new", "w").write("x"); os.mkdir("folder")
say(sorted(os.listdir()))
""")
    assert ran.said == [
        "['data', 'lab mitteilung ä.ipynb']",
        "hello 1,2",
        "['data', 'folder', 'lab mitteilung ä.ipynb', 'new']",
    ], ran.stop.stderr


def test_files_that_only_the_grader_may_read_are_readable_inside(run: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / "images.gz").write_text("pixels")
    (folder / "images.gz").chmod(0o600)
    folder.chmod(0o700)
    run.files = {"copy.gz": folder / "images.gz"}
    run.mounts = {"mnist": folder}
    ran = run("say(open('copy.gz').read(), open(os.environ['GRADER_MNIST'] + '/images.gz').read())")
    assert ran.said == ["pixels pixels"], ran.stop.stderr


def test_the_file_that_was_handed_in_stays_as_it_was(run: Runner, tmp_path: Path) -> None:
    original = tmp_path / "lab.py"
    original.write_text("as handed in")
    run.files = {"lab.py": original}
    run("attempt(lambda: open('lab.py', 'w').write('changed'))")
    assert original.read_text() == "as handed in"


def test_a_link_among_the_files_is_not_followed(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("secret")
    (tmp_path / "lab.py").symlink_to(tmp_path / "answers")
    run.files = {"lab.py": tmp_path / "lab.py"}
    with pytest.raises(UnreadableSubmission, match=r"lab\.py is a link; hand in the file itself"):
        run("say(open('lab.py').read())")


def test_the_package_inside_is_importable_and_a_students_file_does_not_stand_in_for_a_library(
    run: Runner, tmp_path: Path
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('mine')")
    run.files = {"json.py": tmp_path / "json.py"}
    assert run("import inside.launch; say(inside.launch.FAILED)").said == ["125"]


def test_one_file_has_a_largest_size(run: Runner) -> None:
    ran = run("f = open('big', 'wb'); attempt(f.truncate, 200 << 20); attempt(f.truncate, 300 << 20)", scratch=MIB)
    assert ran.said == [f"got {200 * MIB}", "OSError 27"]


def test_a_run_is_pinned_to_its_cores(run: Runner) -> None:
    core = min(os.sched_getaffinity(0))
    assert run("say(os.sched_getaffinity(0))", cpus=(core,)).said == [f"{{{core}}}"]


def test_privileges_cannot_be_gained(run: Runner) -> None:
    assert run("say([s for s in open('/proc/self/status') if 'NoNew' in s][0].split()[1])").said == ["1"]


SYSCALLS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    say(name, getattr(libc, name)(*args), ctypes.get_errno())
"""


def test_a_nested_user_namespace_is_refused(run: Runner) -> None:
    ran = run(SYSCALLS + "call('unshare', 0x10000000)\nfor n in '/proc/self/ns/user',: call('setns', os.open(n, 0), 0)")
    assert ran.said == ["unshare -1 1", "setns -1 1"]


def test_memory_that_no_limit_sees_is_refused(run: Runner) -> None:
    ran = run(SYSCALLS + "attempt(os.memfd_create, 'x')\ncall('shmget', 0, 4096, 0o1600)\ncall('msgget', 0, 0o1600)")
    assert ran.said == ["PermissionError 1", "shmget -1 1", "msgget -1 1"]


def test_mounting_and_tracing_are_refused(run: Runner) -> None:
    ran = run(SYSCALLS + "call('mount', b'x', b'/box', b'tmpfs', 0, None)\ncall('ptrace', 0, 0, 0, 0)")
    assert ran.said == ["mount -1 1", "ptrace -1 1"]


def test_no_temporary_folder_is_left(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    run("os.makedirs('a/b'); os.chmod('a/b', 0); os.chmod('a', 0)")
    assert not list((tmp_path / "temporary").iterdir())


def test_no_descriptor_is_left(run: Runner) -> None:
    run("say('once')")
    before = psutil.Process().num_fds()
    run("say('twice')")
    assert psutil.Process().num_fds() == before


def test_a_launcher_that_cannot_set_the_limits_is_not_the_students_fault(sandbox: Sandbox, run: Runner) -> None:
    absent_core = (4095,)
    with pytest.raises(SandboxUnavailable, match=r"no fault of the program.*launch\.py: OSError"):
        run("say('never')", cpus=absent_core)
    assert sandbox.name in {"bubblewrap", "process"}
