"""The titles that a student wrote above a place of a program: Markdown headings, section comments, strings as titles.

A script is read as a notebook is: what stands above a training says what it is meant for, in whatever form.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.intake.source_code import comments, lines_of, statements
from grader.records import Program

LONGEST_TITLE = 120
"""Characters; what is longer is prose."""
MOST_TITLES = 40
"""Kept above one place, the nearest."""
LONGEST_LINE = 1_000
"""Characters; of Markdown, a longer line is no title and is looked at by no pattern."""
MOST_TEXT = 20_000
"""Characters of the Markdown above one cell that are looked at, from its end."""
MOST_CODE = 1_000_000
"""Characters of all cells together."""
MARKDOWN = re.compile(r"^ {0,3}(?P<level>#{1,6})(?P<title>.*)$")
HTML = re.compile(r"<h(?P<level>[1-6])[^>]{0,200}>(?P<title>.{1,300}?)</h[1-6]>", re.IGNORECASE | re.DOTALL)
UNDERLINE = re.compile(r"^\s{0,3}(=+|-+)\s*$")
BOLD = re.compile(
    r"^\s*(?:\d+[.)]\s*)?(\*\*|__|<b>|<strong>|<u>)(?P<title>.{1,120}?)(\*\*|__|</b>|</strong>|</u>)\s*(?::\s*)?$"
)
TAG = re.compile(r"<[^>]{0,200}>")
FENCE = re.compile(r"^\s*(```|~~~)")
PROMPT = re.compile(r"^In\s?\[[\d ]*\]:?$")
"""What a notebook leaves in the script that it was exported to."""
NUMBERED = re.compile(
    r"^\(?([0-9]{1,2}([.):]|\.\d+\.?)|[ivxIVX]{1,4}[.)]|[a-hA-H][.)]|(stage|step|part|task|question|q|model|exp\w*)\s*\.?\d)"
)
CELL = re.compile(r"^#\s?%%\s*(\[\w+\])?\s*")
RULE = re.compile(r"[-=*#~_─═━+>|\s]{3,}")
EDGE = " \t-=*#~_─═━+>|:"
COMMENT_LEVEL = 7
"""Section comments lie below every Markdown heading."""
REMARK = 8
"""A plain comment that begins a paragraph: a title only where several of them tell stages apart."""
REMARK_SIGN = "~ "
LONGEST_REMARK = 60
"""Characters; a longer one explains."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title and where it stands; `level` is that of Markdown, 7 for a section comment, 8 for a remark."""

    cell: int
    line: int
    level: int
    text: str

    def __str__(self) -> str:
        if self.level == REMARK:
            return f"{REMARK_SIGN}{self.text}"
        return f"{'#' * self.level} {self.text}" if self.level < COMMENT_LEVEL else self.text


def titles(program: Program) -> tuple[Title, ...]:
    """All titles of a program in their order; Markdown stands at line 0 of the cell that follows it."""
    found: list[Title] = []
    room = MOST_CODE
    for number, cell in enumerate(program.cells, 1):
        above = program.headings[number - 1] if number <= len(program.headings) else ""
        found += (Title(number, 0, level, text) for level, text in _markdown(above[-MOST_TEXT:]))
        room -= len(cell)
        if room > 0:
            found += (Title(number, line, level, text) for line, level, text in _comments(cell))
    return tuple(found)


def _markdown(text: str) -> Iterator[tuple[int, str]]:
    """Headings of a Markdown cell, and short lines that stand for one."""
    text = HTML.sub(lambda m: f"\n{'#' * int(m['level'])} {' '.join(TAG.sub(' ', m['title']).split())}\n", text)
    lines = [line if len(line) <= LONGEST_LINE else "" for line in lines_of(text)]
    fenced = False
    for number, line in enumerate(lines):
        if FENCE.match(line):
            fenced = not fenced
        elif fenced or not line.strip():
            continue
        elif (found := MARKDOWN.match(line)) and (title := _plain(found["title"].strip().rstrip("#"))):
            yield len(found["level"]), title
        elif number + 1 < len(lines) and UNDERLINE.match(lines[number + 1]) and len(line) <= LONGEST_TITLE:
            yield (1 if "=" in lines[number + 1] else 2), _plain(line)
        elif found := BOLD.match(line):
            yield COMMENT_LEVEL - 1, _plain(found["title"])
        elif _stands_alone(lines, number) and len(line) <= LONGEST_TITLE // 2 and not line.rstrip().endswith("."):
            yield COMMENT_LEVEL - 1, _plain(line)


