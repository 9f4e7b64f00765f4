"""What each action of a plan does, in one phrase."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from licsync.model.catalog import Catalog
from licsync.planning.actions import Action, AnyChange, UnitChange, UnitRef
from licsync.planning.plan import Plan
from licsync.planning.user_effects import units_taken
from licsync.views import phrases as words
from licsync.views.plan.units import UnitNames

_INLINE = 56
"""The longest change that fits into the headline; longer ones get their own line."""

CONTACT = "contact (no license)"
"""The term for a user without a license."""


class ActionPhrases(Struct, frozen=True, dict=True):
    """The phrases of a plan's actions."""

    plan: Plan
    catalog: Catalog
    verbose: bool = False

    @cached_property
    def units(self) -> UnitNames:
        """Names of the plan's units."""
        return UnitNames(self.plan, self.catalog)

    @cached_property
    def given_up(self) -> frozenset[str | None]:
        """Ids of the units that their users release."""
        return frozenset(ref.id for action in self.plan.actions for ref in units_taken(action))

    @cached_property
    def contacts(self) -> frozenset[str]:
        """The resources of the users that the plan creates without a license."""
        with_license = {action.resource for action in self.plan.actions if action.kind == "license"}
        created = {action.resource for action in self.plan.actions if action.label == "user.create"}
        return frozenset(created - with_license)

    def headline(self, action: Action, *, units: bool = True, values: bool = True) -> str:
        """Give the phrase of an action, marked if people make the change."""
        phrase = self.phrase(action, units=units, values=values)
        return f"{phrase} (manual)" if action.manual else phrase

    def phrase(self, action: Action, *, units: bool = True, values: bool = True) -> str:
        """Describe an action in one phrase, with or without unit ids and values."""
        parts = [action.verb]
        if action.kind == "license":
            parts[0] += f" {self._licenses(action)}"
            parts += self._units(action) if units else ()
            moves = (c for c in action.changes if c.path == "service_address" and c.license is None)
            parts += [self.move(change) for change in moves]
        elif action.label == "user.create" and action.resource in self.contacts:
            parts[0] += f" as {CONTACT}"
        elif action.verb == "suspend" and (held := self._held(action)):
            kept = words.first_few(self.units.counted(held), 3) if units else "all licenses"
            parts.append(f"keeps {kept}, unusable until reactivated")
        elif action.verb == "rename" and action.changes and values:
            parts[0] += f" {_renaming(action, action.changes[0])}"
        elif values and (inline := self.inline(action)) is not None:
            parts[0] += f" {words.label(inline.path)} {self.change_text(inline)}"
        elif action.verb == "update":
            own = [c for c in action.changes if not is_beside(action, c)]
            parts[0] += f" {words.sentence(dict.fromkeys(words.label(c.path) for c in own))}"
        elif action.kind == "service_address" and action.verb == "create":
            parts.append(words.postal(self.plan.addresses.get(action.name)))
        return " · ".join(part for part in parts if part)

    def _held(self, action: Action) -> list[str]:
        """The units that a suspended user keeps: those that the plan does not release."""
        return [unit for unit in action.units if unit not in self.given_up]

    def _licenses(self, action: Action) -> str:
        old, new = action.origin, action.license
        if old is None or new is None:
            only = new or old
            return self.catalog.pool_name(only.type, only.country) if only else ""
        if old.country == new.country:
            after = self.catalog.pool_name(new.type, new.country)
            return f"{self.catalog.title(old.type)} → {after}"
        return " → ".join(self.catalog.pool_name(unit.type, unit.country) for unit in (old, new))

    def _units(self, action: Action) -> Iterator[str]:
        if action.license is not None and action.license.id is None:
            yield "none available"
        elif action.resource.startswith("users/") and (self.verbose or action.verb != "assign"):
            ids = [unit.id for unit in (action.origin, action.license) if unit and unit.id]
            is_moved = any(change.path == "service_address" for change in action.changes)
            yield from self.units.replaced(ids, is_moved=is_moved)

    def move(self, change: AnyChange) -> str:
        """Name the service addresses that a license moves between."""
        names = [
            self.units.places.get(str(place), str(place))
            for place in (change.before, change.after)
            if place
        ]
        return " → ".join(names)

    def inline(self, action: Action) -> AnyChange | None:
        """The only change of an action, if it is short enough for the headline."""
        own = [c for c in action.changes if not is_beside(action, c)]
        if action.verb != "update" or len(own) != 1:
            return None
        only = own[0]
        return only if len(self.change_text(only)) <= _INLINE else None

    def change_text(self, change: AnyChange) -> str:
        """Write the values before and after a change."""
        if change.path == "service_address":
            return self.move(change)
        return words.change(change.path, change.before, change.after)


def is_beside(action: Action, change: AnyChange) -> bool:
    """Whether a change concerns a unit that 8x8 adds or removes beside the action's own."""
    return isinstance(change, UnitChange) or bool(
        change.license and change.license in [ref.id for ref in action.arriving_units]
    )


def _renaming(action: Action, change: AnyChange) -> str:
    return f"from {change.before}" if change.after == action.name else f"to {change.after}"


def unit_of(action: Action) -> UnitRef | None:
    """Give the unit of an action on a license."""
    return action.license or action.origin
