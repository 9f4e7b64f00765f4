"""The ledger of a plan for people: which rows matter, and what it all costs."""

from __future__ import annotations

from collections import Counter

from licsync.model.catalog import Catalog
from licsync.planning.plan import LedgerRow, Plan
from licsync.views import phrases as words
from licsync.views.plan.entries import unit_of

Key = tuple[str, str]


def count_reinstated(plan: Plan) -> Counter[Key]:
    """Count the units that the plan brings back into the pool, by type and country."""
    units = (unit_of(action) for action in plan.actions if action.label == "license.reinstate")
    return Counter((unit.type, unit.country) for unit in units if unit)


def shown_rows(plan: Plan, *, verbose: bool = False) -> list[LedgerRow]:
    """Pick the rows that change or are short; all of them where verbose."""
    back = count_reinstated(plan)
    return [
        row
        for row in plan.licenses
        if verbose or row.short_by or _moves(row) or back[row.type, row.country]
    ]


def _moves(row: LedgerRow) -> bool:
    return (row.assigned_before, row.suspended_before, row.unassigned_before) != (
        row.assigned_after,
        row.suspended,
        row.unassigned_after,
    )


def ledger_cells(plan: Plan, catalog: Catalog, *, verbose: bool = False) -> list[list[str]]:
    """Lay the ledger out as cells, headings first; empty where no row matters."""
    chosen = shown_rows(plan, verbose=verbose)
    if not chosen:
        return []
    back = count_reinstated(plan)
    short = any(row.short_by for row in chosen)
    table = [
        [
            "licenses",
            "owned",
            "assigned",
            "suspended",
            "unassigned",
            *(["missing"] if short else []),
        ]
    ]
    for row in chosen:
        owned = row.owned - back[row.type, row.country]
        table.append(
            [
                words.unit(catalog, row.type, row.country),
                _arrow(owned, row.owned),
                _arrow(row.assigned_before, row.assigned_after),
                _arrow(row.suspended_before, row.suspended),
                _arrow(row.unassigned_before, row.unassigned_after),
                *([f"{row.short_by:,}" if row.short_by else ""] if short else []),
            ]
        )
    return table


def _arrow(before: int, after: int) -> str:
    return f"{after:,}" if before == after else f"{before:,} → {after:,}"


def cost_lines(plan: Plan) -> list[str]:
    """Say what the plan costs: on the monthly bill, and in time."""
    return [*_bill(plan), *_time(plan)]


def _time(plan: Plan) -> list[str]:
    takes = plan.forecast
    if takes is None:
        return []
    last = words.count(takes.seen, "operation")
    source = (
        f"as the last {last} here did" if takes.seen else "by the times that the vendor publishes"
    )
    return [
        f"Applying it takes about {words.count(takes.requests, 'request')} in {words.minutes(takes.minutes)}, {source}."
    ]


def _bill(plan: Plan) -> list[str]:
    """Say what the plan does to the monthly bill; nothing where no price is known.

    What is billed are the units owned, so only a reinstatement changes the bill; a license that
    nobody has any more is paid for all the same, which is why the cost of unassigned licenses is
    said too.
    """
    prices = {
        (row.type, row.country): price for row in plan.licenses if (price := words.money(row.price))
    }
    if not prices or not (plan.actions or any(row.short_by for row in plan.licenses)):
        return []
    back = {key: number for key, number in count_reinstated(plan).items() if key in prices}
    idle_before: list[words.Money] = []
    idle_after: list[words.Money] = []
    missing: list[words.Money] = []
    for row in plan.licenses:
        if (row.type, row.country) in prices:
            currency, amount = prices[row.type, row.country]
            idle_before.append((currency, amount * row.unassigned_before))
            idle_after.append((currency, amount * row.unassigned_after))
            missing.append((currency, amount * row.short_by))
    said = []
    if back:
        more = words.total(
            (prices[key][0], prices[key][1] * number) for key, number in back.items()
        )
        said.append(
            f"{more} a month more on the bill for {words.count(sum(back.values()), 'reinstated license')}."
        )
    elif plan.actions:
        said.append("The bill stays the same.")
    if idle := words.totals(idle_before, idle_after):
        said.append(f"Unassigned licenses cost {idle} a month.")
    if any(amount for _, amount in missing):
        said.append(f"Ordering what is missing costs {words.total(missing)} a month more.")
    return said
