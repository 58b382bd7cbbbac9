"""An `overrides.yaml` is read with every problem at its place, and written to without touching the rest."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UserError, WrittenError
from grader.records import Override
from grader.workspace.overrides.edit import with_entry
from grader.workspace.overrides.load import load, load_for, parse

MOST = {"dropout.rate": Fraction(1, 4), "data.load": Fraction(1, 2)}
BEN = Override("ben", "Dr Who", "2026-11-25", "dropout.rate", Fraction(1, 4), Decimal(0), "Placed well.")
FILE = """\
# Appeals of November
- student: ada
  criterion: data.load
  mark: 0.5        # she showed me
  replaces: not assessed
  by: Dr Who
  when: 2026-11-25 18:30

- student: ben    # talked on the phone
  criterion: dropout.rate
  mark: 0.1
  replaces: 0
  comment: |
    Two layers lack it:
    the third and the fourth.
  by: Dr Who
  when: 2026-11-24
# end of the list
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "overrides.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrittenError) as caught:
        load_for(path, ["ada", "ben"], MOST)
    return [problem.removeprefix(f"{path}:") for problem in caught.value.problems]


def entry(**changes: str) -> str:
    given = {
        "student": "ben",
        "criterion": "dropout.rate",
        "mark": "0.25",
        "replaces": "0",
        "by": "me",
        "when": "2026-11-25",
    }
    keys = {key: value for key, value in (given | changes).items() if value}
    return "- " + "\n  ".join(f"{key}: {value}" for key, value in keys.items()) + "\n"


def test_no_file_and_an_empty_file_hold_no_overrides(tmp_path: Path) -> None:
    assert load(tmp_path / "overrides.yaml") == ()
    assert parse("overrides.yaml", b"# nothing yet\n") == ()


def test_marks_are_read_by_their_digits(tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text(entry(mark="0.1", replaces="0.166667"), encoding="utf-8")
    (found,) = load_for(tmp_path / "o.yaml", ["ben"], MOST)
    assert (found.mark, found.replaces, found.when) == (Fraction(1, 10), Decimal("0.166667"), "2026-11-25")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"student": "bne"}, "1:12: no student 'bne' in the class (did you mean 'ben'?)"),
        ({"criterion": "dropout.rat"}, "2:14: no criterion 'dropout.rat' in the rubric (did you mean 'dropout.rate'?)"),
        ({"mark": "0.5"}, "3:9: dropout.rate has at most 0.25 marks, found 0.5"),
        ({"mark": "-1"}, "3:9: 'mark': expected marks from 0 up, found -1"),
        ({"mark": ".nan"}, "3:9: 'mark': expected a number, found '.nan'"),
        ({"mark": "full"}, "3:9: 'mark': expected a number, found 'full'"),
        ({"replaces": "yes"}, "4:13: 'replaces': expected the automatic mark that it replaces, a number, or the words"),
        ({"replaces": ""}, "3:3: a mark needs 'replaces', the automatic mark in its place"),
        ({"criterion": ""}, "2:3: a mark needs the criterion that it is for; add 'criterion'"),
        ({"mark": ""}, "3:3: 'replaces' without 'mark'"),
        ({"mark": "", "replaces": ""}, "1:3: the entry says nothing; add 'mark', 'comment' or 'accepts'"),
        ({"by": ""}, "1:3: missing 'by'; add it here"),
        ({"when": "2026-02-30"}, "6:9: 'when': expected a date such as 2026-11-25"),
        ({"when": "yesterday"}, "6:9: 'when': expected a date such as 2026-11-25"),
        ({"student": "4711"}, "1:12: 'student': expected text (in quotes, where it looks like a number), found 4711"),
        ({"coment": "x"}, "7:3: unknown key 'coment' (did you mean 'comment'?)"),
        ({"rubric": "abc"}, "7:3: 'rubric' says of which grade the reasons are accepted; add 'accepts', or take it"),
        ({"accepts": "[looked]"}, "7:3: 'accepts' is about the whole grade; give it an entry without 'criterion'"),
    ],
)
def test_each_problem_is_said_at_its_line_and_column(tmp_path: Path, changes: dict[str, str], problem: str) -> None:
    (found,) = problems(tmp_path, entry(**changes))
    assert found.startswith(problem)


