"""Networks as code: layer by layer, as a list, in a loop, or functional; compiled and fitted."""

from __future__ import annotations

from collections.abc import Sequence

from tests.honest.plan import Run
from tests.honest.student import Student

BY_LAYER = {"relu": "ReLU()", "elu": "ELU()"}


def build(s: Student, run: Run) -> str:
    """The code that builds the network and calls it `<model>`."""
    form = "add" if s.form == "loop" and not _even(run) else s.form
    first, layers = _layers(s, run)
    if form == "functional":
        lines = [f"inputs = {s.layer('Input', 'shape=' + _shape(s))}"]
        before = "inputs"
        for line in layers:
            lines.append(f"x = {line}({before})")
            before = "x"
        start = {"keras.layers": "keras.", "tf.keras": "tf.keras."}.get(s.api, "")
        lines[-1] = lines[-1].replace("x = ", "outputs = ", 1)
        return "\n".join([*lines, f"<model> = {start}Model(inputs, outputs)"])
    if form == "list":
        rows = "".join(f"    {line},\n" for line in [*first, *layers])
        return f"<model> = {s.network('[' + chr(10) + rows + ']')}"
    if form == "loop":
        return _looped(s, first, layers, run)
    return "\n".join([f"<model> = {s.network()}", *(f"<model>.add({line})" for line in [*first, *layers])])


def _even(run: Run) -> bool:
    return len(set(run.units)) == 1 and not run.last_only and not run.initializer.startswith("first:")


def _shape(s: Student) -> str:
    return "(28, 28)" if s.flatten_layer else s.pick("(784,)", "(784,)", "(784, )", "(28*28,)", "(<X_train>.shape[1],)")


def _layers(s: Student, run: Run) -> tuple[list[str], list[str]]:
    """The lines before the layers proper, and the layers; in the functional form the input stands apart."""
    shape = _shape(s)
    head, given = [], ""
    extra = [s.layer("Rescaling", "1./255")] if s.scale == "layer" else []
    if s.flatten_layer:
        given = "" if s.form == "functional" else f"input_shape={shape}"
        extra = [s.layer("Flatten", given), *extra]
        given = ""
    elif s.form == "functional":
        pass
    elif s.scale == "layer" or s.pick("argument", "argument", "argument", "layer") == "layer":
        head = [s.layer("Input", s.pick(f"shape={shape}", shape))]
    else:
        given = s.pick(f"input_shape={shape}", f"input_shape={shape}", "input_dim=784")
    layers = list(extra)
    for n, units in enumerate(run.units):
        layers += hidden(s, run, n, str(units), given if n == 0 else "")
    start = run.initializer if run.whole else ""
    if s.activation_apart and s.often(0.7):
        return head, [*layers, s.layer("Dense", "10", _start(s, start)), s.layer("Activation", "'softmax'")]
    return head, [*layers, s.layer("Dense", "10", _start(s, start), "activation='softmax'")]


def hidden(s: Student, run: Run, n: int, units: str, given: str = "") -> list[str]:
    """One hidden layer with what belongs to it."""
    start = run.initializer if n == 0 else run.initializer * (not run.initializer.startswith("first:"))
    dense = s.pick(units, units, units, f"units={units}")
    apart = s.activation_apart or run.norm == "before" or run.activation == "leaky_relu"
    if not apart:
        order = [f"activation='{run.activation}'", _start(s, start), given]
        lines = [s.layer("Dense", dense, *(order if s.pick("a", "b") == "a" else [given, *order[:2]]))]
    else:
        lines = [s.layer("Dense", dense, given, _start(s, start)), _activation(s, run.activation)]
    norm = s.layer("BatchNormalization")
    if run.norm:
        lines.insert(1 if run.norm == "before" else len(lines), norm)
    if run.dropout and (not run.last_only or n == len(run.units) - 1):
        lines.append(s.layer("Dropout", s.pick(f"{run.dropout:g}", f"{run.dropout:g}", f"rate={run.dropout:g}")))
    return lines


def _activation(s: Student, kind: str) -> str:
    if kind == "leaky_relu":
        return s.layer("LeakyReLU", s.pick("", "", "negative_slope=0.1"))
    if kind in BY_LAYER and s.pick("string", "string", "string", "string", "layer") == "layer":
        return s.layer(BY_LAYER[kind][:-2])
    return s.layer("Activation", f"'{kind}'")


