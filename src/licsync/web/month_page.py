"""The page of a month: who came, moved and left, licenses by day, and cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from licsync.diagnostics import LicsyncError
from licsync.model.license import FIRST_DAY, LAST_DAY
from licsync.planning.calendar import account_day
from licsync.planning.period.days import LONGEST, Period, next_month
from licsync.planning.period.movements import Flow
from licsync.planning.period.report import PeriodReport
from licsync.views.period.sections import Grid, Section, notes, sections, summary_line
from licsync.web.account_index import AccountIndex
from licsync.web.query_params import MonthQuery

MOST_ROWS = 500
"""How many rows of a table the page lists; the Excel file has all of them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the report.

    Attributes:
        section: its title, tables and remarks.
        runs: for each row of the only table, the run that its last cell names; empty without one.
    """

    section: Section
    runs: tuple[str, ...] = ()

    def rows(self, grid: Grid) -> list[tuple[list[str], str]]:
        """Give the rows of a table without sums, each with the run that its last cell names."""
        rows = grid.cells[1:-1] if grid.has_sums else grid.cells[1:]
        return list(zip(rows, self.runs or ("",) * len(rows), strict=True))[:MOST_ROWS]

    def left_out(self, grid: Grid) -> int:
        """Say how many rows of a table the page does not list."""
        return max(0, len(grid.cells) - 1 - grid.has_sums - MOST_ROWS)


def content(index: AccountIndex, query: MonthQuery) -> dict[str, Any]:
    """Give the variables of the template."""
    period = period_of(index, query)
    before, after = neighbors(period)
    shown: dict[str, Any] = {"period": period, "before": before, "after": after, "unread": ""}
    try:
        report = index.period_report(period)
    except LicsyncError as fault:
        reasons = " ".join(diagnostic.message for diagnostic in fault.diagnostics)
        return shown | {"unread": reasons, "parts": ()}
    if report is None:
        return shown | {"unread": "The store of the account was not read.", "parts": ()}
    return shown | {
        "summary": summary_line(report),
        "notes": notes(report),
        "parts": _parts(index, report),
    }


def _parts(index: AccountIndex, report: PeriodReport) -> list[Part]:
    known = {run.id for run in index.reviewed.runs}

    def runs_of(flow: Flow) -> tuple[str, ...]:
        names = [movement.origin.name for movement in report.of(flow)]
        return tuple(name if name in known else "" for name in names)

    return [
        Part(section, runs_of(section.flow) if section.flow else ()) for section in sections(report)
    ]


def period_of(index: AccountIndex, query: MonthQuery) -> Period:
    """Give the period of a query; the current month if it says none that is possible."""
    this_month = account_day(index.desired, index.reviewed.now).replace(day=1)
    first, last = _day(query.first), _day(query.last)
    if first is not None and last is not None and 0 <= (last - first).days < LONGEST:
        return Period(first, last)
    return Period.of_month(_day(f"{query.month}-01") or this_month)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def neighbors(period: Period) -> tuple[str, str]:
    """Name the months before and after a period."""
    before = max(period.first.replace(day=1) - timedelta(days=1), FIRST_DAY)
    return before.isoformat()[:7], next_month(period.last).isoformat()[:7]
