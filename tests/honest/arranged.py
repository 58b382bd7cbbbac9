"""Stages that share code: one function with options, a table and a loop over it, a list of builders."""

from __future__ import annotations

from collections.abc import Sequence

from tests.honest import networks, show
from tests.honest.plan import Run
from tests.honest.student import Student

Part = tuple[str, tuple[str, ...]]
"""The source of a cell, and the stages that are trained in it."""


def by_options(s: Student, runs: Sequence[Run]) -> list[Part]:
    """One function builds every network; each stage is a call, with a function that trains or without."""
    parts: list[Part] = [(_function(s, runs), ())]
    helps = s.often(0.6)
    if helps:
        parts.append((_trainer(s), ()))
    for run in runs:
        stage = (run.stage,) if run.stage else ()
        tag = f"# stage: {run.stage}\n" if run.stage and s.tags else ""
        made = f"{tag}<model> = <build>({_given(s, run)})"
        if helps:
            size = f", batch_size={run.batch}" if run.batch else ""
            parts.append((f"{made}\n<history> = train(<model>, '{run.title}'{size})", stage))
            continue
        parts.append((f"{made}\n<history> = {networks.fitted(s, run)}", stage))
        parts.append(("\n".join(filter(None, [show.shown(s, run), show.scored(s, run, keeps=s.keeps)])), ()))
    return parts


def by_table(s: Student, runs: Sequence[Run]) -> list[Part]:
    """Settings in a table, and one loop that trains them all."""
    rows = "".join(f"    '{_key(run, n)}': dict({_given(s, run)}),\n" for n, run in enumerate(runs))
    call = networks.fitted(s, runs[0], batch=f"batch_size={_most(runs)}").replace("\n", "\n    ")
    named = Run("", "name")
    score = show.scored(s, named, "name", keeps=s.keeps).replace("\n", "\n    ")
    plot = {"once": "histories[name] = <history>", "function": "<plot>(<history>, name)"}.get(
        s.plot, show.curves(s, "name").replace("\n", "\n    ")
    )
    loop = (
        f"for name, options in configs.items():\n    print(name)\n    <model> = <build>(**options)\n"
        f"    <history> = {call}\n    {plot}\n    {score}"
    )
    return [
        (_function(s, runs), ()),
        (f"configs = {{\n{rows}}}", ()),
        (loop, tuple(run.stage for run in runs if run.stage)),
    ]


def by_builders(s: Student, runs: Sequence[Run]) -> list[Part]:
    """A function for each network, then a loop over all of them or a cell for each."""
    names = [f"{s.pick('build', 'create', 'model')}_{_key(run, n)}" for n, run in enumerate(runs)]
    parts: list[Part] = []
    for run, name in zip(runs, names, strict=True):
        body = "\n".join([networks.build(s, run), networks.compiled(s, run), "return <model>"])
        parts.append((f"def {name}():\n    " + body.replace("\n", "\n    "), ()))
    parts.append((_trainer(s), ()))
    if s.often(0.5):
        loop = f"for f in [{', '.join(names)}]:\n    <history> = train(f(), f.__name__)"
        return [*parts, (loop, tuple(run.stage for run in runs if run.stage))]
    return [
        *parts,
        *((f"<model> = {name}()\n<history> = train(<model>, '{run.title}')", (run.stage,) if run.stage else ())
          for run, name in zip(runs, names, strict=True)),
    ]  # fmt: skip


def _key(run: Run, number: int) -> str:
    return run.stage or f"{run.title}_{number}"


def _most(runs: Sequence[Run]) -> int:
    sizes = [run.batch or 32 for run in runs]
    return max(sizes, key=sizes.count)


def _trainer(s: Student) -> str:
    """The student's own function that trains, draws and scores."""
    named = Run("", "name")
    call = networks.fitted(s, named, batch="batch_size=batch_size")
    look = {"once": "histories[name] = <history>", "function": "<plot>(<history>, name)"}.get(
        s.plot, show.curves(s, "name")
    )
    body = [f"<history> = {call}", look, show.scored(s, named, "name", keeps=s.keeps), "return <history>"]
    return f"def train(<model>, name, batch_size={s.pick('32', '32', '128')}):\n    " + "\n".join(body).replace(
        "\n", "\n    "
    )


def _function(s: Student, runs: Sequence[Run]) -> str:
    """The function that builds and compiles a network from options."""
    after = any(run.norm == "after" for run in runs)
    norm = f"        if batch_norm:\n            <model>.add({s.layer('BatchNormalization')})\n"
    act = f"        <model>.add({s.layer('Activation', 'activation')})\n"
    last = any(run.last_only for run in runs)
    when = "dropout and i == len(units) - 1" if last else s.pick("dropout", "dropout > 0")
    drop = f"        if {when}:\n            <model>.add({s.layer('Dropout', 'dropout')})\n"
    shape = "(28, 28)" if s.flatten_layer else "(784,)"
    begin = f"    <model>.add({s.layer('Input', f'shape={shape}')})\n"
    begin += f"    <model>.add({s.layer('Flatten')})\n" * s.flatten_layer
    begin += f"    <model>.add({s.layer('Rescaling', '1./255')})\n" * (s.scale == "layer")
    out = s.layer("Dense", "10", "activation='softmax'", "kernel_initializer=init" * any(r.whole for r in runs[:2]))
    first_only = any(run.initializer.startswith("first:") for run in runs)
    start = "init if i == 0 else 'glorot_uniform'" if first_only else "init"
    ready = ", ".join(networks.settings(s, "optimizer"))
    units = next(run.units for run in runs)
    return (
        f"def <build>(activation='sigmoid', init='glorot_uniform', optimizer=None, batch_norm=False, dropout=0.0, "
        f"units={units}):\n    <model> = {s.network()}\n{begin}"
        f"    for i, n in enumerate(units):\n"
        f"        <model>.add({s.layer('Dense', 'n', f'kernel_initializer={start}')})\n"
        f"{act + norm if after else norm + act}{drop}"
        f"    <model>.add({out})\n"
        f"    if optimizer is None:\n        optimizer = {s.optimizer('SGD', 0.001)}\n"
        f"    <model>.compile({ready})\n    return <model>"
    )


def _given(s: Student, run: Run) -> str:
    """The options of a run that are not the function's own."""
    given = [f"activation='{run.activation}'"] if run.activation != "sigmoid" or s.often(0.3) else []
    if run.initializer:
        given.append(f"init='{run.initializer.removeprefix('first:')}'")
    if run.optimizer != "SGD" or run.rate != 0.001:
        named = run.named or (run.optimizer == "Adam" and run.rate is None)
        kind = repr(run.optimizer.lower()) if named else s.optimizer(run.optimizer, run.rate)
        given.append(f"optimizer={kind}")
    given += ["batch_norm=True"] * bool(run.norm)
    given += [f"dropout={run.dropout:g}"] * bool(run.dropout)
    given += [f"units={run.units}"] * (run.title == "tuned")
    return ", ".join(given)
