"""`python -m tests.notebooks [table | NAME …]`: the corpus through the real pipeline, and what came of it as tables."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from grader.inside.compat.old_entries import table
from tests.notebooks.corpus import corpus
from tests.notebooks.judging import NONE, Judged, judge_cases

STAGES = ("naive", "init", "activation", "optimizer", "batchnorm", "dropout", NONE)


def main(names: Sequence[str]) -> int:
    """Prints every case, the confusion table and the counts; 1 if any case has a problem."""
    if list(names) == ["table"]:
        return print_table()
    cases = [case for case in corpus() if not names or case.name in names]
    with tempfile.TemporaryDirectory() as folder:
        judged = judge_cases(cases, Path(folder))
    for one in judged:
        problems = list(one.problems)
        print(f"{'ok ' if not problems else 'BAD'} {one.seconds:6.1f} s  {one.case.name}: {one.case.expected.way}")
        for problem in problems:
            print(f"      {problem}")
    print_confusion(judged)
    return int(any(list(one.problems) for one in judged))


def print_confusion(judged: Sequence[Judged]) -> None:
    """Expected stage by matched stage, and the three counts that must hold."""
    pairs = Counter(pair for one in judged for pair in one.pairs)
    print(f"\n{'expected':>12} | " + " ".join(f"{s:>10}" for s in STAGES))
    for have in STAGES:
        print(f"{have:>12} | " + " ".join(f"{pairs[have, found] or '·':>10}" for found in STAGES))
    right = sum(n for (have, found), n in pairs.items() if have == found)
    wrong = [(o, have, found) for o in judged for have, found in o.pairs if have != found]
    silent = [w for w in wrong if not w[0].flagged(w[2])]
    flagged = sum(o.flagged(s) for o in judged for s in o.matched)
    print(f"\n{sum(o.without_fault for o in judged)} of {len(judged)} ran without a fault of the grader's")
    print(f"stages matched: {right} right, {len(wrong)} wrong ({len(silent)} of them unflagged), {flagged} flagged")


def print_table() -> int:
    """Old API, the test that tries it, what a student is told."""
    for entry in table():
        test = f"test_old_names.py[{entry.kind}: {entry.old}]"
        print(f"{entry.kind:10} {entry.old:50} {test:75} {entry.advisory}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
