"""The ledger and the monthly costs of a plan.

Every owned unit is paid for. Unused units are those that nobody holds, and those that an inactive
user keeps. Costs are by type, country and service address, because tax is due at the address
(domain.md, 6.3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from licsync.model.license import Pool, State, state_of
from licsync.planning.actions import Action
from licsync.planning.licenses.pools import Counts, Licenses
from licsync.planning.plan_document import Cost, LedgerRow
from licsync.planning.resolver import Resolver
from licsync.planning.user_effects import units_given, units_taken
from licsync.planning.users import PlannedUser


def ledger(
    licenses: Licenses,
    actions: list[Action],
    states_after: Mapping[str, State],
    resolver: Resolver,
) -> list[LedgerRow]:
    """Count the units of every type and country that the plan or the files name.

    Args:
        licenses: what becomes of the licenses.
        actions: the actions of the plan.
        states_after: the new state of every unit whose state the plan changes.
        resolver: the inventory.
    """
    rows: dict[Pool, LedgerRow] = {}

    def row(pool: Pool) -> LedgerRow:
        if pool not in rows:
            count = licenses.held.get(pool, Counts())
            declared = licenses.pools.get(pool)
            rows[pool] = LedgerRow(
                *pool,
                owned=count.owned,
                assigned_before=count.assigned,
                assigned_after=count.assigned,
                suspended_before=count.suspended,
                suspended=count.suspended,
                unassigned_before=count.unassigned,
                unassigned_after=count.unassigned,
                short_by=licenses.moves.short.get(pool, 0),
                quantity=declared.quantity if declared else None,
                price=declared.price if declared else None,
            )
        return rows[pool]

    for pool in licenses.pools:
        row(pool)
    for action in actions:
        update_of = [action.license] if action.kind == "user" and action.license else []
        for ref in (*update_of, *units_taken(action), *units_given(action)):
            row((ref.type, ref.country))
    units = (
        (resolver.inventory.licenses[unit_id], after) for unit_id, after in states_after.items()
    )
    changes = Counter(
        [(unit["type"], unit["country"], state_of(unit), after) for unit, after in units]
    )
    for (kind, country, before, after), number in changes.items():
        _count(row((kind, country)), before, -number)
        _count(row((kind, country)), after, number)
    return [rows[pool] for pool in sorted(rows)]


def states_after(actions: list[Action], planned_users: list[PlannedUser]) -> dict[str, State]:
    """Return the new state of every unit whose state changes; an assigned unit follows its user."""
    held: dict[str, State] = {
        p.resource: "suspended:user_inactive" if p.status == "inactive" else "assigned"
        for p in planned_users
    }
    after: dict[str, State] = {}
    for action in actions:
        if action.units and action.verb in ("suspend", "reactivate"):
            after |= dict.fromkeys(action.units, held[action.resource])
    for action in actions:
        if action.verb == "reinstate":
            after[action.name] = "unassigned"
        is_short = action.license is not None and not action.license.id
        for ref in units_taken(action):
            if ref.id and not (is_short and ref is action.origin):  # kept until a unit is there
                after[ref.id] = "unassigned"
    for action in actions:
        given = units_given(action)
        if given and action.resource in held:
            after |= {ref.id: held[action.resource] for ref in given if ref.id}
    return after


def _count(row: LedgerRow, state: State, by: int) -> None:
    if state == "assigned":
        row.assigned_after += by
    elif state == "unassigned":
        row.unassigned_after += by
    else:
        row.suspended += by
    row.owned += by if state != "suspended:removed" else 0


Use = Literal["used", "unused"]

_USE: Mapping[State, Use] = {
    "assigned": "used",
    "unassigned": "unused",
    "suspended:user_inactive": "unused",
}
"""How a paid unit counts, by state; a unit that 8x8 removed is not paid for."""


def monthly_costs(
    rows: Iterable[LedgerRow],
    actions: Iterable[Action],
    after: Mapping[str, State],
    resolver: Resolver,
) -> list[Cost]:
    """Count the units of every pool with a price, by service address, before and after the plan.

    Args:
        rows: the ledger, with the prices.
        actions: the actions of the plan.
        after: the new state of every unit whose state the plan changes.
        resolver: the inventory, and the labels of its service addresses.
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
    """List the units that the plan binds to another service address, and the address."""
    for action in actions:
        for change in action.changes:
            unit = change.license or (action.license.id if action.license else None)
            if change.path == "service_address" and action.kind in ("license", "user") and unit:
                yield unit, change.after
