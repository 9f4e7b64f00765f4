"""What the company owns: quantities, reinstatement, where unassigned units are bound, and the ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from licsync.diagnostics import Code, Diagnostic, Span, error, info, warning
from licsync.model.capabilities import Capabilities
from licsync.model.desired import Desired
from licsync.model.inventory_document import Unit
from licsync.model.license import State, is_gone, parse_instant, state_of
from licsync.planning.digests import canonical
from licsync.planning.licenses.allocation import relocations
from licsync.planning.licenses.moves import AllocatedMoves, Move, Pool
from licsync.planning.plan import Action, Change, LedgerRow, UnitRef
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser


@dataclass(slots=True)
class DeclaredPool:
    """What the files say of one type in one country."""

    quantity: int | None
    targets: dict[str, int | None]
    price: dict[str, str] | None
    source: Span | None


@dataclass(slots=True)
class Counts:
    """The units of one pool in the inventory, by what has become of them."""

    assigned: int = 0
    unassigned: int = 0
    held_by_inactive: int = 0
    reinstatable: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def owned(self) -> int:
        """Units that are paid for (contract, section 4)."""
        return self.assigned + self.unassigned + self.held_by_inactive

    @property
    def suspended(self) -> int:
        """Units that nobody can use now, those that can be reinstated included."""
        return self.held_by_inactive + len(self.reinstatable)


def pool_of(entry: Mapping[str, Any], desired: Desired) -> tuple[str, str | None]:
    """Give type and country of a pool entry of the files; the account's default country stands in."""
    return entry["type"], entry.get("country") or desired.country


def declared_pools(resolver: Resolver) -> dict[Pool, DeclaredPool]:
    """Read the pool entries of the files, each of which has a type and country of its own."""
    desired = resolver.desired
    pools: dict[Pool, DeclaredPool] = {}
    for index, entry in enumerate(desired.pools):
        kind, country = pool_of(entry, desired)
        source = desired.where("licenses", index)
        if country is None or kind not in desired.catalog:
            continue  # reported by the checks
        wanted = entry.get("unassigned_address")
        slugs: Mapping[str, int | None] = (
            {wanted: None} if isinstance(wanted, str) else wanted or {}
        )
        labels = ((resolver.label_of_reference(slug), n) for slug, n in sorted(slugs.items()))
        targets = {label: n for label, n in labels if label is not None}
        price = canonical(entry.get("price"))
        pools[kind, country] = DeclaredPool(entry.get("quantity"), targets, price, source)
    return pools


def seen_beside_numbers(resolver: Resolver) -> Counter[Pool]:
    """Count the units that were only ever seen beside a phone number, on no list of what the account owns.

    The vendor shows such a license for each number, also for one that another license includes
    (domain.md, 10.4.3).
    """
    catalog = resolver.desired.catalog
    units = (unit for unit in resolver.inventory.licenses.values() if unit.get("seen_only"))
    return Counter(
        (unit["type"], unit["country"]) for unit in units if catalog.is_automatic(unit["type"])
    )


def counts(resolver: Resolver, now: datetime) -> dict[Pool, Counts]:
    """Count the inventory's units; a removed unit whose thirty days are over is gone."""
    found: dict[Pool, Counts] = defaultdict(Counts)
    for unit_id, unit in resolver.inventory.licenses.items():
        state = state_of(unit)
        if state == "suspended:removed" and is_gone(unit, now):
            continue
        row = found[unit["type"], unit["country"]]
        if state == "assigned":
            row.assigned += 1
        elif state == "unassigned":
            row.unassigned += 1
        elif state == "suspended:user_inactive":
            row.held_by_inactive += 1
        else:
            row.reinstatable.append((parse_instant(_removed_at(unit)), unit_id))
    for (kind, country, _), number in resolver.inventory.in_sync_totals.units.items():
        found[kind, country].assigned += number
    return found


def _removed_at(unit: Unit) -> str:
    """Say when the vendor removed a unit that it has removed."""
    suspension = unit.get("suspended")
    assert suspension is not None
    return suspension["at"]


