"""Late work costs what the rubric says, exactly, by the time that the LMS recorded and no other."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment.lateness import LateRule, lateness
from grader.assignment.rubric import bundled, load
from grader.errors import WrittenError
from grader.records import Identity, Lms

BERLIN = ZoneInfo("Europe/Berlin")
DUE = datetime(2024, 8, 14, 23, 59, tzinfo=BERLIN)
RULE = LateRule(DUE, "day", Fraction(1), cap=Fraction(5))
HOURLY = LateRule(DUE, "hour", Fraction(1, 4))


def off(rule: LateRule, submitted: datetime | None) -> Fraction:
    return lateness(rule, Identity(submitted_at=submitted)).penalty


@pytest.mark.parametrize(
    ("after", "days", "hours"),
    [
        (timedelta(0), 0, 0),
        (timedelta(seconds=1), 1, 1),
        (timedelta(hours=1), 1, 1),
        (timedelta(hours=1, seconds=1), 1, 2),
        (timedelta(days=1), 1, 24),
        (timedelta(days=1, microseconds=1), 2, 25),
        (-timedelta(days=3), 0, 0),
    ],
)
def test_each_day_or_hour_that_has_begun_counts(after: timedelta, days: int, hours: int) -> None:
    assert off(RULE, DUE + after) == days
    assert off(HOURLY, (DUE.astimezone(UTC) + after)) == Fraction(hours, 4)


def test_the_limit_of_the_rubric_holds() -> None:
    late = lateness(RULE, Identity(submitted_at=DUE + timedelta(days=30)))
    assert (late.begun, late.penalty) == (30, 5)
    assert "5 marks off (not 30: the rubric sets a limit)" in late.words


def test_within_grace_nothing_is_taken_off_and_beyond_it_counts_from_the_due_time() -> None:
    rule = LateRule(DUE, "hour", Fraction(1), timedelta(minutes=15))
    assert off(rule, DUE + timedelta(minutes=15)) == 0
    assert off(rule, DUE + timedelta(minutes=16)) == 1


def test_a_time_without_a_zone_is_the_clock_of_the_rules_zone() -> None:
    assert off(RULE, datetime(2024, 8, 14, 23, 59)) == 0  # noqa: DTZ001 (Moodle's)
    assert off(RULE, datetime(2024, 8, 15, 0, 0)) == 1  # noqa: DTZ001


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    assert off(RULE, datetime(2024, 8, 14, 21, 59, tzinfo=UTC)) == 0
    assert off(RULE, datetime(2024, 8, 14, 22, 0, tzinfo=UTC)) == 1


def test_a_day_on_which_the_clocks_go_back_has_25_hours_and_25_hours_have_25() -> None:
    due = datetime(2024, 10, 26, 12, 0, tzinfo=BERLIN)
    same_clock = datetime(2024, 10, 27, 12, 0, tzinfo=BERLIN)
    assert off(LateRule(due, "day", Fraction(1)), same_clock) == 1
    assert off(LateRule(due, "hour", Fraction(1)), same_clock) == 25


def test_a_day_on_which_the_clocks_go_forward_has_23_hours() -> None:
    due = datetime(2024, 3, 30, 12, 0, tzinfo=BERLIN)
    same_clock = datetime(2024, 3, 31, 12, 0, tzinfo=BERLIN)
    assert off(LateRule(due, "day", Fraction(1)), same_clock) == 1
    assert off(LateRule(due, "day", Fraction(1)), same_clock + timedelta(minutes=1)) == 2
    assert off(LateRule(due, "hour", Fraction(1)), same_clock) == 23


def test_without_a_time_nothing_is_taken_off_and_that_is_said() -> None:
    late = lateness(RULE, Identity())
    assert (late.penalty, late.review) == (0, "")
    assert "not known when this was handed in" in late.words


def test_what_the_lms_calls_late_without_a_time_is_for_a_person() -> None:
    late = lateness(RULE, Identity(Lms.CANVAS, marked_late=True))
    assert late.penalty == 0
    assert "canvas calls it late" in late.review


ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2025, 12, 31))  # noqa: DTZ001 (wall clocks)


@given(MOMENTS, MOMENTS, MOMENTS, ZONES, st.sampled_from(["day", "hour"]))
def test_later_never_costs_less_and_in_time_costs_nothing(
    due: datetime, one: datetime, other: datetime, zone: str, per: str
) -> None:
    rule = LateRule(due.replace(tzinfo=ZoneInfo(zone), fold=1), per, Fraction(1, 3))
    first, second = sorted(m.replace(tzinfo=UTC) for m in (one, other))
    assert off(rule, first) <= off(rule, second)
    assert (off(rule, first) == 0) == (first <= rule.due.astimezone(UTC))


# ---------------------------------------------------------------- as it stands in a rubric


def rubric(tmp_path: Path, *lines: str) -> Path:
    text = bundled().read_text(encoding="utf-8")
    path = tmp_path / "late.yaml"
    path.write_text(text.replace("\nstages:", "\nlate:\n" + "".join(f"  {line}\n" for line in lines) + "\nstages:", 1))
    return path


def test_a_rubric_says_when_work_is_due_and_what_it_costs(tmp_path: Path) -> None:
    lines = ("due: 2024-08-14 23:59", "zone: Asia/Kolkata", "per_day: 10 %", "grace: 15 minutes", "cap: 2.5")
    late = load(rubric(tmp_path, *lines)).late
    due = datetime(2024, 8, 14, 23, 59, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert late == LateRule(due, "day", Fraction(1), timedelta(minutes=15), Fraction(5, 2))


def test_the_bundled_rubric_takes_nothing_off() -> None:
    assert load(bundled()).late is None


GOOD = ("due: 2024-08-14 23:59", "zone: Europe/Berlin", "per_hour: 0.1")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (("due: 2024-08-14", *GOOD[1:]), "'due': expected a date and a time of the zone's clock"),
        (("due: 2024-08-14 23:59:00+02:00", *GOOD[1:]), "'due': expected a date and a time of the zone's clock"),
        ((GOOD[0], "zone: Berlin", GOOD[2]), "'zone': expected a time zone such as Europe/Berlin"),
        ((*GOOD, "per_day: 1"), "expected either per_day or per_hour"),
        (GOOD[:2], "expected either per_day or per_hour"),
        ((*GOOD[:2], "per_day: -1"), "'per_day': expected marks, such as 0.5, or a share"),
        ((*GOOD, "grace: 15"), "'grace': expected a length of time, such as 15 minutes"),
        ((*GOOD, "grase: 15 minutes"), "unknown key 'grase' (did you mean 'grace'?)"),
        (("due: 2024-03-31 02:30", *GOOD[1:]), "clocks in Europe/Berlin skip 2024-03-31 02:30"),
    ],
)
def test_what_is_wrong_with_the_rule_is_told_at_its_line(lines: tuple[str, ...], problem: str, tmp_path: Path) -> None:
    with pytest.raises(WrittenError) as found:
        load(rubric(tmp_path, *lines))
    assert problem in str(found.value)
    assert "late.yaml:" in str(found.value)


@pytest.mark.parametrize(("days", "doubted"), [(365 * 20, True), (-400, True), (59, False), (-170, False)])
def test_a_time_far_from_the_due_time_is_a_question_about_the_date(days: int, doubted: bool) -> None:
    found = lateness(RULE, Identity(submitted_at=DUE + timedelta(days=days)))
    assert ("is `late: due` the right date?" in found.review) is doubted
