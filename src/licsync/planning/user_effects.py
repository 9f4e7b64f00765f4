"""What the actions of a plan do to a user: to its attributes, its licenses and their settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from itertools import count
from typing import NamedTuple, cast

from licsync.model.console.records import set_value
from licsync.model.declarations import Extension, UserAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory_document import InventoryUser
from licsync.planning.actions import Action, AnyChange, UnitRef

_ATTRIBUTES = fields_of(UserAttributes).keys()
_EXTENSION = "extension."


class HeldLicense(NamedTuple):
    """A license that a user holds.

    Attributes:
        type: its type.
        country: its country.
        carried: the settings that it carries before the changes.
        changes: what actions change of them.
    """

    type: str
    country: str
    carried: Extension
    changes: tuple[AnyChange, ...] = ()

    @property
    def settings(self) -> Extension:
        """The settings that it carries."""
        if not self.changes:
            return self.carried
        found: dict[str, object] = deepcopy({**self.carried})
        for change in self.changes:
            set_value(found, change.path.removeprefix(_EXTENSION), change.after)
        return cast(Extension, found)


def units_taken(action: Action) -> list[UnitRef]:
    """List the units that an action takes from its user, automatic ones included."""
    taken = [action.origin] if action.origin is not None else []
    return [*taken, *action.leaving_units] if action.changes else taken


def units_given(action: Action) -> list[UnitRef]:
    """List the units that an action gives to its user, automatic ones included.

    A unit has no id where none is free.
    """
    given = [action.license] if action.kind == "license" and action.license is not None else []
    return [*given, *action.arriving_units] if action.changes else given


def attributes_after(
    record: InventoryUser | None, actions: Iterable[Action]
) -> dict[str, object] | None:
    """Return what is known of a user after actions, except its licenses.

    Args:
        record: the record before; None for a user who does not exist.
        actions: the actions on this user, in the order of the plan.

    Returns:
        None for a user who does not exist.
    """
    found = None if record is None else {**record}
    for action in actions:
        if action.kind == "user":
            if action.verb == "delete":
                found = None
                continue
            found = {} if found is None else found
            found |= {c.path: c.after for c in action.changes if c.path in _ATTRIBUTES}
    if found is not None:
        found.pop("services", None)
    return found


def licenses_after(
    held: Mapping[str, HeldLicense], actions: Iterable[Action]
) -> dict[str, HeldLicense]:
    """Return the licenses of a user after actions.

    Args:
        held: the licenses before, by the ids of their units.
        actions: the actions on this user, in the order of the plan.

    Returns:
        the licenses, by the ids of their units. A unit that is missing has an id of its own.
    """
    found = {**held}
    for action in actions:
        kept, changed = HeldLicense("", "", {}), ""
        for ref in units_taken(action):
            gone = found.pop(ref.id or "", kept)
            kept = gone if ref is action.origin else kept
        for ref in units_given(action):
            key = ref.id or next(f"missing {n}" for n in count() if f"missing {n}" not in found)
            found[key] = HeldLicense(ref.type, ref.country, {})
            if ref is action.license:
                found[key] = kept._replace(type=ref.type, country=ref.country)
                changed = key
        by_unit: dict[str, list[AnyChange]] = {}
        for change in action.changes:
            if change.path.startswith(_EXTENSION):
                by_unit.setdefault(change.license or changed, []).append(change)
        for unit, changes in by_unit.items():
            if unit in found:
                license_ = found[unit]
                found[unit] = license_._replace(changes=(*license_.changes, *changes))
    return found
