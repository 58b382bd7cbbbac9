"""Times are read in the languages of the systems, or not at all: never by a guess."""

from datetime import datetime

import pytest

from grader.intake.moments import moodle_moments, nbgrader_moment

WALL = datetime(2024, 8, 14, 23, 59)  # noqa: DTZ001 (a wall clock's)


@pytest.mark.parametrize(
    "text",
    [
        "Wednesday, 14 August 2024, 11:59 PM",
        "Mittwoch, 14. August 2024, 23:59",
        "miércoles, 14 de agosto de 2024, 23:59",
        "mercredi 14 août 2024, 23:59",
        "quarta-feira, 14 de agosto de 2024 às 23:59",
        "mercoledì, 14 agosto 2024, 23:59",
        "środa, 14 sierpnia 2024, 23:59",
        "среда, 14 августа 2024, 23:59",
        "onsdag den 14. august 2024, 23:59",
        "2024年 08月 14日(水曜日) 23:59",
        "2024-08-14 23:59",
    ],
)
def test_moodles_times_are_read_in_its_languages(text: str) -> None:
    assert moodle_moments([text, "-", ""]) == [WALL, None, None]


@pytest.mark.parametrize(
    "text",
    [
        "14 listopad 2024, 23:59",  # October in Croatian, November in Polish
        "08/09/2024, 23:59",  # whose eighth is it?
        "Thursday, 14 August 2024, 11:59 PM",  # it was a Wednesday
        "Wednesday, 14 Foo 2024, 11:59 PM",
        "Wednesday, 14 August 2024, 23:59 PM",
        "31 February 2024, 12:00",
        "yesterday, 12:00",
    ],
)
def test_what_is_not_certain_is_no_time(text: str) -> None:
    assert moodle_moments([text]) == [None]


def test_the_rest_of_the_column_tells_the_language() -> None:
    assert moodle_moments(["14 listopad 2024, 23:59", "czwartek, 14 listopada 2024, 23:59"])[0] == datetime(  # noqa: DTZ001
        2024, 11, 14, 23, 59
    )


def test_midnight_and_noon_of_twelve_hour_clocks() -> None:
    assert [m.hour for m in moodle_moments(["1 May 2024, 12:05 AM", "1 May 2024, 12:05 PM"]) if m] == [0, 12]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2015-02-02 14:58:23.948203 America/Los_Angeles\n", "2015-02-02T14:58:23.948203-08:00"),
        ("2015-02-02 14:58:23 UTC", "2015-02-02T14:58:23+00:00"),
        ("2015-02-02 14:58:23", "2015-02-02T14:58:23+00:00"),
        ("2015-02-02 14:58:23 +0530", "2015-02-02T14:58:23+05:30"),
    ],
)
def test_nbgraders_time_stamps_have_their_zone(text: str, read: str) -> None:
    moment = nbgrader_moment(text)
    assert moment is not None
    assert moment.isoformat() == read


@pytest.mark.parametrize("text", ["", "soon", "2015-02-02", "2015-02-02 14:58:23 CST", "2015-02-02 14:58 ../../etc"])
def test_a_time_stamp_of_an_uncertain_zone_is_none(text: str) -> None:
    assert nbgrader_moment(text) is None