def pool_actions(
    pools: Mapping[Pool, DeclaredPool],
    back: Mapping[Pool, list[str]],
    moves: AllocatedMoves,
    resolver: Resolver,
) -> Iterator[Action]:
    """Make the reinstatements, and the relocations of the units that stay unassigned."""
    units = resolver.inventory.licenses
    for pool, ids in back.items():
        quantity = pools[pool].quantity
        for unit_id in ids:
            yield Action(
                "license",
                "reinstate",
                f"licenses/{unit_id}",
                UnitRef(unit_id, *pool),
                changes=[Change("status", "suspended", "unassigned")],
                source=pools[pool].source,
                why=f"removed {_removed_at(units[unit_id])[:10]}; the pool asks for {quantity}",
            )
    for pool, declared in pools.items():
        for unit_id, label in relocations(moves.remaining.get(pool, ()), declared.targets):
            before = resolver.label_of_id(units[unit_id].get("service_address"))
            yield relocation(UnitRef(unit_id, *pool), before, label, declared.source)


def bind_unassigned_units(moves: AllocatedMoves, resolver: Resolver) -> Iterator[Action]:
    """Bind units that nobody holds afterwards to the addresses that they are to have."""
    given = {move.unit for move in moves.moves}
    for unit_id, reference in sorted(resolver.desired.places.items()):
        unit = resolver.inventory.licenses[unit_id]
        before, after = (
            resolver.label_of_id(unit.get("service_address")),
            resolver.label_of_reference(reference),
        )
        if after is not None and before != after and unit_id not in given:
            yield relocation(UnitRef(unit_id, unit["type"], unit["country"]), before, after, None)


def relocation(unit: UnitRef, before: str | None, after: str, source: Span | None) -> Action:
    """Make the action that binds a unit to another service address."""
    change = Change("service_address", before, after)
    return Action(
        "license", "relocate", f"licenses/{unit.id}", unit, changes=[change], source=source
    )


MisplacedUnit = tuple[Move, UnitRef, str | None, str]
"""A unit that stays with its user, with the address that it has and the one that it should have."""


def at_other_address(moves: list[Move], resolver: Resolver) -> list[MisplacedUnit]:
    """List units that stay with their user and are not where their entry, or of somebody reactivated the site, is."""
    found: list[MisplacedUnit] = []
    for move in moves:
        asked = move.verb == "keep" and (_names_address(move) or move.user.is_back)
        if not asked or move.service is None or move.pool is None or move.address is None:
            continue
        unit_id = move.service["license"]
        before = resolver.label_of_id(resolver.inventory.licenses[unit_id].get("service_address"))
        if before != move.address and not move.user.moves_site:
            found.append((move, UnitRef(unit_id, *move.pool), before, move.address))
    return found


def kept_relocations(
    bound: Sequence[MisplacedUnit], resolver: Resolver, able: Capabilities
) -> Iterator[Action]:
    """Bind units that stay with their user to the address that their entry names.

    Without such a name they stay where they are, but for those that were suspended when their site
    went elsewhere: they are where no site is any more, and follow when their user is reactivated.
    """
    occupied = {
        resolver.label_of_id(site.get("service_address"))
        for site in resolver.inventory.sites.values()
    }
    for move, unit, before, address in bound:
        planned = move.user
        if _names_address(move):
            if _is_editable(planned, able):
                action = relocation(unit, before, address, planned.source)
                action.follows = planned.resource
                yield action
        elif before not in occupied:
            action = relocation(unit, before, address, planned.source)
            action.why, action.follows = f"follows the site {planned.site}", planned.resource
            yield action


def suspended_diagnostics(
    bound: Sequence[MisplacedUnit], able: Capabilities
) -> Iterator[Diagnostic]:
    """Name the units that their entry wants at another address and that cannot be bound to it now."""
    for move, unit, _, address in bound:
        planned = move.user
        if _names_address(move) and not _is_editable(planned, able):
            index = next(i for i, entry in enumerate(planned.wanted or ()) if entry is move.entry)
            place = planned.where(*planned.place, "licenses", index, "service_address")
            message = f"License {unit.id} of {planned.name} is suspended, so it cannot be bound to '{address}' now."
            yield info(Code.LEFT_AS_IS, message, place, "It will be when the user is active again.")


