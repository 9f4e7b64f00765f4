"""The units that the company owns: quantities, reinstatements, addresses of unassigned units."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from math import inf

from msgspec import Struct, field

from licsync.diagnostics import Code, Diagnostic, Span, info
from licsync.model.capabilities import Capabilities
from licsync.model.desired import Desired
from licsync.model.inventory_document import Unit
from licsync.model.license import Pool, is_gone, parse_instant, state_of
from licsync.model.pool_declarations import PoolEntry
from licsync.model.prices import UnitPrice, price_on
from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.licenses.matching import relocations
from licsync.planning.licenses.moves import AllocatedMoves, Move
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser


class DeclaredPool(Struct):
    """What the files declare for one type in one country."""

    quantity: int | None
    targets: dict[str, int | None]
    price: UnitPrice | None
    source: Span | None


class Counts(Struct):
    """The units of one pool in the inventory, by state."""

    assigned: int = 0
    unassigned: int = 0
    held_by_inactive: int = 0
    reinstatable: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def owned(self) -> int:
        """Return the number of paid units (contract, section 4)."""
        return self.assigned + self.unassigned + self.held_by_inactive

    @property
    def suspended(self) -> int:
        """Return the number of units that nobody can use now, reinstatable ones included."""
        return self.held_by_inactive + len(self.reinstatable)


class Licenses(Struct, frozen=True):
    """What becomes of the licenses.

    Attributes:
        pools: what the files declare, by type and country.
        held: what the inventory holds.
        reinstated: ids of the removed units that come back.
        moves: which user gets, keeps or gives up which unit.
        misplaced: units that stay with their user, at another address than they should have.
        given_up: the users outside the plan who would give up a unit, if units are missing.
    """

    pools: dict[Pool, DeclaredPool]
    held: dict[Pool, Counts]
    reinstated: dict[Pool, list[str]]
    moves: AllocatedMoves
    misplaced: list[MisplacedUnit]
    given_up: dict[Pool, list[str]]


def pool_of(entry: PoolEntry, desired: Desired) -> tuple[str, str | None]:
    """Return type and country of a pool entry; the account has a default country."""
    return entry["type"], entry.get("country") or desired.country


def declared_pools(resolver: Resolver, today: date) -> dict[Pool, DeclaredPool]:
    """Read the pool entries of the files, one for each type and country, with today's prices."""
    desired = resolver.desired
    pools: dict[Pool, DeclaredPool] = {}
    for index, entry in enumerate(desired.pools):
        kind, country = pool_of(entry, desired)
        source = desired.where("licenses", index)
        if country is None or kind not in desired.catalog:
            continue  # the checks report it
        wanted = entry.get("unassigned_address")
        slugs: Mapping[str, int | None] = (
            {wanted: None} if isinstance(wanted, str) else wanted or {}
        )
        labels = ((resolver.label_of_reference(slug), n) for slug, n in sorted(slugs.items()))
        targets = {label: n for label, n in labels if label is not None}
        price = price_on(entry, today)
        pools[kind, country] = DeclaredPool(entry.get("quantity"), targets, price, source)
    return pools


def seen_beside_numbers(resolver: Resolver) -> Counter[Pool]:
    """Count units that were only seen beside a phone number, on no list of owned licenses.

    8x8 shows such a license for each number, also if another license includes the number
    (domain.md, 10.4.3).
    """
    catalog, inventory = resolver.desired.catalog, resolver.inventory
    units = (unit for unit in inventory.licenses.values() if unit.get("seen_only"))
    found = Counter((unit["type"], unit["country"]) for unit in units)
    found.update(inventory.in_sync_totals.seen_only)
    return Counter({pool: n for pool, n in found.items() if catalog.is_automatic(pool[0])})


def counts(resolver: Resolver, now: datetime) -> dict[Pool, Counts]:
    """Count the units of the inventory; a unit removed more than thirty days ago is gone."""
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
    """Reinstate units, and relocate units that stay unassigned."""
    units = resolver.inventory.licenses
    for pool, ids in back.items():
        quantity = pools[pool].quantity
        for unit_id in ids:
            yield Action(
                "license",
                "reinstate",
                f"licenses/{unit_id}",
                UnitRef(unit_id, *pool),
                changes=(Change("status", "suspended", "unassigned"),),
                source=pools[pool].source,
                why=f"removed {_removed_at(units[unit_id])[:10]}; the pool asks for {quantity}",
            )
    for pool, declared in pools.items():
        for unit_id, label in relocations(moves.remaining.get(pool, ()), declared.targets):
            before = resolver.label_of_id(units[unit_id].get("service_address"))
            yield relocation(UnitRef(unit_id, *pool), before, label, declared.source)


def bind_unassigned_units(moves: AllocatedMoves, resolver: Resolver) -> Iterator[Action]:
    """Bind units that stay unassigned to the addresses that `places` names."""
    allocated = {move.unit for move in moves.moves}
    for unit_id, reference in sorted(resolver.desired.places.items()):
        unit = resolver.inventory.licenses[unit_id]
        before, after = (
            resolver.label_of_id(unit.get("service_address")),
            resolver.label_of_reference(reference),
        )
        if after is not None and before != after and unit_id not in allocated:
            yield relocation(UnitRef(unit_id, unit["type"], unit["country"]), before, after, None)


