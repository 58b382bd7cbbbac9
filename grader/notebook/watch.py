"""Notes what is trained in this kernel from now on, and changes nothing about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from grader.evidence.trace import AnyEvent, Array, Blob, Compiled, Evaluated, FitBegin, parse
from grader.inside.patches import Patches
from grader.inside.protocol import SAMPLE
from grader.inside.recording.figures import record_figures
from grader.inside.recording.record import Recorder
from grader.inside.trace import Trace
from grader.records import FileKind, Program

NOTEBOOK = "this notebook"


class Memory(Trace):
    """A trace that stays in this process."""

    def __init__(self) -> None:
        super().__init__(fd=-1)
        self.events: list[AnyEvent] = []

    def send(self, event: Mapping[str, Any]) -> None:
        """Keeps the event, read as the grader would read it."""
        read = parse(json.dumps(event, ensure_ascii=False).encode("utf-8", "replace"))
        if read is not None:
            self.events.append(read)

    def blob(self, arrays: Mapping[str, NDArray[Any]]) -> str:
        """Samples of images and labels are kept, weights are not: accuracy is not measured in a student's kernel."""
        return "" if set(arrays).isdisjoint(SAMPLE) else super().blob(arrays)


@dataclass
class Cells:
    """The cells of a kernel by their numbers `In [n]`, and which of them have been run again since."""

    sources: dict[int, str] = field(default_factory=dict)
    _identities: dict[int, str] = field(default_factory=dict)

    def ran(self, number: int, source: str, identity: str | None) -> None:
        """A cell begins; `identity` is the front end's own, where it gives one, else the code itself."""
        self.sources[number] = source
        self._identities[number] = identity or source

    def superseded(self, number: int) -> bool:
        """Whether the same cell was run again later: what it did before is an earlier attempt."""
        mine = self._identities.get(number)
        return mine is not None and any(n > number and i == mine for n, i in self._identities.items())

    def program(self) -> Program:
        """The cells as a program; cell n is `In [n]`."""
        sources = tuple(self.sources.get(n, "") for n in range(1, max(self.sources, default=0) + 1))
        blank = tuple(() for _ in sources)
        return Program(NOTEBOOK, FileKind.NOTEBOOK, sources, tuple("" for _ in sources), blank, {})


class Watch:
    """The recorder in a student's own kernel."""

    def __init__(self, shell: Any) -> None:
        import keras

        self.cells = Cells()
        self._shell = shell
        self._memory = Memory()
        self._now = 0
        self._patches = Patches()
        self._recorder = Recorder(self._memory, keras, self._cell, passive=True)

    def begin(self) -> None:
        """From now on; the cells that have run already are known by their code alone."""
        for number, source in enumerate(self._inputs):
            if number:
                self.cells.ran(number, source, None)
        self._now = len(self._inputs) - 1
        self._patches.install(self._recorder.changes())
        self._patches.install(record_figures(self._memory, self._cell))
        self._shell.events.register("pre_run_cell", self._next_cell)

    def end(self) -> None:
        """Keras and matplotlib are as they were before."""
        self._shell.events.unregister("pre_run_cell", self._next_cell)
        self._patches.undo()

    def _next_cell(self, info: Any) -> None:
        if info.store_history:
            # Its own counter is raised before this event by some versions of IPython, after it by others.
            self._now = len(self._inputs)
            self.cells.ran(self._now, info.raw_cell, getattr(info, "cell_id", None))

    @property
    def _inputs(self) -> list[str]:
        """What was run so far; number 0 is nobody's."""
        inputs: list[str] = self._shell.history_manager.input_hist_raw
        return inputs

    def _cell(self) -> int:
        return self._now

    def knows(self, model: Any) -> bool:
        """Whether the model was compiled or trained while this was watching."""
        return self._recorder.number_of(model) is not None

    def events(self) -> list[AnyEvent]:
        """What was noted, without what a later run of the same cell has replaced."""
        return list(self._current(None))

    def events_of(self, model: Any) -> list[AnyEvent]:
        """What was noted of one model."""
        return list(self._current(self._recorder.number_of(model)))

    def _current(self, model: int | None) -> Iterator[AnyEvent]:
        """Of all models where none is given."""
        kept: set[int] = set()
        for event in self._memory.events:
            match event:
                case Compiled() | FitBegin() | Evaluated():
                    wanted = not self.cells.superseded(event.cell) if model is None else event.model == model
                    if wanted and isinstance(event, FitBegin):
                        kept.add(event.fit)
                    if wanted:
                        yield event
                case Array() | Blob():
                    yield event
                case _ if (fit := getattr(event, "fit", None)) is not None:
                    if fit in kept:
                        yield event
                case _:
                    yield event
