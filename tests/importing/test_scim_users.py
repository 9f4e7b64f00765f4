"""What SCIM shows is merged as an export that says a few fields of some users."""

from __future__ import annotations

from typing import Any

from licsync.importing.merge_inventory import merge
from licsync.importing.scim_users import exported_from_scim
from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory
from licsync.model.inventory_validation import check_document

ADA, BO, ZOE = "ada@acme.example", "bo@acme.example", "zoe@acme.example"
SAID = frozenset(f"users.{field}" for field in ("first_name", "email", "job_title", "status"))
BEFORE, NOW = "2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z"
DOCUMENT: dict[str, Any] = {
    "format_version": "1",
    "account": "acme",
    "as_of": BEFORE,
    "observed": {"users": BEFORE, "licenses": BEFORE},
    "service_addresses": {"A1": {"country": "US"}},
    "sites": {"Seattle": {"service_address": "A1"}},
    "policies": {"P": {"settings": {}}},
    "licenses": {
        "L1": {"type": "x2", "country": "US", "service_address": "A1", "status": "assigned",
               "user": ADA},
    },
    "users": {
        ADA: {"id": "U1", "first_name": "Ada", "job_title": "Clerk", "status": "active",
              "site": "Seattle", "policy": "P", "services": [{"license": "L1"}]},
        BO: {"id": "U2", "first_name": "Bo", "status": "active", "site": "Seattle", "services": []},
    },
}  # fmt: skip


def refreshed(shown: dict[str, dict[str, Any]]) -> dict[str, Any]:
    known = Inventory.from_document(DOCUMENT)
    exported = exported_from_scim(shown, SAID, known)
    merged = merge(known, exported, Catalog({}), NOW, is_partial=True)
    assert merged.faults == []
    assert check_document(merged.document) == []
    document: dict[str, Any] = merged.document
    return document


def test_what_scim_says_replaces_and_everything_else_is_kept() -> None:
    found = refreshed({ADA: {"first_name": "Eva", "email": ADA, "status": "active"}})
    ada = dict(DOCUMENT["users"][ADA])
    del ada["job_title"]  # SCIM says that she has none
    assert found["users"][ADA] == ada | {"first_name": "Eva", "email": ADA}
    assert found["users"][BO] == DOCUMENT["users"][BO], "who is not shown is kept"
    assert found["licenses"] == DOCUMENT["licenses"]


def test_a_user_is_found_whatever_the_case_of_the_name() -> None:
    found = refreshed({ADA.upper(): {"first_name": "Eva", "status": "active"}})
    assert list(found["users"]) == [ADA, BO]
    assert found["users"][ADA]["first_name"] == "Eva"


def test_licenses_follow_the_status_of_their_user() -> None:
    found = refreshed({ADA: {"first_name": "Ada", "job_title": "Clerk", "status": "inactive"}})
    assert found["users"][ADA]["status"] == "inactive"
    assert found["licenses"]["L1"]["status"] == "suspended"
    assert found["licenses"]["L1"]["suspended"] == {"reason": "user_inactive", "at": NOW}


def test_a_new_user_comes_with_a_site_that_is_known() -> None:
    known, unknown = {"first_name": "Zoe", "site": "Seattle"}, {"first_name": "Yu", "site": "?"}
    users = refreshed({ZOE: known | {"status": "active"}, "yu@acme.example": unknown})["users"]
    assert users[ZOE] == {
        "first_name": "Zoe", "site": "Seattle", "status": "active", "services": [],
    }  # fmt: skip
    assert users["yu@acme.example"] == {"first_name": "Yu", "status": "active", "services": []}


def test_what_was_said_of_every_user_is_noted_with_the_day() -> None:
    person = {"first_name": "A", "status": "active"}
    partly = refreshed({ADA: person})["observed"]
    assert partly == DOCUMENT["observed"] | {
        key: BEFORE for key in partly if key not in DOCUMENT["observed"]
    }
    whole = refreshed({ADA: person, BO: person})["observed"]
    assert all(whole[key] == NOW for key in SAID)
    assert whole["users"] == whole["licenses"] == BEFORE
