"""Grades a lab from what it measures: submissions are run once in confinement, facts are judged by a rubric.

In a notebook, `%load_ext grader` and then `%grader check`, or `grader.check(model, stage="batchnorm")` for one network.
Nothing is imported before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from grader.notebook.display import Preview


def check(
    model: Any, stage: str | None = None, *, history: Any = None, data: Any = None, rubric: Path | str | None = None
) -> Preview:
    """Holds one Keras model of yours against a stage of the lab, by the checks that grade it.

    A preview, no mark: the accuracy that counts is measured in a run of the whole notebook (`grader check FILE`).

    Args:
        model: a compiled Keras model, trained or not.
        stage: which stage it is meant for (`naive`, `init`, `activation`, `optimizer`, `batchnorm`, `dropout`);
            without it, the stage that it fits best.
        history: what `fit` returned, for a model that was trained before `%load_ext grader`.
        data: the pair (images, labels) that it was trained on, for the same.
        rubric: another rubric file than the lab's own.

    Raises:
        TypeError: the model is none.
        UserError: no such stage, or a rubric with problems; the message says what to do.
    """
    from grader.notebook.one_model import check_model

    return check_model(model, stage, history=history, data=data, rubric=rubric)


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext grader` calls: from here on, training is noted, and `%grader check` judges it."""
    from grader.notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """What `%unload_ext grader` calls: Keras is as it was before."""
    from grader.notebook.extension import unload

    unload(shell)
