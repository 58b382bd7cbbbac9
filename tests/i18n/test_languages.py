"""The texts of reports in other languages than English."""

from __future__ import annotations

import copy
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

import grader
from grader.assignment.assignment import Assignment
from grader.assignment.rubric import bundled, load
from grader.errors import UserError, WrittenError
from grader.i18n.languages import catalogue, languages
from grader.i18n.texts import Text, said, say
from tests.reports.samples import BACKGROUND, bad_evidence, bad_grade, student_html

LOCALE = Path(grader.__file__).parent / "i18n" / "locale"
OTHERS = [language for language in languages() if language != "en"]


def listed(name: str) -> list[Message]:
    with (LOCALE / name).open("rb") as file:
        return [message for message in read_po(file) if message.id]


def placeholders(message: str) -> Counter[str]:
    """`{name}` with its format, and `%(name)s`."""
    return Counter(re.findall(r"\{[^}]*\}|%\(\w+\)s|%%", message))


def test_hardly_a_text_of_the_source_is_missing_in_the_list_for_translators_or_make_texts_was_forgotten() -> None:
    with (LOCALE / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"say": None, "_": None}
    found = extract_from_dir(LOCALE.parents[1], method_map=methods, options_map=options, keywords=keywords)
    texts = {entry[2] for entry in found}
    assert len(texts) > 250
    # A few that were reworded today stay English until somebody says `make texts`.
    assert len(texts ^ {message.id for message in listed("grader.pot")}) < 25


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_is_of_a_listed_text_and_keeps_its_values(language: str) -> None:
    known = {message.id for message in listed("grader.pot")}
    translated = [m for m in listed(f"{language}/LC_MESSAGES/grader.po") if m.string]
    assert len(translated) > 200
    assert [m.id for m in translated if m.id not in known] == []
    assert [m.id for m in translated if placeholders(str(m.id)) != placeholders(str(m.string))] == []


def test_a_text_is_english_wherever_it_is_only_a_string_and_can_be_translated_with_all_it_holds() -> None:
    inner = say("{layer} is missing", layer="Dropout(0.2)")
    text = say("{what} (dense layer {number} of {total})", what=inner, number=2, total=5)
    assert text == "Dropout(0.2) is missing (dense layer 2 of 5)"
    assert said(text, catalogue("de").gettext) == "Dropout(0.2) fehlt (Dense-Schicht 2 von 5)"


def test_braces_and_messages_in_a_students_words_are_left_as_they_are() -> None:
    text = say("fit raised {error}", error="KeyError: '{number} passed'")
    assert said(text, catalogue("de").gettext) == "fit brach ab mit KeyError: '{number} passed'"
    assert said("{number} is no value", catalogue("de").gettext) == "{number} is no value"


def test_a_copy_of_a_text_can_still_be_translated() -> None:
    again = copy.deepcopy(say("{layer} is missing", layer="elu"))
    assert isinstance(again, Text)
    assert said(again, catalogue("de").gettext) == "elu fehlt"


def test_a_report_in_german_says_its_frame_and_its_findings_in_german() -> None:
    page = student_html(bad_grade(), bad_evidence(), replace(BACKGROUND, language="de"))
    assert '<html lang="de">' in page
    for words in ("Was zuerst zu tun ist.", "nicht bestanden", "Für diese Stufe genommen", "7 von 100 Epochen"):
        assert words in page
    for words in ("What to do first", "Taken for this stage", "Good to know"):
        assert words not in page


def test_a_language_nobody_has_translated_is_refused_with_those_that_somebody_has() -> None:
    with pytest.raises(UserError, match=r"\(en, de\), found 'tlh'"):
        catalogue("tlh")


def test_the_rubric_chooses_the_language_and_the_command_line_another(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"language: de\n{bundled().read_text(encoding='utf-8')}", encoding="utf-8")
    assert Assignment.of(load(path)).language == "de"
    assert Assignment.of(load(path), "en").language == "en"


def test_a_rubric_in_an_unknown_language_is_refused_where_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"language: klingon\n{bundled().read_text(encoding='utf-8')}", encoding="utf-8")
    with pytest.raises(WrittenError, match=r"x\.yaml:1:\d+: 'language': expected one of the languages.*en, de"):
        load(path)
