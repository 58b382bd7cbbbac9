"""Turns the events of one program into training runs: refits joined, evaluations and drawn curves attached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from grader.evidence.curves import Curves
from grader.evidence.excerpts import marker, source
from grader.evidence.fits import Lookup, fit_facts, series_name
from grader.evidence.network import architecture
from grader.evidence.told import told
from grader.evidence.trace import (
    AnyEvent,
    Compiled,
    CompileEvent,
    Epoch,
    Evaluated,
    FitBegin,
    FitEnd,
    FitPath,
    FitStart,
    Plot,
)
from grader.records import CompileFacts, DataFacts, Evaluation, Layer, Program, TrainingRun

MOST_RUNS = 1000
"""Of one program; a search over more hyper-parameters is no answer to six stages."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A run beside the (last) `fit` that it was read from, None if it was never trained."""

    run: TrainingRun
    fit: FitBegin | None
    images: str = ""
    """The array that shows how its images were scaled: what it was trained on, else what it was measured on."""
    handed: tuple[str, ...] = ()
    """The arrays that its fits were given to train on; an empty name is one that is not known."""
    left: tuple[str, ...] = ()
    """The weights after each of its fits, whether it came to its end or raised."""


@dataclass(slots=True)
class _Draft:
    """A run while the events are read."""

    compiled: CompileEvent
    last: FitBegin | Compiled
    fits: list[FitBegin] = field(default_factory=list)
    starts: dict[int, str] = field(default_factory=dict)
    """The weights with which those of its fits began that had to build it first."""
    ends: dict[int, FitEnd] = field(default_factory=dict)
    """How each of its fits ended, by the number of the fit."""
    epochs: Counter[int] = field(default_factory=Counter)
    """How many epochs each of its fits did."""
    history: dict[str, list[float | None]] = field(default_factory=dict)
    logged: dict[str, None] = field(default_factory=dict)
    """What its epochs logged, under Keras's own names, in that order."""
    evaluations: list[tuple[Evaluated, bool]] = field(default_factory=list)
    """Each with whether anything had been trained by then."""
    plotted: set[str] = field(default_factory=set)
    unread: int = 0
    """Lines of as many points as it has epochs, drawn after it, that nobody can read."""
    path: str = ""
    accuracy: str = ""
    """The metric that is the accuracy, where its name does not say so."""
    held: set[str] = field(default_factory=set)
    """The ids of all weights that it had, at the ends of its epochs and of its fits."""
    copied: bool = False
    """Its network was asked with the weights of another run: it was loaded or copied from that."""

    @property
    def open(self) -> bool:
        """Whether it is being trained."""
        return bool(self.fits) and self.fits[-1].fit not in self.ends

    @property
    def where(self) -> int:
        """The cell of its last fit."""
        return self.last.cell

    @property
    def last_that_counts(self) -> FitBegin | Compiled:
        """Where it is told of: at its last fit that counts."""
        fits = self.counted()
        return fits[-1] if fits else self.last

    def counted(self) -> list[FitBegin]:
        """Its fits but those that raised before their first epoch: they changed nothing and were repeated.

        Steps of one's own beside a `fit` that did an epoch do not count: what `fit` did was followed.
        """
        lasting = [f for f in self.fits if self.epochs[f.fit] or not (f.fit in self.ends and self.ends[f.fit].error)]
        if any(self.epochs[f.fit] and not f.custom for f in lasting):
            return [f for f in lasting if not f.custom]
        return lasting or self.fits[-1:]

    def began_with(self) -> str:
        """The id of the weights before anything was trained; empty where they are not known."""
        for fit in self.fits:
            if known := fit.weights or self.starts.get(fit.fit, ""):
                return known
            if fit.custom or self.epochs[fit.fit]:
                break
        return ""

    def images(self) -> str:
        """The id of its images; loops of one's own show none but those that the model answers for."""
        trained = [f.x for f in self.counted() if f.x]
        return next(iter([*trained[-1:], *(e.x for e, _ in reversed(self.evaluations) if e.x)]), "")

    def note(self, event: FitStart | FitPath | Epoch | FitEnd) -> None:
        """What happened to one of its fits."""
        match event:
            case FitStart():
                self.starts.setdefault(event.fit, event.weights)
                self._built(event)
            case FitPath():
                self.path = f"{event.path}: {event.reason}".rstrip(": ")
            case Epoch():
                self.add(event)
            case FitEnd():
                self.ends[event.fit] = event
                self.held.add(event.weights)
                self._complete(event)

    def _built(self, start: FitStart) -> None:
        """What a network of the student's own class is made of is known once it is built."""
        for n, fit in enumerate(self.fits):
            if fit.fit == start.fit and start.architecture:
                self.fits[n] = fit.model_copy(update={"architecture": start.architecture})
                self.last = self.fits[n] if self.last is fit else self.last

    def _complete(self, end: FitEnd) -> None:
        """What a `fit` was handed batch by batch is known when it is over."""
        seen = {"x": end.x, "y": end.y, "validation_x": end.validation_x, "batch_size": end.batch_size}
        for n, fit in enumerate(self.fits):
            if fit.fit == end.fit:
                late = {name: value for name, value in seen.items() if value and not getattr(fit, name)}
                self.fits[n] = fit.model_copy(update=late)

    def evaluated(self, event: Evaluated) -> None:
        """Its network was asked, after whatever it had been trained by then."""
        self.evaluations.append((event, any(f.custom or self.epochs[f.fit] for f in self.fits)))

    def add(self, epoch: Epoch) -> None:
        """One more epoch of its curves; of several accuracies the first named is the accuracy."""
        self.epochs[epoch.fit] += 1
        self.held.add(epoch.weights)
        self.logged |= dict.fromkeys(epoch.logs)
        logs: dict[str, float | None] = {}
        for key, value in epoch.logs.items():
            logs.setdefault(series_name(key, self.accuracy), value)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)


