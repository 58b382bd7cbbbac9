"""What can be read but is hardly meant: told as a warning, and nothing stops for it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from difflib import get_close_matches
from itertools import combinations

from grader.assignment.criterion import Rubric
from grader.assignment.rubric.entries import LateEntry, RubricEntry, StageEntry
from grader.assignment.rubric.parts import criteria, first_word, listed
from grader.records import AskedNetwork
from grader.yaml_files.source import KeyPath, Source


def suspect(source: Source, rubric: RubricEntry, read: Rubric) -> None:
    """Warns of each such thing in a rubric that has no problems; `read` is what it becomes."""
    _stages_alike(source, rubric)
    _not_of_its_stage(source, read)
    _keywords_alike(source, rubric)
    _made_by_nothing(source, rubric)
    judged = {first_word(c) for _, c in criteria(source.value)}
    for stage in rubric.stages:
        if stage not in judged:
            words = "no criterion judges this stage: its runs are matched and earn nothing; is a criterion missing?"
            source.warn(("stages", stage), words, at_key=True)
    for i, criterion in criteria(source.value):
        _almost_a_stage(source, i, first_word(criterion), rubric)
        _checks_twice(source, i, listed(criterion, "checks"))
    for path in _twice(source.value, ()):
        source.warn(path, "stands in this list already; was another one meant?")
    if rubric.late:
        _late(source, rubric.late, rubric.marks)


def _stages_alike(source: Source, rubric: RubricEntry) -> None:
    """Two stages are told apart by a feature in which no run can be as both want it."""
    for (one, a), (other, b) in combinations(rubric.stages.items(), 2):
        if not _told_apart(a, b):
            words = (
                f"nothing tells it apart from stage {one}: one run may be all that both ask for (activation, "
                "initializer, optimizer, batch_norm, dropout); give them different ones, or have students write "
                f"`# stage: {other}`"
            )
            source.warn(("stages", other), words, at_key=True)


def _told_apart(a: StageEntry, b: StageEntry) -> bool:
    sets = ((a.activation, b.activation), (a.initializer, b.initializer), (a.optimizer, b.optimizer))
    switches = ((a.batch_norm, b.batch_norm), (a.dropout, b.dropout))
    return any(x and y and not set(x) & set(y) for x, y in sets) or any(
        x is not None and y is not None and x != y for x, y in switches
    )


def _not_of_its_stage(source: Source, rubric: Rubric) -> None:
    """A check that passes only for what its stage is not known by: right work is taken for another stage."""
    known = {stage.id: stage for stage in rubric.stages}
    for i, criterion in enumerate(rubric.criteria):
        if criterion.stage is None:
            continue
        looks = known[criterion.stage]
        for j, check in enumerate(criterion.checks):
            asked = check.asked(AskedNetwork())
            for feature, one, other in (
                ("activation", looks.activation, asked.activation),
                ("initializer", looks.initializer, asked.initializer),
                ("optimizer", looks.optimizer, asked.optimizer),
            ):
                if one and other and not set(one) & set(other):
                    words = f"asks for {' or '.join(other)}, but the stage is known by its {feature} {' or '.join(one)}"
                    source.warn(("criteria", i, "checks", j), f"{words}; let the two agree")
            for layer, there, wanted in (
                ("batch_norm", looks.batch_norm, asked.norm),
                ("dropout", looks.dropout, asked.dropout or (asked.rate is not None) or None),
            ):
                if there is False and wanted:
                    words = f"looks at layers that the stage is known not to have ({layer}: false); let the two agree"
                    source.warn(("criteria", i, "checks", j), words)


def _keywords_alike(source: Source, rubric: RubricEntry) -> None:
    owner: dict[str, str] = {}
    for stage, entry in rubric.stages.items():
        for word in entry.words:
            if owner.setdefault(word, stage) != stage:
                words = f"the keyword '{word}' stands for stage {owner[word]}, too, and so tells nothing; keep one"
                source.warn(("stages", stage, "keywords"), words)


def _made_by_nothing(source: Source, rubric: RubricEntry) -> None:
    """A stage whose feature is not among what is said of it."""
    for stage, entry in rubric.stages.items():
        if entry.feature not in {"", "none"} and not getattr(entry, entry.feature):
            words = f"its {entry.feature} is what makes it, but it does not say which; add `{entry.feature}:`"
            source.warn(("stages", stage, "feature"), words)


def _almost_a_stage(source: Source, i: int, word: str, rubric: RubricEntry) -> None:
    """A criterion of no stage may look at all runs, as one of data does; but not by a slip."""
    close = get_close_matches(word, list(rubric.stages), 1, 0.75)
    if close and word not in rubric.stages:
        words = f"'{word}' is no stage, so that this looks at no stage's run (did you mean '{close[0]}'?)"
        source.warn(("criteria", i, "id"), words)


def _checks_twice(source: Source, i: int, checks: list[object]) -> None:
    for j, options in enumerate(checks):
        if options in checks[:j]:
            words = "the same check with the same options stands here twice and counts twice; remove one"
            source.warn(("criteria", i, "checks", j), words)


def _twice(value: object, path: KeyPath) -> Iterator[KeyPath]:
    """Places of texts that stand in a list before."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _twice(below, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, str) and item in value[:number]:
                yield (*path, number)
            yield from _twice(item, (*path, number))


def _late(source: Source, late: LateEntry, marks: Decimal) -> None:
    for key in ("per_day", "per_hour", "cap"):
        price = getattr(late, key)
        if price is None:
            continue
        cost = Decimal(price.rstrip("% ")) * (marks / 100 if price.endswith("%") else 1)
        if key == "cap" and cost > marks:
            source.warn(("late", key), f"more than all {marks} marks, so that it bounds nothing; is {price} % meant?")
        elif key != "cap" and cost >= marks:
            instead = "" if price.endswith("%") else f"; is {price} % meant?"
            unit = key.removeprefix("per_")
            source.warn(("late", key), f"takes all {marks} marks in the first {unit}{instead}")
        elif key == "per_day" and not price.endswith("%") and 0 < cost < 1 and cost * 40 < marks:
            share = f"{float(cost * 100 / marks):g} %"
            words = f"takes {price} of {marks} marks ({share}) each day"
            source.warn(("late", key), f"{words}; is {float(cost) * 100:g} % meant?")
        elif key != "cap" and not cost:
            source.warn(("late", key), "late work costs nothing; leave out `late` to say so")
