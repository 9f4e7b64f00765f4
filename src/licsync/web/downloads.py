"""What a list shows, as a file: the filtered or chosen rows as CSV, Excel, or text to paste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import quote

from licsync.planning.calendar import account_day
from licsync.planning.costs import account_costs
from licsync.planning.period.movements import FLOWS
from licsync.spreadsheets.writer import csv_bytes, csv_text, xlsx_bytes
from licsync.views import phrases as words
from licsync.views.costs import DIMENSIONS_OF_PAGES, TITLES, cost_table, unpriced_line
from licsync.views.export import UNIT_COLUMNS, Table, harmless, pool_table, unit_values
from licsync.views.history import summary_of
from licsync.views.period.tables import MOVEMENTS, Sheet, period_sheets
from licsync.views.users import COLUMNS
from licsync.web.account_index import AccountIndex
from licsync.web.lists import shown_people, shown_runs, shown_units
from licsync.web.month_page import period_of
from licsync.web.plan_page import chosen_entries
from licsync.web.query_params import (
    LicensesQuery,
    MonthQuery,
    PlanQuery,
    Query,
    RunsQuery,
    UsersQuery,
    changed,
)

if TYPE_CHECKING:
    from starlette.responses import Response

Format = Literal["csv", "xlsx", "tsv"]
FORMATS: tuple[Format, ...] = get_args(Format)

LISTS = ("licenses", "users", "plan", "runs", "month")
"""The pages that can be taken away as files."""

TYPES: Mapping[Format, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "tsv": "text/tab-separated-values",
}

_RUN = ("run", "started", "finished", "by", "state", "actions", "link")
_PLAN = ("subject", "change", "details", "source", "resource")


def response(index: AccountIndex, name: str, query: Query, format: Format) -> Response:
    """Answer the request for a list as a file."""
    from starlette.responses import Response  # `licsync report` needs no server

    day = index.reviewed.now.date().isoformat()
    file = f"{index.desired.name}-{name}-{day}.{format}"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file, safe='')}"}
    if isinstance(query, MonthQuery) and format == "xlsx":
        content = xlsx_bytes(_month_sheets(index, query))
    else:
        content = file_of(table_of(index, query), name, format)
    return Response(content, 200, headers, TYPES[format])


def file_of(table: Table, name: str, format: Format) -> bytes:
    """Write a table as the content of a file. No cell becomes a formula."""
    if format == "xlsx":
        return xlsx_bytes([(name, table.columns, table.rows)])
    if format == "tsv":
        return csv_text(table.columns, table.rows, "\t").encode()
    return csv_bytes(table.columns, table.rows)


def table_of(index: AccountIndex, query: Query) -> Table:
    """Give what a list shows, or the chosen rows if the query chooses any, sorted."""
    if isinstance(query, LicensesQuery):
        return _licenses(index, query)
    if isinstance(query, UsersQuery):
        return _users(index, query)
    if isinstance(query, RunsQuery):
        return _runs(index, query)
    if isinstance(query, MonthQuery):
        return _month(index, query)
    assert isinstance(query, PlanQuery)
    return _plan(index, query)


def account_sheets(index: AccountIndex) -> list[Sheet]:
    """Give everything that the pages list as sheets of an Excel file: name, columns and rows."""
    tables = {
        "Pools": pool_table(index.pools, index.catalog),
        "Licenses": _licenses(index, LicensesQuery()),
        "Users": _users(index, UsersQuery()),
        "Plan": _plan(index, PlanQuery()),
        "Runs": _runs(index, RunsQuery()),
    }
    notes = [f"Inventory {words.as_of(index.inventory.as_of)}."]
    if index.has_prices:
        month = account_day(index.desired, index.reviewed.now).replace(day=1)
        costs = account_costs(index.desired, index.inventory, [month])
        for dimension in DIMENSIONS_OF_PAGES:
            columns, rows = cost_table(costs, ("month", dimension))
            name = f"Cost by {TITLES[dimension]}"
            tables[name] = Table(tuple(columns), [harmless(dict(row)) for row in rows])
        notes.append(unpriced_line(costs, index.catalog))
    tables["Notes"] = Table(("note",), [harmless({"note": note}) for note in notes if note])
    return [(name, table.columns, table.rows) for name, table in tables.items()]


def _licenses(index: AccountIndex, query: LicensesQuery) -> Table:
    chosen = frozenset(query.unit)
    units = shown_units(index, LicensesQuery(sort=query.sort) if chosen else query)
    rows = (unit_values(row, index.catalog) for row in units if not chosen or row.id in chosen)
    return Table(UNIT_COLUMNS, [harmless(row) for row in rows])


def _users(index: AccountIndex, query: UsersQuery) -> Table:
    chosen = frozenset(query.pick)
    people = shown_people(index, UsersQuery(sort=query.sort) if chosen else query)
    rows = (person.cells for person in people if not chosen or person.name in chosen)
    return Table(COLUMNS, [harmless(dict(row)) for row in rows])


def _runs(index: AccountIndex, query: RunsQuery) -> Table:
    rows: list[dict[str, Any]] = [
        {
            "run": run.id,
            "started": run.started_at,
            "finished": run.finished_at,
            "by": run.actor,
            "state": index.ending_of(run),
            "actions": summary_of(run),
            "link": run.link,
        }
        for run in shown_runs(index, query)
    ]
    return Table(_RUN, [harmless(row) for row in rows])


def _month(index: AccountIndex, query: MonthQuery) -> Table:
    """List who came, moved and left."""
    rows = []
    for flow, columns, found in _month_sheets(index, query)[: len(FLOWS)]:
        rows += [{"flow": flow.lower(), **row} for row in found if columns]
    return Table(("flow", *MOVEMENTS), rows)


def _month_sheets(index: AccountIndex, query: MonthQuery) -> list[Sheet]:
    report = index.period_report(period_of(index, query))
    return [] if report is None else period_sheets(report)


def _plan(index: AccountIndex, query: PlanQuery) -> Table:
    chosen = frozenset(query.pick)
    shown = PlanQuery(sort=query.sort) if chosen else query
    entries = chosen_entries(index.plan_content, changed(shown, ungrouped=True))
    rows = (
        {
            "subject": entry.subject,
            "change": entry.what,
            "details": "; ".join(
                f"{detail.label}: {detail.text}{f' ({detail.note})' if detail.note else ''}"
                for detail in entry.details
            ),
            "source": entry.source,
            "resource": entry.resource,
        }
        for entry in entries
        if not chosen or entry.resource in chosen
    )
    return Table(_PLAN, [harmless(row) for row in rows])
