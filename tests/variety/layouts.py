"""How a student arranges the runs: written out, by functions, by one function with options, by a table and a loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.honest import lab as honest
from tests.honest import networks as fitting
from tests.honest import show
from tests.variety import networks, words
from tests.variety.plan import Run
from tests.variety.student import Student


@dataclass(frozen=True)
class Cell(honest.Cell):
    """A cell, and the runs that are trained in it in their order; `heads` whether it is a heading."""

    runs: tuple[Run, ...] = ()
    heads: bool = False


def arranged(s: Student, runs: Sequence[Run]) -> list[Cell]:
    """The cells that define and train the networks."""
    usual = [r for r in runs if not r.loop]
    beyond = [c for r in runs if r.loop for c in _loop(s, r)]
    match s.layout:
        case "table":
            return [Cell(networks.function(s, runs)), *_table(s, usual), *beyond]
        case "builders":
            return [*_builders(s, usual), *beyond]
        case "flags":
            start = [Cell(networks.function(s, runs))]
        case _:
            start = []
    for n, run in enumerate(usual):
        start += _one(s, usual, n)
        if s.previews and n + 1 < len(usual) and usual[n + 1].stage and run.stage and s.often(0.6):
            start.append(Cell(words.preview(s, usual[n + 1]), code=False))
    return [*start, *beyond]


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _headed(s: Student, run: Run) -> list[Cell]:
    return [Cell(run.label, code=False, heads=True)] if s.hint == "headings" and run.label else []


def _one(s: Student, runs: Sequence[Run], n: int) -> list[Cell]:
    """One run: a heading where the student writes headings, the network, the training, what is shown of it."""
    run = runs[n]
    build = networks.made(s, run)
    fit = f"<history> = {fitting.fitted(s, run)}"
    if run.times > 1:
        fit += f"\n<history>_2 = {fitting.fitted(s, run)}"
    if s.layout == "redefined":
        name = _function_name(s, run)
        build = f"def {name}():\n    {_indented(build)}\n    return <model>"
        fit = f"<model> = {name}()\n{fit}"
    texts = [build, _announced(s, run, fit), _shown(s, run), _scored(s, run)]
    if s.hint == "variables" or s.stale:
        other = runs[n - 1] if s.stale and n and s.often(0.5) else run
        texts = [_named(s, other, t) for t in texts]
    texts = [t for t in texts if t]
    match s.pick("parts", "parts", "two", "one"):
        case "one":
            cells = [Cell("\n\n".join(texts), runs=(run,))]
        case "two":
            cells = [Cell("\n".join(texts[:2]), runs=(run,)), *(Cell(t) for t in texts[2:])]
        case _:
            cells = [Cell(texts[0]), Cell(texts[1], runs=(run,)), *(Cell(t) for t in texts[2:])]
    return [*_headed(s, run), *cells]


def _function_name(s: Student, run: Run) -> str:
    if s.hint != "functions":
        return "<build>"
    return s.pick("build_{key}", "create_{key}", "{key}_model", "get_{key}_model", "model_{key}").format(
        key=f"m{run.key}" if run.key.isdigit() else run.key
    )


def _named(s: Student, run: Run, text: str) -> str:
    for what in ("model", "history"):
        text = text.replace(f"<{what}>", f"{s.names[what]}_{run.key}")
    return text


def _announced(s: Student, run: Run, fit: str) -> str:
    """The training, with a print where prints say what it is."""
    if s.hint != "prints" or not run.label:
        return fit
    line = s.pick("print({0!r})", "print('=== ' + {0!r} + ' ===')", "print('\\n*****', {0!r}, '*****')")
    return f"{line.format(run.label)}\n{fit}"


def _shown(s: Student, run: Run) -> str:
    if not s.plotted:
        return ""
    text = show.shown(s, run)
    if s.hint == "plots" and run.label:
        text = show.curves(s, repr(run.label))
        if "plt.title(" not in text:
            text = text.replace("plt.show()", f"plt.title({run.label!r})\nplt.show()")
    return text


def _scored(s: Student, run: Run) -> str:
    return show.scored(s, run, keeps=s.keeps and bool(run.title)) if s.evaluated else ""


def _trainer(s: Student, named: str) -> list[str]:
    """The lines that train `<model>`, show and score it, where one piece of code does so for all."""
    run = Run("", "")
    look = show.curves(s, named) if s.plotted else ""
    return [t for t in (f"<history> = {fitting.fitted(s, run)}", look, _scored(s, run)) if t]


def _table(s: Student, runs: Sequence[Run]) -> list[Cell]:
    """Settings in a table, and one loop that trains them all."""
    if s.hint == "none" and s.often(0.5):
        rows = "".join(f"    dict({', '.join(networks.options(s, r))}),\n" for r in runs)
        start, head, named = f"settings = [\n{rows}]", "for i, options in enumerate(settings):", "str(i)"
    else:
        names = [r.label if s.often(0.7) and r.said and r.label else r.key for r in runs]
        pairs = zip(names, runs, strict=True)
        rows = "".join(f"    {name!r}: dict({', '.join(networks.options(s, r))}),\n" for name, r in pairs)
        start, head, named = f"configs = {{\n{rows}}}", "for name, options in configs.items():\n    print(name)", "name"
    body = "\n".join(["<model> = <build>(**options)", *_trainer(s, named)])
    return [Cell(start), Cell(f"{head}\n    {_indented(body)}", runs=tuple(runs))]


def _builders(s: Student, runs: Sequence[Run]) -> list[Cell]:
    """A function for each network, then a loop over all of them or a call for each."""
    stem = s.pick("build_{}", "create_{}", "make_{}", "{}_net", "model_{}")
    names = [stem.format(f"m{r.key}" if r.key.isdigit() else r.key) for r in runs]
    cells = [
        Cell(f"def {name}():\n    {_indented(networks.made(s, r))}\n    return <model>")
        for name, r in zip(names, runs, strict=True)
    ]
    body = "\n".join(_trainer(s, "name"))
    cells.append(Cell(f"def train(<model>, name=''):\n    {_indented(body)}\n    return <history>"))
    if s.often(0.5):
        each = s.pick("train(f(), f.__name__)", "train(f())")
        return [*cells, Cell(f"for f in [{', '.join(names)}]:\n    <history> = {each}", runs=tuple(runs))]
    return [*cells, *(Cell(f"<history> = train({n}())", runs=(r,)) for n, r in zip(names, runs, strict=True))]


def _loop(s: Student, run: Run) -> list[Cell]:
    """A sweep, folds or an ensemble: one network, several times."""
    fit = f"<model>.fit(<X_train>, <y_train>, epochs={s.epochs}, verbose=0)"
    match run.spare:
        case "sweep":
            head = f"for lr in {list(run.rates)}:"
            body = f"{networks.made(s, run, 'lr')}\nh = {fit}\nprint(lr, h.history['loss'][-1])"
            before, after = "", ""
        case "folds":
            before = "from sklearn.model_selection import KFold\n"
            head = f"for tr, va in KFold({run.times}, shuffle=True, random_state=1).split(<X_train>):"
            fit = fit.replace("<X_train>, <y_train>", "<X_train>[tr], <y_train>[tr]")
            body = f"{networks.made(s, run)}\n{fit}\nprint(<model>.evaluate(<X_train>[va], <y_train>[va], verbose=0))"
            after = ""
        case _:
            before, head = "members = []\n", f"for k in range({run.times}):"
            body = f"{networks.made(s, run)}\n{fit}\nmembers.append(<model>)"
            after = (
                "\nvotes = sum(one.predict(<X_test>, verbose=0) for one in members)\nprint(votes.argmax(axis=1)[:10])"
            )
    said = f"print({run.label!r})\n" if s.hint == "prints" and run.label else ""
    return [*_headed(s, run), Cell(f"{said}{before}{head}\n    {_indented(body)}{after}", runs=(run,))]
