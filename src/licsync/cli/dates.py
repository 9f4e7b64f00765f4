"""Types of options that are days, months, instants or ages."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import click

from licsync.model.license import FIRST_DAY, LAST_DAY, parse_day_or_instant


def _check_year(
    kind: click.ParamType[Any],
    day: date,
    value: Any,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> None:
    first, last = FIRST_DAY.year, LAST_DAY.year
    if not first <= day.year <= last:
        kind.fail(f"{value!r} is not between the years {first} and {last}.", param, ctx)


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant or day."""

    name = "ISO8601"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read the instant; without an offset it is UTC."""
        if isinstance(value, datetime):
            return value
        try:
            instant = parse_day_or_instant(value)
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is not an ISO 8601 instant, such as 2026-11-24T09:00:00Z.", param, ctx
            )
        _check_year(self, instant, value, param, ctx)
        return instant


class Day(click.ParamType[date]):
    """A day, such as 2026-11-24."""

    name = "YYYY-MM-DD"
    what, missing = "a day, such as 2026-11-24", ""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the day."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(f"{value}{self.missing}")
        except ValueError:
            self.fail(f"{value!r} is not {self.what}.", param, ctx)
        _check_year(self, day, value, param, ctx)
        return day


class Month(Day):
    """A month, such as 2026-11, as its first day."""

    name = "YYYY-MM"
    what, missing = "a month, such as 2026-11", "-01"


class Age(click.ParamType[timedelta]):
    """An age in days or weeks: 30d, 4w."""

    name = "AGE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read the age."""
        if isinstance(value, timedelta):
            return value
        from licsync.model.durations import duration

        if re.fullmatch(r"[0-9]{1,4}[dw]", value) is None:
            self.fail(f"{value!r} is not a number of days or weeks, such as 30d or 4w.", param, ctx)
        return duration(value)
