"""Accuracy bands: from the reference's single accuracies to `bands.yaml`, and from there to records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from grader.records import Band, MadeWith
from reference.intervals import CONFIDENCE, COVERAGE, GRAIN, Interval, Method, tolerance_interval
from reference.settings import SCALINGS, Setting
from reference.stages import EPOCHS, HIDDEN_LAYERS, LEARNING_RATE, STAGES, UNITS
from reference.train import Run, made_by

FILE = Path(__file__).resolve().parent / "bands.yaml"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same in C, seven times faster, where PyYAML was built with it: every command reads this file."""
CHANCE = 0.15
"""A run at or below has not learned: always answering the commonest digit of the test set gives 0.1135."""
METHOD = (
    "Two-sided tolerance interval over the test accuracies of the runs that learned (of all, where half of them or "
    f"more stay at chance): with confidence {CONFIDENCE:.0%} it covers {COVERAGE:.0%} of all such runs. "
    "normal: log-odds taken as normally distributed (Howe 1969). range: Shapiro and Wilk's test rejects that, so the "
    "interval also holds every run, and what is known to be covered is 'assured' (Wilks 1941). alike: all runs are the "
    f"same. No band is narrower than {GRAIN} to either side of the mean."
)


def from_runs(runs: Sequence[Run], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The content of `bands.yaml`; `settings` says when and with which versions the runs were made."""
    bands: dict[str, list[dict[str, Any]]] = {stage.id: [] for stage in STAGES}
    # In the order in which they came, which is that of the plan.
    for setting in dict.fromkeys(run.setting for run in runs):
        bands[setting.stage].append(_entry(setting, [r for r in runs if r.setting == setting]))
    return {
        "method": METHOD,
        "settings": {"epochs": EPOCHS, **settings},
        "bands": {s: b for s, b in bands.items() if b},
    }


def _entry(setting: Setting, runs: Sequence[Run]) -> dict[str, Any]:
    ordered = sorted(runs, key=lambda r: r.seed)
    learned = _learned([r.test for r in ordered])
    interval = tolerance_interval(learned)
    return {
        "scaling": setting.scaling,
        "batch_size": setting.batch_size,
        "rows": setting.rows,
        "band": [round(interval.low, 4), round(interval.high, 4)],
        "method": interval.method.value,
        **({"assured": round(interval.assured, 4)} if interval.assured else {}),
        "words": _words(learned, interval, len(ordered)),
        "runs": len(ordered),
        "collapsed": len(ordered) - len(learned),
        "seeds": [r.seed for r in ordered],
        "test": [round(r.test, 4) for r in ordered],
        "validation": [round(r.validation[-1], 4) for r in ordered],
        "train": [round(r.train[-1], 4) for r in ordered],
    }


def _learned(tests: Sequence[float]) -> Sequence[float]:
    """The runs that did not end at chance; all runs where half of them or more did, since that is no accident then.

    The naive stage is meant to end there, and so does a sigmoid network with he_normal on pixels from 0 to 1.
    """
    learned = [t for t in tests if t > CHANCE]
    return learned if 2 * len(learned) > len(tests) else tests


def _words(learned: Sequence[float], interval: Interval, runs: int) -> str:
    reached = (
        f"{len(learned)} reached {min(learned):.4f} each"
        if min(learned) == max(learned)
        else (f"{len(learned)} reached {min(learned):.4f} to {max(learned):.4f}")
    )
    between = f"between {interval.low:.4f} and {interval.high:.4f}"
    match interval.method:
        case Method.NORMAL:
            promise = f"with {CONFIDENCE:.0%} confidence, {COVERAGE:.0%} of such runs lie {between}"
        case Method.RANGE:
            promise = (
                f"such runs lie {between} ({interval.assured:.0%} of them at least, with {CONFIDENCE:.0%} confidence; "
                "their spread is not normal, so more cannot be promised)"
            )
        case Method.ALIKE:
            promise = f"as no two differ, the band is {between}, {GRAIN} to either side"
    collapsed = runs - len(learned)
    return f"of {runs} reference runs, {reached} on the test images; {promise}" + (
        f" ({collapsed} collapsed to chance)" if collapsed else ""
    )


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The new content, and of the old the bands that were not made anew (a calibration of one stage or scaling)."""
    bands = {}
    for stage in STAGES:
        anew = new["bands"].get(stage.id, [])
        replaced = {setting(stage.id, entry) for entry in anew}
        kept = [entry for entry in old.get("bands", {}).get(stage.id, []) if setting(stage.id, entry) not in replaced]
        bands[stage.id] = sorted([*anew, *kept], key=_order)
    return {**new, "bands": {stage: entries for stage, entries in bands.items() if entries}}


def setting(stage: str, entry: Mapping[str, Any]) -> Setting:
    """Under which settings the runs of an entry were made."""
    return Setting(stage, entry["scaling"], entry["batch_size"], entry["rows"])


def _order(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return SCALINGS.index(entry["scaling"]), entry["rows"], entry["batch_size"]


def changed(content: Mapping[str, Any]) -> str:
    """In what the bands were made otherwise than they would be now, in words; empty if in nothing."""
    pairs = [(name, content.get("settings", {}).get(name), now) for name, now in made_by().items()]
    return "; ".join(f"{name} {then} then, {now} now" for name, then, now in pairs if then != now)


def read(path: Path = FILE) -> dict[str, Any]:
    """The content of `bands.yaml`; empty where there is none yet."""
    # Both loaders are safe ones.
    return dict(yaml.load(path.read_text(encoding="utf-8"), LOADER)) if path.exists() else {}  # noqa: S506


def load(path: Path = FILE) -> Mapping[str, tuple[Band, ...]]:
    """The bands by stage, the handout's own settings first."""
    content = read(path)
    epochs = content["settings"]["epochs"]
    return {s: tuple(band(s, entry, epochs) for entry in entries) for s, entries in content["bands"].items()}


def band(stage: str, entry: Mapping[str, Any], epochs: int) -> Band:
    """One entry of the file as a record; `epochs` of its runs."""
    low, high = entry["band"]
    own = {key: entry[key] for key in ("scaling", "batch_size", "rows", "runs", "collapsed", "words")}
    return Band(stage=stage, low=low, high=high, made_with=made_with(stage, epochs), **own)


def made_with(stage: str, epochs: int) -> MadeWith:
    """The network and training of the runs of a stage."""
    made = next(s for s in STAGES if s.id == stage)
    return MadeWith(
        hidden=HIDDEN_LAYERS,
        units=UNITS,
        activation=made.activation,
        initializer=made.initializer,
        norm=made.batch_norm,
        rate=made.dropout,
        optimizer=made.optimizer,
        learning_rate=LEARNING_RATE,
        epochs=epochs,
    )


def write(content: Mapping[str, Any], path: Path = FILE) -> Path:
    """Puts the file in its place as a whole; lists of numbers stand on lines of their own."""
    text = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    draft = path.with_suffix(".part")
    draft.write_text(text, encoding="utf-8")
    return draft.replace(path)
