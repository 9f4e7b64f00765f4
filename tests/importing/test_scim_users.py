"""What SCIM shows is merged as an export that says a few fields of some users."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from licsync.importing.scim_users import MergedScim, merge_scim
from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory
from licsync.model.inventory_validation import check_document
from licsync.model.observed import observable_keys
from tests.support.accounts import inventory_document, user

ADA, BO, ZOE = "ada@acme.example", "bo@acme.example", "zoe@acme.example"
SAID = frozenset(f"users.{field}" for field in ("first_name", "email", "job_title", "status"))
BEFORE, NOW = "2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z"
DOCUMENT = inventory_document(
    {"L1": "x2"},
    {
        ADA: user(["L1"], id="U1", first_name="Ada", job_title="Clerk", site="Seattle"),
        BO: user(id="U2", first_name="Bo", site="Seattle", policy=None),
    },
    as_of=BEFORE,
    observed={"users": BEFORE, "licenses": BEFORE},
)


def merged(shown: dict[str, dict[str, Any]], **more: Any) -> MergedScim:
    """Merge what SCIM shows, and see that the result is a valid inventory."""
    known = Inventory.from_document({**DOCUMENT, **more})
    before = deepcopy(known.to_document())
    found = merge_scim(known, shown, SAID, Catalog({}), NOW)
    assert known.to_document() == before
    assert found.merged.faults == []
    assert check_document(found.merged.document) == []
    return found


def refreshed(shown: dict[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    document: dict[str, Any] = merged(shown, **more).merged.document
    return document


SAME = {
    ADA: {"first_name": "Ada", "job_title": "Clerk", "status": "active", "site": "Seattle"},
    BO: {"first_name": "Bo", "status": "active"},
}
"""What SCIM shows if nothing has changed."""


def test_an_equal_value_changes_only_the_time_of_observation() -> None:
    found = merged(SAME)
    assert (found.changed, found.hidden, found.not_added) == ([], [], [])
    document = dict(found.merged.document)
    assert document.pop("observed") == DOCUMENT["observed"] | dict.fromkeys(SAID, NOW) | {
        key: BEFORE for key in document_keys(found) - DOCUMENT["observed"].keys() - SAID
    }
    assert document == {k: v for k, v in DOCUMENT.items() if k != "observed"}


def document_keys(found: MergedScim) -> set[str]:
    return set(found.merged.document["observed"])


def test_what_scim_says_replaces_and_everything_else_is_kept() -> None:
    shown = {**SAME, ADA: {"first_name": "Eva", "email": ADA, "status": "active"}}
    found = merged(shown)
    ada = dict(DOCUMENT["users"][ADA])
    del ada["job_title"]  # SCIM says that she has none
    document = found.merged.document
    assert document["users"][ADA] == ada | {"first_name": "Eva", "email": ADA}
    assert document["users"][BO] == DOCUMENT["users"][BO]
    assert document["licenses"] == DOCUMENT["licenses"]
    assert document["as_of"] == DOCUMENT["as_of"], "SCIM is not an export"
    assert found.changed == [ADA]


def test_a_name_that_scim_lacks_stays() -> None:
    assert merged({**SAME, BO: {"status": "active"}}).changed == []


def test_a_user_is_found_whatever_the_case_of_the_name() -> None:
    found = refreshed({ADA.upper(): {"first_name": "Eva", "status": "active"}})
    assert list(found["users"]) == [ADA, BO]
    assert found["users"][ADA]["first_name"] == "Eva"


def test_licenses_follow_the_status_of_their_user() -> None:
    found = refreshed({**SAME, ADA: SAME[ADA] | {"status": "inactive"}})
    assert found["users"][ADA]["status"] == "inactive"
    assert found["licenses"]["L1"]["status"] == "suspended"
    assert found["licenses"]["L1"]["suspended"] == {"reason": "user_inactive", "at": NOW}
    again = refreshed(SAME, users=found["users"], licenses=found["licenses"])
    assert again["users"][ADA] == DOCUMENT["users"][ADA]
    assert again["licenses"] == DOCUMENT["licenses"]


def test_a_new_user_comes_with_a_site_that_is_known() -> None:
    known, unknown = {"first_name": "Zoe", "site": "Seattle"}, {"first_name": "Yu", "site": "?"}
    users = refreshed({ZOE: known | {"status": "active"}, "yu@acme.example": unknown})["users"]
    assert users[ZOE] == {
        "first_name": "Zoe", "site": "Seattle", "status": "active", "services": [],
    }  # fmt: skip
    assert users["yu@acme.example"] == {"first_name": "Yu", "status": "active", "services": []}


def test_an_unlisted_user_stays_and_the_list_does_not_count_as_complete() -> None:
    found = merged({ADA: SAME[ADA]})
    assert found.hidden == [BO]
    document = found.merged.document
    assert document["users"][BO] == DOCUMENT["users"][BO]
    assert set(document["observed"].values()) == {BEFORE}


def test_an_export_without_instants_has_observed_everything() -> None:
    observed = refreshed(SAME, observed={})["observed"]
    assert observed.keys() == observable_keys()
    assert {observed[key] for key in SAID} == {NOW}
    assert observed["users.policy"] == BEFORE
    never = merged({}, observed={}, as_of="").merged.document["observed"]
    assert "users.extension.number" not in never


def test_a_user_of_one_e_mail_address_is_the_same_under_another_name() -> None:
    users = deepcopy(DOCUMENT["users"])
    users[ADA]["email"] = "ada@elsewhere.example"
    found = merged(
        {BO: SAME[BO], "byron@acme.example": {"email": "ADA@elsewhere.example"}}, users=users
    )
    assert found.merged.renamed["users"] == {ADA: "byron@acme.example"}
    assert found.merged.document["licenses"]["L1"]["user"] == "byron@acme.example"


def test_a_namesake_of_somebody_who_is_hidden_is_not_a_new_user() -> None:
    users = deepcopy(DOCUMENT["users"])
    users[ADA]["last_name"] = "Lopez"
    other = {"ada2@acme.example": {"first_name": "Ada", "last_name": "Lopez"}}
    found = merged({BO: SAME[BO], **other}, users=users)
    assert found.not_added == ["ada2@acme.example"]
    assert list(found.merged.document["users"]) == [ADA, BO]
    shown = SAME[ADA] | {"last_name": "Lopez"}
    found = merged({**SAME, ADA: shown, **other}, users=users)
    assert (found.not_added, found.changed) == ([], ["ada2@acme.example"])
