"""When the LMS took a submission in, from the words it writes; what is not certain is None, never a guess."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timezone
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale

# fmt: off
LANGUAGES = (
    "en", "af", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "es", "et", "eu", "fa",
    "fi", "fil", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "km",
    "kn", "ko", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "nb", "ne", "nl", "nn", "pl", "pt", "ro", "ru", "sk",
    "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "zh",
)
# fmt: on
"""Moodle's language packs, as far as the Unicode CLDR has their months."""
TIME = re.compile(r"(?<!\d)(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?!\d)\s*(?:([ap])\.?\s?m\b\.?)?", re.IGNORECASE)
ISO = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}")
EAST = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['\u2019-])*")
NUMBER = re.compile(r"\d+")
OFFSET = re.compile(r"^(?:UTC|GMT)?\s*([+-]\d{2}):?(\d{2})$")
YEAR = 1000
PARTICLES = frozenset(
    {
        "de",
        "del",
        "d",
        "at",
        "on",
        "of",
        "um",
        "uhr",
        "à",
        "às",
        "h",
        "kl",
        "a",
        "las",
        "alle",
        "ore",
        "den",
        "m",
        "\u0433",
        "\u0440",
    }
)
"""What may stand between the parts of a date."""
NOTHING = frozenset({"", "-", "\u2013"})


def nbgrader_moment(text: str) -> datetime | None:
    """`2015-02-02 14:58:23.948203 America/Los_Angeles`; without a zone it is UTC, as nbgrader reads it."""
    return iso_moment(text.strip(), UTC)


def iso_moment(text: str, zone: timezone | None) -> datetime | None:
    """An ISO date and time with the name or offset of a zone behind it; `zone` where it has none."""
    found = re.match(r"^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(.*)", text.strip(), re.DOTALL)
    if not found:
        return None
    try:
        moment = datetime.fromisoformat(found[1])
        return moment.replace(tzinfo=_zone(name) if (name := found[2].strip()) else zone)
    except (ValueError, KeyError, OSError):
        return None


def _zone(name: str) -> timezone | ZoneInfo:
    """Raises ValueError for what is no zone; abbreviations such as CST stand for several and are none."""
    if name.upper() in {"UTC", "Z", "GMT"}:
        return UTC
    if offset := OFFSET.match(name):
        parsed = datetime.strptime(offset[1] + offset[2], "%z").tzinfo
        return parsed if isinstance(parsed, timezone) else UTC
    if "/" not in name:
        raise ValueError(name)
    return ZoneInfo(name)


def is_moment(text: str) -> bool:
    """Whether a cell could hold a date and a time, in whatever language."""
    return bool(TIME.search(text) and (ISO.match(text) or EAST.search(text) or re.search(r"(?<!\d)\d{4}(?!\d)", text)))


def moodle_moments(cells: Sequence[str]) -> list[datetime | None]:
    """The wall-clock times of a column of Moodle's worksheet, whatever its language.

    The column has one language: one in which every word of every cell is a weekday, a month or a particle, and every
    weekday fits its date. Where several would do and do not agree, as of `listopad`, which is October in Croatian and
    November in Czech, there are no times.
    """
    wanted = [c for c in cells if c.strip() not in NOTHING]
    readings = {tuple(found) for language in LANGUAGES if (found := _column(wanted, language)) is not None}
    if len(readings) != 1:
        return [None] * len(cells)
    moments = dict(zip(wanted, readings.pop(), strict=True))
    return [moments.get(c) for c in cells]


def _column(cells: Iterable[str], language: str) -> list[datetime] | None:
    found = []
    for cell in cells:
        moment = _moment(cell, language)
        if moment is None:
            return None
        found.append(moment)
    return found


def _moment(text: str, language: str) -> datetime | None:
    time = TIME.search(text)
    if ISO.match(text):
        return iso_moment(text, None)
    if not time:
        return None
    date = f"{text[: time.start()]} {text[time.end() :]}"
    with suppress(ValueError):
        if east := EAST.search(date):
            return datetime(int(east[1]), int(east[2]), int(east[3]), *_clock(time))  # noqa: DTZ001 (a wall clock's)
        return _western(date, time, language)
    return None


def _western(date: str, time: re.Match[str], language: str) -> datetime | None:
    """`Wednesday, 14 August 2024`: ValueError where the numbers are no date."""
    months, weekdays, particles = _words(language)
    words = _plain_words(date)
    if any(w not in months and w not in weekdays and w not in particles for w in words):
        return None
    month = {months[w] for w in words if w in months}
    numbers = [int(n) for n in NUMBER.findall(date)]
    years, days = [n for n in numbers if n >= YEAR], [n for n in numbers if n < YEAR]
    if len(month) != 1 or len(years) != 1 or len(days) != 1:
        return None
    moment = datetime(years[0], month.pop(), days[0], *_clock(time))  # noqa: DTZ001 (a wall clock's)
    named = {weekdays[w] for w in words if w in weekdays and w not in months}
    return moment if named <= {moment.weekday()} else None


def _clock(time: re.Match[str]) -> tuple[int, int, int]:
    hour, half = int(time[1]), (time[4] or "").lower()
    if half and not 1 <= hour <= 12:  # noqa: PLR2004 (a clock's face)
        raise ValueError(time[0])
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, int(time[2]), int(time[3] or 0)


@cache
def _words(language: str) -> tuple[Mapping[str, int], Mapping[str, int], frozenset[str]]:
    """Months and weekdays (Monday is 0) of a language by their names, and the words between them."""
    locale = Locale.parse(language)
    months, common = _names(locale.months)
    weekdays, also_common = _names(locale.days)
    return months, weekdays, PARTICLES | common | also_common


def _names(forms: Mapping[str, Mapping[str, Mapping[int, str]]]) -> tuple[Mapping[str, int], frozenset[str]]:
    """What each word of a full or short name, in all its cases, stands for; and the words that stand for several."""
    meanings: dict[str, set[int]] = defaultdict(set)
    for form in forms.values():
        for width in ("wide", "abbreviated"):
            for number, name in form.get(width, {}).items():
                for word in _plain_words(name):
                    meanings[word].add(number)
    clear = {word: next(iter(numbers)) for word, numbers in meanings.items() if len(numbers) == 1}
    return clear, frozenset(meanings.keys() - clear.keys())


def _plain_words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text)]
