"""The page of the costs: this month by who pays for what, and the months to come."""

from __future__ import annotations

from typing import Any

from licsync.planning.calendar import account_day, months_from
from licsync.planning.costs import account_costs
from licsync.views.costs import DIMENSIONS_OF_PAGES, TITLES, cost_cells, unpriced_line
from licsync.web.account_index import AccountIndex
from licsync.web.query_params import CostsQuery
from licsync.web.small_tables import SmallTable, cell_columns, small_table

MONTHS = 12
"""How many months are shown with the prices that the files have for them."""


def content(index: AccountIndex, query: CostsQuery) -> dict[str, Any]:
    """Give the variables of the template."""
    today = account_day(index.desired, index.reviewed.now)
    this_month, *_ = months = months_from(today, MONTHS)
    now = account_costs(index.desired, index.inventory, [this_month])
    later = account_costs(index.desired, index.inventory, months)
    tables = [
        (name, f"By {TITLES[name]}", cost_cells(now.groups, (name,), index.catalog))
        for name in DIMENSIONS_OF_PAGES
    ]
    tables.append(("month", "By month", cost_cells(later.groups, ("month",), index.catalog)))
    return {
        "month": this_month.isoformat()[:7],
        "tables": [
            (title, [_sorted(name, cells, query.sort) for cells in currencies])
            for name, title, currencies in tables
        ],
        "unpriced": unpriced_line(now, index.catalog),
    }


def _sorted(
    name: str, cells: list[list[str]], sort: str
) -> tuple[str, SmallTable[list[str]], list[str]]:
    """Give the currency, the sorted table, and the sums below it."""
    headings, *rows, sums = cells
    currency = headings[-1]
    columns = cell_columns(f"{name}.{currency}", headings)
    return currency, small_table(rows, columns, sort), sums