def _start(s: Student, initializer: str) -> str:
    """The argument that initialises a layer's weights."""
    kind = initializer.removeprefix("first:")
    if not kind:
        return ""
    if kind == "he_normal" and s.pick("string", "string", "string", "string", "class") == "class":
        start = {"keras.layers": "keras.", "tf.keras": "tf.keras."}.get(s.api, "")
        return f"kernel_initializer={start}initializers.{s.pick('HeNormal()', 'he_normal()', 'HeNormal(seed=1)')}"
    return f"kernel_initializer='{kind}'"


def _looped(s: Student, first: Sequence[str], layers: Sequence[str], run: Run) -> str:
    ends = 1 if "softmax" in layers[-1] and "Dense" in layers[-1] else 2
    body = list(layers[: len(layers) - ends])
    each = len([x for x in body if "Flatten" not in x and "Rescaling" not in x]) // len(run.units)
    before, block = body[: len(body) - each * len(run.units)], body[-each:]
    if not first and not before:
        before, count = body[:each], len(run.units) - 1
    else:
        count = len(run.units)
    inner = "\n".join(f"    <model>.add({line})" for line in block)
    adds = [f"<model>.add({line})" for line in [*first, *before]]
    loop = f"for {s.pick('i', '_')} in range({count}):\n{inner}"
    return "\n".join([f"<model> = {s.network()}", *adds, loop, *(f"<model>.add({x})" for x in layers[-ends:])])


def compiled(s: Student, run: Run) -> str:
    """The code that compiles `<model>`."""
    name = run.optimizer.lower()
    optimizer, before = f"'{name}'", ""
    if not run.named:
        optimizer = s.optimizer(run.optimizer, run.rate)
        if s.pick("inline", "inline", "variable") == "variable":
            variable = s.pick(name, name, "opt", "optimizer")
            before, optimizer = f"{variable} = {optimizer}\n", variable
    return f"{before}<model>.compile({', '.join(settings(s, optimizer))})"


def settings(s: Student, optimizer: str) -> list[str]:
    """The arguments of `compile`."""
    start = {"keras.layers": "keras.", "tf.keras": "tf.keras."}.get(s.api, "")
    loss = f"'{s.loss}'"
    if start and s.pick("string", "string", "string", "string", "string", "class") == "class":
        loss = f"{start}losses.{'SparseCategoricalCrossentropy' if s.sparse else 'CategoricalCrossentropy'}()"
    order = [f"optimizer={optimizer}", f"loss={loss}", f"metrics=['{s.metric}']"]
    return [order[1], order[0], order[2]] if s.pick("optimizer", "loss") == "loss" else order


def fitted(s: Student, run: Run, batch: str = "") -> str:
    """The call of `fit`, without what it is assigned to."""
    sizes = batch or (f"batch_size={run.batch}" if run.batch else "")
    held = {
        "split 0.3": "validation_split=0.3",
        "split 0.2": "validation_split=0.2",
        "test": "validation_data=(<X_test>, <y_test>)",
        "apart": "validation_data=(X_val, y_val)",
        "none": "",
    }[s.validation]
    verbose = s.pick("verbose=0", "verbose=0", "verbose=1", "", "", "verbose=2")
    order = [sizes, held, f"epochs={s.epochs}", verbose]
    if s.pick("sizes", "epochs") == "epochs":
        order = [order[2], order[0], order[1], order[3]]
    called_back = f"callbacks=[{s.callback}]" if s.callback else ""
    return f"<model>.fit({', '.join(a for a in ['<X_train>, <y_train>', *order, called_back] if a)})"


def callbacks(s: Student) -> str:
    """The definition of what `fitted` refers to."""
    start = {"keras.layers": "keras.", "tf.keras": "tf.keras."}.get(s.api, "")
    kinds = {
        "early_stop": f"EarlyStopping(monitor='val_loss', patience={s.rng.choice([3, 5, 10])})",
        "checkpoint": "ModelCheckpoint('best.weights.h5', save_best_only=True, save_weights_only=True)",
        "reduce_lr": "ReduceLROnPlateau(monitor='val_loss', factor=0.5, patience=5)",
    }
    return f"{s.callback} = {start}callbacks.{kinds[s.callback]}" if s.callback else ""