def test_all_problems_are_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = problems(tmp_path, entry(student="bne", mark="9") + entry() + entry(when="") + "- 5\n" + entry())
    assert [line.partition(" ")[0] for line in found] == ["1:12:", "3:9:", "13:3:", "18:3:", "21:3:"]
    assert found[-1].endswith("a second mark for dropout.rate of ben (first in entry 2); keep one")


@pytest.mark.parametrize("text", ["ben: 3\n", "- [unclosed\n", "just words"])
def test_a_file_that_is_no_list_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    assert len(problems(tmp_path, text)) == 1


def written(tmp_path: Path, text: str | bytes, override: Override) -> str:
    path = tmp_path / "overrides.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return with_entry(path, override).decode()


def test_a_new_entry_is_put_at_the_end_and_every_other_byte_stays(tmp_path: Path) -> None:
    other = Override("ada", "Dr Who", "2026-11-25", comment="Nice plots.")
    assert written(tmp_path, FILE, other) == FILE + (
        "- student: ada\n  comment: Nice plots.\n  by: Dr Who\n  when: 2026-11-25\n"
    )


def test_a_second_mark_for_the_same_takes_the_place_of_the_first_and_no_more(tmp_path: Path) -> None:
    new = written(tmp_path, FILE, BEN)
    start, end = FILE.index("- student: ben"), FILE.index("# end of the list")
    assert new.startswith(FILE[:start])
    assert new.endswith(FILE[end:])
    assert "phone" not in new
    assert parse("o", new.encode())[1] == BEN


def test_a_second_review_leaves_the_words_of_the_first_where_they_are(tmp_path: Path) -> None:
    first = Override("ben", "Dr Who", "2026-11-24", comment="I looked at your data.", accepts=("the data",))
    second = Override("ben", "A. Turing", "2026-11-25", accepts=("the data", "the grader failed: Error\n"))
    after = parse("o", written(tmp_path, written(tmp_path, "", first), second).encode())
    assert [(o.by, o.comment) for o in after] == [("Dr Who", "I looked at your data."), ("A. Turing", "")]
    assert after[1].accepts == ("the data", "the grader failed: Error")


@pytest.mark.parametrize(
    "text",
    [FILE.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + FILE.encode(), FILE.rstrip().encode()],
    ids=["CRLF", "BOM", "no newline at the end"],
)
def test_line_ends_and_marks_of_editors_stay_as_they_were(tmp_path: Path, text: bytes) -> None:
    other = Override("ada", "Dr Who", "2026-11-25", comment="Nice plots.")
    new = written(tmp_path, text, other)
    assert new.encode().startswith(text)
    assert new.count("\n") == new.count("\r\n") or b"\r" not in text


def test_an_indented_list_is_continued_with_its_indentation(tmp_path: Path) -> None:
    indented = "".join(f"  {line}\n" for line in entry(student="ada").splitlines())
    assert written(tmp_path, indented, BEN).startswith(indented + "  - student: ben\n    criterion:")


@pytest.mark.parametrize("text", ["[]\n", "[{student: ada, comment: hi, by: me, when: 2026-11-25}]\n", "---\n- {}\n"])
def test_a_file_that_cannot_be_added_to_is_left_alone_and_says_so(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError):
        written(tmp_path, text, BEN)


def test_a_file_with_problems_is_not_added_to(tmp_path: Path) -> None:
    with pytest.raises(WrittenError, match=r"3:9: 'mark': expected a number"):
        written(tmp_path, entry(mark="much"), BEN)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).filter(str.strip)


@given(comment=st.lists(TEXT, min_size=1, max_size=3).map("\n".join), student=TEXT, mark=st.fractions(0, 5))
def test_whatever_is_said_comes_back_as_it_was(comment: str, student: str, mark: Fraction) -> None:
    from tempfile import TemporaryDirectory

    rounded = Fraction(round(mark, 2))
    said = Override(student, "Dr Who", "2026-11-25", "data.load", rounded, None, comment.strip())
    with TemporaryDirectory() as folder:
        assert parse("o", written(Path(folder), FILE, said).encode())[-1] == said
