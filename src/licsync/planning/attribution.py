"""Says who changed a value in the console, by 8x8's audit log, where that is certain.

8x8's audit log names entities and attributes; licensing is not among them. A record belongs to a
difference only if it is of the same user and field, is the last one of them, and its new value is
the value that differs. Every other record is listed as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from licsync.model.time_zones import RENAMED

_LOGIN = "loginId"

_FIELDS: Mapping[str, str] = {
    _LOGIN: "name",
    "firstName": "first_name",
    "lastName": "last_name",
    "primaryEmail": "email",
    "locale": "locale",
    "status": "status",
    "timeZoneId": "timezone",
}
"""The attributes of the entity `user` that 8x8's description names, and the paths of a plan."""


_BOOKKEEPING = frozenset(("userId", "customerId", "lastUpdatedTime", "createdTime"))
"""Attributes that say nothing of a change."""


_CASELESS = frozenset(("name", "email", "locale", "status"))


class Difference(Protocol):
    """A value that differs."""

    @property
    def resource(self) -> str:
        """The resource, as in a plan."""
        ...

    @property
    def path(self) -> str:
        """The path of the value below the resource, as in a plan."""
        ...


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One record of the audit log.

    Attributes:
        id: its id.
        at: when it happened.
        event: `create`, `update`, `delete`, or another event.
        entity: the kind of entity: `user`, `extension`, `ringgroup`, … in lower case.
        key: the id of the entity; of a user, the user id.
        name: what the log calls the entity.
        user_id: the id of the user who did it.
        impersonator: the id of 8x8's own staff who did it for that user; empty if nobody did.
        old: attributes before.
        new: attributes afterwards.
        unread: whether it has details that cannot be read.
        parent_id: the id of the user that the entity belongs to; empty if none is named.
        user: the user name that it is about; empty if the inventory does not know the user.
    """

    id: str
    at: str
    event: str
    entity: str
    key: str
    name: str
    user_id: str
    impersonator: str = ""
    old: Mapping[str, object] = field(default_factory=dict)
    new: Mapping[str, object] = field(default_factory=dict)
    unread: bool = False
    parent_id: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Who changed something in the console, and when.

    Attributes:
        name: the user name; None if the inventory does not know the user.
        at: the instant.
        is_vendor_staff: whether 8x8's own staff did it for that user.
        user_id: the id of the user at 8x8; empty if the log does not say it.
    """

    name: str | None
    at: str
    is_vendor_staff: bool = False
    user_id: str = ""

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        return {
            "name": self.name,
            "user_id": self.user_id,
            "at": self.at,
            "is_vendor_staff": self.is_vendor_staff,
        }


Key = tuple[str, str]
"""Resource and path of a difference."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who changed what.

    Attributes:
        authors: who made a difference, by resource and path; only where it is certain.
        others: the records that the differences do not tell in full, oldest first, with their
            authors.
        since: the instant from which on the log was read.
        until: the instant up to which it was read.
    """

    authors: Mapping[Key, Author]
    others: Sequence[tuple[AuditEvent, Author]]
    since: str = ""
    until: str = ""


class _Users:
    """The users of the inventory, by what the log calls them."""

    def __init__(self, users: Mapping[str, Mapping[str, object]]):
        self._names = {str(user["id"]): name for name, user in users.items() if user.get("id")}
        self._logins = {name.casefold(): name for name in users}
        self._users = users

    def author(self, event: AuditEvent) -> Author:
        """Name the author of an event."""
        name, is_staff = self._names.get(event.user_id), bool(event.impersonator)
        return Author(name, event.at, is_vendor_staff=is_staff, user_id=event.user_id)

    def with_user(self, event: AuditEvent) -> AuditEvent:
        """Add the user that an event is about, if an id names one."""
        identifier = event.key if event.entity == "user" else event.parent_id
        return replace(event, user=self._names.get(identifier, ""))

    def user_of(self, event: AuditEvent) -> str | None:
        """Name the user that an event is about: by its id, else by its login."""
        if event.entity != "user":
            return None
        if event.key in self._names:
            return self._names[event.key]
        login = event.new.get(_LOGIN) or event.old.get(_LOGIN)
        if not isinstance(login, str):
            return None
        name = self._logins.get(login.casefold())
        if name is None:  # a user who is gone
            return login
        return None if self._users[name].get("id") else name  # with another id: somebody else


def attribute(
    differences: Iterable[tuple[Difference, object]],
    events: Iterable[AuditEvent],
    users: Mapping[str, Mapping[str, object]],
) -> Attribution:
    """Find out who made differences.

    Args:
        differences: each with the value that the console has now.
        events: the records of the audit log.
        users: the users of the inventory, with their ids.
    """
    in_order = sorted(events, key=lambda event: (event.at, event.id))
    known = _Users(users)
    last: dict[Key, tuple[AuditEvent, object]] = {}
    for event in in_order:
        for key, value in _changes(event, known):
            last[key] = (event, value)
    authors: dict[Key, Author] = {}
    shown: dict[str, set[str]] = {}
    for difference, value in differences:
        key = (difference.resource, difference.path)
        latest = last.get(key)
        if latest is not None and _is_same(difference.path, latest[1], value):
            authors[key] = known.author(latest[0])
            shown.setdefault(latest[0].id, set()).add(difference.path)
    others = [
        (known.with_user(event), known.author(event))
        for event in in_order
        if not _is_shown(event, shown.get(event.id, set()))
    ]
    return Attribution(authors, others)


def _is_shown(event: AuditEvent, paths: set[str]) -> bool:
    """Tell whether differences with these paths say everything that an event changed."""
    attributes = {*event.old, *event.new} - _BOOKKEEPING
    return "exists" in paths or (
        bool(paths) and all(_FIELDS.get(attribute) in paths for attribute in attributes)
    )


def _changes(event: AuditEvent, known: _Users) -> list[tuple[Key, object]]:
    """List what an event changed of a user: resource and path, with the new value."""
    name = known.user_of(event)
    if name is None:
        return []
    resource = f"users/{name}"
    found: list[tuple[Key, object]] = []
    if event.event in ("create", "delete"):
        found.append(((resource, "exists"), event.event == "create"))
    touched = [attribute for attribute in _FIELDS if attribute in (*event.old, *event.new)]
    return found + [((resource, _FIELDS[a]), event.new.get(a)) for a in touched]


def _is_same(path: str, new: object, value: object) -> bool:
    if isinstance(new, str) and isinstance(value, str):
        return _comparable(path, new) == _comparable(path, value)
    return new == value


def _comparable(path: str, text: str) -> str:
    if path == "timezone":
        return RENAMED.get(text, text)
    return text.replace("_", "-").casefold() if path in _CASELESS else text
