"""What students call their networks: words of eight languages, numbers, abbreviations, names in code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.similarity.honest import STAGES
from tests.variety.plan import Plan, Run
from tests.variety.student import Student

SHORT = {
    "naive": ("Base", "Naive", "Plain"),
    "init": ("He", "Init", "W. init"),
    "activation": ("Act.", "Act fn", "Non-lin."),
    "optimizer": ("Opt", "Opt.", "Optim"),
    "batchnorm": ("BN",),
    "dropout": ("DO", "Drop", "Dropout"),
    "both": ("BN+DO", "BN + Dropout"),
}
KEYS = {
    "naive": ("naive", "base", "plain", "baseline", "sigmoid"),
    "init": ("he", "init", "he_init", "weights"),
    "activation": ("act", "activation", "nonlinear"),
    "optimizer": ("opt", "optimizer", "optim"),
    "batchnorm": ("bn", "batchnorm", "batch_norm"),
    "dropout": ("dropout", "drop", "do"),
    "both": ("bn_dropout", "bn_do"),
    "tuned": ("tuned", "best", "final"),
    "try": ("extra", "test"),
    "twice": ("again",),
    "softmax": ("softmax_reg", "logreg"),
    "sweep": ("lr",),
    "folds": ("cv",),
    "ensemble": ("ens",),
}
CLASSES = {"relu": "ReLU", "elu": "ELU", "leaky_relu": "LeakyReLU", "tanh": "tanh", "selu": "SELU", "sigmoid": "ReLU"}
"""Who means an activation and leaves the sigmoid in, calls it by what was meant."""


@cache
def vocabulary() -> Mapping[str, Any]:
    """Language to what is called what."""
    whole: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
    return whole


def said(s: Student, plan: Plan) -> None:
    """Gives each run the words and names that stand for it, and notes what they say."""
    silent = _silent(s, plan)
    labels: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    for n, run in enumerate(plan.runs):
        told = "" if n in silent else _told(s, run)
        label = "" if n in silent or s.hint == "none" else _label(s, run, told, n + 1)
        neutral = s.pick("m{n}", "{n}", "v{n}", "net{n}").format(n=n + 1)
        key = s.rng.choice(_keys(run, told)) if told else neutral
        keys[key] += 1
        labels[label] += 1
        key += str(keys[key]) * (keys[key] > 1)
        label += f" ({labels[label]})" * (labels[label] > 1 and bool(label))
        title = label if s.titled and label else f"{s.pick('Accuracy', 'Accuracy', 'Model', 'Run')} {n + 1}"
        plan.runs[n] = replace(run, said=told, label=label, key=key, title=title)


def _silent(s: Student, plan: Plan) -> set[int]:
    """The runs that have no words of their own: some spare ones, and now and then a stage."""
    spare = {n for n, r in enumerate(plan.runs) if r.spare and s.often(0.3)}
    stages = [n for n, r in enumerate(plan.runs) if not r.spare]
    if s.hint == "headings" and s.often(0.12):
        spare |= set(s.rng.sample(stages, 1))
        plan.choices.append("a stage without a heading")
    return spare


def _told(s: Student, run: Run) -> str:
    """What the words of a run say that it is."""
    if s.hint == "none" or (s.style == "own number" and s.hint != "functions"):
        return ""
    if run.loop and s.hint not in {"headings", "prints"}:
        return ""
    if not run.spare:
        return run.stage
    if run.spare == "both":
        return "extra" if run.of else "both"
    return run.of if run.spare in {"try", "twice"} and s.often(0.4) else "extra"


def _what(run: Run, told: str) -> str:
    """Another try may be called as the stage itself."""
    return told if told and told == run.of else run.spare or run.stage


def _keys(run: Run, told: str) -> Sequence[str]:
    what = _what(run, told)
    more = {"activation": CLASSES[run.activation].lower(), "optimizer": _adam(run).lower()}
    return (*KEYS[what], more[what]) if what in more else KEYS[what]


def _adam(run: Run) -> str:
    """Who means Adam and leaves SGD in, calls it by what was meant."""
    return run.optimizer if run.optimizer != "SGD" else "Adam"


def _label(s: Student, run: Run, told: str, number: int) -> str:
    """The words of a run in this student's way."""
    words = vocabulary()[s.speaks]
    what = _what(run, told)
    name = s.rng.choice(words[what])
    name = name.format(act=CLASSES[run.activation], opt=_adam(run))
    if s.style == "own number":
        return s.pick(*words["own"]).format(n=number)
    if s.style == "own number and name":
        return f"{s.pick(*words['own'], '{n}.').format(n=number).rstrip('.:')}{s.pick(': ', '. ', ' - ')}{name}"
    if s.style == "abbreviation":
        return str(s.rng.choice(SHORT.get(what, (name,))))
    if what not in STAGES:
        return str(name)
    place = STAGES.index(what)
    if s.style == "handout's number":
        return s.pick(*words["number"]).format(n=place)
    if s.style == "handout's number and name":
        return f"{place}. {name}" if place else str(name)
    return _negated(s, run, name) if s.style == "negation" else str(name)


def _negated(s: Student, run: Run, name: str) -> str:
    """`Adam (without batch normalization and dropout)`."""
    words = vocabulary()[s.speaks]
    short = {"batchnorm": s.pick("BN", "long"), "dropout": "dropout"}
    have = {"batchnorm": bool(run.norm), "dropout": bool(run.dropout)}
    without = [w for k, w in short.items() if k != run.stage and not have[k]]
    without = [words["batchnorm"][0] if w == "long" else w for w in without]
    if not without or s.often(0.2):
        return name
    return str(s.pick(*words["without"]).format(x=name, no=words["and"].join(without)))


def summary(s: Student) -> str:
    """A sentence that names all stages before any of them."""
    return str(vocabulary()[s.speaks]["summary"])


def conclusion(s: Student) -> str:
    """A sentence that names stages after all of them."""
    return str(vocabulary()[s.speaks]["end"])


def preview(s: Student, run: Run) -> str:
    """A sentence at the end of a section that names the next."""
    words = vocabulary()[s.speaks]
    return str(words["next"].format(x=s.rng.choice(words[run.stage]).format(act="ReLU", opt="Adam")))
