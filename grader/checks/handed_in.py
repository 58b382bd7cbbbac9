"""What came where no program could be run: what each kind of file is called, and what to hand in instead."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from grader.i18n.texts import Text, say
from grader.records import Cause, CauseKind, Ending, Evidence, Execution, FileKind, Format, SourceFile

NAMES = {
    Format.EMPTY: say("an empty file"),
    Format.PDF: say("a PDF"),
    Format.DOCUMENT: say("a document of a word processor"),
    Format.SPREADSHEET: say("a spreadsheet"),
    Format.SLIDES: say("slides"),
    Format.PICTURE: say("a picture"),
    Format.VIDEO: say("a video"),
    Format.WEB_PAGE: say("a web page (HTML)"),
    Format.LINK: say("a link"),
    Format.ARCHIVE: say("an archive (rar, 7z, tar)"),
    Format.ZIP: say("a zip"),
    Format.BYTECODE: say("compiled Python"),
    Format.R: say("a program in R"),
    Format.MODEL: say("a saved network"),
    Format.NOTEBOOK: say("a notebook"),
    Format.PYTHON: say("a Python script"),
    Format.TEXT: say("a text"),
    Format.FOLDER: say("an empty folder"),
    Format.OTHER: say("no notebook and no Python script"),
}
ITSELF = say("Hand in the notebook itself: in Jupyter or Colab choose File, Download, and the .ipynb file.")
ADVICE = {
    **dict.fromkeys(Format, ITSELF),
    Format.EMPTY: say(
        "Save the notebook, see that its file is larger than 0 bytes, and hand in the .ipynb file once more."
    ),
    Format.WEB_PAGE: say(
        "That is what a browser saves of a page. Hand in the notebook itself: in Colab choose File, Download, Download "
        ".ipynb; on GitHub press Download raw file."
    ),
    Format.LINK: say(
        "Hand in the file and not the way to it: in Colab choose File, Download, Download .ipynb; on GitHub press "
        "Download raw file."
    ),
    Format.ARCHIVE: say("Hand in the .ipynb file itself, or pack it as a zip."),
    Format.ZIP: say("Hand in the .ipynb file itself, or make the zip anew."),
    Format.BYTECODE: say("Hand in the script that it was made from, the .py file."),
    Format.R: say("This lab is graded in Python: hand in a notebook (.ipynb) or a script (.py)."),
}
WEIGHTIEST = (
    *(Format.EMPTY, Format.WEB_PAGE, Format.LINK, Format.PDF, Format.DOCUMENT, Format.ZIP, Format.ARCHIVE),
    *(Format.R, Format.BYTECODE, Format.FOLDER, Format.SPREADSHEET, Format.SLIDES, Format.PICTURE, Format.VIDEO),
)
"""By which of several files the advice is chosen: what is most likely to stand for the work first."""
MOST_NAMED = 3


def nothing_ran(evidence: Evidence) -> Cause | None:
    """Why nothing of a submission could be run, of whatever came; None where something ran."""
    if any(e.cells for e in evidence.executions):
        return None
    submission = evidence.submission
    if submission.not_opened:
        return _not_opened(submission.not_opened)
    if evidence.executions:
        return _not_run(evidence.executions, {f.name: f for f in submission.programs})
    return _no_program([f for f in submission.files if f.kind is not FileKind.HELPER])


def _not_opened(files: Sequence[SourceFile]) -> Cause:
    found = say(
        "the machine that grades may not read {files}: that is not the student's doing",
        files=_listed([_described(f) for f in files]),
    )
    advice = say("For whoever grades: change the permissions, and grade again.")
    return Cause(CauseKind.NOT_OPENED, found, advice)


def _not_run(executions: Sequence[Execution], files: dict[str, SourceFile]) -> Cause:
    """Of several programs that could not be read, the first; what it is by its content says more than what failed."""
    unreadable = [e for e in executions if e.ending is Ending.UNREADABLE]
    if not unreadable:
        first = executions[0]
        return Cause(CauseKind.NO_CODE, say("{file} has no code", file=first.program), _no_code_advice())
    first = unreadable[0]
    file = files.get(first.program)
    if file is not None and file.format in NAMES and file.format not in {Format.NOTEBOOK, Format.TEXT, Format.OTHER}:
        found = say("{file} is {what} and no notebook", file=file.name, what=NAMES[file.format])
        return Cause(CauseKind.UNREADABLE, found, ADVICE[file.format])
    return Cause(CauseKind.UNREADABLE, first.message.removesuffix(first.advice).strip().rstrip("."), first.advice)


def _no_code_advice() -> str:
    return say("Hand in the notebook with your code cells, saved after you have run them.")


def _no_program(files: Sequence[SourceFile]) -> Cause:
    if not files:
        return Cause(CauseKind.NO_PROGRAM, say("nothing was handed in: there is no file"), ITSELF)
    came = sorted(files, key=lambda f: (_weight(f), f.name))
    found = say("no program was handed in, but {files}", files=_listed([_described(f) for f in came]))
    return Cause(CauseKind.NO_PROGRAM, found, ADVICE[came[0].format or Format.OTHER])


def _weight(file: SourceFile) -> int:
    return WEIGHTIEST.index(file.format) if file.format in WEIGHTIEST else len(WEIGHTIEST)


def _described(file: SourceFile) -> Text:
    if file.kind is not FileKind.DATA or file.format is None:
        return say("{file} ({what})", file=file.name, what=file.note)
    link = file.note.partition(": ")[2] if file.format is Format.LINK else ""
    what = say("{what}: {link}", what=NAMES[file.format], link=link) if link else NAMES[file.format]
    return say("{file} ({what})", file=file.name, what=what)


def _listed(names: Sequence[Text]) -> Text:
    """The first ones, put together so that each can be said in another language."""
    shown = reduce(lambda one, other: say("{one}, {other}", one=one, other=other), names[:MOST_NAMED])
    return say("{shown} and {more} more", shown=shown, more=len(names) - MOST_NAMED) if names[MOST_NAMED:] else shown
