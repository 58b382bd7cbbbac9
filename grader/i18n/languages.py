"""The catalogues of translated texts: `grader/i18n/locale/<language>/LC_MESSAGES/grader.po`, read as they stand."""

from __future__ import annotations

import io
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files

from grader.errors import UserError

ENGLISH = "en"
DOMAIN = "grader"


def languages() -> tuple[str, ...]:
    """The codes of all languages that reports can be written in, English first."""
    folder = files("grader.i18n") / "locale"
    found = (entry.name for entry in folder.iterdir() if (entry / "LC_MESSAGES" / f"{DOMAIN}.po").is_file())
    return (ENGLISH, *sorted(found))


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations into a language; what is missing in them stays English.

    Raises:
        UserError: there is no catalogue for the language.
    """
    if language == ENGLISH:
        return NullTranslations()
    if language not in languages():
        known = ", ".join(languages())
        raise UserError(f"Expected a language that reports can be written in ({known}), found {language!r}.")
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    path = files("grader.i18n") / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(path.read_bytes()), locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
