"""Networks as code: layer by layer, as a list, in a loop, functional, or by one function with options."""

from __future__ import annotations

from collections.abc import Sequence

from tests.honest import networks as honest
from tests.variety.plan import Run
from tests.variety.student import Student

UNITS = (50, 50, 50, 50)


def head(s: Student) -> list[str]:
    """The layers before the first Dense."""
    layers = [s.layer("Input", f"shape={'(28, 28)' if s.flatten_layer else '(784,)'}")]
    layers += [s.layer("Flatten")] * s.flatten_layer
    return layers + [s.layer("Rescaling", "1./255")] * (s.scale == "layer")


def build(s: Student, run: Run) -> str:
    """The code that builds the network and calls it `<model>`."""
    first, out = head(s), _output(s, run)
    blocks = [hidden(s, run, n, units) for n, units in enumerate(run.units)]
    layers = [*first, *(layer for block in blocks for layer in block), *out]
    if s.form == "functional":
        lines = [f"inputs = {first[0]}", *(f"x = {layer}(x)" for layer in layers[1:])]
        lines[1] = lines[1].replace("(x)", "(inputs)")
        start = {"keras.layers": "keras.", "tf.keras": "tf.keras."}.get(s.api, "")
        return "\n".join([*lines, f"<model> = {start}Model(inputs, x)"])
    if s.form == "list":
        return f"<model> = {s.network('[' + chr(10) + ''.join(f'    {x},{chr(10)}' for x in layers) + ']')}"
    if s.form == "loop" and len(blocks) > 1 and all(b == blocks[0] for b in blocks):
        body = "".join(f"\n    <model>.add({x})" for x in blocks[0])
        return "\n".join([
            f"<model> = {s.network()}",
            *(f"<model>.add({x})" for x in first),
            f"for _ in range({len(blocks)}):{body}",
            *(f"<model>.add({x})" for x in out),
        ])  # fmt: skip
    if len(first) == 1 and s.pick("layer", "argument") == "argument":
        layers[:2] = [f"{layers[1][:-1]}, input_shape=(784,))"]
    lines = [f"<model>.add({layer})" for layer in layers]
    if s.leftover and not run.dropout and run.units:
        lines.insert(-1, f"# <model>.add({s.layer('Dropout', '0.2')})")
    if s.leftover and not run.norm and run.units:
        lines.insert(-1, f"# <model>.add({s.layer('BatchNormalization')})")
    return "\n".join([f"<model> = {s.network()}", *lines])


def hidden(s: Student, run: Run, n: int, units: int) -> list[str]:
    """One hidden layer with what belongs to it."""
    there = n in run.places
    first_only = run.initializer.startswith("first:")
    start = "" if first_only and n else run.initializer.removeprefix("first:")
    begin = f"kernel_initializer='{start}'" if start else ""
    drop = [s.layer("Dropout", f"{run.dropout:g}")] if run.dropout and there else []
    norm = [s.layer("BatchNormalization")] if run.norm and there else []
    before = norm * (run.norm == "before") + drop * run.drop_first
    after = norm * (run.norm == "after") + drop * (not run.drop_first)
    if not before and not s.activation_apart:
        return [s.layer("Dense", str(units), f"activation='{run.activation}'", begin), *after]
    act = s.layer("Activation", f"'{run.activation}'")
    return [s.layer("Dense", str(units), begin), *before, act, *after]


def _output(s: Student, run: Run) -> list[str]:
    begin = f"kernel_initializer='{run.initializer}'" if run.initializer and run.whole else ""
    if s.activation_apart:
        return [s.layer("Dense", "10", begin), s.layer("Activation", "'softmax'")]
    return [s.layer("Dense", "10", "activation='softmax'", begin)]


def made(s: Student, run: Run, rate: str = "") -> str:
    """The code that builds and compiles; `rate` is a name for the learning rate, in a sweep."""
    if s.shared:
        return f"<model> = <build>({', '.join(options(s, run, rate))})"
    if not rate:
        return f"{build(s, run)}\n{honest.compiled(s, run)}"
    optimizer = s.optimizer(run.optimizer, None).replace("()", f"(learning_rate={rate})")
    return f"{build(s, run)}\n<model>.compile({', '.join(honest.settings(s, optimizer))})"


def options(s: Student, run: Run, rate: str = "") -> list[str]:
    """The options of a run that are not the function's own."""
    given = [f"act='{run.activation}'"] * (run.activation != "sigmoid")
    given += [f"init='{run.initializer}'"] * bool(run.initializer)
    if rate or run.optimizer != "SGD" or run.rate != 0.001:
        made = s.optimizer(run.optimizer, None if rate else run.rate)
        given.append(f"opt={made.replace('()', f'(learning_rate={rate})') if rate else made}")
    given += ["bn=True"] * bool(run.norm) + ["late=True"] * (run.norm == "after")
    given += [f"drop={run.dropout:g}"] * bool(run.dropout)
    given += [f"units={run.units}"] * (run.units != UNITS)
    return given + [f"at={run.places}"] * (bool(run.norm or run.dropout) and len(run.places) < 9)


def function(s: Student, runs: Sequence[Run]) -> str:
    """The function that builds and compiles a network from options."""
    late = any(r.norm == "after" for r in runs)
    part = any(len(r.places) < 9 for r in runs)
    at = " and i in at" * part
    norm = f"<model>.add({s.layer('BatchNormalization')})"
    lines = [f"<model> = {s.network()}", *(f"<model>.add({x})" for x in head(s))]
    lines += ["for i, n in enumerate(units):", f"    <model>.add({s.layer('Dense', 'n', 'kernel_initializer=init')})"]
    lines += [f"    if bn{' and not late' * late}{at}:", f"        {norm}"]
    lines += [f"    <model>.add({s.layer('Activation', 'act')})"]
    lines += [f"    if bn and late{at}:", f"        {norm}"] * late
    lines += [f"    if drop{at}:", f"        <model>.add({s.layer('Dropout', 'drop')})"]
    out = s.layer("Dense", "10", "activation='softmax'", s.pick("kernel_initializer=init", ""))
    lines += [f"<model>.add({out})"]
    lines += ["if opt is None:", f"    opt = {s.optimizer('SGD', 0.001)}"]
    lines += [f"<model>.compile({', '.join(honest.settings(s, 'opt'))})", "return <model>"]
    more = ", late=False" * late + ", at=range(9)" * part
    given = f"act='sigmoid', init='glorot_uniform', opt=None, bn=False, drop=0.0, units={UNITS}{more}"
    told = s.pick('\n    """Dense network, optionally with he_normal, batch norm or dropout."""', "", "")
    return f"def <build>({given}):{told}\n    " + "\n    ".join(lines)
