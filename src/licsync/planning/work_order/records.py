"""The records of a work order: its items, and the facts by which an item is checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from licsync.diagnostics import Span
from licsync.model.canonical import JsonObject

FORMAT_VERSION = "1"

ItemKind = Literal["upload", "bulk_edit", "user", "resource", "billing"]
"""How people do an item: one file of new users, one edit of several users, one user, something of
the account that is not a user (a site, a policy, a unit), or a request to 8x8."""


class ExpectationDocument(TypedDict):
    """An expectation in the document of a work order."""

    resource: str
    path: str
    before: object
    after: object
    license: str
    name: NotRequired[str]
    is_further: NotRequired[bool]
    automatic: NotRequired[Sequence[str]]
    by_itself: NotRequired[bool]


class WorkItemDocument(TypedDict):
    """An item in the document of a work order."""

    id: str
    kind: ItemKind
    title: str
    actions: list[str]
    users: list[str]
    selection: list[list[str]]
    steps: list[str]
    expectations: list[ExpectationDocument]
    kept: list[str]
    changed: list[str]
    lost: list[str]
    after: list[str]
    why: str
    source: dict[str, object] | None
    seconds: int
    clicks: int
    unseen: bool
    seen: list[str]


class WorkOrderDocument(TypedDict):
    """The document of a work order."""

    format_version: str
    account: str
    backend: str
    plan_digest: str
    created_at: str
    items: list[WorkItemDocument]


@dataclass(frozen=True, slots=True)
class Expectation:
    """One fact before and after an item: people look at it, and licsync verifies it.

    Attributes:
        resource: `users/NAME`, `licenses/ID`, `sites/NAME`, …
        path: a path as in a plan. `licenses` is the sorted list of `type:COUNTRY` that a user
            holds. `exists` is whether the resource exists.
        before: the value before the item.
        after: the value after it.
        license: for a setting of a license, `type:COUNTRY` of the license that carries it; empty
            for everything else.
        name: how people read the resource, if its name is an id that licsync made up.
        is_further: whether it is a setting of a license beside the user's phone license.
        automatic: for `licenses`, the types that the console assigns and unassigns by itself, by
            rules that 8x8 does not publish: their number may differ. For a value of a unit, its
            type, if the console may assign this unit by itself.
        by_itself: whether the console changes the value by itself, with the rest of the item.

    Addresses are on one line, as the console shows them (`model.labels.postal`).
    """

    resource: str
    path: str
    before: object
    after: object
    license: str = ""
    name: str = ""
    is_further: bool = False
    automatic: Sequence[str] = ()
    by_itself: bool = False

    @property
    def subject(self) -> str:
        """How people read the resource."""
        return self.name or self.resource.partition("/")[2]

    def to_json(self) -> ExpectationDocument:
        """Give the document form."""
        doc: ExpectationDocument = {
            "resource": self.resource,
            "path": self.path,
            "before": self.before,
            "after": self.after,
            "license": self.license,
        }
        if self.name:
            doc["name"] = self.name
        if self.is_further:
            doc["is_further"] = True
        if self.automatic:
            doc["automatic"] = [*self.automatic]
        if self.by_itself:
            doc["by_itself"] = True
        return doc

    @classmethod
    def from_json(cls, doc: ExpectationDocument) -> Expectation:
        """Read the document form."""
        found = cls(**doc)
        return replace(found, automatic=tuple(found.automatic))


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing that people do in the console in one go.

    Attributes:
        id: stable: made from the ids of its actions and the digest of the plan.
        kind: how people do it.
        title: one line, such as `Downgrade 12 users from X4 to X2`.
        actions: the ids of the plan's actions that it completes.
        users: the users it touches, by the names that the console lists.
        selection: filters of the console, as name and value, that select exactly these users.
            Empty: tick the names.
        steps: what to do, in the console's own words.
        expectations: what to see before and after.
        kept: what survives, for people.
        changed: what changes, for people.
        lost: what is gone for good, for people.
        after: the ids of the items and of licsync's own actions that must come first.
        why: what asks for it, in one short sentence.
        source: where the files ask for it.
        seconds: how long it takes, by the figures of the account.
        clicks: how many clicks it takes, by the same figures, names ticked.
        unseen: the backend does not show whether it was done.
        seen: how the console shows its users before, so that a wrong one is noticed.
    """

    id: str
    kind: ItemKind
    title: str
    actions: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    selection: tuple[tuple[str, str], ...] = ()
    steps: tuple[str, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    kept: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    why: str = ""
    source: Span | None = None
    seconds: int = 0
    clicks: int = 0
    unseen: bool = False
    seen: tuple[str, ...] = ()

    def to_json(self) -> WorkItemDocument:
        """Give the document form."""
        source = self.source
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "actions": [*self.actions],
            "users": [*self.users],
            "selection": [[*pair] for pair in self.selection],
            "steps": [*self.steps],
            "expectations": [fact.to_json() for fact in self.expectations],
            "kept": [*self.kept],
            "changed": [*self.changed],
            "lost": [*self.lost],
            "after": [*self.after],
            "why": self.why,
            "source": {"file": source.file, "line": source.line} if source else None,
            "seconds": self.seconds,
            "clicks": self.clicks,
            "unseen": self.unseen,
            "seen": [*self.seen],
        }

    @classmethod
    def from_json(cls, doc: JsonObject) -> WorkItem:
        """Read the document form."""
        source = doc["source"]
        return cls(
            id=doc["id"],
            kind=doc["kind"],
            title=doc["title"],
            actions=tuple(doc["actions"]),
            users=tuple(doc["users"]),
            selection=tuple((name, value) for name, value in doc["selection"]),
            steps=tuple(doc["steps"]),
            expectations=tuple(Expectation.from_json(fact) for fact in doc["expectations"]),
            kept=tuple(doc["kept"]),
            changed=tuple(doc["changed"]),
            lost=tuple(doc["lost"]),
            after=tuple(doc["after"]),
            why=doc["why"],
            source=Span(source["file"], source["line"]) if source else None,
            seconds=doc["seconds"],
            clicks=doc["clicks"],
            unseen=doc["unseen"],
            seen=tuple(doc["seen"]),
        )


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """Everything that people do for one plan, in an order that is safe.

    Attributes:
        account: the account's name.
        backend: the backend's type.
        plan_digest: the digest of the plan that it belongs to.
        created_at: when the plan was made, ISO 8601.
        items: what to do, from top to bottom.
    """

    account: str
    backend: str
    plan_digest: str
    created_at: str
    items: tuple[WorkItem, ...] = ()

    def summary(self) -> str:
        """Say in one line how much work it is."""
        if not self.items:
            return "nothing to do by hand"
        uploads = [item for item in self.items if item.kind == "upload"]
        edits = [item for item in self.items if item.kind == "bulk_edit"]
        pages = [item for item in self.items if item.kind == "user"]
        new, edited, single = (
            len({name for item in items for name in item.users})
            for items in (uploads, edits, pages)
        )
        other = sum(item.kind == "resource" for item in self.items)
        requests = sum(item.kind == "billing" for item in self.items)
        parts = []
        if uploads:
            files = "one upload" if len(uploads) == 1 else f"{len(uploads)} uploads"
            parts.append(f"{_count(new, 'new user')} in {files}")
        if edits:
            parts.append(f"{_count(len(edits), 'bulk edit')} of {_count(edited, 'user')}")
        if single:
            parts.append(f"{_count(single, 'user')} one by one")
        if other:
            parts.append(_count(other, "other item"))
        if requests:
            parts.append(f"{_count(requests, 'request')} to 8x8")
        minutes = max(1, round(sum(item.seconds for item in self.items) / 60))
        return f"{', '.join(parts)}; about {_duration(minutes)}"

    def to_json(self) -> WorkOrderDocument:
        """Give the document form."""
        return {
            "format_version": FORMAT_VERSION,
            "account": self.account,
            "backend": self.backend,
            "plan_digest": self.plan_digest,
            "created_at": self.created_at,
            "items": [item.to_json() for item in self.items],
        }

    @classmethod
    def from_json(cls, doc: JsonObject) -> WorkOrder:
        """Read the document form."""
        return cls(
            account=doc["account"],
            backend=doc["backend"],
            plan_digest=doc["plan_digest"],
            created_at=doc["created_at"],
            items=tuple(WorkItem.from_json(item) for item in doc["items"]),
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _duration(minutes: int) -> str:
    if minutes < 60:
        return _count(minutes, "minute")
    hours, rest = divmod(minutes, 60)
    return _count(hours, "hour") + (f" {_count(rest, 'minute')}" if rest else "")
