"""Matches held licenses with desired ones, and demands with the units of a pool.

`pair` works within one user, plane by plane. A different type is an upgrade, a downgrade or a
change; the same type in another country is a change (contract, section 1). A license without a
partner is assigned or unassigned.

`allocate` works within one pool (one type, one country), whose units differ only in their address.
It needs the fewest address changes over the whole plan. It works address by address: a demand takes
a unit that is there already; other demands take units that the pool does not want where they are,
before units that it does. Ties go to a spare unit before one that the plan must free first, then to
the lowest id.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct, field

from licsync.model.catalog import SINGLE_PLANES, Catalog


class Holding(NamedTuple):
    """What identifies a license: type, country, its extension number, and its unit."""

    type: str
    country: str | None
    number: str | None = None
    unit: str | None = None


class Pairing(Struct):
    """The result of `pair`, as positions in the held and in the desired licenses."""

    keep: list[tuple[int, int]] = field(default_factory=list)
    change: list[tuple[int, int]] = field(default_factory=list)
    unassign: list[int] = field(default_factory=list)
    assign: list[int] = field(default_factory=list)


MismatchCount = Callable[[int, int], int]
"""Counts the differences between a held license and a desired one, by their positions."""


def pair(
    catalog: Catalog,
    held: Sequence[Holding],
    wanted: Sequence[Holding],
    misfit: MismatchCount = lambda i, j: 0,
) -> Pairing:
    """Pair held with desired licenses: equal ones are kept, others change within their plane.

    Args:
        catalog: the license types.
        held: the licenses that a user holds.
        wanted: the licenses that the user should hold.
        misfit: chooses between several licenses of one type and country.
    """
    result = Pairing(unassign=list(range(len(held))), assign=list(range(len(wanted))))
    for rule in (_is_same_unit, _is_same_extension):
        _pair_where(rule, result.keep, result, catalog, held, wanted)
    for i, j in _pair_same_type(result, held, wanted, misfit):
        result.unassign.remove(i)
        result.assign.remove(j)
        result.keep.append((i, j))
    for rule, pairs in (
        (_is_same_type, result.change),
        (_is_ranked, result.change),
        (_is_uc, result.change),
        (_is_cc, result.change),
    ):
        _pair_where(rule, pairs, result, catalog, held, wanted)
    result.keep.sort()
    return result


def _pair_where(
    rule: Callable[[Catalog, Holding, Holding], bool],
    pairs: list[tuple[int, int]],
    result: Pairing,
    catalog: Catalog,
    held: Sequence[Holding],
    wanted: Sequence[Holding],
) -> None:
    for i in tuple(result.unassign) if result.assign else ():
        partner = next((j for j in result.assign if rule(catalog, held[i], wanted[j])), None)
        if partner is not None:
            result.unassign.remove(i)
            result.assign.remove(partner)
            pairs.append((i, partner))


def _pair_same_type(
    left: Pairing, held: Sequence[Holding], wanted: Sequence[Holding], misfit: MismatchCount
) -> Iterator[tuple[int, int]]:
    """Pair licenses of one type and country.

    First, as many as possible stay unchanged. Otherwise an entry that declares little might take
    the only license that fits an entry that declares more, and every plan would exchange units.
    Then those pair that need the least change.
    """
    places = defaultdict[tuple[str, str | None], tuple[list[int], list[int]]](lambda: ([], []))
    for i in left.unassign:
        places[held[i][:2]][0].append(i)
    for j in left.assign:
        places[wanted[j][:2]][1].append(j)
    for there, asked in places.values():
        if len(there) < 2 and len(asked) < 2:
            yield from zip(there, asked, strict=False)
            continue
        costs = {(i, j): misfit(i, j) for i in there for j in asked}
        found = _maximum_matching({j: [i for i in there if not costs[i, j]] for j in asked})
        for i, j in sorted(costs, key=lambda both: (costs[both], both)):
            if i not in found and j not in found.values():
                found[i] = j
        yield from found.items()


def _maximum_matching(choices: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Match as many as possible with one of their choices (augmenting paths), free ones first.

    Returns:
        The match of each choice that is taken.
    """
    found: dict[int, int] = {}

    def settle(who: int, asked: set[int]) -> bool:
        for choice in sorted(choices[who], key=found.__contains__):
            if choice not in asked:
                asked.add(choice)
                if choice not in found or settle(found[choice], asked):
                    found[choice] = who
                    return True
        return False

    for who in choices:
        settle(who, set())
    return found


def _is_same_extension(catalog: Catalog, old: Holding, new: Holding) -> bool:
    return old.number is not None and old[:3] == new[:3]


