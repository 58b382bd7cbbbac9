from __future__ import annotations

import json
from fractions import Fraction

from grader.records import Ending, Identity, Presence, Roster, RosterLine
from grader.reports.class_json import class_json
from grader.reports.index import index_html
from grader.reports.neighbours import with_neighbours
from grader.reports.overview import Row, in_order, overview
from tests.reports.classes import result, student
from tests.reports.samples import HOSTILE, bad_grade, good_grade

TWO = Fraction(2)
SLOT = "<!--neighbours--><!--/neighbours-->"
ROSTER = Roster(
    "worksheet.csv",
    "Moodle worksheet",
    (
        RosterLine(Presence.MATCHED, "1", "Ada", student="ada"),
        RosterLine(Presence.NOTHING, "2", HOSTILE),
        RosterLine(Presence.NOTHING, "3", "Bob Absent"),
    ),
)


def row(name: str, **changes: object) -> Row:
    return Row(student(name, result("a", 1), result("b", 1), **changes), f"{name}/instructor.html")


DONE, OPEN = row("anna"), Row(student("bert", result("a", None)), "bert/instructor.html")
REVIEW, NOTHING = row("carl", review=("odd",)), row("dora", ending=Ending.NOTHING_TO_RUN)


def test_those_who_need_a_person_come_first_each_by_name() -> None:
    assert in_order([DONE, OPEN, REVIEW, NOTHING]) == (NOTHING, OPEN, REVIEW, DONE)


def test_a_reason_that_many_have_is_said_once_with_all_of_them() -> None:
    seen = overview([row("a", review=("odd", "late")), row("b", review=("odd",)), row("c")], "Lab", TWO)
    assert [(r.words, [x.grade.student for x in r.rows]) for r in seen.review] == [("odd", ["a", "b"]), ("late", ["a"])]
    assert seen.to_review == 2


def test_the_class_list_says_who_is_missing() -> None:
    seen = overview([row("ada")], "Lab", TWO, ROSTER)
    assert seen.presence == {Presence.MATCHED: 1, Presence.NOTHING: 2}
    page = index_html(seen)
    assert "<dt>Nothing handed in</dt><dd>2</dd>" in page
    assert "<bdi>Bob Absent</bdi> (<bdi>3</bdi>)" in page
    assert HOSTILE not in page


def test_without_a_class_list_the_submissions_say_how_they_were_matched() -> None:
    ambiguous = Identity(name="Ada L.", presence=Presence.AMBIGUOUS, note="two of that name")
    seen = overview([row("ada", identity=ambiguous), row("bob")], "Lab", TWO)
    assert seen.presence == {Presence.AMBIGUOUS: 1}
    page = index_html(seen)
    assert "ambiguous: two of that name" in page
    assert '<a href="./ada/instructor.html"><bdi>Ada L.</bdi></a><br><bdi class="small">ada</bdi>' in page


def test_a_total_below_nothing_stands_in_the_first_column() -> None:
    late = row("ada", total=Fraction(-1))
    assert overview([late], "Lab", TWO).bins[0].count == 1


def test_the_json_says_what_the_page_says() -> None:
    rows = [Row(good_grade(), "ada/instructor.html"), Row(bad_grade(), "bad/instructor.html")]
    written = json.loads(json.dumps(class_json(overview(rows, "Lab", Fraction(10), ROSTER))))
    assert [s["student"] for s in written["students"]] == [HOSTILE, "Ada Lovelace"]
    assert (
        written["students"][1] | {"report": "ada/instructor.html", "total": 10.0, "ending": "completed"}
        == written["students"][1]
    )
    assert written["summary"]["mean"] == 10.0
    assert sum(b["students"] for b in written["distribution"]) == 1
    assert [line["name"] for line in written["nothing_handed_in"]] == [HOSTILE, "Bob Absent"]
    assert written["review"][0] == {"reason": "batchnorm: r1 and r3 fit equally well", "students": [HOSTILE]}
    assert {c["id"] for c in written["criteria"]} >= {"data.shapes", "dropout.all"}
    assert written["faults"] == []


def test_a_page_is_linked_with_those_beside_it_again_and_again() -> None:
    rows = [row("a b"), row("bob"), Row(student(HOSTILE), "x/instructor.html")]
    page = f"<main>{SLOT}text</main>"
    linked = with_neighbours(with_neighbours(page, rows, 0), rows, 1)
    assert linked == with_neighbours(page, rows, 1)
    assert '<a href="../index.html">Class</a>' in linked
    assert '<a rel="prev" href="../a%20b/instructor.html">' in linked
    assert '<a rel="next" href="../x/instructor.html">' in linked
    assert HOSTILE not in linked
    assert linked.endswith("text</main>")


def test_the_first_and_the_last_have_one_neighbour_and_other_pages_are_left_alone() -> None:
    rows = [row("a"), row("b")]
    assert 'rel="prev"' not in with_neighbours(SLOT, rows, 0)
    assert 'rel="next"' not in with_neighbours(SLOT, rows, 1)
    assert with_neighbours("an older page", rows, 0) == "an older page"
