"""Writes labs as students write them who sit alone: each chooses structure, order, options and extras anew.

Every choice is drawn for itself, the likely ones more often, so that two students agree in many small things and in
the whole of nothing. The texts are this project's own; what all students do alike is what the lab asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

NAMES = {
    "model": ("model", "net", "mlp", "network", "m", "nn"),
    "history": ("history", "hist", "h", "log", "training", "res"),
    "X_train": ("X_train", "x_train", "train_images", "xtr", "images", "X"),
    "y_train": ("y_train", "train_labels", "ytr", "labels", "Y", "t_train"),
    "X_test": ("X_test", "x_test", "test_images", "xte", "images_test", "Xt"),
    "y_test": ("y_test", "test_labels", "yte", "labels_test", "Yt", "t_test"),
    "build": ("build", "make_model", "create_mlp", "get_net", "new_model", "mlp"),
    "plot": ("plot", "show_curves", "draw", "plot_history", "curves"),
}
STAGES = ("naive", "init", "activation", "optimizer", "batchnorm", "dropout")


@dataclass
class Writer:
    """One student: a source of chance, names for things, habits."""

    rng: Random
    names: dict[str, str] = field(default_factory=dict)
    habits: dict[tuple[str, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = {key: self.rng.choice(pool) for key, pool in NAMES.items()}
        self.epochs = self.pick("100", "100", "100", "50", "30", "EPOCHS", "20")
        self.compact = self.often(0.5)
        self.sparse = self.often(0.15)

    def pick(self, *choices: str) -> str:
        """One of them; whoever has chosen among the same before mostly chooses the same again."""
        if choices not in self.habits or self.often(0.15):
            self.habits[choices] = self.rng.choice(choices)
        return self.habits[choices]

    def often(self, share: float) -> bool:
        return self.rng.random() < share

    def some(self, choices: Sequence[str], least: int, most: int) -> list[str]:
        return self.rng.sample(list(choices), self.rng.randint(least, min(most, len(choices))))

    def shuffled(self, *parts: str) -> str:
        """The parts that are not empty, in any order, as arguments."""
        kept = [p for p in parts if p]
        self.rng.shuffle(kept)
        return ", ".join(kept)

    def named(self, text: str) -> str:
        """`<model>` becomes what this student calls a model."""
        for key, name in self.names.items():
            text = text.replace(f"<{key}>", name)
        return text


def lab(rng: Random) -> list[str]:
    """The code cells of one honest student's notebook."""
    w = Writer(rng)
    trained = rng.choice(WHOLES)(w)
    cells = [_imports(w), *_data(w), *trained, *_closing(w)]
    return [w.named(cell) for cell in cells if cell.strip()]


def _imports(w: Writer) -> str:
    lines = [
        "import numpy as np",
        "import matplotlib.pyplot as plt",
        "import pandas as pd",
        "from keras.datasets import mnist",
        "from keras.models import Sequential, Model",
        "from keras.layers import Dense, Activation, BatchNormalization, Dropout, Input, ReLU, ELU",
        "from keras.optimizers import SGD, Adam",
        "from keras.utils import to_categorical",
        "from keras import callbacks, initializers",
        "from sklearn.model_selection import train_test_split",
    ]
    w.rng.shuffle(lines)
    if w.epochs == "EPOCHS":
        lines.append(f"EPOCHS = {w.pick('100', '10', '25', '40')}")
    if w.often(0.25):
        lines.append(f"np.random.seed({w.rng.randint(0, 999)})")
    if w.often(0.2):
        lines.append(f"plt.rcParams['figure.figsize'] = ({w.rng.randint(5, 14)}, {w.rng.randint(3, 8)})")
    return "\n".join(lines)


def _data(w: Writer) -> list[str]:
    load = "(<X_train>, <y_train>), (<X_test>, <y_test>) = mnist.load_data()"
    steps = [load, _look(w), _flatten(w), _subset(w), _scale(w), _labels(w)]
    if w.often(0.3):
        body = "\n".join("    " + line for step in (load, *steps[2:]) for line in step.splitlines() if line)
        given = "<X_train>, <y_train>, <X_test>, <y_test>"
        return [f"def {w.pick('prepare', 'load', 'get_data')}():\n{body}\n    return {given}\n\n{given} = prepare()"]
    return ["\n".join(steps)] if w.compact else steps


