"""Which of the units that the vendor removed come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from licsync.planning.licenses.moves import Move, Pool
from licsync.planning.licenses.pools import Counts, DeclaredPool
from licsync.planning.resolver import Resolver


def choose_reinstatements(
    pools: Mapping[Pool, DeclaredPool],
    held: Mapping[Pool, Counts],
    moves: Sequence[Move],
    resolver: Resolver,
) -> dict[Pool, list[str]]:
    """Say which removed units come back: as many as the quantity asks for, the newest removal first.

    Of those removed at one instant, the ones come first that are where a unit is wanted and none
    is.

    Args:
        pools: what the files declare.
        held: what the inventory holds.
        moves: whom the units are for, before any are given out.
        resolver: says where they are.
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
    """Choose among removed units: first those that users want where they are, then those that the pool does."""
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


def _is_of(unit: Mapping[str, Any], pool: Pool) -> bool:
    return (unit["type"], unit["country"]) == pool
