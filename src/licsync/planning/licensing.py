"""Which license becomes which: pairs what a user holds with what a user should hold, plane by plane.

Within a plane a different type is an upgrade, a downgrade or a change; the same type in another country is a
change (contract, section 1). What finds no partner is assigned or unassigned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from licsync.model.catalog import SINGLE_PLANES, Catalog


class Holding(NamedTuple):
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
    result = Pairing(unassign=list(range(len(held))), assign=list(range(len(wanted))))
    for rule, pairs in (
        (_is_same_extension, result.keep),
        (_is_same, result.keep),
        (_is_same_type, result.change),
        (_is_ranked, result.change),
        (_is_uc, result.change),
        (_is_cc, result.change),
    ):
        if not result.unassign or not result.assign:
            break
        for i in tuple(result.unassign):
            partner = next((j for j in result.assign if rule(catalog, held[i], wanted[j])), None)
            if partner is not None:
                result.unassign.remove(i)
                result.assign.remove(partner)
                pairs.append((i, partner))
    result.keep.sort()
    return result


def _is_same(catalog: Catalog, old: Holding, new: Holding) -> bool:
    return old.type == new.type and old.country == new.country


def _is_same_extension(catalog: Catalog, old: Holding, new: Holding) -> bool:
    return _is_same(catalog, old, new) and old.number is not None and old.number == new.number


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