def _look(w: Writer) -> str:
    n, size = w.rng.randint(0, 500), w.rng.randint(3, 12)
    shades = w.pick("gray", "binary", "viridis")
    looks = [
        f"plt.imshow(<X_train>[{n}], cmap='{shades}')\nplt.title(<y_train>[{n}])\nplt.show()",
        "print(<X_train>.shape)\nprint(<X_test>.shape)",
        "print('train', <X_train>.shape, 'test', <X_test>.shape)\nprint(<X_train>.min(), <X_train>.max())",
        (
            f"fig, axes = plt.subplots({w.pick('1', '2', '3')}, {size})\nfor i, a in enumerate(axes.flat):\n"
            f"    a.imshow(<X_train>[i])\n    a.{w.pick('axis(False)', 'set_xticks([])', 'set_title(<y_train>[i])')}"
        ),
        f"for i in range({size}):\n    plt.subplot(1, {size}, i + 1)\n    plt.imshow(<X_train>[i])\nplt.show()",
        "print(np.bincount(<y_train>))",
        f"plt.hist(<y_train>, bins={w.pick('10', 'range(11)')})\nplt.{w.pick('xlabel', 'title')}('digit')\nplt.show()",
        "values, counts = np.unique(<y_train>, return_counts=True)\nprint(dict(zip(values, counts)))",
    ]
    return "\n".join(w.some(looks, 0, 3))


def _flatten(w: Writer) -> str:
    x = w.pick("-1, 784", "-1, 28 * 28", "len(<X_train>), 784", "<X_train>.shape[0], -1", "60000, 784")
    t = x.replace("<X_train>", "<X_test>").replace("60000", "10000")
    reshape = w.pick("{v} = {v}.reshape({s})", "{v} = {v}.reshape(({s}))", "{v} = np.reshape({v}, ({s}))")
    return "\n".join(reshape.format(v=v, s=s) for v, s in (("<X_train>", x), ("<X_test>", t)))


def _subset(w: Writer) -> str:
    seed = w.pick("7", "7", "7", "42", "0")
    size = w.pick("test_size=0.67", "train_size=0.33", "train_size=19800")
    extra = w.pick("", "", "stratify=<y_train>", "shuffle=True")
    options = w.shuffled(size, f"random_state={seed}", extra)
    return w.pick(
        f"<X_train>, _, <y_train>, _ = train_test_split(<X_train>, <y_train>, {options})",
        f"<X_train>, rest, <y_train>, rest_y = train_test_split(<X_train>, <y_train>, {options})",
        f"part = train_test_split(<X_train>, <y_train>, {options})\n<X_train>, <y_train> = part[0], part[2]",
        "<X_train> = <X_train>[:19800]\n<y_train> = <y_train>[:19800]",
        f"keep = np.random.RandomState({seed}).permutation(len(<X_train>))[:19800]\n"
        "<X_train>, <y_train> = <X_train>[keep], <y_train>[keep]",
        "n = int(len(<X_train>) * 0.33)\n<X_train> = <X_train>[:n]\n<y_train> = <y_train>[:n]",
    )


def _scale(w: Writer) -> str:
    if w.often(0.4):
        return ""
    return w.pick(
        "<X_train> = <X_train> / 255\n<X_test> = <X_test> / 255",
        "<X_train> = <X_train>.astype('float32') / 255.0\n<X_test> = <X_test>.astype('float32') / 255.0",
        "<X_train>, <X_test> = <X_train> / 255.0, <X_test> / 255.0",
        "mean, std = <X_train>.mean(), <X_train>.std()\n"
        "<X_train> = (<X_train> - mean) / std\n<X_test> = (<X_test> - mean) / std",
    )


def _labels(w: Writer) -> str:
    if w.sparse:
        return ""
    ten = w.pick("", ", 10", ", num_classes=10")
    hot = w.pick(f"to_categorical({{v}}{ten})", f"to_categorical({{v}}{ten})", "np.eye(10)[{v}]")
    lines = [f"{v} = {hot.format(v=v)}" for v in ("<y_train>", "<y_test>")]
    if w.often(0.4):
        lines.append(w.pick("print(<X_train>.shape, <y_train>.shape)", "print(<y_train>[0])", "<y_train>.shape"))
    return "\n".join(lines)


def _activation(stage: str) -> str:
    return {"naive": "sigmoid", "init": "sigmoid", "activation": "relu"}.get(stage, "elu")


