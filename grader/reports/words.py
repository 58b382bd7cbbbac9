"""What the reports call things: endings, sizes, times and places in words for people."""

from __future__ import annotations

from fractions import Fraction

from grader.i18n.texts import Text, say
from grader.records import CompileFacts, Ending, FitFacts, Outcome, TrainingRun, scaling_words
from grader.records.marks import marks

ENDINGS = {
    Ending.COMPLETED: say("Everything ran to its end."),
    Ending.CELL_ERROR: say(
        "At least one error was raised; it costs nothing by itself, only what is missing because of it."
    ),
    Ending.TIMED_OUT: say("The time limit stopped the run; what it had recorded by then is graded."),
    Ending.OUT_OF_MEMORY: say("The run needed more memory than allowed; what it had recorded by then is graded."),
    Ending.OUTPUT_LIMIT: say("The run wrote more output than allowed; what it had recorded by then is graded."),
    Ending.PROCESS_LIMIT: say("The run started more processes than allowed; what it had recorded by then is graded."),
    Ending.FILE_LIMIT: say("The run made more files than allowed; what it had recorded by then is graded."),
    Ending.KERNEL_DIED: say("The Python process ended before its time; what it had recorded by then is graded."),
    Ending.UNREADABLE: say("A file could not be read as a notebook or a Python module, so it was not run."),
    Ending.NOTHING_TO_RUN: say("Nothing was found to run: no notebook or Python module with code in it."),
    Ending.GRADER_FAULT: say(
        "The grader itself failed. That is not the student's doing: what it touches is not assessed."
    ),
}
OUTCOMES = {
    Outcome.PASSED: say("passed"),
    Outcome.PARTIAL: say("partial"),
    Outcome.FAILED: say("failed"),
    Outcome.SKIPPED: say("skipped"),
    Outcome.NOT_ASSESSED: say("not assessed"),
}
MINUTE = 60
MEBIBYTE = 1 << 20


def bare_marks(value: Fraction) -> str:
    """Marks without needless decimals: 10, 7.5."""
    return marks(value).rstrip("0").rstrip(".")


def in_words(outcome: Outcome) -> Text:
    """What became of a check or criterion."""
    return OUTCOMES[outcome]


def accuracy(value: float | None) -> str:
    """Four decimals, as Keras prints it."""
    return say("none") if value is None else f"{value:.4f}"


def sentence(text: str) -> str:
    """With a capital, unless it begins with the name of a file or a function, and a full stop."""
    if not text:
        return ""
    end = "" if text.endswith((".", "?", "!", "…")) else "."
    is_name = any(sign in text.partition(" ")[0].rstrip(".") for sign in "._(")
    return f"{text}{end}" if is_name else f"{text[:1].upper()}{text[1:]}{end}"


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // MINUTE} min {int(seconds) % MINUTE:02d} s"


def size(amount: int) -> str:
    """Bytes in MiB."""
    return f"{amount / MEBIBYTE:,.0f} MiB"


def place(run: TrainingRun) -> str:
    """Where a run stands; a module is one cell, so that its line says more."""
    if run.program.endswith(".py"):
        return say("line {line} of {program}", line=run.line, program=run.program) if run.line else run.program
    return say("cell {number} of {program}", number=run.cell, program=run.program)


def compiled(facts: CompileFacts) -> Text:
    """How a model was compiled, in one line."""
    rate = (
        say("learning rate not recorded")
        if facts.learning_rate is None
        else say("learning rate {rate:g}", rate=facts.learning_rate)
    )
    momentum = say(", momentum {momentum:g}", momentum=facts.momentum) if facts.momentum else ""
    logits = say(", from logits") if facts.from_logits else ""
    metrics = say("; metrics: {metrics}", metrics=", ".join(facts.metrics)) if facts.metrics else ""
    return say(
        "{optimizer} ({rate}{momentum}); loss: {loss}{logits}{metrics}",
        optimizer=facts.optimizer,
        rate=rate,
        momentum=momentum,
        loss=facts.loss or say("none"),
        logits=logits,
        metrics=metrics,
    )


def trained(facts: FitFacts | None) -> Text:
    """What `fit` was asked and did, in one line."""
    if facts is None:
        return say("compiled, but never trained")
    return say(
        "{done} of {asked} epochs{cut}; {batch}; {images}{shades}; {validated}",
        done=facts.epochs_done,
        asked=facts.epochs_asked,
        cut=say(" (cut by quick mode)") if facts.capped else "",
        batch=say("batches of {size}", size=facts.batch_size) if facts.batch_size else say("batch size not recorded"),
        images=say("{count:,} images", count=facts.training_rows)
        if facts.training_rows
        else say("number of images not recorded"),
        shades=say(", {scaling}", scaling=scaling_words(facts.images.scaling)) if facts.images else "",
        validated=_validated(facts),
    )


def _validated(facts: FitFacts) -> Text:
    if facts.validation == "none":
        return say("no validation")
    how = say("split off by Keras") if facts.validation == "split" else say("given as data")
    return say("validated on {count:,} images ({how})", count=facts.validation_rows, how=how)
