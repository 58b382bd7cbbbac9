"""How a template becomes a page: escaping, limits, the reader's language and the words templates may use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple, TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.i18n.languages import ENGLISH, catalogue
from grader.i18n.texts import Text, said
from grader.records import scaling_words
from grader.records.marks import marks
from grader.reports import words

T = TypeVar("T")

LONGEST_TEXT = 600
"""Characters of any one text of a submission; a page stays under 1 MB whatever a student prints or raises."""


class Listing(NamedTuple):
    """The start of a list and how many entries were left out."""

    shown: tuple[object, ...]
    more: int


def first_of(items: Sequence[T], most: int) -> Listing:
    """At most so many entries, and the number of the rest."""
    return Listing(tuple(items[:most]), max(0, len(items) - most))


def render(template: str, language: str = ENGLISH, /, **context: object) -> str:
    """The page that a template makes of its context; everything but `Markup` is escaped and cut to size."""
    return _environment(language).get_template(template).render(context)


@cache
def _environment(language: str) -> Environment:
    translations = catalogue(language)
    environment = Environment(
        loader=PackageLoader("grader.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finished_in(translations.gettext),
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined] # the extension's
    told = (
        words.accuracy,
        words.bare_marks,
        words.compiled,
        words.duration,
        words.in_words,
        words.place,
        words.sentence,
        words.size,
        words.trained,
    )
    environment.filters["scaling"] = scaling_words
    environment.filters["said"] = lambda text: said(text, translations.gettext)
    environment.filters.update({f.__name__: f for f in (marks, *told)})
    environment.globals["language"] = language
    return environment


def _finished_in(translate: Callable[[str], str]) -> Callable[[object], object]:
    """What is put into a page: texts in the reader's language, and nothing longer than a reader would read."""

    def finish(value: object) -> object:
        return _cut(said(value, translate) if isinstance(value, Text) else value)

    return finish


def _cut(value: object) -> object:
    if isinstance(value, Markup) or len(text := str(value)) <= LONGEST_TEXT:
        return value
    return f"{text[:LONGEST_TEXT]} … ({len(text) - LONGEST_TEXT:,} more characters)"