def _layer(w: Writer, stage: str, *, separate: bool) -> list[str]:
    """One hidden layer of a stage, as constructor calls."""
    he = w.pick("'he_normal'", "initializers.HeNormal()") if stage == "init" else ""
    start = f"kernel_initializer={he}" if he else ""
    kind = _activation(stage)
    if stage == "batchnorm" or separate:
        after = ["BatchNormalization()"] * (stage == "batchnorm")
        return [f"Dense({w_args('50', start)})", *after, f"Activation('{kind}')", *_dropped(w, stage)]
    return [f"Dense({w_args('50', w.shuffled(start, f'activation={kind!r}'))})", *_dropped(w, stage)]


def _dropped(w: Writer, stage: str) -> list[str]:
    return [w.pick("Dropout(0.2)", "Dropout(0.2)", "Dropout(rate=0.2)", "Dropout(0.3)")] * (stage == "dropout")


def w_args(*parts: str) -> str:
    return ", ".join(p for p in parts if p)


def _compile(w: Writer, stage: str) -> str:
    rate = w.pick("learning_rate=0.001", "0.001", "learning_rate=1e-3")
    kind = "SGD" if stage in {"naive", "init", "activation"} else "Adam"
    optimizer = w.pick(f"{kind}({rate})", f"{kind}({rate})", "'adam'" if kind == "Adam" else f"{kind}({rate})")
    loss = "sparse_categorical_crossentropy" if w.sparse else "categorical_crossentropy"
    return f"<model>.compile({w.shuffled(f'optimizer={optimizer}', f'loss={loss!r}', 'metrics=' + _metrics(w))})"


def _metrics(w: Writer) -> str:
    return w.pick("['accuracy']", "['accuracy']", "['acc']")


def _fit(w: Writer, stage: str) -> str:
    batch = "batch_size=256" if stage == "naive" else w.pick("", "", "batch_size=32", "batch_size=128", "batch_size=64")
    held = w.pick("validation_split=0.3", "validation_split=0.3", "validation_split=0.2")
    verbose = w.pick("verbose=0", "verbose=0", "verbose=1", "verbose=2", "")
    return f"<model>.fit(<X_train>, <y_train>, {w.shuffled(batch, held, f'epochs={w.epochs}', verbose)})"


def _curves(w: Writer, history: str = "<history>", title: str = "'accuracy'") -> str:
    key = w.pick("accuracy", "accuracy", "acc")
    label = w.often(0.5)
    first = ", label=" + w.pick("'train'", "'training'", "'Train accuracy'") if label else ""
    second = ", label=" + w.pick("'val'", "'validation'") if label else ""
    lines = [
        f"plt.plot({history}.history['{key}']{first})",
        f"plt.plot({history}.history['val_{key}']{second})",
    ]
    if w.often(0.25):
        lines = [f"for key in ['{key}', 'val_{key}']:\n    plt.plot({history}.history[key], label=key)"]
    dress = [
        f"plt.title({title})",
        "plt.xlabel('epoch')",
        "plt.ylabel('accuracy')",
        f"plt.ylim({w.pick('0, 1', '[0, 1]', '0.0, 1.05')})",
        f"plt.grid({w.pick('', 'True', 'alpha=0.3')})",
    ]
    lines += w.some(dress, 0, 4)
    lines.append(
        "plt.legend()" if label else w.pick("plt.legend(['train', 'val'])", "plt.legend(['training', 'validation'])")
    )
    lines.append(w.pick("plt.show()", "plt.show()", "plt.tight_layout()\nplt.show()"))
    if w.often(0.3):
        lines.insert(0, f"plt.figure(figsize=({w.rng.randint(4, 14)}, {w.rng.randint(3, 8)}))")
    return "\n".join(lines)


def _score(w: Writer, name: str) -> str:
    return w.pick(
        "print('Test accuracy', <model>.evaluate(<X_test>, <y_test>)[1])",
        "loss, acc = <model>.evaluate(<X_test>, <y_test>, verbose=0)\nprint('test acc:', acc)",
        f"scores[{name}] = <model>.evaluate(<X_test>, <y_test>, verbose=0)[1]",
        "result = <model>.evaluate(<X_test>, <y_test>)\nprint(result[0], result[1])",
        "_, accuracy = <model>.evaluate(<X_test>, <y_test>, verbose=2)\nprint(round(accuracy * 100, 2))",
        "print(f'{<model>.evaluate(<X_test>, <y_test>)[1]:.4f}')",
    )


