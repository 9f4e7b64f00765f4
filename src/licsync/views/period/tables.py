"""The report of a period as tables of values: for programs and for sheets of an Excel file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from licsync.model.catalog import Catalog
from licsync.planning.costs import Costs, Dimension
from licsync.planning.period.days import days_of_pools
from licsync.planning.period.movements import FLOWS
from licsync.planning.period.report import DatedMovement, PeriodReport
from licsync.views import phrases as words
from licsync.views.costs import cost_table
from licsync.views.export import Table, harmless
from licsync.views.period.sections import (
    TITLES,
    event_text,
    notes,
    sections,
    value_text,
)

Sheet = tuple[str, Sequence[str], list[dict[str, Any]]]
"""Name, columns and rows of a sheet of an Excel file."""

MOVEMENTS = (
    "day", "user", "name", "what", "before", "after", "department", "site", "cost_center", "by",
    "run", "how", "since",
)  # fmt: skip
DAYS = (
    "day", "type", "title", "country", "state", "owned", "assigned", "suspended", "free",
    "removed", "recorded_at",
)  # fmt: skip


def movement_row(dated: DatedMovement, catalog: Catalog) -> dict[str, Any]:
    """Give a movement by column."""
    movement, origin = dated.movement, dated.origin
    shown = [value_text(movement, side, catalog) for side in ("before", "after")]
    before, after = ("" if text == words.NONE else text for text in shown)
    return {
        "day": dated.day,
        "user": movement.user,
        "name": movement.person,
        "what": event_text(movement),
        "before": before,
        "after": after,
        "department": movement.department,
        "site": movement.site,
        "cost_center": dated.cost_center,
        "by": origin.actor,
        "run": origin.name,
        "how": "not by licsync" if origin.kind == "outside" else origin.kind,
        "since": dated.since if dated.since != dated.day else None,
    }


def day_rows(report: PeriodReport) -> list[dict[str, Any]]:
    """Give each pool on each day of the period. Days without a record have no numbers."""
    catalog = report.desired.catalog
    found = days_of_pools(report.period, report.recorded, report.today)
    rows = []
    for one in found:
        use = one.use
        rows.append(
            {
                "day": one.first,
                "type": one.pool[0],
                "title": catalog.title(one.pool[0]),
                "country": one.pool[1],
                "state": one.state,
                "owned": use and use.owned,
                "assigned": use and use.assigned,
                "suspended": use and use.inactive,
                "free": use and use.unassigned,
                "removed": use and use.removed,
                "recorded_at": report.recorded[one.first].at if use else None,
            }
        )
    return rows


def period_sheets(report: PeriodReport) -> list[Sheet]:
    """Give the sheets of an Excel file: name, columns and rows."""
    catalog, costs = report.desired.catalog, report.costs
    people = [
        (TITLES[flow], Table(MOVEMENTS, [movement_row(one, catalog) for one in report.of(flow)]))
        for flow in FLOWS
    ]
    tables = [
        *people,
        ("Licenses by day", Table(DAYS, day_rows(report))),
        ("Cost", _cost_table(costs.by_pool, ("month", "type", "country"))),
        ("Cost by cost center", _cost_table(costs.by_user, ("month", "cost_center"))),
        ("Cost by department", _cost_table(costs.by_user, ("month", "department"))),
        ("Notes", Table(("note",), [{"note": note} for note in all_notes(report)])),
    ]
    return [(name, table.columns, [harmless(row) for row in table.rows]) for name, table in tables]


def all_notes(report: PeriodReport) -> list[str]:
    """Give the remarks of the whole report."""
    about_costs = [note for section in sections(report)[-2:] for note in section.notes]
    return [*notes(report), *about_costs]


def _cost_table(costs: Costs, by: Sequence[Dimension]) -> Table:
    columns, rows = cost_table(costs, by)
    return Table(tuple(columns), [dict(row) for row in rows])


def period_document(report: PeriodReport) -> dict[str, Any]:
    """Give the report as a JSON document (`model.report_declarations`).

    Amounts are text, so that none is rounded.
    """
    catalog, costs = report.desired.catalog, report.costs
    rows: dict[str, Any] = {
        flow: [_plain(movement_row(one, catalog)) for one in report.of(flow)] for flow in FLOWS
    }
    return {
        "format_version": "1",
        "account": report.desired.name,
        "from": report.period.first.isoformat(),
        "until": report.period.last.isoformat(),
        "today": report.today.isoformat(),
        "as_of": report.as_of,
        "known_since": report.known_since and report.known_since.isoformat(),
        **rows,
        "seen_later": [_plain(movement_row(one, catalog)) for one in report.later],
        "licenses_by_day": [_plain(row) for row in day_rows(report)],
        "costs": {
            "months": [
                {"month": month.first.isoformat()[:7], "licenses": month.source, "at": month.at}
                for month in costs.months
            ],
            "by_type": _cost_rows(costs.by_pool, ("month", "type", "country")),
            "by_cost_center": _cost_rows(costs.by_user, ("month", "cost_center")),
            "by_department": _cost_rows(costs.by_user, ("month", "department")),
            "totals": _cost_rows(costs.by_pool, ("month",)),
            "unpriced": [
                {"type": kind, "country": country, "month": month, "licenses": number}
                for (kind, country, month), number in sorted(costs.by_pool.unpriced.items())
            ],
        },
        "unreadable_runs": [{"run": name, "day": str(day)} for name, day in report.unreadable],
        "unfinished_runs": [{"run": name, "day": str(day)} for name, day in report.unfinished],
        "notes": all_notes(report),
    }


def _cost_rows(costs: Costs, by: Sequence[Dimension]) -> list[dict[str, Any]]:
    return [_plain(dict(row)) for row in cost_table(costs, by)[1]]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return words.plain_decimal(value) if isinstance(value, Decimal) else value
