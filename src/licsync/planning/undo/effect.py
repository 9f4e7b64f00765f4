"""What taking a run back starts from, and what is found on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from licsync.diagnostics import Code, Diagnostic, warning
from licsync.model.canonical import FieldValue
from licsync.model.capabilities import LOCAL, Capabilities
from licsync.model.desired import Desired
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory, without_notes
from licsync.model.inventory_document import GroupField
from licsync.model.places import place_key
from licsync.model.unit_names import unit_name
from licsync.planning.actions import Action, former_name

Records = Mapping[str, Mapping[str, object] | None]


@dataclass(frozen=True)
class RunEffect:
    """What a run did: the records that it changed, by key, as they were before and as it left them.

    Attributes:
        before: as they were; None where there was none.
        after: as the run left them; None where there is none any more.
        actions: the actions of its plan that took effect.
    """

    before: Records
    after: Records
    actions: list[Action]

    @cached_property
    def successors(self) -> dict[str, str]:
        """Say which unit was given for which one that was taken."""
        pairs = (
            (action.origin, action.license) for action in self.actions if action.kind == "license"
        )
        return {gone.id: come.id for gone, come in pairs if gone and come and gone.id and come.id}

    def changed(self, section: str) -> list[str]:
        """List the names of the records of a section that are not as they were."""
        names = (
            key.partition("/")
            for key, record in self.before.items()
            if without_notes(record) != without_notes(self.after[key])
        )
        return sorted(name for found, _, name in names if found == section)


@dataclass
class UndoState:
    """The way back: what is desired, for which resources, and what cannot come back.

    `created` holds the users that the run has made, by resource. `groups` holds, by user, the ring
    groups and call queues to be put back into: files cannot say them. `reported` holds what has
    been said not to come back: keys of records, with the field, or an empty text for the whole
    record.
    """

    desired: Desired
    inventory: Inventory
    effect: RunEffect
    capabilities: Capabilities
    targets: set[str] = field(default_factory=set)
    created: set[str] = field(default_factory=set)
    groups: dict[str, dict[GroupField, list[str]]] = field(default_factory=dict)
    notes: list[Diagnostic] = field(default_factory=list)
    reported: set[tuple[str, str]] = field(default_factory=set)

    def note_not_undone(
        self, message: str, hint: str | None = None, *, key: str = "", fields: Iterable[str] = ("",)
    ) -> None:
        """Say that something does not come back: of a record, the fields, or all of it."""
        self.notes.append(warning(Code.NOT_UNDONE, message, hint=hint))
        self.reported |= {(key, name) for name in fields}

    def unit_name(self, unit_id: str) -> str:
        """Name a unit for people."""
        return unit_name(unit_id, self.inventory, self.desired.catalog)

    @property
    def is_exact(self) -> bool:
        """Tell whether the backend assigns every unit by name, automatic ones included."""
        return self.capabilities == LOCAL

    @cached_property
    def former(self) -> dict[str, str]:
        """Say what the users were called that the run has renamed."""
        return {
            action.name: former_name(action)
            for action in self.effect.actions
            if action.label == "user.rename" and self.effect.after.get(action.resource)
        }

    def place(self, address: str | None) -> str | None:
        """Return the reference by which files name an address from before the run, if any."""
        there = self.inventory.service_addresses
        was = there.get(address or "") or self.effect.before.get(f"service_addresses/{address}")
        if was is None:
            return None
        key = place_key(was)
        return self._slugs.get(key) or self.inventory.address_ids.get(key)

    @cached_property
    def _slugs(self) -> dict[tuple[tuple[str, str], ...], str]:
        """Return slugs by content.

        The restored addresses are declared before the first look-up.
        """
        declared = self.desired.service_addresses.items()
        return {place_key(content): slug for slug, content in declared if content is not None}


def first_few(names: list[str]) -> str:
    """Name the first of many."""
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def inverse_values(
    declaration: type, was: Mapping[str, FieldValue], is_: Mapping[str, FieldValue]
) -> dict[str, object]:
    """Declare what was otherwise: values as they were, nothing where there was nothing."""
    found: dict[str, object] = {}
    for name in fields_of(declaration):
        before, after = was.get(name), is_.get(name)
        if isinstance(before, dict) or isinstance(after, dict):
            before, after = before or {}, after or {}
            changed = {
                key for key in before.keys() | after.keys() if before.get(key) != after.get(key)
            }
            if changed:
                found[name] = {key: before.get(key) for key in sorted(changed)}
        elif before != after:
            found[name] = before
    return found
