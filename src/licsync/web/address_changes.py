"""Moving unassigned units to another service address: the changes, and the YAML to commit.

The console lists unsaved changes with the previous and the new address of each license (SEED).
Nothing is saved here: the files say how many units belong to each address, and a plan moves them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from licsync.config.edit.writer import write_yaml
from licsync.model.unit_names import unit_name
from licsync.planning.licenses.pools import pool_of
from licsync.views import phrases as words
from licsync.views.licenses import UnitRow
from licsync.web.account_index import AccountIndex


@dataclass(frozen=True, slots=True)
class Move:
    """One unit to move, with its address before and after."""

    unit: UnitRow
    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AddressChanges:
    """The chosen address changes.

    Attributes:
        moves: the units that move.
        refused: units that cannot move or do not exist, with the reason.
        same: how many units are already at the address.
        yaml: the new pool entries as an excerpt of a file; empty if nothing changes.
        places: where the pool entries that it replaces are.
        is_new: whether the pool has no entry yet for one of the types.
    """

    moves: list[Move]
    refused: list[tuple[str, str]]
    same: int
    yaml: str
    places: list[str]
    is_new: bool


def plan_address_changes(index: AccountIndex, units: Iterable[str], to: str) -> AddressChanges:
    """Plan the move of units to another service address.

    Args:
        index: the account.
        units: ids of units; only unassigned ones can move (domain.md, section 4: T12).
        to: label of the address, one of `index.labels`.
    """
    refused: list[tuple[str, str]] = []
    moves, same = [], 0
    for unit_id in dict.fromkeys(units):
        row = index.unit.get(unit_id)
        if row is None:
            refused.append((unit_id, "no such license"))
        elif row.status != "unassigned":
            name = unit_name(unit_id, index.inventory, index.catalog)
            refused.append((name, f"{row.status}: only unassigned licenses can move"))
        elif to in index.labels:
            if index.resolver.label_of_id(row.address_id) == to:
                same += 1
                continue
            title = index.catalog.pool_name(row.type, row.country)
            moves.append(Move(row, title, row.address or words.NONE, index.labels[to]))
    pools = list(dict.fromkeys((move.unit.type, move.unit.country) for move in moves))
    entries, places, is_new = [], [], False
    for pool in pools:
        number, entry = _declared(index, pool)
        entries.append(entry | {"unassigned_address": _spread(index, pool, moves, to)})
        span = index.desired.where("licenses", number) if number is not None else None
        is_new = is_new or number is None
        places += [f"{span.file}:{span.line}"] if span else []
    return AddressChanges(
        moves, refused, same, write_yaml({"licenses": entries}) if entries else "", places, is_new
    )


def _declared(index: AccountIndex, pool: tuple[str, str]) -> tuple[int | None, dict[str, Any]]:
    """Give the number and content of a pool entry; a new entry if the files have none."""
    for number, entry in enumerate(index.desired.pools):
        if pool_of(entry, index.desired) == pool:
            return number, dict(entry)
    return None, {"type": pool[0], "country": pool[1]}


def _spread(
    index: AccountIndex, pool: tuple[str, str], moves: list[Move], to: str
) -> str | dict[str, int]:
    """Give the address of all unassigned units of a pool, or the number at each address."""
    moved = {move.unit.id for move in moves}
    free = [
        row for row in index.units if row.status == "unassigned" and (row.type, row.country) == pool
    ]
    places = Counter(
        to if row.id in moved else index.resolver.label_of_id(row.address_id) for row in free
    )
    found = {
        label: number
        for label, number in sorted(places.items(), key=lambda item: item[0] or "")
        if label
    }
    return next(iter(found)) if len(found) == 1 and places.total() == sum(found.values()) else found
