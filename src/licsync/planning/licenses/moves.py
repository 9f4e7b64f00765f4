"""From held and desired licenses to license actions: pair, allocate, describe."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import cast

from msgspec import Struct, field

from licsync.model.catalog import Catalog
from licsync.model.declarations import Extension, LicenseEntry
from licsync.model.inventory_document import GROUPS, Service, Unit
from licsync.model.license import Pool
from licsync.planning.actions import Action, AnyChange, Change, UnitChange, UnitRef
from licsync.planning.comparison import differences
from licsync.planning.licenses.matching import Demand, Holding, Supply, allocate, pair
from licsync.planning.licenses.settings import (
    settings_on_assign,
    settings_on_change,
    settings_on_unassign,
)
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser

Verbs = tuple[str, ...]
"""The actions that turn one license of a user into another."""

_REPLACE: Verbs = ("unassign", "assign")

VerbsOf = Callable[[Pool, str, str | None], Verbs]
"""Returns the actions that turn a license of a pool into one of a type and country."""


class ExactEntry(LicenseEntry, total=False):
    """A license entry that names its unit, for a user of `Desired.exact`; files cannot say it."""

    unit: str


class Move(Struct):
    """What happens to one license of one user.

    Attributes:
        user: the user.
        verb: assign, upgrade, downgrade, change, unassign, keep; come or go for what the console
            does automatically.
        service: the service of the inventory with the unit held now; None for assign and come.
        entry: the desired license entry; None for unassign, come and go.
        pool: the desired type and country; None for unassign and go.
        address: label of the desired service address.
        unit: the allocated unit.
        cause: for come and go, the move that adds or removes the phone numbers.
    """

    user: PlannedUser
    verb: str
    service: Service | None = None
    entry: LicenseEntry | None = None
    pool: Pool | None = None
    address: str | None = None
    unit: str | None = None
    cause: Move | None = None

    @property
    def own_address(self) -> str | None:
        """The service address that the entry itself names."""
        return self.entry.get("service_address") if self.entry else None

    @property
    def own_unit(self) -> str | None:
        """The unit that the entry names, as only the entries of an undo do."""
        return cast(ExactEntry, self.entry).get("unit") if self.entry else None


class AllocatedMoves(Struct):
    """All moves of a plan, with shortages, demand and remaining units by pool."""

    moves: list[Move] = field(default_factory=list)
    short: dict[Pool, int] = field(default_factory=dict)
    wanted: dict[Pool, int] = field(default_factory=dict)
    remaining: dict[Pool, list[Supply]] = field(default_factory=dict)


def pair_licenses(planned_users: Iterable[PlannedUser], resolver: Resolver) -> list[Move]:
    """Pair the licenses that each user holds with the desired ones."""
    verbs_of = cache(partial(_verbs, resolver.desired.catalog))
    moves: list[Move] = []
    for planned in planned_users:
        if planned.wanted is not None:
            found = _one_for_one(planned, planned.wanted, verbs_of, resolver)
            moves += found or _pair_user(planned, planned.wanted, resolver)
    return moves


def _one_for_one(
    planned: PlannedUser, entries: Sequence[LicenseEntry], verbs_of: VerbsOf, resolver: Resolver
) -> list[Move]:
    """Pair a single held license with a single desired one: the fast path for most users.

    Returns nothing if there are more, or if a type needs a closer look.
    """
    services = planned.services
    if len(entries) != 1 or len(services) != 1:
        return []
    entry, service = entries[0], services[0]
    kind, country = entry["type"], resolver.country_of(planned.site, entry)
    verbs = verbs_of(_pool(resolver.inventory.licenses[service["license"]]), kind, country)
    if not verbs:
        return []
    pool, address = (kind, country or ""), resolver.address_of(planned.site, entry)
    if verbs != _REPLACE:
        return [Move(planned, verbs[0], service, entry, pool, address)]
    return [Move(planned, "unassign", service), Move(planned, "assign", None, entry, pool, address)]


def _verbs(catalog: Catalog, old: Pool, kind: str, country: str | None) -> Verbs:
    """Return the actions that turn a license into another; nothing if it needs a closer look."""
    if kind not in catalog or country is None or (catalog.is_automatic(old[0]) and old[0] != kind):
        return ()
    pairing = pair(catalog, [Holding(*old)], [Holding(kind, country)])
    if pairing.keep:
        return ("keep",)
    return (catalog.relation(old[0], kind),) if pairing.change else _REPLACE


def _pair_user(
    planned: PlannedUser, entries: Sequence[LicenseEntry], resolver: Resolver
) -> Iterator[Move]:
    catalog, units = resolver.desired.catalog, resolver.inventory.licenses
    named = cast(Sequence[ExactEntry], entries)
    wanted = [
        Holding(e["type"], resolver.country_of(planned.site, e), _number(e), e.get("unit"))
        for e in named
    ]
    if any(holding.type not in catalog or holding.country is None for holding in wanted):
        return  # the checks report the error, and the held licenses stay
    services = _held_licenses(planned, wanted, resolver)
    held = [Holding(*_pool(units[s["license"]]), _number(s), s["license"]) for s in services]

    def misfit(i: int, j: int) -> int:
        """Count differing settings, plus one if the entry or a new site changes the address."""
        entry, service = entries[j], services[i]
        settings = differences(
            Extension, entry.get("extension") or {}, service.get("extension") or {}
        )
        bound = resolver.label_of_id(units[service["license"]].get("service_address"))
        place = resolver.address_of(planned.site, entry)
        is_asked = planned.moves_site or bool(entry.get("service_address"))
        return len(list(settings)) + (is_asked and place is not None and bound != place)

    pairing = pair(catalog, held, wanted, misfit)

    def move(verb: str, service: Service | None, j: int) -> Move:
        address = resolver.address_of(planned.site, entries[j])
        return Move(
            planned, verb, service, entries[j], (wanted[j].type, wanted[j].country or ""), address
        )

    for i in pairing.unassign:
        yield Move(planned, "unassign", services[i])
    for i, j in pairing.keep:
        yield move("keep", services[i], j)
    for i, j in pairing.change:
        yield move(catalog.relation(held[i].type, wanted[j].type), services[i], j)
    for j in pairing.assign:
        yield move("assign", None, j)


def _held_licenses(
    planned: PlannedUser, wanted: list[Holding], resolver: Resolver
) -> list[Service]:
    """List the licenses of a user by unit, without those that come and go with phone numbers.

    A user who should hold nothing loses those too. They are compared if the files declare their
    type.
    """
    catalog, units = resolver.desired.catalog, resolver.inventory.licenses
    services = sorted(planned.services, key=lambda s: str(s["license"]))
    if not wanted or planned.name in resolver.desired.exact:
        return services
    declared = {holding.type for holding in wanted}
    kinds = (units[s["license"]]["type"] for s in services)
    return [
        s
        for s, k in zip(services, kinds, strict=True)
        if k in declared or not catalog.is_automatic(k)
    ]


def _number(carrier: LicenseEntry | Service) -> str | None:
    extension = carrier.get("extension")
    return extension.get("number") or None if extension else None


def allocate_units(
    moves: list[Move],
    reinstated: Mapping[Pool, list[str]],
    targets: Mapping[Pool, Mapping[str, int | None]],
    resolver: Resolver,
) -> AllocatedMoves:
    """Allocate a unit to every move.

    Args:
        moves: from `pair_licenses`; their `unit` is set.
        reinstated: units that the plan reinstates.
        targets: for each pool, how many unassigned units each address should have.
        resolver: the inventory's units and their addresses.
    """
    result = AllocatedMoves(moves)
    units = resolver.inventory.licenses
    supplies: dict[Pool, list[Supply]] = defaultdict(list)
    demands: dict[Pool, list[Demand[int]]] = defaultdict(list)
    for position, move in enumerate(moves):
        if move.verb == "keep":
            continue
        if move.pool is not None:
            demands[move.pool].append(Demand(position, move.address, move.own_unit))
        if move.service is not None:
            unit_id = move.service["license"]
            supplies[_pool(units[unit_id])].append(_supply(2, unit_id, resolver))
    needed = demands.keys() | supplies.keys() | targets.keys() | reinstated.keys()
    for unit_id, unit in units.items():
        if unit["status"] == "unassigned" and (pool := _pool(unit)) in needed:
            supplies[pool].append(_supply(0, unit_id, resolver))
    for pool, ids in reinstated.items():
        supplies[pool] += [_supply(1, unit_id, resolver) for unit_id in ids]
    for pool in sorted(needed):
        outcome = allocate(supplies[pool], demands[pool], targets.get(pool, {}))
        for position, unit_id in outcome.units.items():
            moves[position].unit = unit_id
        result.remaining[pool] = outcome.remaining
        result.wanted[pool] = len(demands[pool])
        if outcome.short:
            result.short[pool] = len(outcome.short)
    return result


def _pool(unit: Unit) -> Pool:
    return unit["type"], unit["country"]


def _supply(effort: int, unit_id: str, resolver: Resolver) -> Supply:
    unit = resolver.inventory.licenses[unit_id]
    return Supply(effort, unit_id, resolver.label_of_id(unit.get("service_address")))


def license_action(move: Move, caused: Iterable[Move], resolver: Resolver) -> Action:
    """Describe one move as an action.

    Args:
        move: any but a `keep`.
        caused: what comes or goes by itself because of it.
        resolver: the inventory and the catalog.
    """
    planned, units = move.user, resolver.inventory.licenses
    origin = license_ = None
    current: Extension = {}
    if move.service is not None:
        unit = units[move.service["license"]]
        origin = UnitRef(move.service["license"], unit["type"], unit["country"])
        current = move.service.get("extension") or {}
    if move.pool is not None:
        license_ = UnitRef(move.unit, *move.pool)
    declared = (move.entry.get("extension") if move.entry else None) or {}
    if origin is None:
        settings = settings_on_assign(declared)
    elif license_ is None:
        settings = settings_on_unassign(current)
    else:
        settings = settings_on_change(
            resolver.desired.catalog, origin.type, license_.type, current, declared
        )
    kept = settings.kept
    if origin is not None and license_ is not None:
        kept += [name for name in GROUPS if (planned.current or {}).get(name)]
    return Action(
        "license",
        move.verb,
        planned.resource,
        license_,
        origin,
        (
            *_address_change(move, resolver),
            *settings.changes,
            *automatic_changes(caused, resolver),
        ),
        tuple(kept),
        tuple(settings.lost),
        tuple(settings.available),
        source=planned.source,
        why=planned.why,
    )


def automatic_changes(moves: Iterable[Move], resolver: Resolver) -> Iterator[AnyChange]:
    """Describe automatic units as changes of the action that causes them."""
    for move in moves:
        if move.pool is None:
            assert move.service is not None
            unit_id = move.service["license"]
            gone = UnitRef(unit_id, *_pool(resolver.inventory.licenses[unit_id]))
            yield UnitChange(gone, arrives=False)
        else:
            yield UnitChange(UnitRef(move.unit, *move.pool), arrives=True)
            yield from (
                replace(change, license=move.unit) for change in _address_change(move, resolver)
            )


def _address_change(move: Move, resolver: Resolver) -> list[Change]:
    if move.unit is None or move.address is None:
        return []
    before = resolver.label_of_id(resolver.inventory.licenses[move.unit].get("service_address"))
    if before == move.address:
        return []
    declared = bool(move.own_address)
    return [
        Change("service_address", before, move.address, "declared" if declared else "automatic")
    ]
