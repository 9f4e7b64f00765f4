"""How few address changes the units of one type and country need, found by trying everything."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

from tests.oracle.expected import Demand

Doc = dict[str, Any]
Counts = Counter[str]


def content(address: Doc) -> str:
    """Write postal content so that it can be counted."""
    return repr(sorted(address.items()))


def fewest_changes(demand: Demand) -> int:
    """Count the address changes on assignment that no allocation can avoid."""
    supply = Counter(map(content, [*demand.free.values(), *demand.freed.values()]))
    return len(demand.wanted) - (supply & Counter(map(content, demand.wanted))).total()


def lowest_units(demand: Demand) -> set[str]:
    """Take units at the wanted addresses, then the lowest ids; only where no unit is freed in the
    plan.
    """
    left, rest = dict(sorted(demand.free.items())), 0
    taken = set()
    for address in demand.wanted:
        unit = next((u for u, a in left.items() if a == address), None)
        if unit:
            taken.add(unit)
            del left[unit]
        else:
            rest += 1
    return taken | set(list(left)[:rest])


def quotas(wish: str | dict[str, int], slugs: dict[str, Doc], units: int) -> Counts:
    """Say how many unassigned units a pool wants at each address."""
    return Counter(
        {
            content(slugs[s]): n
            for s, n in ({wish: units} if isinstance(wish, str) else wish).items()
        }
    )


def relocations(units: Counts, quota: Counts) -> int:
    """Count the moves that bring unassigned units to where the pool wants them; too many units stay
    put.
    """
    return min(units.total(), quota.total()) - (units & quota).total()


def fewest_in_all(demand: Demand, wish: str | dict[str, int], slugs: dict[str, Doc]) -> int:
    """Try every choice of units to assign; count the changes on assignment and of what is left over
    together.
    """
    supply = Counter(map(content, [*demand.free.values(), *demand.freed.values()]))
    wanted = Counter(map(content, demand.wanted))
    best = None
    for numbers in product(*(range(n + 1) for n in supply.values())):
        used = Counter(dict(zip(supply, numbers, strict=True)))
        if used.total() == wanted.total():
            rest = supply - used
            cost = (
                wanted.total()
                - (used & wanted).total()
                + relocations(rest, quotas(wish, slugs, rest.total()))
            )
            best = cost if best is None else min(best, cost)
    assert best is not None, "there is a shortage"
    return best
