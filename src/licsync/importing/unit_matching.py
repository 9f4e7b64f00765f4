"""Gives units without an id the ids that they had before.

The console numbers its units, but not every export shows the numbers. Units of one type and country
are alike, so what matters is that an unchanged account keeps its ids, that the order of rows does
not matter, and that an id never changes to a unit of another type or country.

Whoever still holds a unit keeps it. A newly assigned unit is taken from the unassigned ones, as the
planner does, and a unit that somebody lost takes the place of one that became unassigned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from licsync.model.canonical import canonical_json
from licsync.model.inventory import Record

UnitState = Literal["held", "free", "removed"]


@dataclass(frozen=True, slots=True)
class MatchableUnit:
    """What units are recognized by.

    Attributes:
        id: the id; in the export, or in the previous inventory.
        type: the license type.
        country: the country.
        state: whether somebody holds it, nobody does, or 8x8 removed it.
        holder: who holds it; empty for nobody.
        address: the id of its service address; empty if it is unknown.
        since: when it was removed; empty if it is unknown.
        settings: its settings, to tell units of one holder apart.
    """

    id: str
    type: str
    country: str
    state: UnitState
    holder: str = ""
    address: str = ""
    since: str = ""
    settings: str = ""

    @property
    def order(self) -> tuple[str, ...]:
        """The order in which units are matched, whatever the order of rows."""
        return (self.type, self.country, self.state, self.holder, self.address, self.since,
                self.settings)  # fmt: skip


def matchable(unit_id: str, unit: Record, holder: str, settings: object = None) -> MatchableUnit:
    """Describe a unit of an inventory document."""
    suspended = unit.get("suspended") or {}
    state: UnitState = "held" if holder else "free"
    if unit["status"] == "suspended" and not holder:
        state = "removed"
    return MatchableUnit(
        unit_id,
        unit["type"],
        unit["country"],
        state,
        holder,
        unit.get("service_address") or "",
        suspended.get("at") or "",
        canonical_json(settings).decode() if settings else "",
    )


Key = Callable[[MatchableUnit], Hashable]


@dataclass(frozen=True, slots=True)
class _Stage:
    """One rule of the matching: units of these states with equal keys are the same.

    Units with low ids come first. The planner assigns them first too, so those that stayed
    unassigned are the ones with high ids.
    """

    after: UnitState
    before: UnitState
    key: Key

    @property
    def is_descending(self) -> bool:
        """Whether units with high ids come first."""
        return self.after == self.before == "free"


def _by_address(unit: MatchableUnit) -> Hashable:
    return unit.address


def _by_nothing(unit: MatchableUnit) -> Hashable:
    return None


_STAGES = (
    _Stage("held", "held", lambda unit: (unit.holder, unit.address)),
    _Stage("held", "held", lambda unit: unit.holder),
    _Stage("free", "free", _by_address),
    _Stage("removed", "removed", lambda unit: (unit.address, unit.since)),
    _Stage("removed", "removed", lambda unit: unit.since),
    _Stage("removed", "removed", _by_address),
    _Stage("removed", "removed", _by_nothing),
    _Stage("held", "free", _by_address),
    _Stage("held", "free", _by_nothing),
    _Stage("removed", "free", _by_address),
    _Stage("removed", "free", _by_nothing),
    _Stage("free", "held", _by_address),
    _Stage("free", "free", _by_nothing),
    _Stage("held", "held", _by_nothing),
    _Stage("free", "held", _by_nothing),
    _Stage("removed", "held", _by_nothing),
    _Stage("free", "removed", _by_address),
    _Stage("free", "removed", _by_nothing),
    _Stage("held", "removed", _by_nothing),
)
"""The rules, the surest first."""


def match_units(before: Iterable[MatchableUnit], after: Iterable[MatchableUnit]) -> dict[str, str]:
    """Match units of an export to units of the previous inventory.

    Args:
        before: units of the previous inventory that no row names by id.
        after: units of the export without a known id.

    Returns:
        the previous id of each matched unit, by its id in the export.
    """
    left = sorted(before, key=lambda unit: unit.id)
    wanted = sorted(after, key=lambda unit: unit.order)
    found: dict[str, str] = {}
    for stage in _STAGES:
        pairs = _pairs(stage, left, wanted)
        if pairs:
            found |= pairs
            taken = set(pairs.values())
            left = [unit for unit in left if unit.id not in taken]
            wanted = [unit for unit in wanted if unit.id not in pairs]
    return found


def _pairs(
    stage: _Stage, left: Sequence[MatchableUnit], wanted: Sequence[MatchableUnit]
) -> dict[str, str]:
    offered: Mapping[Hashable, list[str]] = defaultdict(list)
    for unit in left if stage.is_descending else reversed(left):
        if unit.state == stage.before:
            offered[unit.type, unit.country, stage.key(unit)].append(unit.id)
    return {
        unit.id: ids.pop()
        for unit in wanted
        if unit.state == stage.after
        and (ids := offered.get((unit.type, unit.country, stage.key(unit))))
    }


def new_ids(units: Iterable[MatchableUnit], basis: object, taken: Iterable[str]) -> dict[str, str]:
    """Make up ids for units that no inventory had.

    An id depends on the unit and on everything that is known, so it is the same whenever the same
    export is read, and an id of an earlier unit does not come back.

    Args:
        units: the units, with their ids of the export.
        basis: what the ids depend on besides the unit.
        taken: ids in use.
    """
    used, found = set(taken), {}
    start = sha256(canonical_json(basis)).digest()
    for unit in sorted(units, key=lambda unit: unit.order):
        number = 0
        while True:
            number += 1
            text = canonical_json([*unit.order, number])
            name = f"{unit.type}-{unit.country}-{sha256(start + text).hexdigest()[:8]}"
            if name not in used:
                break
        used.add(name)
        found[unit.id] = name
    return found
