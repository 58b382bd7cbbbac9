"""A whole lab as cells: how a student arranges data, stages and the end of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.honest import arranged, data, networks, show, words
from tests.honest.plan import Plan, Run, planned
from tests.honest.student import Student


@dataclass(frozen=True)
class Cell:
    """A cell; `stages` are those that are trained in it, `fails` whether it raises."""

    source: str
    code: bool = True
    stages: tuple[str, ...] = ()
    fails: bool = False
    setup: bool = False
    """Whether a second file of the same student needs it again."""


@dataclass(frozen=True)
class Lab:
    """What one student hands in, before it becomes files."""

    student: Student
    plan: Plan
    cells: tuple[Cell, ...]


def written(rng: Random, epochs: int) -> Lab:
    """The lab of one student."""
    s = Student(rng, count=epochs)
    plan = planned(s)
    cells = [*_beginning(s), *_trained(s, plan), *_ending(s, plan)]
    cells = _with_slip(s, [c for c in cells if c.source.strip()])
    if s.compact or s.often(0.1):
        cells = _merged(s, cells)
    return Lab(s, plan, tuple(replace(c, source=s.named(c.source)) for c in cells))


def _beginning(s: Student) -> list[Cell]:
    constant = f"{s.epochs} = {s.count}" if s.constant else ""
    first = "\n".join(filter(None, [data.imports(s), data.seeds(s), constant]))
    cells = [Cell(_title(s), code=False)] if s.markdown else []
    if not s.script:
        cells += [Cell(line) for line in s.some(NOTEBOOK_LINES, 1, 2) if s.often(0.22)]
    if s.source == "idx" or s.often(0.06):
        cells += [Cell(MOUNT, setup=True)] * (not s.script)
    look = data.looked_at(s)
    steps = [data.loaded(s), *data.prepared(s), networks.callbacks(s)]
    cells.append(Cell(first, setup=True))
    if s.markdown:
        cells.append(Cell(words.heading(s, "data"), code=False))
    if s.often(0.55):
        cells += [Cell(steps[0], setup=True), Cell(look), *(Cell(step, setup=True) for step in steps[1:])]
    else:
        cells.append(Cell("\n".join(filter(None, [steps[0], look, *steps[1:]])), setup=True))
    if s.plot == "function":
        cells.append(Cell(show.curves_function(s), setup=True))
    kept = ["histories = {}"] * (s.plot == "once") + ["results = {}"] * s.keeps
    return [*cells, Cell("\n".join(kept), setup=True)]


def _title(s: Student) -> str:
    return s.rng.choice(
        ["# Lab 2", "# Assessment 2 - MLP", "# MNIST with a multilayer perceptron", "# Deep learning lab"]
    )


def _trained(s: Student, plan: Plan) -> list[Cell]:
    match s.layout:
        case "options":
            return _from_parts(arranged.by_options(s, plan.runs))
        case "table":
            return _from_parts(arranged.by_table(s, plan.runs))
        case "builders":
            return _from_parts(arranged.by_builders(s, plan.runs))
        case _:
            return [cell for n, run in enumerate(plan.runs, 1) for cell in _one(s, plan, run, n)]


def _from_parts(parts: Sequence[tuple[str, tuple[str, ...]]]) -> list[Cell]:
    return [Cell(source, stages=stages, setup=not stages and source.startswith("def ")) for source, stages in parts]


def _one(s: Student, plan: Plan, run: Run, number: int) -> list[Cell]:
    """A stage line by line, with names of its own where the student numbers them."""
    build, ready = networks.build(s, run), networks.compiled(s, run)
    fit = f"<history> = {networks.fitted(s, run)}"
    if s.layout == "redefined":
        body = f"{build}\n{ready}\nreturn <model>".replace("\n", "\n    ")
        build, ready = f"def <build>():\n    {body}", ""
        fit = f"<model> = <build>()\n{fit}"
    look, score = show.shown(s, run), show.scored(s, run, keeps=s.keeps)
    summary = "<model>.summary()" * (s.pick("none", "none", "summary") == "summary" and s.layout != "redefined")
    texts = [build, ready, summary, fit, look, score]
    if s.layout == "numbered":
        last = number - 1 if number > 1 and run.stage and s.level == "weak" and s.often(0.03) else number
        if last != number and score and s.score == "evaluate":
            plan.departures.append(f"{run.stage} evaluates the network before it, a slip of copying")
        texts = [_numbered(s, t, last if t is score else number) for t in texts]
    above = _true(run, words.comment(s, run.title)) + "\n" if s.comments and not s.markdown else ""
    tag = f"# stage: {run.stage}\n" if run.stage and s.tags else ""
    return _headed(s, run, _apart(s, [above + texts[0], *texts[1:3], tag + texts[3], *texts[4:]], run))


def _numbered(s: Student, text: str, number: int) -> str:
    for key in ("model", "history"):
        text = text.replace(f"<{key}>", s.numbering.format(name=s.names[key], n=number))
    return text


def _apart(s: Student, texts: list[str], run: Run) -> list[Cell]:
    """A stage as one cell, as three, or each step as its own."""
    stage = (run.stage,) if run.stage else ()
    match s.pick("three", "three", "each", "one"):
        case "one":
            return [Cell("\n\n".join(filter(None, texts)), stages=stage)]
        case "each":
            return [Cell(t, stages=stage if n == 3 else ()) for n, t in enumerate(texts)]
        case _:
            whole = "\n".join(filter(None, texts[:3]))
            return [Cell(whole), Cell(texts[3], stages=stage), Cell("\n".join(filter(None, texts[4:])))]


def _headed(s: Student, run: Run, cells: list[Cell]) -> list[Cell]:
    if not s.markdown:
        return cells
    above, said = _true(run, words.heading(s, run.title)), _true(run, words.remark(s, run.stage))
    return [Cell(above, code=False), *cells, Cell(said, code=False)]


def _true(run: Run, text: str) -> str:
    """What is said of the usual choice, said of this student's."""
    return text.replace("ReLU", run.activation).replace("Adam", run.optimizer) if run.stage else text


