"""Every task comes back once, whatever becomes of the workers. A real scheduler, real workers, no sandbox."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import dask
import pytest
from distributed import Security

from grader.errors import UserError
from grader.executors.cluster import connected, must_have_dask, unprotected
from grader.executors.distribute import Distributor, Lost
from grader.executors.worker import MOST_FAULTS, Terms, Work, versions
from grader.executors.workforce import Workforce
from tests.executors.clusters import Cluster, arrived, cluster, until
from tests.executors.works import deadly, echo, failing, judged, named, picky, sick, slow

pytestmark = pytest.mark.slow
TERMS = Terms("reference", confined=False)


@dataclass
class Ours:
    """A cluster, and what we hear of it."""

    cluster: Cluster
    said: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    heard: list[tuple[str, str]] = field(default_factory=list)
    joins: dict[str, list[str]] = field(default_factory=dict)
    """Workers that join as soon as something is said, each time the next."""

    def say(self, line: str) -> None:
        self.said.append(line)
        for words, names in self.joins.items():
            if words in line:
                self.cluster.join(names.pop(0))

    @contextmanager
    def force(self, terms: Terms = TERMS, *, own: bool = False) -> Iterator[Workforce]:
        with connected(self.cluster.address, 0, self.warnings.append) as client:
            arrived(client, len(self.cluster.workers))
            with Workforce(client, terms, self.say, own=own) as force:
                yield force

    def run(self, force: Workforce, work: Work, *tasks: str) -> Iterator[tuple[str, bytes | Lost]]:
        distributor: Distributor[str] = Distributor(force, work, str.encode)
        return distributor.run([(t, t) for t in tasks], lambda task, what: self.heard.append((task, what)))


@pytest.fixture
def ours(request: pytest.FixtureRequest) -> Iterator[Ours]:
    names = getattr(request, "param", ("one", "two"))
    with cluster(*names) as made:
        yield Ours(made)


def test_each_task_comes_back_once_with_its_own_answer(ours: Ours) -> None:
    tasks = [f"task {n}" for n in range(60)]
    with ours.force() as force:
        answers = list(ours.run(force, echo, *tasks))
    assert sorted(answers) == sorted((task, task.encode()) for task in tasks)
    assert sorted(ours.heard) == sorted((task, "begun") for task in tasks)


@pytest.mark.parametrize("ours", [("one", "two", "three", "four")], indirect=True)
def test_a_task_that_kills_its_workers_is_lost_at_the_third_and_takes_nobody_along(ours: Ours) -> None:
    with ours.force() as force:
        answers = dict(ours.run(force, deadly, *[f"task {n}" for n in range(4)], "kill", *map(str, range(4))))
    lost = answers.pop("kill")
    assert isinstance(lost, Lost)
    assert "3 workers were lost while they ran it" in lost.why
    assert answers == {task: task.encode() for task in answers}
    assert len(answers) == 8
    assert [what for task, what in ours.heard if task == "kill"] == ["begun", "again", "again"]
    assert sum("is gone" in line for line in ours.said) == 3


def test_what_ran_on_a_killed_worker_runs_elsewhere_and_on_one_that_joins(ours: Ours) -> None:
    tasks = [f"task {n}" for n in range(12)]
    with ours.force() as force:
        running = ours.run(force, deadly, *tasks)
        answers = [next(running)]
        ours.cluster.kill("one")
        until(lambda: any("is gone; 1 left" in line for line in ours.said) or answers.append(next(running)))
        ours.cluster.join("three")
        answers += list(running)
        # However long the third took to come: it is asked, and takes work.
        until(lambda: force.next() == {} and force.slots == 2)
        assert len(list(ours.run(force, echo, "a", "b", "c", "d"))) == 4
    assert sorted(answers) == sorted((task, task.encode()) for task in tasks)


@pytest.mark.parametrize("ours", [("one",)], indirect=True)
def test_without_any_worker_left_the_tasks_wait_for_the_next(ours: Ours) -> None:
    ours.joins = {"none left, waiting for one": ["two", "three", "four"]}
    with ours.force() as force:
        answers = dict(ours.run(force, deadly, "kill", "task"))
    assert isinstance(answers["kill"], Lost)
    assert answers["task"] == b"task"
    assert sum("none left, waiting for one" in line for line in ours.said) == 3


def test_two_gradings_at_once_share_the_workers(ours: Ours) -> None:
    with ours.force() as one, ours.force() as other:
        both = [
            ours.run(force, deadly, *(f"{name}{n}" for n in range(4))) for force, name in ((one, "a"), (other, "b"))
        ]
        firsts = [next(running) for running in both]
        answers = firsts + [answer for running in both for answer in running]
    assert sorted(answers) == sorted((f"{name}{n}", f"{name}{n}".encode()) for name in "ab" for n in range(4))


def test_a_failure_of_ours_is_tried_twice_and_told(ours: Ours) -> None:
    with ours.force() as force:
        ((_, answer),) = ours.run(force, failing, "task")
    assert isinstance(answer, Lost)
    assert "RuntimeError: no task" in answer.why
    assert ours.heard == [("task", "begun"), ("task", "again")]


@pytest.mark.parametrize("ours", [("sick", "one")], indirect=True)
def test_a_machine_on_which_nothing_works_takes_no_task_down_with_it(ours: Ours) -> None:
    tasks = [f"task {n}" for n in range(12)]
    with ours.force() as force:
        answers = dict(ours.run(force, sick, *tasks))
        assert force.slots == 1
    assert answers == {task: task.encode() for task in tasks}
    (line,) = ours.said
    assert f"{MOST_FAULTS} tasks in a row have failed on it: OSError: [Errno 28]" in line


def test_tasks_that_fail_on_two_workers_are_lost_and_the_workers_take_all_others(ours: Ours) -> None:
    bad, good = [f"bad {n}" for n in range(3 * MOST_FAULTS)], [f"task {n}" for n in range(6)]
    with ours.force() as force:
        answers = dict(ours.run(force, judged, *bad, *good))
        assert force.slots == 2
    assert {task for task, answer in answers.items() if isinstance(answer, Lost)} == set(bad)
    assert all(answers[task] == task.encode() for task in good)
    assert "failed on 2 workers that are able to run other programs" in answers["bad 0"].why
    assert ours.said == []


@pytest.mark.parametrize("ours", [("sick", "one")], indirect=True)
def test_a_worker_on_which_a_known_good_task_fails_refuses_at_once_and_blames_no_task(ours: Ours) -> None:
    with ours.force() as force:
        answers = dict(ours.run(force, judged, *(f"task {n}" for n in range(6))))
        assert force.slots == 1
    assert all(answer == task.encode() for task, answer in answers.items())
    (line,) = ours.said
    assert "not even a known-good program runs on it: No space left on device" in line


def test_what_waits_at_a_worker_that_comes_to_refuse_goes_elsewhere(ours: Ours) -> None:
    with ours.force() as force:
        answers = list(ours.run(force, picky, "two", "two ", "two  "))
        assert force.slots == 1
    assert sorted(answers) == [("two", b"two"), ("two ", b"two "), ("two  ", b"two  ")]


@pytest.mark.parametrize("ours", [("one",)], indirect=True)
def test_what_the_only_worker_has_refused_waits_for_the_next(ours: Ours) -> None:
    ours.joins = {"takes no work": ["two"]}
    with ours.force() as force:
        assert list(ours.run(force, picky, "two")) == [("two", b"two")]


@pytest.mark.parametrize("ours", [("one",)], indirect=True)
def test_a_worker_that_leaves_in_order_is_counted_against_nobody_and_its_task_waits_for_the_next(ours: Ours) -> None:
    def begun(task: str, what: str) -> None:
        if not ours.heard:
            threading.Thread(target=force.client.retire_workers, kwargs={"names": ["one"]}).start()
        ours.heard.append((task, what))

    ours.joins = {"is gone; none left": ["two"]}
    with ours.force() as force:
        distributor: Distributor[str] = Distributor(force, deadly, str.encode)
        assert dict(distributor.run([(t, t) for t in "abc"], begun)) == {t: t.encode() for t in "abc"}


def test_a_run_that_is_given_up_ends_what_runs(ours: Ours) -> None:
    def begun(task: str, what: str) -> None:
        ours.heard.append((task, what))
        if len(ours.heard) == 2:
            raise KeyboardInterrupt

    with ours.force() as force:
        distributor: Distributor[str] = Distributor(force, slow, str.encode)
        with pytest.raises(KeyboardInterrupt):
            next(distributor.run([("a", "a"), ("b", "b")], begun))
        distributor.let_go()
        # Both workers were busy, and would have refused all work if nobody had stopped them.
        assert len(list(ours.run(force, echo, "a", "b", "c"))) == 3
    assert ours.said == []


def test_a_scheduler_that_goes_away_is_told_and_not_waited_for(ours: Ours) -> None:
    with ExitStack() as stack:
        force = stack.enter_context(ours.force())
        running = ours.run(force, slow, "task")
        ours.cluster.scheduler.kill()
        with pytest.raises(UserError, match=r"scheduler at tcp://127\.0\.0\.1:\d+ is gone\. What was finished is kept"):
            next(running)


def test_a_scheduler_that_is_gone_before_anything_is_sent_is_told_by_the_answers_not_by_the_start(ours: Ours) -> None:
    with ours.force() as force:
        ours.cluster.scheduler.kill()
        until(lambda: force.client.status != "running")
        running = ours.run(force, echo, "task")
        with pytest.raises(UserError, match="is gone"):
            next(running)


@pytest.mark.parametrize("ours", [("one",)], indirect=True)
def test_an_answer_that_is_there_comes_before_the_word_that_no_worker_is_left(ours: Ours) -> None:
    with ours.force(own=True) as force:
        (only,) = force.others("")
        force.put({"what": "refuses", "worker": only, "why": "the sandbox is gone"})
        distributor: Distributor[str] = Distributor(force, echo, str.encode)
        running = distributor.run([("task", "task")], lambda *_: None)
        until(lambda: distributor._sent["task"].future.status == "finished")
        assert next(running) == ("task", b"task")
        with pytest.raises(UserError, match="No worker is left"):
            next(running)


@pytest.mark.parametrize("ours", [("one",)], indirect=True)
def test_a_task_that_is_stopped_a_moment_before_it_begins_does_not_begin(ours: Ours) -> None:
    with ours.force() as force:
        distributor: Distributor[str] = Distributor(force, named, str.encode)
        force.stop([f"{distributor._run}-0"])
        ((_, answer),) = distributor.run([("task", "task")], lambda *_: None)
    assert answer == f"{distributor._run}-1".encode()


@pytest.mark.parametrize("ours", [("one",)], indirect=True)
def test_a_worker_that_is_gone_before_its_word_is_heard_is_not_counted(ours: Ours) -> None:
    with ours.force() as force:
        force.put({"action": "remove-worker", "worker": "tcp://127.0.0.1:9"})
        force.put({"what": "able", "worker": "tcp://127.0.0.1:9"})
        until(lambda: force.next() == {})
        assert force.slots == 1
    assert ours.said == []


def test_workers_of_another_version_take_no_work_and_say_so(ours: Ours) -> None:
    other = replace(TERMS, versions=(*tuple(versions().items())[:-1], ("numpy", "1.0")))
    with pytest.raises(UserError, match=r"No worker of tcp://.* takes work\. Start some"), ours.force(other):
        pass
    assert all("instead of 1.0; install the same versions everywhere" in line for line in ours.said)
    assert len(ours.said) == 2


def test_an_address_where_nobody_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.executors.cluster.ANSWERS", 1)
    with (
        pytest.raises(UserError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        connected("tcp://127.0.0.1:9", 0, print),
    ):
        pass


def test_a_cluster_with_certificates_is_reached_with_them_and_by_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Security.temporary()
    contents = {"ca-file": made.tls_ca_file, "cert": made.tls_worker_cert, "key": made.tls_worker_key}
    files = {name: str(tmp_path / name) for name in contents}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    options = [f"--tls-{name}={file}" for name, file in files.items()]
    tls = "distributed.comm.tls"
    ours = {f"{tls}.ca-file": files["ca-file"], f"{tls}.client.cert": files["cert"], f"{tls}.client.key": files["key"]}
    monkeypatch.setattr("grader.executors.cluster.ANSWERS", 5)
    with cluster("one", options=tuple(options)) as there:
        mine = Ours(there)
        with dask.config.set(ours), mine.force() as force:
            assert list(mine.run(force, echo, "task")) == [("task", b"task")]
        assert mine.warnings == []
        with pytest.raises(UserError, match="No Dask scheduler answers at tls://"), mine.force():
            pass


@pytest.mark.parametrize(
    ("address", "danger"),
    [
        ("tcp://10.0.0.7:8786", "whoever reaches it"),
        ("grader.example.org:8786", "whoever reaches it"),
        ("ws://10.0.0.7:8786", "whoever reaches it"),
        ("tcp://127.0.0.1:8786", "every user of this machine"),
        ("tls://10.0.0.7:8786", ""),
    ],
)
def test_a_scheduler_that_asks_nobody_who_they_are_is_warned_of(address: str, danger: str) -> None:
    assert danger in unprotected(address)
    assert bool(unprotected(address)) is bool(danger)


@pytest.mark.parametrize("package", ["distributed", "cryptography"])
def test_who_has_not_installed_the_extra_is_told_how(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.executors.cluster.find_spec", lambda name: None if name == package else object())
    with pytest.raises(UserError, match=r"pip install '\.\[cluster\]'"):
        must_have_dask()
