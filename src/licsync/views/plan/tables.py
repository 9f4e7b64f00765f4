"""Tables of a plan: the ledger of licenses, the monthly cost, and what later days bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

from licsync.model.backend_types import CONSOLE
from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.planning.plan_document import Cost, LedgerRow, Scheduled
from licsync.views import phrases as words
from licsync.views.plan.action_phrases import unit_of

Key = tuple[str, str]


def count_reinstated(plan: Plan) -> Counter[Key]:
    """Count the units that the plan reinstates, by type and country."""
    units = (unit_of(action) for action in plan.actions if action.label == "license.reinstate")
    return Counter((unit.type, unit.country) for unit in units if unit)


def shown_rows(plan: Plan, *, verbose: bool = False) -> list[LedgerRow]:
    """Give the rows that change or are short; with `verbose`, all rows."""
    back = count_reinstated(plan)
    return [
        row
        for row in plan.licenses
        if verbose or row.short_by or _moves(row) or back[row.type, row.country] or _trades(row)
    ]


def _moves(row: LedgerRow) -> bool:
    return (row.assigned_before, row.suspended_before, row.unassigned_before) != (
        row.assigned_after,
        row.suspended,
        row.unassigned_after,
    )


def _trades(row: LedgerRow) -> bool:
    """Tell whether the plan assumes that the company owns other licenses."""
    return row.owned_before not in (None, row.owned)


def ledger_cells(plan: Plan, catalog: Catalog, *, verbose: bool = False) -> list[list[str]]:
    """Give the ledger as cells, headings first; empty if no row matters."""
    chosen = shown_rows(plan, verbose=verbose)
    if not chosen:
        return []
    back = count_reinstated(plan)
    short = any(row.short_by for row in chosen)
    table = [["licenses", "owned", "assigned", "suspended", "unassigned", "missing"]]
    for row in chosen:
        owned = row.owned - back[row.type, row.country]
        owned = owned if row.owned_before is None else row.owned_before
        table.append(
            [
                catalog.pool_name(row.type, row.country),
                _arrow(owned, row.owned),
                _arrow(row.assigned_before, row.assigned_after),
                _arrow(row.suspended_before, row.suspended),
                _arrow(row.unassigned_before, row.unassigned_after),
                f"{row.short_by:,}" if row.short_by else "",
            ]
        )
    return table if short else [cells[:-1] for cells in table]


def _arrow(before: int, after: int) -> str:
    return f"{after:,}" if before == after else f"{before:,} → {after:,}"


def cost_lines(plan: Plan) -> list[str]:
    """Describe the cost of the plan: on the monthly bill, and in time."""
    return [*_bill(plan), *_time(plan)]


def _time(plan: Plan) -> list[str]:
    takes = plan.forecast
    if takes is None:
        return []
    requests, duration = words.count(takes.requests, "request"), words.minutes(takes.minutes)
    if plan.backend == CONSOLE.name:
        return [f"What licsync does over SCIM takes about {requests} and {duration}."]
    last = words.count(takes.seen, "operation")
    source = f"based on the last {last}" if takes.seen else "based on the times that 8x8 publishes"
    return [f"Applying this plan takes about {requests} and {duration}, {source}."]


def _bill(plan: Plan) -> list[str]:
    """Describe the effect on the monthly bill; empty if no price is known.

    8x8 bills the owned units, so only a reinstatement changes the bill. Unassigned licenses cost
    the same as assigned ones, so their cost is reported too.
    """
    prices = {
        (row.type, row.country): price for row in plan.licenses if (price := words.money(row.price))
    }
    if not prices or not (plan.actions or plan.what_if or any(r.short_by for r in plan.licenses)):
        return []
    back = {key: number for key, number in count_reinstated(plan).items() if key in prices}
    idle_before: list[words.Money] = []
    idle_after: list[words.Money] = []
    missing: list[words.Money] = []
    canceled = Counter[Key]()
    for assumed in plan.what_if:
        if assumed.verb == "cancel":
            canceled[assumed.type, assumed.country] += assumed.number
    for row in plan.licenses:
        if (row.type, row.country) in prices:
            currency, amount = prices[row.type, row.country]
            idle_before.append((currency, amount * row.unassigned_before))
            idle_after.append((currency, amount * row.unassigned_after))
            # nobody orders the licenses that are too few to cancel
            if (ordered := row.short_by - canceled[row.type, row.country]) > 0:
                missing.append((currency, amount * ordered))
    sentences = []
    if plan.what_if:
        sentences += _trade(plan, prices)
    elif back:
        more = words.total(
            (prices[key][0], prices[key][1] * number) for key, number in back.items()
        )
        licenses = words.count(sum(back.values()), "reinstated license")
        sentences.append(f"The monthly bill grows by {more} for {licenses}.")
    elif plan.actions:
        sentences.append("The monthly bill does not change.")
    if idle := words.totals(idle_before, idle_after):
        sentences.append(f"Unassigned licenses cost {idle} per month.")
    if any(amount for _, amount in missing):
        sentences.append(f"Ordering the missing licenses adds {words.total(missing)} per month.")
    return sentences


def _trade(plan: Plan, prices: Mapping[Key, words.Money]) -> list[str]:
    """Describe the effect on the monthly bill of licenses that are bought, canceled, reinstated."""
    by_currency: dict[str, Decimal] = {}
    for row in plan.licenses:
        if (row.type, row.country) in prices and row.owned_before is not None:
            currency, amount = prices[row.type, row.country]
            amount *= row.owned - row.owned_before
            by_currency[currency] = by_currency.get(currency, Decimal(0)) + amount
    grows = [(currency, amount) for currency, amount in by_currency.items() if amount > 0]
    falls = [(currency, -amount) for currency, amount in by_currency.items() if amount < 0]
    changed = [f"grows by {words.total(grows)}"] if grows else []
    changed += [f"falls by {words.total(falls)}"] if falls else []
    return [f"The monthly bill {' and '.join(changed) or 'does not change'}."]


_NOWHERE = "no address"

_HEADING_AND_TOTAL = 2
"""Rows of a table of costs in which nothing changes."""


def cost_tables(plan: Plan, catalog: Catalog, *, verbose: bool = False) -> list[list[list[str]]]:
    """Give the costs as cells, headings first, one table per currency.

    There is one row for each cost that changes (with `verbose`, for each cost), then a total. A
    currency without such a row has no table. The list is empty if the plan has no actions or no
    price is known.
    """
    if not (plan.actions or plan.what_if or verbose):
        return []
    places = words.place_names(plan.addresses)
    currencies: dict[str, list[tuple[Cost, Decimal]]] = {}
    for cost in plan.costs:
        if (price := words.money(cost.price)) is not None:
            currencies.setdefault(price[0], []).append((cost, price[1]))
    tables = (
        _table(currencies[name], name, catalog, places, verbose) for name in sorted(currencies)
    )
    return [table for table in tables if len(table) > _HEADING_AND_TOTAL]


def _table(
    costs: list[tuple[Cost, Decimal]],
    currency: str,
    catalog: Catalog,
    places: dict[str, str],
    verbose: bool,
) -> list[list[str]]:
    rows = [[f"{currency} per month", "used", "unused", "difference"]]
    for cost, amount in costs:
        if verbose or (cost.used_before, cost.unused_before) != (
            cost.used_after,
            cost.unused_after,
        ):
            place = places.get(cost.service_address or "", cost.service_address or _NOWHERE)
            rows.append(
                [
                    f"{catalog.pool_name(cost.type, cost.country)} · {place}",
                    *_amounts([(cost, amount)]),
                ]
            )
    return [*rows, ["all licenses", *_amounts(costs)]]


def _amounts(costs: Iterable[tuple[Cost, Decimal]]) -> list[str]:
    used_before = used_after = unused_before = unused_after = Decimal(0)
    for cost, amount in costs:
        used_before += amount * cost.used_before
        used_after += amount * cost.used_after
        unused_before += amount * cost.unused_before
        unused_after += amount * cost.unused_after
    difference = used_after + unused_after - used_before - unused_before
    return [
        _amount_arrow(used_before, used_after),
        _amount_arrow(unused_before, unused_after),
        words.decimal(difference, "+") if difference else "",
    ]


def _amount_arrow(before: Decimal, after: Decimal) -> str:
    return (
        words.decimal(after)
        if before == after
        else f"{words.decimal(before)} → {words.decimal(after)}"
    )


def cost_center_cells(plan: Plan) -> list[list[list[str]]]:
    """Give what each cost center pays more or less as cells, one table per currency."""
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for change in plan.cost_centers:
        if (amount := words.money({"amount": change.change, "currency": ""})) is not None:
            payer = "unassigned licenses" if change.unassigned else change.cost_center
            found.setdefault(change.currency, []).append((payer or "no cost center", amount[1]))
    tables = []
    for currency, changes in sorted(found.items()):
        bill = sum((amount for _, amount in changes), Decimal(0))
        rows = [[payer, words.decimal(amount, "+")] for payer, amount in changes]
        heading = [f"{currency} per month, by cost center", "difference"]
        tables.append([heading, *rows, ["the bill", words.decimal(bill, "+" if bill else "")]])
    return tables


MOST = 20
"""How many scheduled changes are shown unless verbose; the rest are counted."""

HEADINGS = ("scheduled", "", "", "")


def schedule_cells(plan: Plan, *, verbose: bool = False) -> list[list[str]]:
    """Give the scheduled changes as cells, headings first; empty if there are none."""
    if not plan.scheduled:
        return []
    shown = plan.scheduled if verbose else plan.scheduled[:MOST]
    return [list(HEADINGS), *map(_scheduled_cells, shown)]


def more_line(plan: Plan, *, verbose: bool = False) -> str:
    """Count what `schedule_cells` leaves out; nothing where it leaves out nothing."""
    left = 0 if verbose else len(plan.scheduled) - MOST
    return f"… and {left:,} more until {words.day(plan.scheduled[-1].day)}" if left > 0 else ""


def _scheduled_cells(entry: Scheduled) -> list[str]:
    source = f"{entry.source.file}:{entry.source.line}" if entry.source else ""
    return [words.day(entry.day), entry.verb, entry.name, source]
