"""The monthly cost before and after a plan, used and unused, by type, country and address."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.planning.plan_document import Cost
from licsync.views import phrases as words

_NOWHERE = "no address"


def cost_tables(plan: Plan, catalog: Catalog, *, verbose: bool = False) -> list[list[list[str]]]:
    """Give the costs as cells, headings first, one table per currency.

    There is one row for each cost that changes (with `verbose`, for each cost), then a total. The
    list is empty if the plan has no actions or no price is known.
    """
    if not (plan.actions or verbose):
        return []
    places = words.place_names(plan.addresses)
    currencies: dict[str, list[tuple[Cost, Decimal]]] = {}
    for cost in plan.costs:
        if (price := words.money(cost.price)) is not None:
            currencies.setdefault(price[0], []).append((cost, price[1]))
    return [_table(currencies[name], name, catalog, places, verbose) for name in sorted(currencies)]


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
                    f"{words.unit(catalog, cost.type, cost.country)} · {place}",
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
        _arrow(used_before, used_after),
        _arrow(unused_before, unused_after),
        words.decimal(difference, "+") if difference else "",
    ]


def _arrow(before: Decimal, after: Decimal) -> str:
    return (
        words.decimal(after)
        if before == after
        else f"{words.decimal(before)} → {words.decimal(after)}"
    )
