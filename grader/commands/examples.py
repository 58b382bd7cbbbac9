"""One or more examples of every command, shown at the end of its --help; a test parses each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import typer

EXAMPLES: Mapping[str, Sequence[str]] = {
    "check": ("check my-lab.ipynb", "check my-lab.ipynb --quick", "check my-lab.ipynb --json --fail-under 9.5"),
    "doctor": ("doctor",),
    "init": ("init course",),
    "grade": (
        "grade submissions --out reports --jobs 2 --timeout 20",
        "grade CS101-Lab2-4711.zip --roster worksheet.csv",
        "grade FOLDER --executor dask --scheduler tls://head.example:8786",
    ),
    "schema": ("schema grade > grade.schema.json",),
    "similar": ("similar reports",),
    "regrade": ("regrade reports --rubric my-rubric.yaml --yes", "regrade reports --student ada --only-stage dropout"),
    "rubric check": ("rubric check my-rubric.yaml",),
    "rubric checks": ("rubric checks", "rubric checks dropout_rate measured_accuracy"),
    "rubric show": ("rubric show my-rubric.yaml",),
    "rubric schema": ("rubric schema > rubric.schema.json",),
    "review list": ("review list reports",),
    "review set": ("review set ada dropout.rate 0.25 --comment 'You argued well for 0.3.'",),
    "review comment": ("review comment ada 'A fine discussion of overfitting.'",),
    "review accept": ("review accept ada",),
    "export moodle": ("export moodle reports --into worksheet.csv --out upload.csv --feedback-zip feedback.zip",),
    "export canvas": ("export canvas reports --into gradebook.csv --out upload.csv --assignment 'Lab 2'",),
    "export gradescope": (
        "export gradescope reports --student ada --out results.json",
        "export gradescope --autograder --out autograder",
    ),
    "export github-classroom": ("export github-classroom reports --out result.json --step-output output",),
    "export junit": ("export junit reports --out junit.xml",),
    "export csv": ("export csv reports --out marks.csv",),
    "reference calibrate": (
        "reference calibrate --stage dropout --scaling unit --seeds 40",
        "reference calibrate --anew",
    ),
    "reference verify": ("reference verify --quick",),
}
"""By the words of the command, without `grader` before them."""


def with_examples(app: typer.Typer, group: tuple[str, ...] = ()) -> None:
    """Gives every command of the application its examples."""
    for command in app.registered_commands:
        own = command.name or (command.callback.__name__.replace("_", "-") if command.callback else "")
        examples = EXAMPLES.get(" ".join((*group, own)), ())
        if examples:
            # \b keeps the lines that follow as they are.
            listed = "\n".join(f"  grader {example}" for example in examples)
            command.epilog = f"\b\nExample{'s' * (len(examples) > 1)}:\n{listed}"
    for part in app.registered_groups:
        if part.typer_instance is not None:
            with_examples(part.typer_instance, (*group, str(part.name)))