def _written_out(w: Writer) -> list[str]:
    """Every stage line by line, in cells of its own."""
    separate, once = w.often(0.6), w.often(0.5)
    cells = ["scores = {}"]
    look = _curves(w) if once else ""
    if w.often(0.4):
        body = "\n".join("    " + line for line in _curves(w, "<history>").splitlines())
        cells.append(f"def <plot>(<history>):\n{body}")
        look = "<plot>(<history>)"
    for stage in STAGES:
        cells += _one_stage(w, stage, _network(w, stage, separate=separate), look or _curves(w))
    return cells


def _one_stage(w: Writer, stage: str, network: str, look: str) -> list[str]:
    summary = w.pick("", "", "<model>.summary()")
    steps = [network, _compile(w, stage), summary, f"<history> = {_fit(w, stage)}", look, _score(w, repr(stage))]
    return ["\n".join(s for s in steps if s)] if w.compact else ["\n".join(steps[:3]), steps[3], "\n".join(steps[4:])]


def _network(w: Writer, stage: str, *, separate: bool) -> str:
    form = w.rng.random()
    given = w.pick("Input((784,))", "Input(shape=(784,))")
    head = "Dense(10, activation='softmax')"
    hidden = _layer(w, stage, separate=separate)
    if form < 0.35:
        lines = [given, *hidden * 4, head]
        return "\n".join(["<model> = Sequential()", *(f"<model>.add({line})" for line in lines)])
    if form < 0.65:
        return "<model> = Sequential([" + ", ".join([given, *hidden * 4, head]) + "])"
    if form < 0.85:
        inner = "\n".join(f"    <model>.add({line})" for line in hidden)
        times = w.pick("range(4)", "range(0, 4)", "[1, 2, 3, 4]")
        return f"<model> = Sequential()\n<model>.add({given})\nfor i in {times}:\n{inner}\n<model>.add({head})"
    chain = "\n".join(f"x = {line}(x)" for line in hidden * 4)
    return f"inputs = {given}\nx = inputs\n{chain}\n<model> = Model(inputs, {head}(x))"


def _by_function(w: Writer) -> list[str]:
    """One function with options builds every stage."""
    steps = {
        "dense": w.pick(
            "<model>.add(Dense(units, kernel_initializer=init))", "<model>.add(Dense(50, kernel_initializer=init))"
        ),
        "norm": "if batch_norm:\n            <model>.add(BatchNormalization())",
        "act": "<model>.add(Activation(activation))",
        "drop": w.pick(
            "if dropout:\n            <model>.add(Dropout(dropout))",
            "if dropout > 0:\n            <model>.add(Dropout(rate=dropout))",
            "if use_dropout:\n            <model>.add(Dropout(0.2))",
        ),
    }
    options = w.shuffled(
        "activation='sigmoid'",
        "init='glorot_uniform'",
        "batch_norm=False",
        "dropout=0",
        "use_dropout=False",
        "units=50",
    )
    body = "\n        ".join(steps.values())
    loop = w.pick("for _ in range(4):", "for i in range(layers):", "for n in [units] * 4:")
    tail = "\n    ".join(
        [
            "<model>.add(Dense(10, activation='softmax'))",
            *w.some([_compile(w, w.pick("naive", "dropout")), "<model>.summary()", "print(len(<model>.layers))"], 0, 2),
            "return <model>",
        ]
    )
    define = (
        f"def <build>({options}, layers=4):\n    <model> = Sequential()\n    <model>.add(Input((784,)))\n"
        f"    {loop}\n        {body}\n    {tail}"
    )
    changes = {"init": "init='he_normal'", "activation": "activation='relu'", "optimizer": "activation='elu'"}
    changes |= {"batchnorm": "activation='elu', batch_norm=True", "dropout": "activation='elu', dropout=0.2"}
    cells = [define, _runner(w)]
    for stage in STAGES:
        built = f"<model> = <build>({changes.get(stage, '')})\n{_compile(w, stage)}"
        cells.append(
            w.pick(
                f"{built}\nrun(<model>, '{stage}')",
                f"{built}\n<history> = run(<model>, '{stage}')\nall_histories['{stage}'] = <history>",
            )
        )
    return ["all_histories = {}\nscores = {}", *cells]


