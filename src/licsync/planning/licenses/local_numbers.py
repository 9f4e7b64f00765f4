"""Local numbers: units that the console assigns and releases together with phone numbers.

They are determined before units are allocated. So a released unit can serve another user, also in a
ring, and a lack of units is a shortage like any other. Each unit belongs to the license whose phone
numbers need it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from licsync.model.catalog import Catalog
from licsync.model.console.local_numbers import units_to_release
from licsync.model.declarations import Extension
from licsync.model.inventory_document import Service
from licsync.model.license import Pool
from licsync.model.local_numbers import NumberUse, PhoneLicense, balances, count_numbers
from licsync.planning.licenses.moves import Move
from licsync.planning.resolver import Resolver

_NONE = NumberUse(0, 0)


def add_local_numbers(moves: list[Move], owned: Collection[Pool], resolver: Resolver) -> list[Move]:
    """Add the units that come and go with phone numbers to the moves of all users.

    A user whose files declare a license of an automatic type manages that type: none of it comes or
    goes automatically.

    Args:
        moves: from `pair_licenses`.
        owned: the types and countries that the account owns units of, or declares.
        resolver: the inventory and the catalog.

    Returns:
        The moves without automatic unassignments, and with a `come` or `go` for each unit.
    """
    catalog = resolver.desired.catalog
    units = resolver.inventory.licenses
    kinds = {key for key, _ in owned} | {
        units[m.service["license"]]["type"] for m in moves if m.service is not None
    }
    if not any(
        key in kinds or catalog.enforcement(key) == "always" for key in catalog.automatic_types()
    ):
        return moves
    by_person: dict[str, list[Move]] = defaultdict(list)
    for move in moves:
        if move.user.name not in resolver.desired.exact:
            by_person[move.user.name].append(move)
    added = [extra for own in by_person.values() for extra in _of_user(own, owned, resolver)]
    going = {move.service["license"] for move in added if move.service is not None}
    return [m for m in moves if m.service is None or m.service["license"] not in going] + added


def _of_user(moves: list[Move], owned: Collection[Pool], resolver: Resolver) -> Iterator[Move]:
    carriers_before = [_before(move, resolver) for move in moves]
    carriers_after = _distinct(_after(move, resolver) for move in moves)
    before, after = ([c for c in side if c] for side in (carriers_before, carriers_after))
    if before == after:
        return
    catalog, planned = resolver.desired.catalog, moves[0].user
    managed = {entry["type"] for entry in planned.wanted or ()}
    held = {
        pool: services
        for pool, services in _held(planned.services, resolver).items()
        if pool[0] not in managed
    }
    shown = _shown_for_included(held, before, resolver)
    own = {pool: services.keys() - shown for pool, services in held.items()}
    needed = balances(
        catalog, before, after, {p: len(ids) for p, ids in own.items()}, owned.__contains__
    )
    # with an included number, what 8x8 shows beside it goes too
    visible = balances(
        catalog, before, after, {p: len(s) for p, s in held.items()}, owned.__contains__
    )
    coming = {pool: number for pool, number in needed.items() if number > 0}
    for pool, number in (visible | coming).items():
        if pool[0] in managed:
            continue
        sides = zip(moves, carriers_before, carriers_after, strict=True)
        cause = _cause(sides, pool[1], number, catalog)
        if number > 0:
            # even beside a license with an address of its own: nobody asks for this unit's
            place = resolver.address_of_site(planned.site)
            for _ in range(number):
                yield Move(planned, "come", pool=pool, address=place, cause=cause)
            continue
        freed = units_to_release(list(own[pool]), -needed.get(pool, 0))
        hidden = units_to_release(list(held[pool].keys() & shown), -number - len(freed))
        for unit_id in [*freed, *hidden]:
            yield Move(planned, "go", held[pool][unit_id], cause=cause)


def _shown_for_included(
    held: Mapping[Pool, Mapping[str, Service]], before: list[PhoneLicense], resolver: Resolver
) -> set[str]:
    """Find the units that 8x8 only shows beside numbers that other licenses include.

    8x8 shows a license beside each number, also beside an included one. Such a license is on no
    list of owned licenses (`pools.seen_beside_numbers`), and cannot serve a number that no license
    includes.
    """
    units = resolver.inventory.licenses
    uses = count_numbers(resolver.desired.catalog, before)
    found: set[str] = set()
    for (_, country), services in held.items():
        use = uses.get(country, _NONE)
        unlisted = sorted(i for i in services if units[i].get("seen_only"))
        found.update(unlisted[: min(use.numbers, use.included)])
    return found


def _held(services: Iterable[Service], resolver: Resolver) -> dict[Pool, dict[str, Service]]:
    """Find the units that a user holds for phone numbers.

    A unit with an extension is a license of its own.
    """
    found: dict[Pool, dict[str, Service]] = defaultdict(dict)
    for service in services:
        unit = resolver.inventory.licenses[service["license"]]
        if resolver.desired.catalog.is_automatic(unit["type"]) and not service.get("extension"):
            found[unit["type"], unit["country"]][service["license"]] = service
    return found


def _before(move: Move, resolver: Resolver) -> PhoneLicense | None:
    if move.service is None:
        return None
    unit = resolver.inventory.licenses[move.service["license"]]
    return _carrier((unit["type"], unit["country"]), move.service.get("extension"), resolver)


def _after(move: Move, resolver: Resolver) -> PhoneLicense | None:
    """Describe the license after the plan: with the declared numbers, else those it has."""
    if move.pool is None or move.entry is None:
        return None
    extension: Extension | None = move.entry.get("extension")
    if "phone_numbers" not in (extension or {}):
        extension = move.service.get("extension") if move.service else None
    return _carrier(move.pool, extension, resolver)


def _carrier(pool: Pool, extension: Extension | None, resolver: Resolver) -> PhoneLicense | None:
    """Describe a license that carries phone numbers; None for an automatic type."""
    if resolver.desired.catalog.is_automatic(pool[0]):
        return None
    return PhoneLicense(*pool, (extension or {}).get("phone_numbers") or ())


def _distinct(carriers: Iterable[PhoneLicense | None]) -> list[PhoneLicense | None]:
    """Let each phone number count once. The checks report a number that is declared twice."""
    taken: set[str] = set()
    found: list[PhoneLicense | None] = []
    for carrier in carriers:
        if carrier is not None:
            phones = [phone for phone in dict.fromkeys(carrier.phones) if phone not in taken]
            if len(phones) < len(carrier.phones):
                carrier = carrier._replace(phones=phones)
            taken.update(phones)
        found.append(carrier)
    return found


def _cause(
    sides: Iterable[tuple[Move, PhoneLicense | None, PhoneLicense | None]],
    country: str,
    number: int,
    catalog: Catalog,
) -> Move:
    """Find the first license whose phone numbers cause a unit to come or go.

    Args:
        sides: each license, with what carries phone numbers before and after.
        country: the country of the unit.
        number: how many units come; negative if they go.
        catalog: the license types.
    """

    def use(carrier: PhoneLicense | None) -> NumberUse:
        return count_numbers(catalog, [carrier] if carrier else []).get(country, _NONE)

    def brings(before: PhoneLicense | None, after: PhoneLicense | None) -> bool:
        was, will = use(before), use(after)
        need = (will.numbers - will.included) - (was.numbers - was.included)
        return need > 0 if number > 0 else need < 0 or will.numbers < was.numbers

    return next(move for move, before, after in sides if brings(before, after))