def relocation(
    unit: UnitRef,
    before: str | None,
    after: str,
    source: Span | None,
    *,
    why: str = "",
    follows: str = "",
) -> Action:
    """Return the action that binds a unit to another service address.

    Args:
        unit: the unit.
        before: label of its address now.
        after: label of the address it goes to.
        source: where the files ask for it.
        why: what asks for it, for people.
        follows: the resource whose move it belongs to.
    """
    return Action(
        "license",
        "relocate",
        f"licenses/{unit.id}",
        unit,
        changes=(Change("service_address", before, after),),
        source=source,
        why=why,
        follows=follows,
    )


MisplacedUnit = tuple[Move, UnitRef, str | None, str]
"""A unit that stays with its user, with its current and its desired address."""


def at_other_address(moves: list[Move], resolver: Resolver) -> list[MisplacedUnit]:
    """List kept units whose address differs from their entry, or from a reactivated user's site."""
    found: list[MisplacedUnit] = []
    for move in moves:
        asked = move.verb == "keep" and (move.own_address or move.user.is_back)
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
    """Bind kept units to the address that their entry names.

    Other units stay where they are, with one exception: units that were suspended when their site
    moved. No site has their address any more, and they follow when their user is reactivated.
    """
    occupied = {
        resolver.label_of_id(site.get("service_address"))
        for site in resolver.inventory.sites.values()
    }
    for move, unit, before, address in bound:
        planned = move.user
        if move.own_address:
            if _is_editable(planned, able):
                yield relocation(unit, before, address, planned.source, follows=planned.resource)
        elif before not in occupied:
            why = f"follows the site {planned.site}"
            yield relocation(
                unit, before, address, planned.source, why=why, follows=planned.resource
            )


def suspended_diagnostics(
    bound: Sequence[MisplacedUnit], able: Capabilities, resolver: Resolver
) -> Iterator[Diagnostic]:
    """Report units that cannot be bound now to the address that their entry names."""
    for move, unit, _, address in bound:
        planned = move.user
        if move.own_address and not _is_editable(planned, able):
            index = next(i for i, entry in enumerate(planned.wanted or ()) if entry is move.entry)
            place = planned.where(*planned.place, "licenses", index, "service_address")
            message = f"License {resolver.unit_name(str(unit.id))} of {planned.name} is suspended "
            message += f"and cannot be bound to '{address}' now."
            yield info(Code.LEFT_AS_IS, message, place, "A plan binds it once the user is active.")


def _is_editable(planned: PlannedUser, able: Capabilities) -> bool:
    """Tell whether the plan can edit the licenses of a user; those of inactive users are fixed.

    The suspension of a leaver does not wait for a manual edit.
    """
    return planned.status == "active" or (planned.was_active and able.can("license", "relocate"))


def choose_reinstatements(
    pools: Mapping[Pool, DeclaredPool],
    held: Mapping[Pool, Counts],
    moves: Sequence[Move],
    resolver: Resolver,
) -> dict[Pool, list[str]]:
    """Choose the removed units to reinstate: as many as the quantity needs, the latest first.

    Of units removed at the same instant, those come first whose address lacks a unit.

    Args:
        pools: the declared pools.
        held: the units of the inventory.
        moves: the demand, before allocation.
        resolver: the addresses of the units.
    """
    result = {}
    for pool, declared in pools.items():
        row = held.get(pool)
        if row is None or declared.quantity is None or declared.quantity <= row.owned:
            continue
        number = min(declared.quantity - row.owned, len(row.reinstatable))
        newest = sorted(row.reinstatable, key=lambda unit: (-unit[0].timestamp(), unit[1]))
        last = [at for at, _ in newest][number - 1 : number]
        units = [unit_id for at, unit_id in newest if [at] > last]
        tied = [unit_id for at, unit_id in newest if [at] == last]
        units += _where_wanted(pool, units, tied, number - len(units), moves, declared, resolver)
        if units:
            result[pool] = units
    return result


def _where_wanted(
    pool: Pool,
    sure: list[str],
    tied: list[str],
    number: int,
    moves: Sequence[Move],
    declared: DeclaredPool,
    resolver: Resolver,
) -> list[str]:
    """Choose among removed units: first those at an address that users need, then the pool."""
    units = resolver.inventory.licenses

    def place(unit_id: str) -> str | None:
        return resolver.label_of_id(units[unit_id].get("service_address"))

    free = [i for i, unit in units.items() if unit["status"] == "unassigned" and _is_of(unit, pool)]
    going = [m.service["license"] for m in moves if m.verb != "keep" and m.service is not None]
    there = Counter(place(i) for i in [*free, *sure, *(i for i in going if _is_of(units[i], pool))])
    lacking = Counter(move.address for move in moves if move.pool == pool and move.verb != "keep")
    lacking.subtract(there)
    asked = {at: inf if limit is None else limit for at, limit in declared.targets.items()}

    def order(unit_id: str) -> tuple[bool, bool, str]:
        at = place(unit_id)
        return lacking[at] <= 0, lacking[at] + asked.get(at or "", 0) <= 0, unit_id

    left, chosen = list(tied), list[str]()
    for _ in range(number):
        chosen.append(min(left, key=order))
        left.remove(chosen[-1])
        lacking[place(chosen[-1])] -= 1
    return chosen


def _is_of(unit: Unit, pool: Pool) -> bool:
    return (unit["type"], unit["country"]) == pool