def _stands_alone(lines: list[str], number: int) -> bool:
    """A line with nothing directly above or below it is a title that nobody has marked as one."""
    beside = [lines[n] for n in (number - 1, number + 1) if 0 <= n < len(lines)]
    return not any(line.strip() for line in beside) and not UNDERLINE.match(lines[number])


def _plain(title: str) -> str:
    """Without Markdown's and HTML's own signs."""
    return re.sub(r"[*_`$]{1,3}", " ", TAG.sub(" ", title)).strip()[:LONGEST_TITLE]


def _comments(cell: str) -> Iterator[tuple[int, int, str]]:
    """Section comments and strings that stand as titles: line, level and title."""
    lines = lines_of(cell)
    whole = {line: text for line, column, text in comments(cell) if column == 0}
    below = _of_text_cells(whole)
    found = [
        (n, *title) for n, text in whole.items() if (title := _section(n, text, whole, lines, text_cell=n in below))
    ]
    yield from sorted([*found, *((n, COMMENT_LEVEL, text) for n, text in _strings(cell))])


def _of_text_cells(whole: dict[int, str]) -> set[int]:
    """The lines of `# %% [markdown]` cells: the comments that follow their mark without a gap."""
    found = set()
    before, within = 0, False
    for number in sorted(whole):
        if marked := CELL.match(whole[number]):
            within = "markdown" in (marked[1] or "")
        elif number != before + 1:
            within = False
        before = number
        if within:
            found.add(number)
    return found


def _section(
    number: int, comment: str, whole: dict[int, str], lines: Sequence[str], *, text_cell: bool
) -> tuple[int, str] | None:
    """Level and title of a comment that begins a section; None for a remark on the line below it."""
    if len(comment) > LONGEST_LINE:
        return None
    marked = CELL.match(comment)
    inner = comment[marked.end() :] if marked else comment.removeprefix("#")
    if text_cell and (markdown := MARKDOWN.match(inner.lstrip())):
        return len(markdown["level"]), _plain(markdown["title"].strip().rstrip("#"))
    text = inner.strip(EDGE)[:LONGEST_TITLE].strip()
    if not text or PROMPT.match(text) or _is_code(text) or len(inner) > LONGEST_TITLE:
        return None
    ruled = bool(RULE.search(comment[1:])) or comment.startswith("##")
    framed = any(_is_rule(whole.get(n, "")) for n in (number - 1, number + 1))
    paragraph = number == 1 or not lines[number - 2].strip()
    numbered = bool(NUMBERED.match(text)) and paragraph
    if marked or ruled or framed or numbered:
        return COMMENT_LEVEL, text
    return (REMARK, text) if paragraph and len(text) <= LONGEST_REMARK and not text.endswith((".", "。")) else None


def _is_rule(comment: str) -> bool:
    return len(comment) > len("###") and not comment.strip(EDGE)


def _is_code(text: str) -> bool:
    """Code that was commented out is no title; a single word may be both."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return not all(_is_words(statement) for statement in body)


def _is_words(statement: ast.stmt) -> bool:
    """A word, or `Model2: Dropout`, which Python reads as a type of a variable."""
    match statement:
        case ast.Expr(value=ast.Name() | ast.Constant()):
            return True
        case ast.AnnAssign(annotation=ast.Name(), value=None):
            return True
    return False


def _strings(cell: str) -> Iterator[tuple[int, str]]:
    """Short strings that stand for themselves, as in `\"\"\"5. Dropout\"\"\"`; a longer one is code taken out."""
    for statement in statements(cell):
        match statement:
            case ast.Expr(value=ast.Constant(value=str(text))):
                first = next((line.strip(EDGE) for line in lines_of(text[:MOST_TEXT]) if line.strip(EDGE)), "")
                if first and len(first) <= LONGEST_TITLE and not _is_code(first):
                    yield statement.lineno, _plain(first)
