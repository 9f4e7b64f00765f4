"""Which license becomes which: pairs what a user holds with what a user should hold, plane by plane.

Within a plane a different type is an upgrade, a downgrade or a change; the same type in another country is a
change (contract, section 1). What finds no partner is assigned or unassigned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from licsync.model.catalog import SINGLE_PLANES, Catalog


@dataclass(frozen=True, slots=True)
class Holding:
    """What is compared of a license: its type, its country, and the extension number it carries."""

    type: str
    country: str | None
    number: str | None = None


@dataclass(slots=True)
class Pairing:
    """The outcome, as positions in what is held and what is wanted."""

    keep: list[tuple[int, int]] = field(default_factory=list)
    change: list[tuple[int, int]] = field(default_factory=list)
    unassign: list[int] = field(default_factory=list)
    assign: list[int] = field(default_factory=list)


def pair(catalog: Catalog, held: Sequence[Holding], wanted: Sequence[Holding]) -> Pairing:
    """Pair held with wanted licenses: the same is kept, the rest changes within its plane."""
    result = Pairing()
    free_held, free_wanted = set(range(len(held))), set(range(len(wanted)))

    def take(pairs: Iterator[tuple[int, int]], into: list[tuple[int, int]]) -> None:
        for i, j in pairs:
            if i in free_held and j in free_wanted:
                free_held.remove(i)
                free_wanted.remove(j)
                into.append((i, j))

    def candidates(fits: Sequence[object]) -> Iterator[tuple[int, int]]:
        for fit in fits:
            for i in range(len(held)):
                for j in range(len(wanted)):
                    if callable(fit) and fit(held[i], wanted[j]):
                        yield i, j

    def equal(a: Holding, b: Holding) -> bool:
        return a.type == b.type and a.country == b.country

    def equal_with_number(a: Holding, b: Holding) -> bool:
        return equal(a, b) and a.number is not None and a.number == b.number

    def moved(a: Holding, b: Holding) -> bool:
        return a.type == b.type

    def ranked(a: Holding, b: Holding) -> bool:
        return catalog.shares_family(a.type, b.type) and overlap(a, b) != frozenset()

    def overlap(a: Holding, b: Holding) -> frozenset[str]:
        return catalog.planes(a.type) & catalog.planes(b.type) & SINGLE_PLANES

    def uc(a: Holding, b: Holding) -> bool:
        return "uc" in overlap(a, b)

    def cc(a: Holding, b: Holding) -> bool:
        return "cc" in overlap(a, b)

    if held and wanted:
        take(candidates((equal_with_number, equal)), result.keep)
        take(candidates((moved, ranked, uc, cc)), result.change)
    result.unassign = sorted(free_held)
    result.assign = sorted(free_wanted)
    return result
