"""What no entry of a rubric can know by itself: ids, needs, stages, the sum of the marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from graphlib import CycleError, TopologicalSorter

from grader.assignment.rubric.parts import Criterion, criteria, first_word, listed, stages
from grader.checks.base import Check, StageCheck
from grader.checks.registry import CHECKS
from grader.yaml_files.source import Source
from grader.yaml_files.validate import suggestion


def examine(source: Source) -> None:
    """Reports what does not go together, each cause once."""
    first: dict[str, int] = {}
    for i, criterion in criteria(source.value):
        name = str(criterion.get("id"))
        if name in first:
            source.report(("criteria", i, "id"), f"duplicate criterion '{name}'; give each criterion an id of its own")
        first.setdefault(name, i)
    hidden = {str(c.get("id")) for _, c in criteria(source.value) if c.get("hidden") is True}
    for i, criterion in criteria(source.value):
        for j, need in enumerate(listed(criterion, "needs")):
            if str(need) in hidden and not criterion.get("hidden"):
                source.report(
                    ("criteria", i, "needs", j),
                    f"needs '{need}', which is hidden: a student would be told that it failed; hide both or neither",
                )
            if isinstance(need, str) and need not in first:
                source.report(
                    ("criteria", i, "needs", j), f"needs unknown criterion '{need}' {suggestion(need, first)}"
                )
    _examine_stages(source)
    _examine_cycles(source, first)
    _examine_sum(source)


def _examine_stages(source: Source) -> None:
    """A check of a training run needs a stage whose run it could judge; one problem for each word that is none."""
    known = stages(source.value)
    if known is None:
        return
    left_over: dict[str, list[int]] = {}
    for i, criterion in criteria(source.value):
        if first_word(criterion) not in known and any(map(_judges_a_run, listed(criterion, "checks"))):
            left_over.setdefault(first_word(criterion), []).append(i)
    named = dict(criteria(source.value))
    for word, where in left_over.items():
        source.report(("criteria", where[0], "id"), _left_over(word, [named[i] for i in where], known))


def _left_over(word: str, those: Sequence[Criterion], known: Mapping[str, object]) -> str:
    ids = ", ".join(str(c.get("id")) for c in those)
    checks = ", ".join(dict.fromkeys(c["check"] for o in those for c in listed(o, "checks") if _judges_a_run(c)))
    meant = f" {suggestion(word, known)}" if known else ""
    if len(those) > 1:
        return (
            f"'{word}' is no stage{meant}, but {len(those)} criteria judge its run. Was the stage removed? "
            f"Then remove its criteria, too: {ids}; or write the stage under `stages`"
        )
    return (
        f"the check{'s' * (',' in checks)} {checks} judge{'s' * (',' not in checks)} the run of a stage, but '{word}' "
        f"is no stage{meant}; begin the criterion's id with a stage, or remove the criterion"
    )


def _judges_a_run(options: object) -> bool:
    name = str(options.get("check")) if isinstance(options, dict) else ""
    return issubclass(CHECKS.get(name, Check), StageCheck)


def _examine_cycles(source: Source, first: Mapping[str, int]) -> None:
    needs = {str(c.get("id")): [str(n) for n in listed(c, "needs")] for _, c in criteria(source.value)}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        cycle = error.args[1]
        path = ("criteria", first[cycle[0]], "needs")
        source.report(
            path, f"criteria that need one another: {' → '.join(reversed(cycle))}; take one of the needs away"
        )


def _examine_sum(source: Source) -> None:
    """Says the sum and the difference; marks that are no numbers are reported elsewhere."""
    top = source.value if isinstance(source.value, dict) else {}
    if not isinstance(top.get("criteria"), list):
        return
    try:
        total = Decimal(str(top.get("marks")))
        found = sum((Decimal(str(c.get("marks"))) for _, c in criteria(source.value)), Decimal(0))
    except InvalidOperation:
        return
    if found != total and found.is_finite():
        difference = f"{abs(found - total)} too {'much' if found > total else 'little'}"
        source.report(
            ("marks",), f"the criteria's marks sum to {found}, not to {total}: {difference}; mend one of them"
        )