def training_runs(program: Program, events: Iterable[AnyEvent], lookup: Lookup) -> tuple[Traced, ...]:
    """The runs in the order in which they began; models that were compiled and never trained come last."""
    drafts = _drafts(events)
    trained = [d for d in drafts if d.fits][:MOST_RUNS]
    untrained = [d for d in drafts if not d.fits and not d.copied][: MOST_RUNS - len(trained)]
    drafts = trained + untrained
    positions = [(d.last_that_counts.cell, d.last_that_counts.line) for d in drafts]
    said = zip(drafts, told(program, positions), strict=True)
    return tuple(
        Traced(
            _run(f"{program.name}#{n}", d, program, lookup, words),
            d.counted()[-1] if d.fits else None,
            d.images(),
            tuple(dict.fromkeys("" if f.yields else f.x for f in d.fits)),
            tuple(e.weights for e in d.ends.values() if e.weights),
        )
        for n, (d, words) in enumerate(said, 1)
    )


def _drafts(events: Iterable[AnyEvent]) -> list[_Draft]:
    drafts: list[_Draft] = []
    by_fit: dict[int, _Draft] = {}
    by_model: dict[int, _Draft] = {}
    by_weights: dict[str, _Draft] = {}
    curves = Curves()
    for event in events:
        match event:
            case Compiled() | FitBegin():
                draft = by_model.get(event.model)
                if draft is None or not _continues(draft, event):
                    draft = by_model[event.model] = _Draft(event.compile, event)
                    drafts.append(draft)
                draft.last = event
                if isinstance(event, FitBegin):
                    draft.fits.append(event)
                    draft.accuracy = event.accuracy or draft.accuracy
                    by_fit[event.fit] = draft
                else:
                    draft.compiled = event.compile
            case FitStart() | FitPath() | Epoch() | FitEnd() if event.fit in by_fit:
                by_fit[event.fit].note(event)
                if isinstance(event, Epoch | FitEnd):
                    by_weights[event.weights] = by_fit[event.fit]
            case Evaluated():
                _attach(event, by_model.get(event.model), by_weights.get(event.weights))
            case Plot():
                curves.drawn(event, drafts)
    curves.finished(drafts)
    return drafts


def _attach(event: Evaluated, own: _Draft | None, holder: _Draft | None) -> None:
    """An answer tells of the run whose weights gave it, whichever object they were in; else of its model's."""
    if event.weights and holder and not (own and event.weights in own.held):
        holder.evaluated(event)
        if own is not None and not own.fits:
            own.copied = True
    elif own is not None:
        own.evaluated(event)


def _continues(draft: _Draft, event: Compiled | FitBegin) -> bool:
    """A trained model with other layers, or compiled in another way, begins a new run; anything else goes on.

    What a callback has made of the learning rate when `fit` is called again is no other way of compiling.
    """
    if not draft.fits:
        return True
    same = isinstance(event, FitBegin) or draft.compiled == event.compile
    return same and _network(draft.last) == _network(event)


def _network(event: Compiled | FitBegin) -> tuple[Layer, ...]:
    """The layers without the input, which Keras adds to a description when the first `fit` tells it the shape."""
    return tuple(layer for layer in architecture(event.architecture).layers if layer.kind != "input")


def _run(run_id: str, draft: _Draft, program: Program, lookup: Lookup, said: tuple[str, str]) -> TrainingRun:
    fits = draft.counted()
    last = draft.last_that_counts
    run = TrainingRun(
        id=run_id,
        program=program.name,
        cell=last.cell,
        line=last.line,
        architecture=architecture(last.architecture, lookup.parts),
        compile=_compile_facts((fits[0] if fits else last).compile),
        evaluations=tuple(_evaluation(e, lookup, trained=trained) for e, trained in draft.evaluations),
        marker=marker(program, last.cell, last.line),
        heading=said[0],
        names=said[1],
        source=source(program, last.cell, last.line),
    )
    if not fits:
        return run
    end = draft.ends.get(fits[-1].fit)
    metrics = tuple(name for name in draft.logged if name != "loss" and not name.startswith("val_"))
    return replace(
        run,
        compile=replace(run.compile, metrics=metrics),
        fit=fit_facts(fits, draft.epochs, draft.ends, lookup),
        history={name: tuple(values) for name, values in draft.history.items()},
        finished=end is not None and not end.error,
        error=end.error if end else "",
        wrapped=all(f.wrapped for f in fits),
        custom=fits[-1].custom,
        plotted=tuple(sorted(draft.plotted)),
        unread_curves=draft.unread,
        fit_path=draft.path,
        seed=fits[0].seed,
        initial_weights=draft.began_with(),
        final_weights=end.weights if end and not end.error else "",
    )


def _compile_facts(event: CompileEvent) -> CompileFacts:
    return CompileFacts(
        event.optimizer,
        event.learning_rate,
        event.momentum or 0.0,
        event.loss,
        from_logits=event.from_logits,
        rate_unknown=event.rate_unknown,
        own_loss=event.own_loss,
    )


def _evaluation(event: Evaluated, lookup: Lookup, *, trained: bool) -> Evaluation:
    images = lookup.images(event.x) or DataFacts((), "")
    return Evaluation(event.cell, event.kind, images, event.accuracy, untrained=not trained)
