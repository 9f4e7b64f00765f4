"""Compares a work order with an inventory: which items are done as expected, and which are not.

Whoever works in the console may skip an item, do it twice, do it differently, or do it to the wrong
user. Each shows in the facts that the item expects, or in a fact of somebody whom no item names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from licsync.model.inventory import Inventory
from licsync.model.license import parse_instant
from licsync.planning.comparison import EMPTY
from licsync.planning.work_order.expected_values import AddressNames, ExpectedValues, is_same
from licsync.planning.work_order.progress import Fact, Finding, Progress, Verdict
from licsync.planning.work_order.records import Expectation, WorkItem
from licsync.planning.work_order.verdicts import (
    finding,
    is_assumed,
    is_equal_by_hand,
)

ObservedAt = Callable[[str, str], str | None]
"""Gives the instant at which a section, or a path of it, was last seen; None if it never was."""

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
    _values: ExpectedValues = field(init=False)
    _taken: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Look up whom the items name."""
        expected = [fact for item in self.progress.order.items for fact in item.expectations]
        self._values = ExpectedValues(expected, self.before, self.address_names)

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
        pairs = [(step, fact) for step, fact in both if not is_assumed(step, fact, new)]
        facts = tuple(fact for _, fact in pairs)
        missing = (fact for fact in facts if fact.verdict == "as_before")
        strays = [stray for fact in missing for stray in self._strays(fact)][:_MOST_STRAYS]
        verdicts = [
            fact.verdict
            for step, fact in pairs
            if step.before != step.after or fact.verdict != "as_expected"
        ]  # what stays as it is shows nothing of the work
        found = finding(verdicts or [fact.verdict for fact in facts])
        return VerifiedItem(item, found, facts, tuple(strays))

    def _fact(self, expected: Expectation, since: str) -> Fact:
        found = self._values.of(self.inventory, expected)
        steps = self._steps_of(expected)
        place = next(i for i, step in enumerate(steps) if step is expected)
        verdict: Verdict = "different"
        if not self._is_seen(expected, since) or self._is_missing(expected):
            verdict = "not_visible"
        elif any(is_same(step.path, found, step.after) for step in steps[place:]):
            verdict = "as_expected"  # or a later item has changed it again
        elif found is None and self._is_deleted(expected.resource):
            verdict = "as_expected"
        elif self._is_taken(expected) or self._has_moved_instead(expected):
            verdict, found = "as_expected", expected.after
        elif any(is_same(step.path, found, step.before) for step in steps[: place + 1]):
            verdict = "as_before"  # or an earlier item is not done either
        elif any(is_equal_by_hand(step, found, step.after) for step in steps[place:]):
            verdict = "as_expected"
        elif any(is_equal_by_hand(step, found, step.before) for step in steps[: place + 1]):
            verdict = "as_before"
        return Fact(expected.resource, expected.path, expected.after, found, verdict)

    def _steps_of(self, expected: Expectation) -> Sequence[Expectation]:
        """List all expectations of a value, but those of another license that its user has too."""
        steps = self._values.steps(expected.resource, expected.path)
        if not expected.license:
            return steps
        name = expected.resource.partition("/")[2]
        held = self._values.pools_of(self.inventory, name)
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
            or self._values.current_name(self.inventory, name)
        ):
            return False
        is_taken = expected.after in EMPTY and expected.before not in EMPTY
        return is_taken and not self._is_deleted(expected.resource)

    def _is_deleted(self, resource: str) -> bool:
        """Tell whether an item deletes a resource, which is gone."""
        deletions = self._values.steps(resource, "exists")
        return any(
            not step.after and self._values.of(self.inventory, step) is False for step in deletions
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

    # --- units and users that are not the named ones ----------------------------------------------

    def _is_taken(self, expected: Expectation) -> bool:
        """Tell whether the console itself has assigned a unit that was to be bound elsewhere."""
        section, _, name = expected.resource.partition("/")
        if section != "licenses" or not expected.automatic or self.before is None:
            return False
        (_, was), (_, now) = (_holding(i, name) or _FREE for i in (self.before, self.inventory))
        return now not in ("", was) and not (was and self._values.former(now) == was)

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
            if not fits or self._values.is_named(f"licenses/{unit}", "service_address"):
                continue
            now, was = (self._values.address_as(address, expected) for address in (place, earlier))
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
            if self._values.is_named(resource, fact.path) or fact.path == "name":
                continue
            expected = Expectation(resource, fact.path, None, fact.expected)
            now = self._values.of(self.inventory, expected)
            was = self._values.of(self.before, expected)
            if is_same(fact.path, now, fact.expected) and not is_same(fact.path, was, now):
                yield Stray(resource, fact.path, was, now)


def _holding(inventory: Inventory, unit: str) -> tuple[str, str] | None:
    """Give the status of a unit, and who holds it."""
    record = inventory.licenses.get(unit)
    return (record["status"], record.get("user") or "") if record is not None else None
