"""Where each item of a work order stands, by what people answered and what was verified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from typing_extensions import TypedDict

from licsync.planning.work_order.records import WorkItem, WorkOrder

Answer = Literal["begun", "done", "skipped", "failed", "confirmed"]
"""What people say of an item. `begun`: it was shown to somebody, and there is no answer yet.
`confirmed`: done, and no export shows it (`licsync inventory confirm`)."""

Finding = Literal["verified", "not_done", "different", "partly", "not_visible"]
"""What an inventory shows of an item (`planning.work_order.verification`)."""

ItemState = Answer | Finding
Standing = Literal["open", "begun", "done", "skipped", "failed"]
"""Where an item stands in the walk-through."""

OrderState = Literal["open", "done", "verified", "abandoned"]
"""`done`: people did everything, and no inventory has shown all of it yet."""

_STANDINGS: Mapping[ItemState, Standing] = {
    "begun": "begun",
    "done": "done",
    "skipped": "skipped",
    "failed": "failed",
    "confirmed": "done",
    "verified": "done",
}
"""Where an item stands after a record. What an inventory shows undone is open again."""

SETTLED: tuple[ItemState, ...] = ("verified", "confirmed")
"""States after which nobody has to look at an item again."""

FINDINGS: tuple[ItemState, ...] = ("verified", "not_done", "different", "partly", "not_visible")


Verdict = Literal["as_expected", "as_before", "different", "not_visible"]
"""How a value of the inventory compares with an expectation."""


class FactDocument(TypedDict):
    """A fact in the document of a record."""

    resource: str
    path: str
    expected: object
    found: object
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Fact:
    """One expectation beside what an inventory shows.

    Attributes:
        resource: see `Expectation`.
        path: see `Expectation`.
        expected: the value after the item.
        found: the value of the inventory.
        verdict: how they compare.
    """

    resource: str
    path: str
    expected: object
    found: object
    verdict: Verdict

    def to_json(self) -> FactDocument:
        """Give the document form."""
        return {
            "resource": self.resource,
            "path": self.path,
            "expected": self.expected,
            "found": self.found,
            "verdict": self.verdict,
        }

    @classmethod
    def from_json(cls, doc: FactDocument) -> Fact:
        """Read the document form."""
        return cls(**doc)


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One record of the journal of a work order.

    Attributes:
        item: the item's id.
        state: what somebody answered, or what was found.
        actor: who answered, or who loaded the inventory that shows it.
        at: when, ISO 8601.
        note: what the person noted.
        facts: of a finding, the facts that are not as expected.
    """

    item: str
    state: ItemState
    actor: str
    at: str
    note: str = ""
    facts: tuple[Fact, ...] = ()

    @property
    def is_answer(self) -> bool:
        """Tell whether a person answered."""
        return self.state not in FINDINGS and self.state != "begun"


class Progress:
    """Where each item of an order stands.

    Args:
        order: the order.
        records: its journal, oldest record first.
        waiting: ids of licsync's own actions that were not done when the order was made. A record
            in the journal says that one was done later.
    """

    def __init__(
        self,
        order: WorkOrder,
        records: Iterable[ItemRecord],
        waiting: frozenset[str] = frozenset(),
    ):
        self.order = order
        self.items = {item.id: item for item in order.items}
        self.last: dict[str, ItemRecord] = {}
        self.answers: dict[str, ItemRecord] = {}
        self.findings: dict[str, ItemRecord] = {}
        for record in records:
            self.last[record.item] = record
            if record.is_answer:
                self.answers[record.item] = record
            elif record.state in FINDINGS:
                self.findings[record.item] = record
        self.waiting = frozenset(a for a in waiting if a not in self.answers)

    def standing(self, item: str) -> Standing:
        """Tell where an item stands in the walk-through.

        What an inventory shows counts more than what was answered before.
        """
        record = self.last.get(item)
        if record is not None and record.state == "not_visible":
            record = self.answers.get(item)  # nothing is known but what was answered
        if record is None:
            return "open"
        return _STANDINGS.get(record.state, "open")

    def is_settled(self, item: str) -> bool:
        """Tell whether an item is verified, or confirmed."""
        return item in self.last and self.last[item].state in SETTLED

    @cached_property
    def deferred(self) -> frozenset[str]:
        """Items that wait for an action of licsync, directly or through others.

        They belong to a later plan, once licsync has done its part.
        """
        late = set(self.waiting)
        for item in self._in_order():
            if self.standing(item.id) != "done" and not late.isdisjoint(item.after):
                late.add(item.id)
        return frozenset(late & self.items.keys())

    def waits_for(self, item: WorkItem) -> list[str]:
        """List what has to come before an item and is not done: ids of items and of actions."""
        return [
            need
            for need in item.after
            if need in self.waiting or (need in self.items and self.standing(need) != "done")
        ]

    def offered(self, *, again: bool = False) -> list[WorkItem]:
        """List the items that somebody can do now.

        Args:
            again: whether to offer what was skipped or failed, too.
        """
        wanted = ("open", "begun", "skipped", "failed") if again else ("open", "begun")
        return [
            item
            for item in self.order.items
            if self.standing(item.id) in wanted and not self.waits_for(item)
        ]

    @property
    def left(self) -> list[WorkItem]:
        """The items that are not done, except those for a later plan."""
        return [
            item
            for item in self.order.items
            if self.standing(item.id) != "done" and item.id not in self.deferred
        ]

    @property
    def unsettled(self) -> list[WorkItem]:
        """The items that are neither verified nor confirmed, except those for a later plan."""
        return [
            item
            for item in self.order.items
            if not self.is_settled(item.id) and item.id not in self.deferred
        ]

    @property
    def hidden(self) -> frozenset[tuple[str, str]]:
        """What nothing showed of the items that are not settled, as resource and path."""
        findings = (r for r in self.findings.values() if not self.is_settled(r.item))
        facts = (fact for record in findings for fact in record.facts)
        return frozenset((f.resource, f.path) for f in facts if f.verdict == "not_visible")

    @property
    def state(self) -> OrderState:
        """Tell how far the order is as a whole."""
        if not self.unsettled:
            return "verified"
        return "open" if self.left else "done"

    def count(self, *standings: Standing) -> int:
        """Count the items that stand so."""
        return sum(self.standing(item.id) in standings for item in self.order.items)

    def _in_order(self) -> Iterator[WorkItem]:
        """List the items, those that others wait for first."""
        todo: Sequence[WorkItem] = self.order.items
        known = {item.id for item in todo}
        while todo:
            ready = [item for item in todo if known.isdisjoint(item.after)]
            yield from ready or todo  # a circle: the order of the list is as good as any
            known -= {item.id for item in ready or todo}
            todo = [item for item in todo if item.id in known]
