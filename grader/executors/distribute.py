"""Sends tasks to able workers, no more than they can take, and gives back one answer to each."""

from __future__ import annotations

import itertools
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from distributed import Future, KilledWorker

from grader.errors import UserError
from grader.executors.serialize import TooLargeError
from grader.executors.task_tracker import MOST_KILLS, TaskTracker
from grader.executors.worker import ANSWER, NOT_RUN, Work, begun
from grader.executors.workforce import RUNNING, Signal, Workforce

T = TypeVar("T")
FETCH = 120
"""Seconds in which an answer must have come from its worker."""
FINISHED = "finished"
"""What the client calls a task whose answer can be fetched."""
TRIES = 2
"""Of a task whose function raises, which is a failure of ours."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A task that has no answer, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class _Sent(Generic[T]):
    """A task that the cluster has."""

    task: T
    payload: bytes
    future: Future[bytes]
    bound: bool
    """Whether only some workers may run it."""


class Distributor(Generic[T]):
    """One run over many tasks, each known by its name."""

    def __init__(self, force: Workforce, work: Work, pack: Callable[[T], bytes], ahead: int = 1) -> None:
        """`pack` gives what `work` takes; beside those that run, `ahead` tasks wait at the cluster."""
        self._force = force
        self._work = work
        self._pack = pack
        self._ahead = ahead
        self._tracker = TaskTracker()
        self._failures: Counter[str] = Counter()
        self._sent: dict[str, _Sent[T]] = {}
        """By name."""
        self._names: dict[str, str] = {}
        """By the cluster's key: another one for each try, so that a late word of an earlier try counts for nothing."""
        self._taken_back: set[str] = set()
        """Keys of tries that had not begun, as far as was known, when they were sent elsewhere."""
        self._ready: deque[tuple[T, bytes | Lost]] = deque()
        self._number = itertools.count()
        self._run = secrets.token_hex(6)

    def run(self, tasks: Iterable[tuple[str, T]], told: Callable[[T, str], None]) -> Iterator[tuple[T, bytes | Lost]]:
        """Begins at once; each task comes back with its answer, in any order.

        `told` hears when a task has `begun`, and each time it begins `again`. A task that has taken MOST_KILLS workers
        with it is lost, and never tried again. Answers that are there come before an error. Whoever stops listening
        calls `let_go`.
        """
        waiting = iter(tasks)
        return self._answers(waiting, told, self._tried(lambda: self._fill(waiting)))

    def whereabouts(self, name: str) -> str:
        """The worker on which a task has begun; empty while it waits."""
        return self._tracker.whereabouts(name)

    def let_go(self) -> None:
        """When somebody stops the run: what runs is ended, and what waits is taken back."""
        sent, self._sent = list(self._sent.values()), {}
        if sent and self._force.client.status == RUNNING:
            with suppress(Exception):
                self._force.client.cancel([s.future for s in sent])
            self._force.stop([str(s.future.key) for s in sent])

    def _answers(
        self, waiting: Iterator[tuple[str, T]], told: Callable[[T, str], None], error: UserError | None
    ) -> Iterator[tuple[T, bytes | Lost]]:
        while self._ready or (self._sent and not error):
            while self._ready:
                yield self._ready.popleft()
            error = error or self._tried(lambda: self._go_on(waiting, told))
        if error:
            raise error

    def _go_on(self, waiting: Iterator[tuple[str, T]], told: Callable[[T, str], None]) -> None:
        self._fill(waiting)
        if self._sent and not self._ready:
            self._hear(self._force.next(), told)

    def _tried(self, step: Callable[[], None]) -> UserError | None:
        """The error in which a step ended; the answers that are there by then are ready, whether heard of or not."""
        try:
            step()
        except UserError as error:
            if self._force.client.status == RUNNING:
                self._take_what_is_there()
            return error
        return None

    def _take_what_is_there(self) -> None:
        """The word that a task has ended may come after the word that no worker is left."""
        for name, sent in [(n, s) for n, s in self._sent.items() if s.future.status == FINISHED]:
            with suppress(Exception):
                told = sent.future.result(timeout=FETCH)
                if told[:1] == ANSWER:
                    self._done(name, sent, told[1:])

    def _fill(self, waiting: Iterator[tuple[str, T]]) -> None:
        room = self._force.slots + self._ahead - len(self._sent)
        for name, task in itertools.islice(waiting, max(0, room)):
            try:
                payload = self._pack(task)
            except TooLargeError as error:
                self._ready.append((task, Lost(str(error))))
            except Exception as error:  # noqa: BLE001 (one failure never stops the rest)
                self._ready.append((task, Lost(f"the grader failed: {error!r}")))
            else:
                self._send(name, task, payload)

    def _send(self, name: str, task: T, payload: bytes, only: Sequence[str] = ()) -> None:
        """`only` are the workers that may run it, until one comes or goes; none means all."""
        self._force.must_be_there()
        key = f"{self._run}-{next(self._number)}"
        slot = self._force.terms.name
        future = self._force.client.submit(
            begun, self._work, slot, payload, key=key, resources={slot: 1}, workers=only or None
        )
        self._names[key] = name
        self._sent[name] = _Sent(task, payload, future, bool(only))
        future.add_done_callback(lambda done: self._force.put({"what": "ended", "task": done.key}))

    def _hear(self, signal: Signal, told: Callable[[T, str], None]) -> None:
        if "task" in signal:
            self._hear_of_task(str(signal["task"]), signal, told)
        elif "worker" in signal:
            self._hear_of_worker(str(signal["worker"]), signal)

    def _hear_of_task(self, key: str, signal: Signal, told: Callable[[T, str], None]) -> None:
        name = self._names.get(key, "")
        sent = self._sent.get(name)
        if sent and signal["what"] == "begun":
            told(sent.task, "again" if self._tracker.is_tried(name) else "begun")
            self._tracker.begun(name, str(signal["worker"]))
        elif sent:
            self._ended(name, sent)
        elif signal["what"] == "begun" and key in self._taken_back:
            # A moment too late.
            self._force.stop([key])

    def _hear_of_worker(self, worker: str, signal: Signal) -> None:
        match signal.get("what") or signal.get("action"):
            case "able" | "refuses":
                # The scheduler leaves what waits at a worker that cannot take it any more, or for want of a worker.
                self._resend(self._sent)
            case "remove-worker":
                hit = self._tracker.moved(worker) if signal.get("expected") else self._tracker.lost(worker)
                for name in hit:
                    if self._tracker.is_poison(name):
                        self._give_up(name, self._sent[name])
                # The others the scheduler sends elsewhere itself, and counts.
                self._resend([name for name, sent in self._sent.items() if sent.bound])

    def _resend(self, names: Iterable[str]) -> None:
        for waiting in [name for name in names if not self._tracker.whereabouts(name)]:
            self._taken_back.add(str(self._sent[waiting].future.key))
            self._again(waiting, self._sent[waiting])

    def _ended(self, name: str, sent: _Sent[T]) -> None:
        """The cluster has done with a try of this task, for better or worse."""
        try:
            told = sent.future.result(timeout=FETCH)
        except KilledWorker:
            # The scheduler counts against all that waited there; we know which had begun. But not without end.
            self._failed(name, sent, MOST_KILLS, "the workers that had it were lost, time and again")
        except (CancelledError, TimeoutError):
            # The connection broke, or the worker that had the answer is gone.
            self._again(name, sent)
        except Exception as error:  # noqa: BLE001 (one failure never stops the rest)
            self._failed(name, sent, TRIES, f"the grader failed on a worker: {error!r}")
        else:
            kind, answer = told[:1], told[1:]
            if kind == ANSWER:
                self._done(name, sent, answer)
            elif kind == NOT_RUN:
                self._again(name, sent)
            else:
                worker, _, fault = answer.decode("utf-8", "replace").partition("\n")
                why = f"the grader failed on {TRIES} workers that are able to run other programs: {fault}"
                self._failed(name, sent, TRIES, why, worker)

    def _failed(self, name: str, sent: _Sent[T], tries: int, why: str, worker: str = "") -> None:
        self._failures[name] += 1
        if self._failures[name] < tries:
            self._again(name, sent, worker)
        else:
            self._done(name, sent, Lost(why))

    def _again(self, name: str, sent: _Sent[T], failed_on: str = "") -> None:
        """To another worker than the one on which it has failed, if there is one."""
        self._forget(sent)
        self._tracker.waits(name)
        self._send(name, sent.task, sent.payload, self._force.others(failed_on) if failed_on else ())

    def _give_up(self, name: str, sent: _Sent[T]) -> None:
        key = str(sent.future.key)
        self._done(name, sent, Lost(f"{MOST_KILLS} workers were lost while they ran it; it is not tried again"))
        # The scheduler may have begun it once more already.
        self._force.stop([key])

    def _done(self, name: str, sent: _Sent[T], answer: bytes | Lost) -> None:
        self._forget(sent)
        del self._sent[name]
        self._tracker.ended(name)
        self._failures.pop(name, None)
        self._ready.append((sent.task, answer))

    def _forget(self, sent: _Sent[T]) -> None:
        self._names.pop(str(sent.future.key), None)
        sent.future.release()
