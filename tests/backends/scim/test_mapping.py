"""SCIM users as records, and steps as SCIM users: pure, and nothing of a server's is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import Context

from licsync.backends.scim.mapping import (
    changed_elsewhere,
    changed_user,
    is_untouched,
    missing_of,
    new_user,
    record_of,
)
from licsync.backends.scim.resources import PROVIDER, ScimUser
from licsync.engine.ports import StepRefused
from licsync.model.console.step import Step
from tests.support.scim_server import create_step, update_step

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PLACE = "urn:ietf:params:scim:schemas:extension:8x8:1.1:User"
ADA = "ada@acme.example"


def read(**attributes: Any) -> ScimUser:
    """A user as a server sends it."""
    document = {"schemas": [CORE], "id": "1", "userName": ADA, **attributes}
    with PROVIDER:
        return ScimUser.model_validate(document, scim_ctx=Context.RESOURCE_QUERY_RESPONSE)


def sent(user: ScimUser, context: Context = Context.RESOURCE_REPLACEMENT_REQUEST) -> dict[str, Any]:
    """The body in which it is sent back."""
    with PROVIDER:
        body: dict[str, Any] = user.model_dump(scim_ctx=context)
    return body


@pytest.mark.parametrize(
    ("attributes", "record"),
    [
        ({}, {}),
        ({"active": True}, {"status": "active"}),
        ({"active": False}, {"status": "inactive"}),
        ({"name": {"givenName": "Ada"}}, {"first_name": "Ada"}),
        ({"name": {"familyName": "Lopez", "givenName": ""}}, {"last_name": "Lopez"}),
        ({"title": "Engineer"}, {"job_title": "Engineer"}),
        ({"title": None}, {}),
        ({ENTERPRISE: {"department": "R&D"}}, {"department": "R&D"}),
        ({PLACE: {"site": "Seattle"}}, {"site": "Seattle"}),
        ({"emails": [{"value": ADA, "type": "work"}]}, {"email": ADA}),
        ({"emails": [{"value": ADA, "type": "Work"}]}, {"email": ADA}),
        ({"emails": [{"value": ADA}]}, {"email": ADA}),
        ({"emails": [{"value": "home@x", "type": "home"}]}, {}),
        (
            {"emails": [{"value": "h@x", "type": "home"}, {"value": ADA, "type": "work"}]},
            {"email": ADA},
        ),
        ({"emails": [{"value": "NoReply@8x8.com", "type": "work"}]}, {}),
        ({"emails": [{"value": "ada@corp.local", "type": "work"}]}, {"email": "ada@corp.local"}),
        ({"locale": "en", "timezone": "Europe/London", "externalId": "7"}, {}),
    ],
)
def test_what_scim_shows_is_read(attributes: dict[str, Any], record: dict[str, Any]) -> None:
    assert record_of(read(**attributes)) == record


def test_a_new_user_has_what_the_step_sets_and_nothing_empty() -> None:
    user = new_user(create_step(ADA, job_title="Engineer", department="R&D"))
    assert sent(user, Context.RESOURCE_CREATION_REQUEST) == {
        "schemas": [CORE, ENTERPRISE, PLACE],
        "userName": ADA,
        "active": True,
        "title": "Engineer",
        "name": {"givenName": "Ada", "familyName": "Lopez"},
        "emails": [{"value": ADA, "type": "work", "primary": True}],
        ENTERPRISE: {"department": "R&D"},
        PLACE: {"site": "Seattle"},
    }
    user = new_user(create_step(ADA, job_title=None, department="", site="", status="inactive"))
    assert sent(user, Context.RESOURCE_CREATION_REQUEST) == {
        "schemas": [CORE],
        "userName": ADA,
        "active": False,
        "name": {"givenName": "Ada", "familyName": "Lopez"},
        "emails": [{"value": ADA, "type": "work", "primary": True}],
    }


@pytest.mark.parametrize("path", ["policy", "locale", "timezone", "licenses"])
def test_what_scim_cannot_write_is_refused(path: str) -> None:
    with pytest.raises(StepRefused, match=f"SCIM cannot change '{path}'"):
        new_user(create_step(ADA, **{path: "x"}))
    with pytest.raises(StepRefused, match=f"SCIM cannot change '{path}'"):
        changed_user(update_step(ADA, **{path: "x"}), read())


def test_the_site_is_set_when_a_user_is_created_and_never_later() -> None:
    with pytest.raises(StepRefused, match="SCIM cannot change 'site'"):
        changed_user(update_step(ADA, site="London"), read())


@pytest.mark.parametrize("args", [{"extensions": {"L1": {}}}, {"addresses": {"L1": None}}])
def test_extensions_and_licenses_are_for_people(args: dict[str, Any]) -> None:
    with pytest.raises(StepRefused, match="SCIM cannot change extensions and licenses"):
        changed_user(Step("user.update", f"users/{ADA}", {"set": {}, **args}), read())


@pytest.mark.parametrize(
    ("attributes", "values", "changed"),
    [
        ({}, {"job_title": "CEO"}, {"title": "CEO"}),
        ({"title": "CEO"}, {"job_title": None}, {}),
        (
            {"name": {"givenName": "Ada", "familyName": "Lopez", "formatted": "Ada Lopez"}},
            {"last_name": "Byron"},
            {"name": {"givenName": "Ada", "familyName": "Byron", "formatted": "Ada Byron"}},
        ),
        (
            {"name": {"givenName": "Ada", "familyName": "Lopez", "formatted": "Dr. Lopez"}},
            {"first_name": "Eva"},
            {"name": {"givenName": "Eva", "familyName": "Lopez", "formatted": "Dr. Lopez"}},
        ),
        (
            {"emails": [{"value": "old@x", "type": "work", "display": "d"}]},
            {"email": ADA},
            {"emails": [{"value": ADA, "type": "work", "display": "d"}]},
        ),
        (
            {"emails": [{"value": "h@x", "type": "home"}]},
            {"email": ADA},
            {
                "emails": [
                    {"value": "h@x", "type": "home"},
                    {"value": ADA, "type": "work", "primary": True},
                ]
            },
        ),
        ({"emails": [{"value": ADA, "type": "work"}]}, {"email": None}, {}),
        (
            {ENTERPRISE: {"department": "Old", "costCenter": "7"}},
            {"department": "New"},
            {ENTERPRISE: {"department": "New", "costCenter": "7"}},
        ),
    ],
)
def test_a_change_touches_only_its_fields(
    attributes: dict[str, Any], values: dict[str, Any], changed: dict[str, Any]
) -> None:
    user = read(**attributes)
    before = sent(user)
    body = sent(changed_user(update_step(ADA, **values), user))
    assert {k: v for k, v in body.items() if k not in ("schemas", "userName")} == changed
    assert sent(user) == before, "the user that was read is not changed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
UNKNOWN = st.dictionaries(st.sampled_from(["nickName", "x509", "urn:x:y", "Übung", "é"]), JSON)


@pytest.mark.slow
@pytest.mark.untraced
@given(UNKNOWN, UNKNOWN, UNKNOWN)
def test_no_attribute_that_licsync_does_not_manage_is_lost_or_changed(
    top: dict[str, Any], inner: dict[str, Any], extension: dict[str, Any]
) -> None:
    attributes = {
        **top,
        "externalId": "7",
        "name": {"givenName": "Ada", "familyName": "Lopez", **inner},
        "emails": [{"value": ADA, "type": "work", **inner}],
        PLACE: {"site": "Seattle", **extension},
        "locale": "en",
        "phoneNumbers": [{"value": "1", "type": "mobile"}],
    }
    body = sent(changed_user(update_step(ADA, last_name="Byron"), read(**attributes)))
    body.pop("schemas")
    expected = {**attributes, "userName": ADA}
    expected["name"] = {"givenName": "Ada", "familyName": "Byron", **inner}
    assert body == expected


# --- effects --------------------------------------------------------------------------------------

SHOWN = {
    "active": True,
    "title": "Engineer",
    "name": {"givenName": "Ada", "familyName": "Lopez"},
    "emails": [{"value": ADA, "type": "work"}],
}


def test_an_effect_is_there_or_named() -> None:
    there = read(**SHOWN, **{PLACE: {"site": "Seattle"}})
    assert missing_of(create_step(ADA), None, there) == []
    assert missing_of(create_step(ADA), None, read(**SHOWN)) == [], "it shows no sites"
    elsewhere = read(**SHOWN, **{PLACE: {"site": "London"}})
    assert missing_of(create_step(ADA), None, elsewhere) == ["site"]
    assert missing_of(create_step(ADA), None, None) == [f"{ADA} is not there"]
    update = update_step(ADA, job_title="CEO", last_name="Lopez")
    assert missing_of(update, None, there) == ["job_title"]
    suspend = Step("user.suspend", f"users/{ADA}", {"units": []})
    assert missing_of(suspend, None, there) == ["the status"]
    assert missing_of(suspend, None, read(active=False)) == []


def test_a_field_that_is_neither_as_recorded_nor_as_wanted_was_changed_elsewhere() -> None:
    step, now = update_step(ADA, job_title="CEO"), read(**SHOWN)
    assert list(changed_elsewhere(step, {"job_title": "Engineer"}, now)) == []
    assert list(changed_elsewhere(step, {"job_title": " Engineer "}, now)) == []
    assert list(changed_elsewhere(step, {"job_title": "Clerk"}, read(title="CEO"))) == []
    assert list(changed_elsewhere(step, {"job_title": "Clerk"}, now)) == [
        "job_title is 'Engineer', not 'Clerk'"
    ]
    assert list(changed_elsewhere(step, {}, now)) == ["job_title is 'Engineer', not None"]
    assert is_untouched(step, {"job_title": "Engineer"}, now)
    assert not is_untouched(step, {"job_title": "Clerk"}, now)
