"""What people and spreadsheets may mean by other spellings of a day."""

from __future__ import annotations

import pytest

from licsync.model.days import day_of_serial, days_meant


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("31.12.2026", ["2026-12-31"]),
        ("12/31/2026", ["2026-12-31"]),
        ("3/4/2027", ["2027-03-04", "2027-04-03"]),
        ("30.02.2027", []),
        ("2026-12-31", []),
        ("soon", []),
    ],
)
def test_a_day_with_the_year_last_may_mean_two_days(text: str, days: list[str]) -> None:
    assert days_meant(text) == days


def test_a_number_of_a_spreadsheet_is_a_day_of_our_time() -> None:
    assert [*map(day_of_serial, ("46387", "20000", "7", "123456"))] == [
        "2026-12-31",
        None,
        None,
        None,
    ]
