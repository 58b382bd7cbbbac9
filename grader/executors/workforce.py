"""The workers of a Dask cluster that take work of ours: who is able, who refuses and why, who is gone."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import Any, Self

from distributed import Client

from grader.errors import UserError
from grader.executors.worker import TOPIC, Bench, Terms, refusal

LOOK = 0.5
"""Seconds after which Ctrl-C, and a scheduler that is gone, are noticed at the latest."""
HELP = "Start some where this very version of the grader is installed: dask worker ADDRESS --nthreads 1 --nworkers 4"
Signal = Mapping[str, Any]
"""What was heard, of a task or a worker: `what` (begun, again, ended, able, refuses; some again, after there was no
worker), or the scheduler's own `action`."""


class Workforce(AbstractContextManager["Workforce"]):
    """Keeps the list of able workers while signals are taken from it, workers that join later included."""

    def __init__(self, client: Client, terms: Terms, say: Callable[[str], object]) -> None:
        """`say` takes a line for the person at the terminal."""
        self.client = client
        self.say = say
        self.terms = terms
        self.address = str(client.scheduler_info()["address"])
        """Of the scheduler."""
        self._able: set[str] = set()
        self._signals: queue.SimpleQueue[Signal] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        """Asks all workers whether they are able; raises UserError if none is."""
        for topic in (TOPIC, "all"):
            self.client.subscribe_topic(topic, lambda event: self.put(event[1]))
        with suppress(Exception):
            # A worker without the grader fails here, and says so below.
            self.client.register_plugin(Bench(self.terms))
        for worker, why in self.client.run(refusal, self.terms.name, on_error="return").items():
            if why == "":
                self._able.add(worker)
            else:
                self.say(f"The worker {worker} takes no work: {why}")
        if not self._able:
            raise UserError(f"No worker of {self.address} takes work. {HELP}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The workers stay, for whoever comes next."""
        for topic in (TOPIC, "all") if self.client.status == "running" else ():
            with suppress(Exception):
                self.client.unsubscribe_topic(topic)

    @property
    def slots(self) -> int:
        """How many tasks can run at a time, now."""
        return len(self._able)

    def put(self, signal: Signal) -> None:
        """From any thread."""
        self._signals.put(signal)

    def next(self) -> Signal:
        """The next signal, or an empty one after LOOK seconds; raises UserError when the scheduler is gone."""
        try:
            signal = self._signals.get(timeout=LOOK)
        except queue.Empty:
            if self.client.status != "running":
                raise UserError(
                    f"The scheduler at {self.address} is gone. What was finished is kept: run the same command again "
                    "when it is back."
                ) from None
            return {}
        self._note(signal)
        return signal

    def _note(self, signal: Signal) -> None:
        worker = str(signal.get("worker", ""))
        if signal.get("bench", self.terms.name) != self.terms.name:
            return
        match signal.get("what") or signal.get("action"):
            case "able":
                if not self._able:
                    self.put({"what": "some again"})
                self._able.add(worker)
            case "refuses":
                self._able.discard(worker)
                self.say(f"The worker {worker} takes no work: {signal.get('why')}")
            case "remove-worker" if worker in self._able:
                self._able.discard(worker)
                left = f"{self.slots} left" if self.slots else "none left, waiting for one"
                self.say(f"The worker {worker} is gone; {left}.")
