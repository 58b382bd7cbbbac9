"""Gradescope: `results.json` of one submission, and a folder that is an autograder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

from grader.errors import UserError
from grader.exports.feedback import NOT_FINAL, because, lines, points, reason
from grader.exports.graded import Graded
from grader.workspace.atomic import write_text
from grader.workspace.grade_file import StoredCriterion

VISIBLE, LATER = "visible", "after_published"
PACKAGES = ("grader", "reference", "rubrics")
DISTRIBUTION = "mlp-lab-grader"
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "*.pyc")


def results(graded: Graded, *, unreviewed: bool) -> dict[str, Any]:
    """The content of `results.json`: one test for each criterion, the total as the score.

    A mark that is not final is shown to the student after publishing only, unless `unreviewed`. So is a criterion
    with a hidden check; Gradescope then keeps the total back as well, and so does the output, which shows at once.

    Raises:
        UserError: nothing could be assessed, or nobody has confirmed a zero: there is no score to give.
    """
    if graded.grade.unconfirmed_zero:
        raise UserError(
            f"{graded.student}: {graded.withheld}. There is no score until a person says so: grader review accept "
            f"{graded.student}, or grader review set."
        )
    if graded.nothing_known:
        raise UserError(f"{graded.student}: nothing could be assessed ({graded.withheld}), so that there is no score.")
    final = not graded.withheld or unreviewed
    late = graded.grade.late.words if graded.grade.late and graded.taken_off else ""
    total = [] if graded.has_hidden else [next(lines(graded))]
    summary = [*total, *([NOT_FINAL] if graded.withheld else []), *([late] if late else []), *because(graded)]
    return {
        "score": float(graded.total),
        "output": "\n".join([*summary, *(f"{c.by}: {c.text}" for c in graded.grade.comments)]),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": VISIBLE if final else LATER,
        "stdout_visibility": "hidden",
        "tests": [
            _test(criterion, i) for i, criterion in enumerate(() if graded.cause_alone else graded.grade.criteria, 1)
        ],
        "extra_data": {"student": graded.student, "not_final": graded.withheld or None},
    }


def _test(criterion: StoredCriterion, number: int) -> dict[str, Any]:
    return {
        "name": criterion.title,
        "number": str(number),
        "score": round(criterion.score, 4),
        "max_score": round(criterion.max, 4),
        "status": "passed" if criterion.score >= criterion.max else "failed",
        "output": f"{points(criterion)}: {reason(criterion)}",
        "tags": [criterion.id],
        "visibility": LATER if any(check.hidden for check in criterion.checks) else VISIBLE,
    }


def write_autograder(folder: Path, rubric: Path, minutes: float, language: str | None = None) -> Sequence[Path]:
    """A folder to zip and upload: `setup.sh`, `run_autograder` and this grader as it is installed here.

    `language` is that of its reports, where it is not the rubric's own.

    Raises:
        UserError: the folder is there already, or cannot be written.
    """
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        raise UserError(f"{folder} is there already. Give another folder, or take it away first.")
    installed = distribution(DISTRIBUTION)
    wanted = [r for r in installed.requires or () if "extra ==" not in r]
    try:
        for package in PACKAGES:
            shutil.copytree(Path(str(files(package))), folder / package, ignore=LEFT_BEHIND)
        shutil.copyfile(rubric, folder / "rubric.yaml")
    except OSError as error:
        raise UserError(f"Cannot write {folder}: {error}.") from error
    # What `importlib.metadata` looks for: the grader writes its version into the evidence.
    info = f"{DISTRIBUTION.replace('-', '_')}-{installed.version}.dist-info"
    write_text(
        folder / info / "METADATA", f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: {installed.version}\n"
    )
    write_text(folder / "requirements.txt", "\n".join(wanted) + "\n")
    scripts = files("grader.exports") / "autograder"
    for name in ("setup.sh", "run_autograder"):
        text = (scripts / name).read_text(encoding="utf-8").replace("@MINUTES@", f"{minutes:g}")
        text = text.replace("@LANGUAGE@", f" --language {language}" if language else "")
        write_text(folder / name, text)
        (folder / name).chmod(0o755)
    return [folder / "setup.sh", folder / "run_autograder"]
