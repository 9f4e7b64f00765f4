"""Reads from an inventory the values that a work order expects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import cast

from licsync.model.declarations import Extension, Features, UserAttributes
from licsync.model.fields import NeedsFeature, fields_of, fields_with_marker
from licsync.model.inventory import Inventory, services_of
from licsync.model.inventory_document import Unit
from licsync.model.license import state_of
from licsync.model.places import is_same_spelling
from licsync.planning.comparison import EMPTY, equivalent, lookup
from licsync.planning.work_order.records import Expectation
from licsync.planning.work_order.renamed_users import renamed_otherwise
from licsync.planning.work_order.verdicts import multiset

AddressNames = Callable[[str | None], Sequence[str]]
"""Gives the names of a service address by its id, the one for people first."""

_EXTENSION = "extension."
_MARKS: Mapping[str, tuple[object, ...]] = {
    **fields_of(UserAttributes),
    **{f"{_EXTENSION}{name}": marks for name, marks in fields_of(Extension).items()},
}
_FALLBACKS = {
    f"{_EXTENSION}features.{name}": mark.fallback
    for name, mark in fields_with_marker(Features, NeedsFeature).items()
}
"""What a feature is if it is not recorded, by its path."""


class ExpectedValues:
    """Finds the values that the expectations of a work order are about, through its renames.

    Args:
        expected: all expectations of the order.
        before: the account when the order was made; None if it is unknown.
        address_names: names of the service addresses of the inventories.
    """

    def __init__(
        self,
        expected: Iterable[Expectation],
        before: Inventory | None,
        address_names: AddressNames,
    ):
        self._before = before
        self._address_names = address_names
        self._steps: dict[tuple[str, str], list[Expectation]] = {}
        for fact in expected:
            self._steps.setdefault((fact.resource, fact.path), []).append(fact)
        renamed = [
            fact
            for fact in chain.from_iterable(self._steps.values())
            if fact.path == "name" and fact.before
        ]
        self._former = {fact.resource: f"users/{fact.before}" for fact in renamed}
        self._named = {*self._steps, *((former, "exists") for former in self._former.values())}

    def is_named(self, resource: str, path: str) -> bool:
        """Tell whether an item is about a value, or renames the user whose value it is."""
        return (resource, path) in self._named

    def steps(self, resource: str, path: str) -> Sequence[Expectation]:
        """List the expectations of a value, in the order of the items."""
        return self._steps.get((resource, path), ())

    def former(self, name: str) -> str:
        """Give the name of a user before its rename; empty without one."""
        return self._former.get(f"users/{name}", "").partition("/")[2]

    def of(self, inventory: Inventory, expected: Expectation) -> object:
        """Give the value that an inventory has of what is expected."""
        resource, path = expected.resource, expected.path
        section, _, name = resource.partition("/")
        if section == "users":
            return self._value_of_user(inventory, name, expected)
        record = inventory.get(resource)
        if section == "service_addresses" and record is None:
            record = self._address_named(inventory, name)
        if path == "exists":
            return record is not None
        if record is None:
            return None
        if path == "service_address":
            return self.address_as(lookup(record, path), expected)
        found = lookup(record, path)
        if section == "service_addresses":  # however it is spelled (contract, 3)
            country = str(record.get("country") or "")
            if is_same_spelling(path, found, expected.after, country):
                return expected.after
        if (section, path, expected.after) == ("licenses", "status", "unassigned"):
            # it was reinstated, and somebody has got it since, who may be inactive
            is_held = state_of(cast(Unit, record)) in ("assigned", "suspended:user_inactive")
            return expected.after if is_held else found
        return found

    def _value_of_user(self, inventory: Inventory, name: str, expected: Expectation) -> object:
        path, current = expected.path, self.current_name(inventory, name)
        if path == "exists":
            return bool(_user_name(inventory, name))
        if path == "name":
            known = self._kept_name(inventory, name) or current
            former, named = str(expected.before), {resource for resource, _ in self._named}
            return known or renamed_otherwise(self._before, inventory, former, named) or None
        record = inventory.users.get(_user_name(inventory, current))
        if record is None:
            return None
        services = services_of(record)
        kind = expected.license
        own = [s for s in services if ":".join(inventory.pool_of(s["license"])) == kind]
        if path == "licenses":
            pools = (inventory.pool_of(service["license"]) for service in services)
            return sorted(":".join(pool) for pool in pools)
        if path == "service_address":
            units = (inventory.licenses.get(service["license"]) for service in own or services)
            places = [unit.get("service_address") for unit in units if unit]
            return self._closest([self.address_as(place, expected) for place in places], expected)
        if path.startswith(_EXTENSION):
            if expected.license and not own and expected.after in EMPTY:
                return None  # it went with the license
            inner = path.removeprefix(_EXTENSION)
            values = [lookup(s.get("extension") or {}, inner) for s in own or services]
            return self._closest(values, expected)
        return lookup(record, path)

    def _kept_name(self, inventory: Inventory, name: str) -> str:
        """Give the name before a rename if its user still has it: somebody else got the new one."""
        former = self._former.get(f"users/{name}", "")
        steps = self._steps.get((former, "exists"), ())
        is_given_again = former in self._former or any(step.after for step in steps)
        return "" if is_given_again else _user_name(inventory, former.partition("/")[2])

    def current_name(self, inventory: Inventory, name: str) -> str:
        """Give the name that a user has, before or after a rename; empty if nobody has it."""
        return next((n for n in (name, self.former(name)) if _user_name(inventory, n)), "")

    def pools_of(self, inventory: Inventory, name: str) -> set[str]:
        """List the licenses that a user has, as `type:COUNTRY`."""
        current = _user_name(inventory, self.current_name(inventory, name))
        services = services_of(inventory.users.get(current))
        return {":".join(inventory.pool_of(service["license"])) for service in services}

    def _closest(self, values: Sequence[object], expected: Expectation) -> object:
        """Choose the value of one of a user's licenses: the expected one, or the one before it."""
        for wanted in (expected.after, expected.before):
            for value in values:
                if is_same(expected.path, value, wanted):
                    return value
        return next((value for value in values if value not in EMPTY), None)

    def address_as(self, address: object, expected: Expectation) -> object:
        """Name a service address as the expectation does, if it means the same address."""
        names = self._address_names(str(address)) if address is not None else ()
        for value in (expected.after, expected.before):
            if value in names:
                return value
        return names[0] if names else None

    def _address_named(self, inventory: Inventory, name: str) -> Mapping[str, object] | None:
        for address, record in inventory.service_addresses.items():
            if name in self._address_names(address):
                return record
        return None


def is_same(path: str, found: object, wanted: object) -> bool:
    """Tell whether two values of a path mean the same."""
    if path == "licenses":
        return multiset(found) == multiset(wanted)
    if path in _FALLBACKS:  # a feature that nobody recorded is as on any new license
        found, wanted = (_FALLBACKS[path] if v is None else v for v in (found, wanted))
    return equivalent(found, wanted, _MARKS.get(path, ()))


def _user_name(inventory: Inventory, name: str) -> str:
    """Give a user name as the inventory writes it; empty if there is no such user."""
    return inventory.user_names.get(name.casefold(), "") if name else ""
