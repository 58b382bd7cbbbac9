"""Sentences that can be said in another language: English text that remembers from which words it was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self


class Text(str):
    """An English sentence, and the message and values that it was made from, by which it can be translated.

    It is a `str` in every way: records, terminal and JSON hold the English words.
    """

    __slots__ = ("message", "values")
    message: str
    values: Mapping[str, object]

    def __new__(cls, message: str, values: Mapping[str, object]) -> Self:
        """The message with its values put in."""
        text = super().__new__(cls, message.format_map(values) if values else message)
        text.message = message
        text.values = values
        return text

    def __reduce__(self) -> tuple[type[Text], tuple[str, Mapping[str, object]]]:
        """So that a copy is a text as well."""
        return type(self), (self.message, self.values)


def say(message: str, /, **values: object) -> Text:
    """A sentence to be read by people; `{name}` in the message stands for a value, which may be a text itself.

    The message must be a literal, so that `make texts` finds it for the translators.
    """
    return Text(message, values)


def said(text: object, translate: Callable[[str], str]) -> str:
    """A text in the language of `translate`, which gives a message or, where it knows none, the same words back."""
    if not isinstance(text, Text):
        return translate(text) if isinstance(text, str) and text else str(text)
    message = translate(text.message) if text.message else ""
    if not text.values:
        return message
    return message.format_map({name: _value(value, translate) for name, value in text.values.items()})


def _value(value: object, translate: Callable[[str], str]) -> object:
    return said(value, translate) if isinstance(value, Text) else value
