"""Which unit of a pool serves whom, and which units move: the fewest address changes over the whole plan.

All units of a pool (one type, one country) are alike but for their address, so the least number of
address
changes is found address by address: a demand takes a unit that is there already; demands that find
none take units that the pool does not want where they are, before those it does. Ties go to a spare
unit before one that the plan must free first, then to the lowest id.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Supply(NamedTuple):
    """A unit that can be had: spare now (0), reinstated by the plan (1), or freed by another action (2)."""

    effort: int
    unit: str
    address: str | None


class Demand(NamedTuple, Generic[Key]):
    """A license that is wanted: by whom, at which address (None: wherever), and which unit if it can be had."""

    key: Key
    address: str | None
    unit: str | None = None


@dataclass(slots=True)
class Allocation(Generic[Key]):
    """Who gets which unit, who gets none, and what is left in the pool."""

    units: dict[Key, str] = field(default_factory=dict)
    short: list[Key] = field(default_factory=list)
    remaining: list[Supply] = field(default_factory=list)


def allocate(
    supplies: Sequence[Supply], demands: Sequence[Demand[Key]], targets: Mapping[str, int | None]
) -> Allocation[Key]:
    """Give units to demands.

    Args:
        supplies: the units there are.
        demands: what is wanted, in the order in which it is served.
        targets: how many of the units that are left the pool wants at an address; None: as many as
            there are.

    Returns:
        the allocation that needs the fewest address changes, those of `relocations` included.
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
    """Sort units by what it takes to have them, then by id."""
    return supply[:2]


def relocations(left: Sequence[Supply], targets: Mapping[str, int | None]) -> list[tuple[str, str]]:
    """Say which of the units that are left move where: the fewest moves that fill the targets.

    Args:
        left: the unassigned units.
        targets: as in `allocate`, filled in their order as far as the units go.

    Returns:
        unit id and new address, by unit id.
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