def _names_address(move: Move) -> bool:
    return bool((move.entry or {}).get("service_address"))


def _is_editable(planned: PlannedUser, able: Capabilities) -> bool:
    """Tell whether the licenses of a person can be edited some time in the plan: those of an inactive one cannot.

    Nobody who leaves waits for somebody who edits them by hand.
    """
    return planned.status == "active" or (planned.was_active and able.can("license", "relocate"))


def ledger(
    pools: Mapping[Pool, DeclaredPool],
    held: Mapping[Pool, Counts],
    short: Mapping[Pool, int],
    actions: list[Action],
    states_after: Mapping[str, State],
    resolver: Resolver,
) -> list[LedgerRow]:
    """Account for every type and country that the plan or the pool names, before and after."""
    rows: dict[Pool, LedgerRow] = {}

    def row(pool: Pool) -> LedgerRow:
        if pool not in rows:
            count = held.get(pool, Counts())
            declared = pools.get(pool)
            rows[pool] = LedgerRow(
                *pool,
                owned=count.owned,
                assigned_before=count.assigned,
                assigned_after=count.assigned,
                suspended_before=count.suspended,
                suspended=count.suspended,
                unassigned_before=count.unassigned,
                unassigned_after=count.unassigned,
                short_by=short.get(pool, 0),
                quantity=declared.quantity if declared else None,
                price=declared.price if declared else None,
            )
        return rows[pool]

    for pool in pools:
        row(pool)
    named = {
        (ref.type, ref.country)
        for action in actions
        for ref in (action.license, action.origin)
        if ref is not None
    }
    named |= {
        (ref.type, ref.country)
        for action in actions
        if action.changes
        for ref in (*action.arriving_units, *action.leaving_units)
    }
    for pool in named:
        row(pool)
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
    """Say what the plan makes of every unit whose state it changes; what somebody gets is as that user is."""
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
        elif (
            action.origin is not None
            and action.origin.id
            and (action.license is None or action.license.id)
        ):
            after[action.origin.id] = "unassigned"
        if action.changes:
            after |= {ref.id: "unassigned" for ref in action.leaving_units if ref.id}
    for action in actions:
        given = [action.license] if action.kind == "license" and action.license is not None else []
        given += action.arriving_units if action.changes else ()
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


def pool_diagnostics(
    rows: list[LedgerRow],
    pools: Mapping[Pool, DeclaredPool],
    held: Mapping[Pool, Counts],
    back: Mapping[Pool, list[str]],
    moves: AllocatedMoves,
    resolver: Resolver,
) -> Iterator[Diagnostic]:
    """Name shortages, what must be ordered, and what is owned beyond the declared quantity."""
    title = resolver.desired.catalog.title
    for row in rows:
        pool = row.type, row.country
        name = f"{title(row.type)} · {row.country}"
        declared = pools.get(pool)
        if row.short_by:
            first = next(
                m for m in moves.moves if m.pool == pool and m.unit is None and m.verb != "keep"
            )
            wanted = moves.wanted[pool]
            yield error(
                Code.LICENSE_SHORTAGE,
                f"{name}: {wanted} wanted, {wanted - row.short_by} usable, short by {row.short_by}.",
                first.user.source,
                f"Order {row.short_by} more with 8x8, reinstate removed units by raising the pool's quantity, or "
                + ("declare fewer phone numbers" if first.verb == "come" else "assign fewer")
                + ". Suspended licenses cannot be assigned.",
            )
        if declared is None or declared.quantity is None:
            continue
        # whatever the plan is narrowed to
        owned = held.get(pool, Counts()).owned + len(back.get(pool, ()))
        if declared.quantity > owned:
            more = declared.quantity - owned
            message = (
                f"{name}: {declared.quantity} declared, {owned} owned; {more} to order with 8x8."
            )
            yield warning(Code.ORDER_MORE, message, declared.source)
        elif declared.quantity < owned:
            spare = owned - declared.quantity
            message = (
                f"{name}: {declared.quantity} declared, {owned} owned; {spare} to cancel with 8x8."
            )
            hint = "Units must be unassigned before they are cancelled; a cancellation takes 30 days or more."
            yield warning(Code.SPARE_LICENSES, message, declared.source, hint)
