"""The titles that a student wrote above a place of a program: Markdown headings, section comments, strings as titles.

A script is read as a notebook is: what stands above a training says what it is meant for, in whatever form.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.records import Program

LONGEST_TITLE = 120
"""Characters; what is longer is prose."""
MOST_TITLES = 40
"""Kept above one place, the nearest."""
MARKDOWN = re.compile(r"^\s{0,3}(?P<level>#{1,6})\s*(?P<title>[^#\s].*?)\s*#*\s*$")
HTML = re.compile(r"<h(?P<level>[1-6])[^>]{0,200}>(?P<title>.{1,300}?)</h[1-6]>", re.IGNORECASE | re.DOTALL)
UNDERLINE = re.compile(r"^\s{0,3}(=+|-+)\s*$")
BOLD = re.compile(
    r"^\s*(?:\d+[.)]\s*)?(\*\*|__|<b>|<strong>|<u>)(?P<title>.{1,120}?)(\*\*|__|</b>|</strong>|</u>)\s*:?\s*$"
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
MAGIC = ("%", "!", "?")
COMMENT_LEVEL = 7
"""Section comments lie below every Markdown heading."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title and where it stands; `level` is that of Markdown, 7 for a comment."""

    cell: int
    line: int
    level: int
    text: str

    def __str__(self) -> str:
        return f"{'#' * self.level} {self.text}" if self.level < COMMENT_LEVEL else self.text


def titles(program: Program) -> tuple[Title, ...]:
    """All titles of a program in their order; Markdown stands at line 0 of the cell that follows it."""
    found: list[Title] = []
    for number, cell in enumerate(program.cells, 1):
        above = program.headings[number - 1] if number <= len(program.headings) else ""
        found += (Title(number, 0, level, text) for level, text in _markdown(above))
        found += (Title(number, line, level, text) for line, level, text in _comments(cell))
    return tuple(found)


def heading(all_titles: Iterable[Title], cell: int, line: int) -> str:
    """The titles above a place, the nearest first, one a line; `line` is 0 where it is not known."""
    above = [t for t in all_titles if t.cell < cell or (t.cell == cell and (t.line == 0 or t.line <= (line or 0)))]
    return "\n".join(str(t) for t in reversed(above[-MOST_TITLES:]))


def _markdown(text: str) -> Iterator[tuple[int, str]]:
    """Headings of a Markdown cell, and short lines that stand for one."""
    text = HTML.sub(lambda m: f"\n{'#' * int(m['level'])} {' '.join(TAG.sub(' ', m['title']).split())}\n", text)
    lines = text.splitlines()
    fenced = False
    for number, line in enumerate(lines):
        if FENCE.match(line):
            fenced = not fenced
        elif fenced or not line.strip():
            continue
        elif found := MARKDOWN.match(line):
            yield len(found["level"]), _plain(found["title"])
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
    lines = cell.splitlines()
    comments = dict(_whole_lines(cell, lines))
    for number, comment in sorted([*comments.items(), *_strings(cell)]):
        if number in comments:
            found = _section(number, comment, comments, lines)
            if found:
                yield number, *found
        else:
            yield number, COMMENT_LEVEL, comment


def _whole_lines(cell: str, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Comments that begin a line without indentation; none that stands within a string."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(_without_magic(cell)).readline):
            if token.type == tokenize.COMMENT and token.start[1] == 0:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError, ValueError):
        # What does not parse is read line by line.
        yield from ((n, line) for n, line in enumerate(lines, 1) if line.startswith("#"))


def _without_magic(cell: str) -> str:
    return "\n".join("" if line.lstrip().startswith(MAGIC) else line for line in cell.splitlines()) + "\n"


def _section(number: int, comment: str, comments: dict[int, str], lines: list[str]) -> tuple[int, str] | None:
    """Level and title of a comment that begins a section; None for a remark on the line below it."""
    marked = CELL.match(comment)
    inner = comment[marked.end() :] if marked else comment.removeprefix("#")
    if markdown := MARKDOWN.match(inner.lstrip()) if _below_a_text_cell(number, comments) else None:
        return len(markdown["level"]), _plain(markdown["title"])
    text = inner.strip(EDGE)[:LONGEST_TITLE].strip()
    if not text or PROMPT.match(text) or _is_code(text) or len(inner) > LONGEST_TITLE:
        return None
    ruled = bool(RULE.search(comment[1:])) or comment.startswith("##")
    framed = any(_is_rule(comments.get(n, "")) for n in (number - 1, number + 1))
    paragraph = number == 1 or not lines[number - 2].strip()
    numbered = bool(NUMBERED.match(text)) and paragraph
    return (COMMENT_LEVEL, text) if marked or ruled or framed or numbered else None


def _below_a_text_cell(number: int, comments: dict[int, str]) -> bool:
    """Whether the comment belongs to a `# %% [markdown]` cell: comments all the way up to its mark."""
    while number in comments:
        if found := CELL.match(comments[number]):
            return "markdown" in (found[1] or "")
        number -= 1
    return False


def _is_rule(comment: str) -> bool:
    return len(comment) > len("###") and not comment.strip(EDGE)


def _is_code(text: str) -> bool:
    """Code that was commented out is no title; a single word may be both."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return not all(isinstance(s, ast.Expr) and isinstance(s.value, ast.Name | ast.Constant) for s in body)


def _strings(cell: str) -> Iterator[tuple[int, str]]:
    """Short strings that stand for themselves, as in `\"\"\"5. Dropout\"\"\"`; a longer one is code taken out."""
    try:
        body = ast.parse(_without_magic(cell)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Constant(value=str(text))):
                written = [line.strip(EDGE) for line in text.strip().splitlines() if line.strip(EDGE)]
                if written and len(written[0]) <= LONGEST_TITLE and not _is_code(written[0]):
                    yield statement.lineno, _plain(written[0])
