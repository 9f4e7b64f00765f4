"""Compares a work order with an inventory: which items are done as expected, and which are not.

Whoever works in the console may skip an item, do it twice, do it differently, or do it to the wrong
user. Each shows in the facts that the item expects, or in a fact of somebody whom no item names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from licsync.model.declarations import Extension, Features, UserAttributes
from licsync.model.fields import NeedsFeature, fields_of, fields_with_marker
from licsync.model.inventory import Inventory, services_of
from licsync.model.inventory_document import Unit
from licsync.model.license import parse_instant, state_of
from licsync.model.places import is_same_spelling
from licsync.planning.comparison import EMPTY, equivalent, lookup
from licsync.planning.work_order.progress import Fact, Finding, Progress, Verdict
from licsync.planning.work_order.records import Expectation, WorkItem
from licsync.planning.work_order.renamed_users import renamed_otherwise
from licsync.planning.work_order.verdicts import (
    finding,
    is_assumed,
    is_equal_by_hand,
    multiset,
)

ObservedAt = Callable[[str, str], str | None]
"""Gives the instant at which a section, or a path of it, was last seen; None if it never was."""

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

_SEEN_AS = {"exists": "", "name": ""}
"""Paths that are about which records there are."""

_ALSO_SEEN_AS = {
    ("users", "licenses"): (("users", "services"), ("licenses", "user")),
    ("users", "service_address"): (("licenses", "service_address"),),
}
"""Paths that show the same as another path."""

_FREE = ("unassigned", "")
"""The holding of an unassigned unit."""

_MOST_STRAYS = 5


@dataclass(frozen=True, slots=True)
class Stray:
    """A value of somebody whom no item names that changed as a missing one should have.

    Attributes:
        resource: who has it.
        path: which value.
        before: the value when the order was made.
        found: the value now.
    """

    resource: str
    path: str
    before: object
    found: object


@dataclass(frozen=True, slots=True)
class VerifiedItem:
    """One item of a work order beside an inventory.

    Attributes:
        item: the item.
        finding: what the inventory shows.
        facts: every expectation with the value that was found.
        strays: changes elsewhere that look like this item, done to another user.
    """

    item: WorkItem
    finding: Finding
    facts: tuple[Fact, ...]
    strays: tuple[Stray, ...] = ()

    @property
    def faults(self) -> tuple[Fact, ...]:
        """The facts that are not as expected."""
        return tuple(fact for fact in self.facts if fact.verdict != "as_expected")


@dataclass
class Verification:
    """Compares the items of an order with an inventory.

    Attributes:
        progress: the order, and what people answered.
        inventory: what the account holds now.
        observed_at: when each path was last seen.
        address_names: names of the service addresses of the inventory.
        before: the account when the order was made; None if it is unknown.
    """

    progress: Progress
    inventory: Inventory
    observed_at: ObservedAt
    address_names: AddressNames
    before: Inventory | None = None
    _former: dict[str, str] = field(init=False)
    _named: set[tuple[str, str]] = field(init=False)
    _taken: set[str] = field(init=False, default_factory=set)
    _steps: dict[tuple[str, str], list[Expectation]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Look up whom the items name."""
        expected = [fact for item in self.progress.order.items for fact in item.expectations]
        renamed = [fact for fact in expected if fact.path == "name" and fact.before]
        self._former = {fact.resource: f"users/{fact.before}" for fact in renamed}
        self._named = {(fact.resource, fact.path) for fact in expected}
        self._named |= {(former, "exists") for former in self._former.values()}
        for fact in expected:
            self._steps.setdefault((fact.resource, fact.path), []).append(fact)

    def items(self) -> list[VerifiedItem]:
        """Compare every item, except those that a later plan does."""
        late = self.progress.deferred
        return [self._item(item) for item in self.progress.order.items if item.id not in late]

    def _item(self, item: WorkItem) -> VerifiedItem:
        answer = self.progress.answers.get(item.id)
        since = answer.at if answer else self.progress.order.created_at
        every = [self._fact(expected, since) for expected in item.expectations]
        new = {fact.resource for fact in every if (fact.path, fact.expected) == ("exists", True)}
        both = zip(item.expectations, every, strict=True)
        facts = tuple(fact for step, fact in both if not is_assumed(step, fact, new))
        missing = (fact for fact in facts if fact.verdict == "as_before")
        strays = [stray for fact in missing for stray in self._strays(fact)][:_MOST_STRAYS]
        return VerifiedItem(item, finding([fact.verdict for fact in facts]), facts, tuple(strays))

    def _fact(self, expected: Expectation, since: str) -> Fact:
        found = self._found(self.inventory, expected)
        steps = self._steps_of(expected)
        place = next(i for i, step in enumerate(steps) if step is expected)
        verdict: Verdict = "different"
        if not self._is_seen(expected, since) or self._is_missing(expected):
            verdict = "not_visible"
        elif any(self._is_equal(step.path, found, step.after) for step in steps[place:]):
            verdict = "as_expected"  # or a later item has changed it again
        elif found is None and self._is_deleted(expected.resource):
            verdict = "as_expected"
        elif self._is_taken(expected) or self._has_moved_instead(expected):
            verdict, found = "as_expected", expected.after
        elif any(self._is_equal(step.path, found, step.before) for step in steps[: place + 1]):
            verdict = "as_before"  # or an earlier item is not done either
        elif any(is_equal_by_hand(step, found, step.after) for step in steps[place:]):
            verdict = "as_expected"
        elif any(is_equal_by_hand(step, found, step.before) for step in steps[: place + 1]):
            verdict = "as_before"
        return Fact(expected.resource, expected.path, expected.after, found, verdict)

    def _steps_of(self, expected: Expectation) -> list[Expectation]:
        """List all expectations of a value, but those of another license that its user has too."""
        steps = self._steps[expected.resource, expected.path]
        if not expected.license:
            return steps
        name = expected.resource.partition("/")[2]
        held = self._pools_of(name)
        if expected.license not in held:  # it may have become the other license
            return steps
        return [s for s in steps if s.license == expected.license or s.license not in held]

    def _is_missing(self, expected: Expectation) -> bool:
        """Tell whether a value should be taken from a user who is gone, and no item deletes it.

        Such as somebody whose new name was mistyped: whoever bears it may still have the value.
        """
        section, _, name = expected.resource.partition("/")
        if (
            section != "users"
            or expected.path == "exists"
            or self._current_name(self.inventory, name)
        ):
            return False
        is_taken = expected.after in EMPTY and expected.before not in EMPTY
        return is_taken and not self._is_deleted(expected.resource)

    def _is_deleted(self, resource: str) -> bool:
        """Tell whether an item deletes a resource, which is gone."""
        deletions = self._steps.get((resource, "exists"), ())
        return any(
            not step.after and self._found(self.inventory, step) is False for step in deletions
        )

    def _is_seen(self, expected: Expectation, since: str) -> bool:
        """Tell whether a value was seen after somebody answered."""
        section = expected.resource.partition("/")[0]
        path = _SEEN_AS.get(expected.path, expected.path)
        if expected.is_further:
            section = "licenses"  # a row of a user says the settings of its phone license only
        if section == "service_addresses":
            path = ""  # an address is its content: whoever lists it shows all of it
        places = ((section, path), *_ALSO_SEEN_AS.get((section, path), ()))
        instants = [self.observed_at(*place) for place in places]
        return any(at and parse_instant(at) >= parse_instant(since) for at in instants)

    # --- values -----------------------------------------------------------------------------------

    def _found(self, inventory: Inventory, expected: Expectation) -> object:
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
            return self._address_as(lookup(record, path), expected)
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
        path, current = expected.path, self._current_name(inventory, name)
        if path == "exists":
            return bool(_user_name(inventory, name))
        if path == "name":
            known = self._kept_name(inventory, name) or current
            former, named = str(expected.before), {resource for resource, _ in self._named}
            return known or renamed_otherwise(self.before, inventory, former, named) or None
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
            return self._closest([self._address_as(place, expected) for place in places], expected)
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

    def _current_name(self, inventory: Inventory, name: str) -> str:
        """Give the name that a user has, before or after a rename; empty if nobody has it."""
        former = self._former.get(f"users/{name}", "").partition("/")[2]
        return next((n for n in (name, former) if _user_name(inventory, n)), "")

    def _pools_of(self, name: str) -> set[str]:
        """List the licenses that a user has, as `type:COUNTRY`."""
        current = _user_name(self.inventory, self._current_name(self.inventory, name))
        services = services_of(self.inventory.users.get(current))
        return {":".join(self.inventory.pool_of(service["license"])) for service in services}

    def _closest(self, values: Sequence[object], expected: Expectation) -> object:
        """Choose the value of one of a user's licenses: the expected one, or the one before it."""
        for wanted in (expected.after, expected.before):
            for value in values:
                if self._is_equal(expected.path, value, wanted):
                    return value
        return next((value for value in values if value not in EMPTY), None)

    def _address_as(self, address: object, expected: Expectation) -> object:
        """Name a service address as the expectation does, if it means the same address."""
        names = self.address_names(str(address)) if address is not None else ()
        for value in (expected.after, expected.before):
            if value in names:
                return value
        return names[0] if names else None

    def _address_named(self, inventory: Inventory, name: str) -> Mapping[str, object] | None:
        for address, record in inventory.service_addresses.items():
            if name in self.address_names(address):
                return record
        return None

    def _is_equal(self, path: str, found: object, wanted: object) -> bool:
        if path == "licenses":
            return multiset(found) == multiset(wanted)
        if path in _FALLBACKS:  # a feature that nobody recorded is as on any new license
            found, wanted = (_FALLBACKS[path] if v is None else v for v in (found, wanted))
        return equivalent(found, wanted, _MARKS.get(path, ()))

    # --- units and users that are not the named ones ----------------------------------------------

    def _is_taken(self, expected: Expectation) -> bool:
        """Tell whether the console itself has assigned a unit that was to be bound elsewhere."""
        section, _, name = expected.resource.partition("/")
        if section != "licenses" or not expected.automatic or self.before is None:
            return False
        (_, was), (_, now) = (_holding(i, name) or _FREE for i in (self.before, self.inventory))
        return now not in ("", was) and self._former.get(f"users/{now}") != f"users/{was}"

    def _has_moved_instead(self, expected: Expectation) -> bool:
        """Tell whether another unit of the same pool was bound to the expected address.

        Units of one type, country, status and holder are interchangeable: the console may list them
        without ids, and people may pick another one. Each counts for one item.
        """
        section, _, name = expected.resource.partition("/")
        if (section, expected.path) != ("licenses", "service_address") or self.before is None:
            return False
        pool = self.before.pool_of(name)
        holdings = {_holding(self.inventory, name)}
        if _holding(self.before, name) == _FREE:
            holdings.add(_FREE)  # the console assigned the named one by itself meanwhile
        for unit, place, earlier in self._moved_units:
            fits = (
                unit not in self._taken
                and self.inventory.pool_of(unit) == pool
                and _holding(self.inventory, unit) in holdings
            )
            if not fits or (f"licenses/{unit}", "service_address") in self._named:
                continue
            now, was = (self._address_as(address, expected) for address in (place, earlier))
            if now == expected.after and was != now:
                self._taken.add(unit)
                return True
        return False

    @cached_property
    def _moved_units(self) -> list[tuple[str, object, object]]:
        """The units whose address is not what it was, with both addresses."""
        earlier = self.before.licenses if self.before else {}
        found: list[tuple[str, object, object]] = []
        for name, unit in self.inventory.licenses.items():
            place, before = unit.get("service_address"), earlier.get(name)
            was = before.get("service_address") if before else None
            if place != was:
                found.append((name, place, was))
        return found

    @cached_property
    def _changed_users(self) -> list[str]:
        """The users whose record is not what it was."""
        earlier = self.before.users if self.before else {}
        return [n for n, user in self.inventory.users.items() if user != earlier.get(n)]

    def _strays(self, fact: Fact) -> Iterator[Stray]:
        """Find users whom no item names, and whose value changed as the missing one should."""
        if self.before is None or not fact.resource.startswith("users/"):
            return
        for name in self._changed_users:
            resource = f"users/{name}"
            if (resource, fact.path) in self._named or fact.path == "name":
                continue
            expected = Expectation(resource, fact.path, None, fact.expected)
            now = self._found(self.inventory, expected)
            was = self._found(self.before, expected)
            if self._is_equal(fact.path, now, fact.expected) and not self._is_equal(
                fact.path, was, now
            ):
                yield Stray(resource, fact.path, was, now)


def _holding(inventory: Inventory, unit: str) -> tuple[str, str] | None:
    """Give the status of a unit, and who holds it."""
    record = inventory.licenses.get(unit)
    return (record["status"], record.get("user") or "") if record is not None else None


def _user_name(inventory: Inventory, name: str) -> str:
    """Give a user name as the inventory writes it; empty if there is no such user."""
    return inventory.user_names.get(name.casefold(), "") if name else ""
