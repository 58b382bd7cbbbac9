"""`python -m tests.hostile`: every threat against every sandbox, and forged marks; status 1 if any got through."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.graded import Graded
from tests.hostile.forging import FORGERIES, grade_forgeries, problems
from tests.hostile.threats import LIMITS, THREATS, Threat
from tests.hostile.trial import FIRST, LAST, SPARE, Row, Trial, alone, marks, try_all


def main(arguments: Sequence[str]) -> int:
    """Runs what was asked for and prints it; 0 if everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--backend", choices=["bubblewrap", "process"], action="append")
    parser.add_argument("--only", help="threats of this program", default="")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=LIMITS.seconds, help="the time limit")
    given = parser.parse_args(arguments)
    console = Console(width=150)
    threats = [t for t in THREATS if not given.only or t.program == given.only]
    failures = 0
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        for backend in given.backend or ["bubblewrap", "process"]:
            work = Path(folder, backend)
            work.mkdir()
            trial = try_all(backend, work, jobs=given.jobs, threats=threats, seconds=given.seconds)
            failures += _show(console, backend, trial, threats)
            (work / "alone").mkdir()
            failures += _show_honest(console, trial, alone(backend, work / "alone", seconds=given.seconds))
        if not given.only and "bubblewrap" in (given.backend or ["bubblewrap"]):
            failures += _show_forgeries(console, grade_forgeries(Path(folder, "forgeries")))
    return 1 if failures else 0


def _show(console: Console, backend: str, trial: Trial, threats: Sequence[Threat]) -> int:
    table = Table("threat", "outcome", "s over limit", "left", title=backend, title_justify="left")
    rows = {row.threat: row for row in trial.rows}
    for threat in threats:
        table.add_row(threat.name, *(_cells(rows[threat]) if threat in rows else ("not promised", "", "")))
    console.print(table)
    failed = [row for row in trial.rows if row.problems]
    for row in failed:
        console.print(f"{row.threat.name}: {'; '.join(row.problems)}", style="red", markup=False)
    if trial.left:
        console.print(f"files left: {', '.join(trial.left)}", style="red", markup=False)
    worst = max((row.over for row in trial.rows), default=0.0)
    console.print(
        f"{len(trial.rows) - len(failed)} of {len(trial.rows)} held, {len(threats) - len(trial.rows)} not promised; "
        f"at most {worst:.1f} s over the limit ({SPARE:.0f} s allowed); "
        f"{sum(row.left for row in trial.rows)} processes and {len(trial.left)} files left\n"
    )
    return len(failed) + len(trial.left)


def _show_forgeries(console: Console, graded: Mapping[str, Graded]) -> int:
    """What each forgery earned, and whether a person was told."""
    table = Table("forgery", "marks", "flag", "outcome", title="forged marks", title_justify="left")
    found = {forgery: list(problems(forgery, graded)) for forgery in FORGERIES}
    for forgery, wrong in found.items():
        grade = graded[forgery.program].grade
        flag = "yes" if grade["needs_review"] else ""
        table.add_row(forgery.name, f"{grade['total']:.2f}", flag, "; ".join(wrong) or "held")
    console.print(table)
    failed = sum(bool(wrong) for wrong in found.values())
    console.print(f"{len(found) - failed} of {len(found)} held\n")
    return failed


def _cells(row: Row) -> tuple[str, str, str]:
    return ("" if not row.problems else "NOT HELD: ") + row.outcome[:70], f"{row.over:.1f}", str(row.left)


def _show_honest(console: Console, trial: Trial, single: dict[str, object]) -> int:
    """The honest marks with and without the hostile neighbours."""
    same = [marks(trial.grades[name]) == marks(single) for name in (FIRST, LAST)]
    totals = ", ".join(f"{name}: {trial.grades[name]['total']}" for name in (FIRST, LAST))
    verdict = "the same in every point" if all(same) else "DIFFERENT"
    console.print(f"honest marks alone: {single['total']}; among the hostile: {totals}; {verdict}\n")
    return same.count(False)


sys.exit(main(sys.argv[1:]))
