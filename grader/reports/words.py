"""What the reports call things: endings, sizes, times and places in words for people."""

from __future__ import annotations

from fractions import Fraction

from grader.records import CompileFacts, Ending, FitFacts, TrainingRun, scaling_words
from grader.reports.files import marks

ENDINGS = {
    Ending.COMPLETED: "Everything ran to its end.",
    Ending.CELL_ERROR: "At least one error was raised; it costs nothing by itself, only what is missing because of it.",
    Ending.TIMED_OUT: "The time limit stopped the run; what it had recorded by then is graded.",
    Ending.OUT_OF_MEMORY: "The run needed more memory than allowed; what it had recorded by then is graded.",
    Ending.OUTPUT_LIMIT: "The run wrote more output than allowed; what it had recorded by then is graded.",
    Ending.PROCESS_LIMIT: "The run started more processes than allowed; what it had recorded by then is graded.",
    Ending.KERNEL_DIED: "The Python process ended before its time; what it had recorded by then is graded.",
    Ending.UNREADABLE: "A file could not be read as a notebook or a Python module, so it was not run.",
    Ending.NOTHING_TO_RUN: "Nothing was found to run: no notebook or Python module with code in it.",
    Ending.GRADER_FAULT: "The grader itself failed. That is not the student's doing: what it touches is not assessed.",
}
MINUTE = 60
MEBIBYTE = 1 << 20


def bare_marks(value: Fraction) -> str:
    """Marks without needless decimals: 10, 7.5."""
    return marks(value).rstrip("0").rstrip(".")


def accuracy(value: float | None) -> str:
    """Four decimals, as Keras prints it."""
    return "none" if value is None else f"{value:.4f}"


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // MINUTE} min {int(seconds) % MINUTE:02d} s"


def size(amount: int) -> str:
    """Bytes in MiB."""
    return f"{amount / MEBIBYTE:,.0f} MiB"


def place(run: TrainingRun) -> str:
    """Where a run stands; a module is one cell, so its number says nothing."""
    return run.program if run.program.endswith(".py") else f"cell {run.cell} of {run.program}"


def compiled(facts: CompileFacts) -> str:
    """How a model was compiled, in one line."""
    rate = "learning rate not recorded" if facts.learning_rate is None else f"learning rate {facts.learning_rate:g}"
    momentum = f", momentum {facts.momentum:g}" if facts.momentum else ""
    logits = ", from logits" if facts.from_logits else ""
    metrics = f"; metrics: {', '.join(facts.metrics)}" if facts.metrics else ""
    return f"{facts.optimizer} ({rate}{momentum}); loss: {facts.loss or 'none'}{logits}{metrics}"


def trained(facts: FitFacts | None) -> str:
    """What `fit` was asked and did, in one line."""
    if facts is None:
        return "compiled, but never trained"
    cut = " (cut by quick mode)" if facts.capped else ""
    batch = f"batches of {facts.batch_size}" if facts.batch_size else "batch size not recorded"
    images = f"{facts.training_rows:,} images" if facts.training_rows else "number of images not recorded"
    shades = f", {scaling_words(facts.images.scaling)}" if facts.images else ""
    return f"{facts.epochs_done} of {facts.epochs_asked} epochs{cut}; {batch}; {images}{shades}; {_validated(facts)}"


def _validated(facts: FitFacts) -> str:
    if facts.validation == "none":
        return "no validation"
    how = "split off by Keras" if facts.validation == "split" else "given as data"
    return f"validated on {facts.validation_rows:,} images ({how})"