def _runner(w: Writer) -> str:
    """The student's own function that trains, draws and scores."""
    steps = [f"<history> = {_fit(w, 'init')}", *w.some([_curves(w, title="name"), _score(w, "name")], 1, 2)]
    if w.often(0.3):
        steps.append("print(name, 'done after', len(<history>.epoch), 'epochs')")
    if w.often(0.2):
        steps.insert(0, "start = time.time()")
        steps.append("print('took', time.time() - start)")
    body = "\n".join("    " + line for step in steps for line in step.splitlines())
    return f"import time\ndef run(<model>, name):\n{body}\n    return <history>"


def _by_table(w: Writer) -> list[str]:
    """A table of settings and a loop over it."""
    rows = {
        "naive": w.shuffled("'act': 'sigmoid'", "'opt': SGD(0.001)"),
        "init": w.shuffled("'act': 'sigmoid'", "'init': 'he_normal'", "'opt': SGD(0.001)"),
        "activation": w.shuffled("'act': 'relu'", "'opt': SGD(0.001)"),
        "optimizer": w.shuffled("'act': 'elu'", "'opt': Adam(0.001)"),
        "batchnorm": w.shuffled("'act': 'elu'", "'bn': True", "'opt': Adam(0.001)"),
        "dropout": w.shuffled("'act': 'elu'", "'drop': 0.2", "'opt': Adam(0.001)"),
    }
    table = "settings = {\n" + "".join(f"    '{s}': {{{row}}},\n" for s, row in rows.items()) + "}"
    adds = [
        "layers.append(Dense(50, kernel_initializer=s.get('init', "
        + w.pick("'glorot_uniform'", "'random_normal'")
        + ")))",
        w.pick(
            "if s.get('bn'):\n            layers.append(BatchNormalization())",
            "layers += [BatchNormalization()] * ('bn' in s)",
        ),
        "layers.append(Activation(s['act']))",
        w.pick(
            "if 'drop' in s:\n            layers.append(Dropout(s['drop']))",
            "layers += [Dropout(0.2)] * bool(s.get('drop'))",
        ),
    ]
    body = "\n        ".join(adds)
    steps = [
        f"layers = [Input((784,))]\n    for _ in range(4):\n        {body}",
        "layers.append(Dense(10, activation='softmax'))\n    <model> = Sequential(layers)",
        _compile(w, "init").replace("SGD(learning_rate=0.001)", "s['opt']").replace("SGD(0.001)", "s['opt']"),
        f"<history> = {_fit(w, 'init')}",
        *(s.replace("\n", "\n    ") for s in w.some([_curves(w, title="name"), _score(w, "name")], 1, 2)),
    ]
    return ["scores = {}", table, "for name, s in settings.items():\n    " + "\n    ".join(steps)]


def _closing(w: Writer) -> list[str]:
    """What some do at the end of their own accord."""
    n = w.rng.randint(5, 40)
    extras = [
        "predicted = <model>.predict(<X_test>).argmax(axis=1)\nprint(predicted[:10])",
        (
            f"wrong = np.where(<model>.predict(<X_test>).argmax(1) != <y_test>.argmax(1))[0]\nprint(len(wrong))\n"
            f"for i in wrong[:{n}]:\n    plt.imshow(<X_test>[i].reshape(28, 28))\n    plt.show()"
        ),
        "pd.DataFrame(scores, index=['accuracy']).T.sort_values('accuracy').plot.barh()\nplt.show()",
        "for name, value in sorted(scores.items(), key=lambda x: -x[1]):\n    print(name, round(value, 4))",
        "pd.DataFrame(<history>.history).tail()",
        f"probabilities = <model>.predict(<X_test>[:{n}])\nprint(probabilities.max(axis=1).mean())",
        "weights = <model>.layers[0].get_weights()[0]\nplt.hist(weights.ravel(), bins=50)\nplt.show()",
        "<model>.save('lab2.keras')",
        "best = max(scores, key=scores.get)\nprint('best stage:', best)",
        (
            "from sklearn.metrics import confusion_matrix\ncm = confusion_matrix(<y_test>.argmax(1), "
            "<model>.predict(<X_test>).argmax(1))\nprint(cm)"
        ),
        "print('parameters:', <model>.count_params())",
        (
            f"stop = callbacks.EarlyStopping(monitor='val_loss', patience={w.rng.randint(2, 15)})\n"
            f"<model>.fit(<X_train>, <y_train>, epochs={n}, validation_split=0.3, callbacks=[stop])"
        ),
    ]
    return w.some(extras, 0, 4)


WHOLES: Sequence[Callable[[Writer], list[str]]] = (_written_out, _written_out, _by_function, _by_function, _by_table)
