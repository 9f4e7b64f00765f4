"""The users of SCIM are those of the account, and its requests are steps of the console."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from licsync.model.inventory_validation import faults_of
from tests.support.scim import CORE, EIGHT, ENTERPRISE, PATCH, ScimCaller, new_user
from tests.support.simulator import ADA, BO, FAY, World, acme

NEW = "new.hire@acme.example"


@pytest.fixture
def scim(fast: World) -> ScimCaller:
    return ScimCaller(fast)


# --- showing --------------------------------------------------------------------------------------


def test_a_user_is_shown_with_what_scim_knows_and_no_more(scim: ScimCaller) -> None:
    user = scim.get(f"/Users/{ADA}")
    assert user.pop("meta")["location"] == f"{scim.base}/Users/{ADA}"
    assert user == {
        "schemas": [CORE, ENTERPRISE, EIGHT],
        "id": ADA,
        "userName": "ada.lopez@acme.example",
        "name": {"givenName": "Ada", "familyName": "Lopez"},
        "title": "Account Executive",
        "locale": "en-US",
        "timezone": "America/Los_Angeles",
        "active": True,
        "emails": [{"value": "ada.lopez@acme.example", "type": "work", "primary": True}],
        ENTERPRISE: {"department": "Sales"},
        EIGHT: {"site": "Seattle"},
    }


def test_a_suspended_user_is_inactive(scim: ScimCaller) -> None:
    assert scim.get(f"/Users/{FAY}")["active"] is False


def test_pages_hold_every_user_once(scim: ScimCaller) -> None:
    names: list[str] = []
    while True:
        page = scim.get("/Users", startIndex=len(names) + 1, count=5)
        assert page["totalResults"] == len(scim.world.console.dump()["users"])
        assert page["itemsPerPage"] == len(page["Resources"]) <= 5
        if not page["Resources"]:
            break
        names += [user["userName"] for user in page["Resources"]]
    assert sorted(names) == sorted(scim.world.console.dump()["users"])


def test_a_page_is_not_longer_than_the_service_says(make_world: Callable[..., World]) -> None:
    scim = ScimCaller(make_world(speed=0, scim_page_size=3))
    assert scim.get("/ServiceProviderConfig")["filter"]["maxResults"] == 3
    for query in ({}, {"count": 100}):
        assert scim.get("/Users", **query)["itemsPerPage"] == 3


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ('userName eq "ADA.LOPEZ@acme.example"', ["ada.lopez@acme.example"]),
        ('username eq "nobody@acme.example"', []),
        (f'{CORE}:userName eq "ada.lopez@acme.example"', ["ada.lopez@acme.example"]),
        ("active eq false", ["fay.green@acme.example", "kit.lane@acme.example"]),
        (f'id eq "{ADA}"', ["ada.lopez@acme.example"]),
        ('emails.value sw "ada."', ["ada.lopez@acme.example"]),
        (f'{ENTERPRISE}:department eq "Sales" and id eq "{ADA}"', ["ada.lopez@acme.example"]),
    ],
)
def test_a_filter_selects_users(scim: ScimCaller, filter_: str, names: list[str]) -> None:
    page = scim.get("/Users", filter=filter_)
    assert [user["userName"] for user in page["Resources"]] == names
    assert page["totalResults"] == len(names)


@pytest.mark.parametrize("filter_", ["userName", 'nickName eq "x"', "userName eq", '"'])
def test_an_invalid_filter_is_refused(scim: ScimCaller, filter_: str) -> None:
    status, kind, _ = scim.refused("GET", "/Users", filter=filter_)
    assert (status, kind) in ((400, "invalidFilter"), (400, "invalidPath"))


def test_attributes_select_what_is_shown(scim: ScimCaller) -> None:
    assert set(scim.get(f"/Users/{ADA}", attributes="active")) == {"schemas", "id", "active"}
    assert "title" not in scim.get(f"/Users/{ADA}", excludedAttributes="title")


# --- making ---------------------------------------------------------------------------------------


def test_a_new_user_is_a_contact_at_its_site(scim: ScimCaller) -> None:
    made = scim.make(
        NEW, title="Intern", active=True, externalId="e-1", **{ENTERPRISE: {"department": "Sales"}}
    )
    assert scim.world.user(NEW) == {
        "id": made["id"],
        "first_name": "New",
        "last_name": "Hire",
        "email": "noreply@8x8.com",
        "job_title": "Intern",
        "department": "Sales",
        "status": "active",
        "site": "Seattle",
        "policy": "8x8 Master User Template",
        "services": [],
    }
    assert scim.get(f"/Users/{made['id']}") == made
    assert made["externalId"] == "e-1"
    assert list(faults_of(scim.world.console.dump())) == []


def test_the_name_is_the_federation_id(scim: ScimCaller) -> None:
    made = scim.make(NEW)
    user = scim.world.get(f"/users/{made['id']}")
    assert user["basicInfo"]["ssoFederationId"] == NEW
    assert scim.put(made["id"], userName="newer@acme.example").status_code == 200
    user = scim.world.get(f"/users/{made['id']}")
    assert user["basicInfo"]["ssoFederationId"] == "newer@acme.example"


def test_a_user_can_be_made_inactive_and_without_a_site(scim: ScimCaller) -> None:
    made = scim.make(NEW, active=False, **{EIGHT: {}})
    assert made["active"] is False
    assert scim.world.user(NEW)["status"] == "inactive"
    assert "site" not in scim.world.user(NEW)


def test_contact_numbers_are_those_of_the_administration_api(scim: ScimCaller) -> None:
    numbers = [{"value": "+12065550100", "type": "work"}, {"value": "555", "type": "mobile"}]
    made = scim.make(NEW, phoneNumbers=numbers)
    assert made["phoneNumbers"] == numbers
    shown = scim.world.get(f"/users/{made['id']}")["directoryInfo"]["personalPhoneNumbers"]
    assert shown == [
        {"number": "+12065550100", "type": "WORK"},
        {"number": "555", "type": "MOBILE"},
    ]


@pytest.mark.parametrize(
    ("changes", "refusal", "word"),
    [
        ({"userName": "Ada.Lopez@acme.example"}, (409, "uniqueness"), "already in use"),
        ({"userName": "a+b@acme.example"}, (400, "invalidValue"), "userName"),
        ({"userName": None}, (400, "invalidValue"), "userName"),
        ({EIGHT: {"site": "Nowhere"}}, (400, "invalidValue"), "Nowhere"),
        ({"name": {"familyName": "x" * 31}}, (400, "invalidValue"), "name.familyName"),
        ({"locale": "tlh"}, (400, "invalidValue"), "locale"),
        ({"timezone": "Mars/Olympus"}, (400, "invalidValue"), "timezone"),
        ({"emails": [{"value": "nobody"}]}, (400, "invalidValue"), "emails"),
        (
            {"emails": [{"value": "a@b.example"}, {"value": "c@d.example"}]},
            (400, "invalidValue"),
            "one e-mail",
        ),
        (
            {"emails": [{"value": "a@b.example", "type": "home"}]},
            (400, "invalidValue"),
            "'work'",
        ),
        ({"phoneNumbers": [{"value": "1", "type": "fax"}]}, (400, "invalidValue"), "'fax'"),
        ({"nickName": "Newt"}, (400, "invalidSyntax"), "nickName"),
        ({"active": "perhaps"}, (400, "invalidValue"), "active"),
    ],
)
def test_what_8x8_does_not_take_is_refused_and_changes_nothing(
    scim: ScimCaller, changes: dict[str, Any], refusal: tuple[int, str], word: str
) -> None:
    before = scim.world.console.dump()
    status, kind, detail = scim.refused("POST", "/Users", {**new_user(), **changes})
    assert (status, kind) == refusal
    assert word in detail
    assert scim.world.console.dump()["users"] == before["users"]


# --- deactivating ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["PATCH", "PUT", "DELETE"])
def test_deactivating_suspends_the_licenses_and_activating_lifts_that(
    scim: ScimCaller, how: str
) -> None:
    before = scim.world.console.dump()
    units = [s["license"] for s in before["users"]["ada.lopez@acme.example"]["services"]]
    answers = {
        "PATCH": lambda: scim.set_active(ADA, False),
        "PUT": lambda: scim.put(ADA, active=False),
        "DELETE": lambda: scim.ask("DELETE", f"/Users/{ADA}"),
    }
    assert answers[how]().status_code in (200, 204)
    assert scim.get(f"/Users/{ADA}")["active"] is False
    for unit in units:
        assert scim.world.unit(unit)["status"] == "suspended"
        assert scim.world.unit(unit)["suspended"]["reason"] == "user_inactive"
    assert list(faults_of(scim.world.console.dump())) == []
    assert scim.set_active(ADA, True).status_code == 204
    after = scim.world.console.dump()
    assert after["licenses"] == before["licenses"]
    assert after["users"]["ada.lopez@acme.example"] == before["users"]["ada.lopez@acme.example"]


def test_deactivating_twice_changes_nothing_the_second_time(scim: ScimCaller) -> None:
    since = {unit: scim.world.unit(unit) for unit in _units(scim, "fay.green@acme.example")}
    scim.world.pass_(86_400)
    for answer in (
        scim.ask("DELETE", f"/Users/{FAY}"),
        scim.set_active(FAY, False),
        scim.put(FAY, title="On leave"),
    ):
        assert answer.status_code in (200, 204), answer.text
    assert {unit: scim.world.unit(unit) for unit in since} == since


def _units(scim: ScimCaller, name: str) -> list[str]:
    return [service["license"] for service in scim.world.user(name)["services"]]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "title", "value": "x"},
        {"op": "add", "value": {"title": "x", "active": False}},
        {"op": "remove", "path": "active"},
        {"op": "replace", "path": f"{EIGHT}:site", "value": "New York"},
    ],
)
def test_a_patch_changes_active_and_nothing_else(
    scim: ScimCaller, operation: dict[str, Any]
) -> None:
    before = scim.world.console.dump()
    body = {"schemas": [PATCH], "Operations": [operation]}
    assert scim.refused("PATCH", f"/Users/{ADA}", body)[0] == 400
    assert scim.world.console.dump() == before


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Replace", "path": "active", "value": False},
        {"op": "add", "path": f"{CORE}:active", "value": False},
        {"op": "replace", "value": {"active": False}},
    ],
)
def test_every_way_to_patch_active_is_taken(scim: ScimCaller, operation: dict[str, Any]) -> None:
    body = {"schemas": [PATCH], "Operations": [operation]}
    assert scim.ask("PATCH", f"/Users/{BO}", body).status_code == 204
    assert scim.get(f"/Users/{BO}")["active"] is False


# --- replacing ------------------------------------------------------------------------------------


def test_a_put_replaces_what_scim_knows_and_touches_nothing_else(scim: ScimCaller) -> None:
    before = scim.world.user("ada.lopez@acme.example")
    answer = scim.put(ADA, title=None, name={"givenName": "Ada", "familyName": "Byron"})
    assert answer.status_code == 200
    after = scim.world.user("ada.lopez@acme.example")
    assert after == {k: v for k, v in before.items() if k != "job_title"} | {"last_name": "Byron"}


def test_a_put_renames_a_user_with_its_licenses(scim: ScimCaller) -> None:
    units = _units(scim, "ada.lopez@acme.example")
    assert scim.put(ADA, userName="ada.byron@acme.example").json()["id"] == ADA
    assert {scim.world.unit(unit)["user"] for unit in units} == {"ada.byron@acme.example"}
    assert list(faults_of(scim.world.console.dump())) == []


def test_a_name_that_another_user_has_is_refused(scim: ScimCaller) -> None:
    other = scim.get(f"/Users/{BO}")["userName"]
    answer = scim.put(ADA, userName=other.upper())
    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")
    assert scim.put(ADA, userName="ADA.lopez@acme.example").status_code == 200


def test_a_site_is_never_changed(scim: ScimCaller) -> None:
    answer = scim.put(ADA, **{EIGHT: {"site": "New York"}})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "mutability")
    made = scim.make(NEW, **{EIGHT: {}})
    scim.put(made["id"], **{EIGHT: {"site": "Seattle"}})
    assert "site" not in scim.world.user(NEW)


def test_parts_of_a_name_that_licsync_does_not_know_are_kept(scim: ScimCaller) -> None:
    name = {"givenName": "Ada", "familyName": "Lopez", "middleName": "M.", "formatted": "A. Lopez"}
    assert scim.put(ADA, name=name, externalId="e-2").status_code == 200
    scim.world.start()
    again = ScimCaller(scim.world).get(f"/Users/{ADA}")
    assert (again["name"], again["externalId"]) == (name, "e-2")


def test_names_in_the_account_that_8x8_would_not_take_are_left_alone(
    make_world: Callable[..., World],
) -> None:
    document = acme()
    document["users"]["ada.lopez@acme.example"]["last_name"] = "López"
    scim = ScimCaller(make_world(document, speed=0))
    assert scim.put(ADA, title="Director").status_code == 200
    assert scim.put(ADA, name={"givenName": "Ada", "familyName": "Lópéz"}).status_code == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_user_that_does_not_exist_is_not_found(scim: ScimCaller, method: str) -> None:
    operation = {"op": "replace", "path": "active", "value": False}
    patch = {"schemas": [PATCH], "Operations": [operation]}
    body = {"PUT": new_user(), "PATCH": patch}.get(method)
    assert scim.refused(method, "/Users/nobody", body)[0] == 404
