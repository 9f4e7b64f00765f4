"""What the licenses cost a month, by type, country and service address: there the tax is due (domain.md, 6.3).

Units that are owned are paid for, whoever has them. Unused are those that nobody has, and those
that an inactive user keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from licsync.model.license import State, state_of
from licsync.planning.estimates import Cost
from licsync.planning.plan import Action, LedgerRow
from licsync.planning.resolver import Resolver

Use = Literal["used", "unused"]

_USE: Mapping[State, Use] = {
    "assigned": "used",
    "unassigned": "unused",
    "suspended:user_inactive": "unused",
}
"""What a unit in a state is paid for as; one that the vendor removed is not paid for."""


def costs(
    rows: Iterable[LedgerRow],
    actions: Iterable[Action],
    after: Mapping[str, State],
    resolver: Resolver,
) -> list[Cost]:
    """Count the units of every pool whose price is known, by where they are bound, before and after the plan.

    Args:
        rows: the ledger, with the prices.
        actions: the plan's.
        after: the state of every unit whose state the plan changes.
        resolver: the inventory, and the names of its service addresses.
    """
    prices = {(row.type, row.country): row.price for row in rows if row.price}
    if not prices:
        return []
    moved = dict(_moves(actions))
    found: dict[tuple[str, str, str], Cost] = {}

    def count(pool: tuple[str, str], place: str | None, name: str, number: int = 1) -> None:
        cost = found.setdefault((*pool, place or ""), Cost(*pool, place, prices[pool]))
        setattr(cost, name, getattr(cost, name) + number)

    for (kind, country, address), number in resolver.inventory.in_sync_totals.units.items():
        if (kind, country) in prices:
            for when in ("before", "after"):
                count((kind, country), resolver.label_of_id(address), f"used_{when}", number)
    for unit_id, unit in resolver.inventory.licenses.items():
        pool = unit["type"], unit["country"]
        if pool not in prices:
            continue
        was = resolver.label_of_id(unit.get("service_address"))
        will = moved.get(unit_id, was)
        state = state_of(unit)
        for when, place, use in (
            ("before", was, _USE.get(state)),
            ("after", will, _USE.get(after.get(unit_id, state))),
        ):
            if use is not None:
                count(pool, place, f"{use}_{when}")
    return [found[key] for key in sorted(found)]


def _moves(actions: Iterable[Action]) -> Iterator[tuple[str, str | None]]:
    """Say which units the plan binds to another service address, and to which."""
    for action in actions:
        for change in action.changes:
            unit = change.license or (action.license.id if action.license else None)
            if change.path == "service_address" and action.kind in ("license", "user") and unit:
                yield unit, change.after