def _is_same_unit(catalog: Catalog, old: Holding, new: Holding) -> bool:
    return new.unit is not None and old.unit == new.unit and old[:2] == new[:2]


def _is_same_type(catalog: Catalog, old: Holding, new: Holding) -> bool:
    return old.type == new.type


def _is_ranked(catalog: Catalog, old: Holding, new: Holding) -> bool:
    return catalog.shares_family(old.type, new.type) and bool(_shared_planes(catalog, old, new))


def _is_uc(catalog: Catalog, old: Holding, new: Holding) -> bool:
    return "uc" in _shared_planes(catalog, old, new)


def _is_cc(catalog: Catalog, old: Holding, new: Holding) -> bool:
    return "cc" in _shared_planes(catalog, old, new)


def _shared_planes(catalog: Catalog, old: Holding, new: Holding) -> frozenset[str]:
    return catalog.planes(old.type) & catalog.planes(new.type) & SINGLE_PLANES


Key = TypeVar("Key", bound=Hashable)


class Supply(NamedTuple):
    """An available unit. Effort: 0 spare now, 1 reinstated by the plan, 2 freed by an action."""

    effort: int
    unit: str
    address: str | None


class Demand(NamedTuple, Generic[Key]):
    """A desired license: whose, at which address (None: any), and the preferred unit."""

    key: Key
    address: str | None
    unit: str | None = None


class Allocation(Struct, Generic[Key]):
    """Which demand gets which unit, which gets none, and what is left in the pool."""

    units: dict[Key, str] = field(default_factory=dict)
    short: list[Key] = field(default_factory=list)
    remaining: list[Supply] = field(default_factory=list)


def allocate(
    supplies: Sequence[Supply], demands: Sequence[Demand[Key]], targets: Mapping[str, int | None]
) -> Allocation[Key]:
    """Allocate units to demands.

    Args:
        supplies: the available units.
        demands: the desired licenses, in the order of service.
        targets: how many of the remaining units the pool wants at each address; None: no limit.

    Returns:
        The allocation with the fewest address changes, those of `relocations` included.
    """
    result: Allocation[Key] = Allocation()
    named = {demand.unit: demand.key for demand in demands if demand.unit is not None}
    if named:
        result.units = {
            named[supply.unit]: supply.unit for supply in supplies if supply.unit in named
        }
        supplies = [supply for supply in supplies if supply.unit not in named]
        demands = [demand for demand in demands if demand.key not in result.units]
    at: dict[str | None, deque[Supply]] = defaultdict(deque)
    for supply in sorted(supplies, key=_supply_order):
        at[supply.address].append(supply)
    homeless = []
    for demand in demands:
        here = at.get(demand.address)
        if demand.address is not None and here:
            result.units[demand.key] = here.popleft().unit
        else:
            homeless.append(demand)
    unwanted: list[Supply] = []
    rest: list[Supply] = []
    for address, units in at.items():
        wanted_here = targets.get(address, 0) if address is not None else 0
        surplus = 0 if wanted_here is None else max(0, len(units) - wanted_here)
        unwanted += islice(units, surplus)
        rest += islice(units, surplus, None)
    spare = sorted(unwanted, key=_supply_order) + sorted(rest, key=_supply_order)
    for demand, supply in zip(homeless, spare, strict=False):
        result.units[demand.key] = supply.unit
    result.short = [d.key for d in homeless[len(spare) :]]
    result.remaining = sorted(spare[len(homeless) :], key=_supply_order)
    return result


def _supply_order(supply: Supply) -> tuple[int, str]:
    """Sort units by effort, then by id."""
    return supply[:2]


def relocations(left: Sequence[Supply], targets: Mapping[str, int | None]) -> list[tuple[str, str]]:
    """Choose the fewest relocations of unassigned units that fill the targets.

    Args:
        left: the unassigned units.
        targets: as in `allocate`, filled in their order while units last.

    Returns:
        Unit id and new address, sorted by unit id.
    """
    staying: dict[str, int] = defaultdict(int)
    movable = []
    for supply in sorted(left, key=lambda s: s.unit):
        limit = targets.get(supply.address, 0) if supply.address is not None else 0
        if supply.address is not None and (limit is None or staying[supply.address] < limit):
            staying[supply.address] += 1
        else:
            movable.append(supply.unit)
    moves = []
    for address, limit in targets.items():
        while movable and (limit is None or staying[address] < limit):
            staying[address] += 1
            moves.append((movable.pop(0), address))
    return sorted(moves)