def _ending(s: Student, plan: Plan) -> list[Cell]:
    """Comparison, a look at mistakes, saved models, closing words."""
    cells = [Cell(show.all_curves(s))] if s.plot == "once" else []
    if s.keeps and any(r.scored for r in plan.runs):
        cells.append(Cell(show.compared(s)))
    name = "model" if s.layout in {"written out", "redefined"} else ""
    truth = show.truth(s)
    extras = [
        "from sklearn.metrics import confusion_matrix\n"
        f"cm = confusion_matrix({truth}, np.argmax(<model>.predict(<X_test>), axis=1))\n"
        + s.rng.choice(["print(cm)", "sns.heatmap(cm, annot=True, fmt='d')\nplt.show()"]),
        f"<model>.save('{s.rng.choice(['mnist.keras', 'model.h5', 'best_model.keras'])}')",
        "<model>.save_weights('mlp.weights.h5')",
        "p = <model>.predict(<X_test>[:10])\nprint(p.argmax(axis=1))",
        "pd.DataFrame(<history>.history).tail()",
    ]
    if name:
        cells += [Cell(extra) for extra in s.rng.sample(extras, s.rng.choice([0, 0, 1, 1, 2]))]
    return [*cells, Cell(words.conclusion(s), code=False)] if s.markdown and s.often(0.6) else cells


def _with_slip(s: Student, cells: list[Cell]) -> list[Cell]:
    """One cell that fails and is put right in the next: it changes nothing."""
    if s.script or not s.often(0.1):
        return cells
    slip = s.rng.choice(SLIPS)
    for n in s.rng.sample(range(len(cells)), len(cells)):
        wrong = slip(cells[n].source) if cells[n].code else ""
        if wrong and wrong != cells[n].source:
            return [*cells[:n], Cell(wrong, fails=True), *cells[n:]]
    return cells


def _misspelt_fit(source: str) -> str:
    return source.replace("<model>.fit", "modle.fit") if source.count("<model>.") == 1 else ""


def _old_key(source: str) -> str:
    plain = source.startswith(("plt.plot(", "plt.figure(")) and "def " not in source
    return source.replace("['accuracy']", "['train_accuracy']") if plain else ""


def _unclosed(source: str) -> str:
    return source.removesuffix(")") if source.endswith(")") and "print(" in source and ".fit(" not in source else ""


def _misspelt_class(source: str) -> str:
    return source.replace("Sequential(", "Sequental(") if "fit" not in source and "def " not in source else ""


def _missing_package(source: str) -> str:
    return "import visualkeras" if source.startswith("def ") or "plt." in source else ""


SLIPS: Sequence[Callable[[str], str]] = (_misspelt_fit, _old_key, _unclosed, _misspelt_class, _missing_package)
NOTEBOOK_LINES = (
    "!pip install seaborn",
    "!pip install -q tensorflow",
    "%matplotlib inline",
    "%pip install prettytable",
    "!nvidia-smi",
    "import tensorflow as tf\nprint(tf.__version__)",
    "import keras\nkeras.__version__",
)
MOUNT = "from google.colab import drive\ndrive.mount('/content/drive')"


def _merged(s: Student, cells: list[Cell]) -> list[Cell]:
    """Neighbouring code cells put together now and then; cells that fail or begin with a magic stay as they are."""
    done: list[Cell] = []
    for cell in cells:
        last = done[-1] if done else None
        ends = last is not None and last.code and cell.code and not (last.fails or cell.fails)
        if last and ends and cell.setup == last.setup and not cell.source.startswith(("!", "%")) and s.often(0.6):
            whole = f"{last.source}\n\n{cell.source}"
            done[-1] = replace(last, source=whole, stages=last.stages + cell.stages)
        else:
            done.append(cell)
    return done
