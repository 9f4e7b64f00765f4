"""The costs of an account as text, JSON and tables for spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from licsync.model.catalog import Catalog
from licsync.planning.costs import CostGroup, CostRow, Costs, Dimension, Use, summarize
from licsync.planning.period.month_costs import CountedMonth
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal, json_text
from licsync.views.terminal import PLAIN, RenderOptions, headed_table, painter

TITLES: Mapping[Dimension, str] = {
    "department": "department",
    "cost_center": "cost center",
    "site": "site",
    "type": "license",
    "country": "country",
    "month": "month",
}
"""The heading of each dimension."""

DIMENSIONS_OF_PAGES: tuple[Dimension, ...] = (
    "cost_center",
    "department",
    "site",
    "type",
    "country",
)
"""What one month is grouped by, most asked for first."""

CostNumbers = dict[str, str | int | Decimal]
"""The numbers of a row by their columns."""

_USES: tuple[Use, ...] = ("used", "inactive", "unassigned")

HINT = "Add the price to the pool in the files: price: {amount: …, currency: …}"


def cost_cells(
    groups: Sequence[CostGroup], by: Sequence[Dimension], catalog: Catalog
) -> list[list[list[str]]]:
    """Give the costs as cells, one table for each currency: headings, rows, and their sum."""
    bills = summarize(groups, ())
    return [_cells(groups, by, catalog, bill) for bill in bills]


def _cells(
    groups: Sequence[CostGroup], by: Sequence[Dimension], catalog: Catalog, bill: CostRow
) -> list[list[str]]:
    is_one_month = len({group.month for group in groups}) == 1
    counted = "licenses" if is_one_month else "license months"
    rows = summarize((g for g in groups if g.currency == bill.currency), by)
    return [
        [*(TITLES[name] for name in by), counted, *_USES, bill.currency],
        *([*key_cells(row.key, by, catalog), *_amounts(row)] for row in rows),
        ["all", *[""] * (len(by) - 1), *_amounts(bill)],
    ]


def key_cells(key: Sequence[str], by: Sequence[Dimension], catalog: Catalog) -> list[str]:
    """Name the values that a row is grouped by."""
    return [
        (catalog.title(value) if name == "type" else value) or words.NONE
        for name, value in zip(by, key, strict=True)
    ]


def _amounts(row: CostRow) -> list[str]:
    parts = [words.decimal(row.amounts[use]) if row.amounts[use] else "" for use in _USES]
    return [f"{row.number:,}", *parts, words.decimal(row.total)]


def costs_text(
    costs: Costs,
    by: Sequence[Dimension],
    catalog: Catalog,
    *,
    head: Sequence[str],
    notes: Sequence[str] = (),
    options: RenderOptions = PLAIN,
) -> str:
    """Write the costs for a terminal.

    Args:
        costs: the costs.
        by: what to group by.
        catalog: names the license types.
        head: the account and what else the first line says.
        notes: remarks below the tables.
        options: color and widths.
    """
    paint = painter(options.color)
    parts = [[paint(escape_terminal(" · ".join(head)), "bold")]]
    for cells in cost_cells(costs.groups, by, catalog):
        align = "l" * len(by) + "r" * (2 + len(_USES))
        parts.append(headed_table(cells, align, options=options, indent=2))
    if not costs.groups:
        parts.append(["The files have no price, so nothing can be added up."])
    parts += [[escape_terminal(note)] for note in notes if note]
    if unpriced := unpriced_line(costs, catalog):
        parts.append([escape_terminal(unpriced), f"  hint: {HINT}"])
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def recorded_line(month: CountedMonth) -> str:
    """Say that the licenses of a month were recorded then."""
    name = month.first.isoformat()[:7]
    return f"Licenses of {name}: as recorded on {words.instant(month.at)}."


def past_lines(past: Sequence[CountedMonth], as_of: str) -> list[str]:
    """Say from what the licenses of past months are counted."""
    others = [month.first for month in past if month.source == "inventory"]
    lines = [recorded_line(month) for month in past if month.source == "recorded"]
    return [line for line in (past_line(others, as_of), *lines) if line]


def past_line(past: Sequence[date], as_of: str) -> str:
    """Say that past months are computed from the inventory of now; empty if there are none."""
    if not past:
        return ""
    names = [month.isoformat()[:7] for month in past]
    first, last = past[0], past[-1]
    is_whole = (last.year - first.year) * 12 + last.month - first.month + 1 == len(past)
    period = f"{names[0]} to {names[-1]}" if is_whole and len(past) > 1 else ", ".join(names)
    return (
        f"The licenses of {period} are those {words.as_of(as_of)}, at the prices of then: licsync "
        "does not know who had which license in past months."
    )


def unpriced_line(costs: Costs, catalog: Catalog) -> str:
    """Name the owned licenses without a price; empty if there are none."""
    found = [
        f"{number:,} {catalog.pool_name(kind, country)}"
        for (kind, country), number in _unpriced(costs).items()
    ]
    return f"Without a price: {', '.join(found)}." if found else ""


def _unpriced(costs: Costs) -> dict[tuple[str, str], int]:
    """Count the units without a price in the month in which most of them have none."""
    most: dict[tuple[str, str], int] = {}
    for (kind, country, _), number in sorted(costs.unpriced.items()):
        most[kind, country] = max(number, most.get((kind, country), 0))
    return most


def costs_json(costs: Costs, by: Sequence[Dimension], head: Mapping[str, Any]) -> str:
    """Write the costs as a JSON document; amounts are text, so that none is rounded."""
    unpriced = [
        {"type": kind, "country": country, "month": month, "licenses": number}
        for (kind, country, month), number in sorted(costs.unpriced.items())
    ]
    document = {
        **head,
        "by": [*by],
        "rows": [
            {**dict(zip(by, row.key, strict=True)), **_plain(_numbers(row))}
            for row in summarize(costs.groups, by)
        ],
        "totals": [_plain(_numbers(row)) for row in summarize(costs.groups, ())],
        "unpriced": unpriced,
    }
    return json_text(document) + "\n"


def cost_table(costs: Costs, by: Sequence[Dimension]) -> tuple[list[str], list[CostNumbers]]:
    """Give the costs as columns and rows for a spreadsheet, with amounts as numbers."""
    columns = [*by, "currency", "licenses", *_USES, "total"]
    rows = [
        {**dict(zip(by, row.key, strict=True)), **_numbers(row)}
        for row in summarize(costs.groups, by)
    ]
    return columns, rows


def _numbers(row: CostRow) -> CostNumbers:
    uses = {str(use): row.amounts[use] for use in _USES}
    return {"currency": row.currency, "licenses": row.number, **uses, "total": row.total}


def _plain(row: CostNumbers) -> dict[str, str | int]:
    """Write amounts as text, so that no program rounds them."""
    return {
        name: words.plain_decimal(value) if isinstance(value, Decimal) else value
        for name, value in row.items()
    }
