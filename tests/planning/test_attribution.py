"""A change is somebody's only where 8x8's audit log says so for certain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from licsync.planning.attribution import Attribution, AuditEvent, Author, attribute

ADA, BO = "ada@acme.example", "bo@acme.example"
USERS = {ADA: {"id": "U1"}, BO: {"id": "U2"}, "cy@acme.example": {}}


@dataclass(frozen=True)
class Change:
    resource: str
    path: str


def event(number: int, **fields: Any) -> AuditEvent:
    """An update of Ada by Bo; the number orders events."""
    own = {"event": "update", "entity": "user", "key": "U1", "name": ADA, "user_id": "U2"}
    return AuditEvent(id=f"e{number}", at=f"2026-11-24T09:0{number}:00.000Z", **{**own, **fields})


def found(*events: AuditEvent, user: str = ADA, **seen: object) -> Attribution:
    """Attribute differences of one user, given by path and what the console has."""
    return attribute([(Change(f"users/{user}", p), v) for p, v in seen.items()], events, USERS)


def test_a_change_is_of_whoever_made_it_last() -> None:
    first, last = event(1, user_id="U1", new={"firstName": "X"}), event(2, new={"firstName": "Eve"})
    result = found(last, first, first_name="Eve")
    assert result.authors == {(f"users/{ADA}", "first_name"): Author(BO, last.at, user_id="U2")}
    assert [(o.id, a) for o, a in result.others] == [("e1", Author(ADA, first.at, user_id="U1"))]


def test_8x8_staff_is_named_as_such() -> None:
    result = found(event(1, impersonator="S9", new={"status": "INACTIVE"}), status="inactive")
    (author,) = result.authors.values()
    assert author.to_json() == {
        "name": BO, "user_id": "U2", "at": "2026-11-24T09:01:00.000Z", "is_vendor_staff": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("attribute_", "new", "path", "seen"),
    [
        ("timeZoneId", "US/Pacific", "timezone", "America/Los_Angeles"),
        ("timeZoneId", "Europe/London", "timezone", "Europe/London"),
        ("locale", "en_us", "locale", "en-US"),
        ("primaryEmail", "ADA@acme.example", "email", "ada@acme.example"),
        ("status", "ACTIVE", "status", "active"),
        ("lastName", "Byron", "last_name", "Byron"),
        ("loginId", "ADA@acme.example", "name", ADA),
    ],
)
def test_a_value_may_be_spelled_otherwise(attribute_: str, new: str, path: str, seen: str) -> None:
    assert found(event(1, new={attribute_: new}), **{path: seen}).authors


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"new": {"firstName": "Eva"}}, "Eve"),  # another value
        ({"new": {"firstName": "eve"}}, "Eve"),  # a name is another one in another case
        ({"new": {"firstName": 5}}, "Eve"),
        ({"new": {"jobTitle": "Eve"}}, "Eve"),  # an attribute that nobody describes
        ({"new": {"firstName": "Eve"}, "key": "U2"}, "Eve"),  # another user
        ({"new": {"firstName": "Eve"}, "key": "U9"}, "Eve"),  # a user whom nobody knows
        ({"new": {"firstName": "Eve"}, "entity": "extension"}, "Eve"),
        ({}, "Eve"),
        ({"unread": True}, "Eve"),
    ],
)
def test_what_is_not_certain_is_listed_as_it_is(changes: dict[str, Any], seen: str) -> None:
    one = event(1, **changes)
    result = found(one, first_name=seen)
    assert (result.authors, [other.id for other, _ in result.others]) == ({}, ["e1"])


def test_a_later_change_to_another_value_leaves_the_author_open() -> None:
    """Whoever set it back to the value is not in the log, so nobody is named."""
    one, two = event(1, new={"firstName": "Eve"}), event(2, new={"firstName": "Ada"})
    assert found(one, two, first_name="Eve").authors == {}


def test_a_value_that_was_removed_is_found() -> None:
    removed = event(1, old={"locale": "en-US"})
    assert found(removed, locale=None).authors
    assert not found(removed, locale="en-US").authors


def test_an_event_stays_listed_for_what_no_difference_tells() -> None:
    """Bookkeeping says nothing; an attribute that nobody describes may."""
    whole = event(1, new={"firstName": "Eve", "userId": "U1", "lastUpdatedTime": 5})
    assert found(whole, first_name="Eve").others == []
    part = event(1, new={"firstName": "Eve", "jobTitle": "Lead"})
    assert [other.id for other, _ in found(part, first_name="Eve").others] == ["e1"]


def test_a_new_user_is_of_whoever_made_it() -> None:
    made = event(1, event="create", new={"loginId": ADA, "firstName": "Ada", "pbxId": "P"})
    result = found(made, exists=True)
    assert (list(result.authors), result.others) == ([(f"users/{ADA}", "exists")], [])


def test_a_user_who_is_gone_is_found_by_its_login() -> None:
    gone = event(1, event="delete", key="U7", old={"loginId": "ex@acme.example"})
    assert found(gone, user="ex@acme.example", exists=False).authors
    assert not found(gone, user="ex@acme.example", exists=True).authors


def test_a_login_names_only_users_without_an_id() -> None:
    """A user with another id has the same name, and is somebody else."""
    login = {"loginId": "CY@acme.example", "firstName": "Cy"}
    assert found(event(1, key="U8", new=login), user="cy@acme.example", first_name="Cy").authors
    other = {"loginId": ADA, "firstName": "Ada"}
    assert not found(event(1, key="U8", new=other), first_name="Ada").authors
    assert not found(event(1, key="U8", new={"loginId": 5}), first_name="Ada").authors


def test_an_author_whom_nobody_knows_has_an_id_at_most() -> None:
    others = found(event(1, user_id="U9"), event(2, user_id="")).others
    assert [(author.name, author.user_id) for _, author in others] == [(None, "U9"), (None, "")]


def test_a_record_says_which_user_it_is_about() -> None:
    own, other = event(1, name="Ada Lopez"), event(2, entity="extension", key="X", parent_id="U2")
    unknown = event(3, entity="ringgroup", key="U1")
    assert [one.user for one, _ in found(own, other, unknown).others] == [ADA, BO, ""]
