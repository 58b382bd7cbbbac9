"""The workers of a Dask cluster that take work of ours: who is able, who refuses and why, who is gone."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Thread
from types import TracebackType
from typing import Any, Self

from distributed import Client

from grader.errors import UserError
from grader.executors.cluster import Say, connected
from grader.executors.worker import TOPIC, Terms, open_slot, stop

LOOK = 0.5
"""Seconds after which Ctrl-C, and a scheduler that is gone, are noticed at the latest."""
HELP = "Start some where this very version of the grader is installed: dask worker ADDRESS --nthreads 1 --nworkers 4"
OWN_HELP = "Give fewer --workers, or --executor local."
TOPICS = (TOPIC, "all")
"""Ours, and the scheduler's own, which tells of workers that come and go."""
RUNNING = "running"
Signal = Mapping[str, Any]
"""What was heard, of a task or a worker: `what` (begun, ended, able, refuses), or the scheduler's own `action`."""


class Workforce(AbstractContextManager["Workforce"]):
    """Keeps the list of able workers while signals are taken from it; who joins later is asked on coming."""

    def __init__(self, client: Client, terms: Terms, say: Callable[[str], object], *, own: bool = False) -> None:
        """`say` takes a line for the person at the terminal; `own` workers were started here: nobody else will join."""
        self.client = client
        self.say = say
        self.terms = terms
        self.address = str(client.scheduler_info()["address"])
        """Of the scheduler."""
        self._own = own
        self._able: set[str] = set()
        self._gone: set[str] = set()
        """Workers that have left: one may say that it is able, and be gone before its word is taken from the queue."""
        self._signals: queue.SimpleQueue[Signal] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        """Asks all workers whether they are able; raises UserError if none is."""
        for topic in TOPICS:
            self.client.subscribe_topic(topic, lambda event: self.put(event[1]))
        for signal in self._asked(None):
            self._note(signal)
        if not self._able:
            raise UserError(f"No worker of {self.address} takes work. {OWN_HELP if self._own else HELP}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The workers stay, for whoever comes next."""
        for topic in TOPICS if self.client.status == RUNNING else ():
            with suppress(Exception):
                self.client.unsubscribe_topic(topic)

    @property
    def slots(self) -> int:
        """How many tasks can run at a time, now."""
        return len(self._able)

    def others(self, worker: str) -> list[str]:
        """The able workers but one."""
        return sorted(self._able - {worker})

    def put(self, signal: Signal) -> None:
        """From any thread."""
        self._signals.put(signal)

    def next(self) -> Signal:
        """The next signal, or an empty one after LOOK seconds.

        Raises:
            UserError: the scheduler is gone, or all workers that were started here refuse work.
        """
        self.must_be_there()
        try:
            signal = self._signals.get(timeout=LOOK)
        except queue.Empty:
            return {}
        self._note(signal)
        return signal

    def must_be_there(self) -> None:
        """Raises UserError when the scheduler is gone."""
        if self.client.status != RUNNING:
            raise UserError(
                f"The scheduler at {self.address} is gone. What was finished is kept: run the same command again "
                "when it is back."
            )

    def stop(self, tasks: list[str]) -> None:
        """Ends these tasks wherever they run, as far as that can be done."""
        with suppress(Exception):
            self.client.run(stop, self.terms.name, tasks, workers=sorted(self._able), on_error="ignore")

    def _note(self, signal: Signal) -> None:
        worker = str(signal.get("worker", ""))
        if signal.get("slot", self.terms.name) != self.terms.name:
            return
        match signal.get("what") or signal.get("action"):
            case "add-worker":
                self._gone.discard(worker)
                # In a thread, since it takes seconds; the answer comes as a signal.
                Thread(target=self._ask, args=([worker],), daemon=True).start()
            case "able" if worker not in self._gone:
                self._able.add(worker)
            case "refuses":
                self._able.discard(worker)
                self.say(f"The worker {worker} takes no work: {signal.get('why')}")
                if self._own and not self._able:
                    raise UserError(f"No worker is left that takes work. {OWN_HELP}")
            case "remove-worker":
                self._gone.add(worker)
                if worker in self._able:
                    self._able.discard(worker)
                    left = f"{self.slots} left" if self.slots else "none left, waiting for one"
                    self.say(f"The worker {worker} is gone; {left}.")

    def _ask(self, workers: list[str]) -> None:
        for signal in self._asked(workers):
            self.put(signal)

    def _asked(self, workers: list[str] | None) -> list[Signal]:
        """What workers say to the terms; None asks all."""
        try:
            said = self.client.run(open_slot, self.terms, workers=workers, on_error="return")
        except Exception as error:  # noqa: BLE001 (it is gone again)
            said = dict.fromkeys(workers or (), error)
        return [_answer(worker, refusal) for worker, refusal in said.items()]


@contextmanager
def hired(scheduler: str | None, workers: int, terms: Terms, say: Say) -> Iterator[Workforce]:
    """The able workers of a scheduler, or so many started here, for as long as it lasts.

    Raises:
        UserError: no worker can be had; the message says why.
    """
    with connected(scheduler, workers, say) as client, Workforce(client, terms, say, own=scheduler is None) as force:
        yield force


def _answer(worker: str, refusal: str | Exception) -> Signal:
    if refusal == "":
        return {"what": "able", "worker": worker}
    why = refusal if isinstance(refusal, str) else f"the grader could not be set up there ({refusal!r})"
    return {"what": "refuses", "worker": worker, "why": why}
