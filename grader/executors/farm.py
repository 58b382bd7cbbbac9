"""Sends tasks to able workers, no more than they can take, and gives back one answer to each."""

from __future__ import annotations

import itertools
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from distributed import Future, KilledWorker

from grader.executors.ledger import MOST_KILLS, Ledger
from grader.executors.parcels import TooLargeError
from grader.executors.worker import NOT_RUN, Work, begun, stop
from grader.executors.workforce import Signal, Workforce

T = TypeVar("T")
FETCH = 120
"""Seconds in which an answer must have come from its worker."""
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
    parcel: bytes
    future: Future[bytes]


class Farm(Generic[T]):
    """One run over many tasks, each known by its name."""

    def __init__(self, force: Workforce, work: Work, pack: Callable[[T], bytes], ahead: int = 1) -> None:
        """`pack` gives what `work` takes; beside those that run, `ahead` tasks wait at the cluster."""
        self._force = force
        self._work = work
        self._pack = pack
        self._ahead = ahead
        self._ledger = Ledger()
        self._failures: Counter[str] = Counter()
        self._sent: dict[str, _Sent[T]] = {}
        """By name."""
        self._names: dict[str, str] = {}
        """By the cluster's key: another one for each try, so that a late word of an earlier try counts for nothing."""
        self._ready: deque[tuple[T, bytes | Lost]] = deque()
        self._number = itertools.count()
        self._run = secrets.token_hex(6)

    def run(self, tasks: Iterable[tuple[str, T]], told: Callable[[T, str], None]) -> Iterator[tuple[T, bytes | Lost]]:
        """Begins at once; each task comes back with its answer, in any order.

        `told` hears when a task has `begun`, and that it begins `again`. A task that has taken MOST_KILLS workers with
        it is lost, and never tried again.
        """
        waiting = iter(tasks)
        self._fill(waiting)
        return self._answers(waiting, told)

    def whereabouts(self, name: str) -> str:
        """The worker on which a task has begun; empty while it waits."""
        return self._ledger.whereabouts(name)

    def _answers(
        self, waiting: Iterator[tuple[str, T]], told: Callable[[T, str], None]
    ) -> Iterator[tuple[T, bytes | Lost]]:
        try:
            while self._sent or self._ready:
                if not self._ready:
                    self._hear(self._force.next(), told)
                while self._ready:
                    yield self._ready.popleft()
                self._fill(waiting)
        finally:
            self._let_go()

    def _fill(self, waiting: Iterator[tuple[str, T]]) -> None:
        room = self._force.slots + self._ahead - len(self._sent)
        for name, task in itertools.islice(waiting, max(0, room)):
            try:
                self._send(name, task, self._pack(task))
            except TooLargeError as error:
                self._ready.append((task, Lost(str(error))))

    def _send(self, name: str, task: T, parcel: bytes) -> None:
        key = f"{self._run}-{next(self._number)}"
        bench = self._force.terms.name
        future = self._force.client.submit(begun, self._work, bench, parcel, key=key, resources={bench: 1})
        self._names[key] = name
        self._sent[name] = _Sent(task, parcel, future)
        future.add_done_callback(lambda done: self._force.put({"what": "ended", "task": done.key}))

    def _hear(self, signal: Signal, told: Callable[[T, str], None]) -> None:
        name = self._names.get(str(signal.get("task")), "")
        sent = self._sent.get(name)
        match signal.get("what") or signal.get("action"):
            case "begun" if sent:
                if self._ledger.tried(name):
                    told(sent.task, "again")
                self._ledger.begun(name, str(signal["worker"]))
                told(sent.task, "begun")
            case "again" if sent:
                told(sent.task, "again")
            case "ended" if sent:
                self._ended(name, sent)
            case "some again":
                # The scheduler tries what no worker could take on workers that join, but not when they become able.
                for waiting in [name for name in self._sent if not self._ledger.whereabouts(name)]:
                    self._again(waiting, self._sent[waiting])
            case "remove-worker" if not signal.get("expected"):
                for lost in self._ledger.lost(str(signal["worker"])):
                    if self._ledger.is_poison(lost):
                        self._give_up(lost, self._sent[lost])

    def _ended(self, name: str, sent: _Sent[T]) -> None:
        """The cluster has done with a try of this task, for better or worse."""
        try:
            answer = sent.future.result(timeout=FETCH)
        except KilledWorker:
            # The scheduler counts against all that waited there; we know which had begun. But not without end.
            self._failed(name, sent, MOST_KILLS, "the workers that had it were lost, time and again")
        except Exception as error:  # noqa: BLE001 (one failure never stops the rest)
            self._failed(name, sent, TRIES, f"the grader failed on a worker: {error!r}")
        else:
            self._done(name, sent, answer) if answer != NOT_RUN else self._again(name, sent)

    def _failed(self, name: str, sent: _Sent[T], tries: int, why: str) -> None:
        self._failures[name] += 1
        self._again(name, sent) if self._failures[name] < tries else self._done(name, sent, Lost(why))

    def _again(self, name: str, sent: _Sent[T]) -> None:
        self._forget(sent)
        self._send(name, sent.task, sent.parcel)

    def _give_up(self, name: str, sent: _Sent[T]) -> None:
        sent.future.cancel(reason="it has cost too many workers", msg="")
        self._force.client.run(stop, self._force.terms.name, [sent.future.key])
        self._done(name, sent, Lost(f"{MOST_KILLS} workers were lost while they ran it; it is not tried again"))

    def _done(self, name: str, sent: _Sent[T], answer: bytes | Lost) -> None:
        self._forget(sent)
        del self._sent[name]
        self._ledger.ended(name)
        self._ready.append((sent.task, answer))

    def _forget(self, sent: _Sent[T]) -> None:
        self._names.pop(str(sent.future.key), None)
        sent.future.release()

    def _let_go(self) -> None:
        """When somebody stops the run, what runs is ended and what waits is let go."""
        if not self._sent or self._force.client.status != "running":
            return
        with suppress(Exception):
            keys = [sent.future.key for sent in self._sent.values()]
            self._force.client.cancel([sent.future for sent in self._sent.values()])
            self._force.client.run(stop, self._force.terms.name, keys)
