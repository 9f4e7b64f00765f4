"""What people and spreadsheets may mean by other spellings of a day."""

from __future__ import annotations

import pytest

from licsync.model.days import day_of_serial, day_written, days_meant


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("31.12.2026", ["2026-12-31"]),
        ("12/31/2026", ["2026-12-31"]),
        ("3/4/2027", ["2027-03-04", "2027-04-03"]),
        ("31.12.26", ["2026-12-31"]),
        ("10-Jan-27", ["2027-01-10"]),
        ("30.02.2027", []),
        # the day there may be another one than here
        ("2027-01-10T00:00:00Z", ["2027-01-10"]),
        ("2027-01-10T00:00:00.000+01:00", ["2027-01-10"]),
        ("32 Jan 27", []),
        ("soon", []),
    ],
)
def test_a_text_may_mean_no_day_or_one_or_two(text: str, days: list[str]) -> None:
    assert days_meant(text) == days
    assert day_written(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2027-01-10", "2027-1-10", "2027/01/10", "2027.1.10", "2027年1月10日",
        "2027-01-10 08:30:00", "2027-01-10T00:00", "2027-01-10T00:00:00.000", "10 Jan 2027",
        "10-Jan-2027", "10. Januar 2027", "10 janvier 2027", "10th January 2027",
        "January 10, 2027", "Jan. 10 2027",
    ],
)  # fmt: skip
def test_a_text_with_the_year_first_or_the_name_of_the_month_means_one_day(text: str) -> None:
    assert day_written(text) == "2027-01-10"
    assert days_meant(text) == ["2027-01-10"]


@pytest.mark.parametrize("text", ["2027-02-29", "2027/13/01", "10 Foo 2027", "Foo 10, 2027"])
def test_a_day_that_no_calendar_has_is_none(text: str) -> None:
    assert day_written(text) is None
    assert days_meant(text) == []


def test_a_number_of_a_spreadsheet_is_a_day_of_our_time() -> None:
    assert [*map(day_of_serial, ("46387", "20000", "7", "123456"))] == [
        "2026-12-31",
        None,
        None,
        None,
    ]
