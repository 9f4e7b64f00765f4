"""How a plan for people names license units: never by an id that licsync made up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from msgspec import Struct

from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.views import phrases as words


class UnitNames(Struct, frozen=True, dict=True):
    """The names of a plan's units.

    A unit is named by its id, or by type, country and place if 8x8 has shown no id of it.
    """

    plan: Plan
    catalog: Catalog

    @cached_property
    def places(self) -> dict[str, str]:
        """Short names of the plan's service addresses."""
        return words.place_names(self.plan.addresses)

    def name(self, unit_id: str) -> str:
        """Name a unit."""
        unit = self.plan.unnamed.get(unit_id)
        if unit is None:
            return unit_id
        name = self.catalog.pool_name(unit["type"], unit["country"])
        return " · ".join(part for part in (name, self._place(unit_id)) if part)

    def title(self, unit_id: str) -> str:
        """Name a unit, and say that it is one."""
        return self.name(unit_id) if unit_id in self.plan.unnamed else f"unit {unit_id}"

    def coming(self, unit_id: str) -> str:
        """Name a unit where its type and country are already shown."""
        return "1 license" if unit_id in self.plan.unnamed else f"unit {unit_id}"

    def counted(self, unit_ids: Iterable[str]) -> list[str]:
        """Name units; those that read alike once, with their number."""
        return words.counted(map(self.name, unit_ids))

    def replaced(self, unit_ids: Sequence[str], *, is_moved: bool) -> Iterator[str]:
        """Name one unit, or the one that another takes the place of.

        Args:
            unit_ids: the ids; type and country are already shown.
            is_moved: whether the addresses are already shown.
        """
        named = [unit_id for unit_id in unit_ids if unit_id not in self.plan.unnamed]
        if named and len(named) < len(unit_ids):
            yield f"{'from' if named[0] == unit_ids[0] else 'to'} unit {named[0]}"
        elif named:
            yield f"unit {' → '.join(named)}"
        elif not is_moved:
            yield " → ".join(dict.fromkeys(filter(None, map(self._place, unit_ids))))

    def _place(self, unit_id: str) -> str:
        """Give the place of a unit without an id; empty if it is unknown."""
        unit = self.plan.unnamed.get(unit_id)
        label = unit["service_address"] if unit else None
        return self.places.get(label, label) if label else ""
