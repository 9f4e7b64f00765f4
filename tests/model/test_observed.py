"""`observed` of an inventory: when an export or SCIM last showed a section or a path of a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licsync.model.inventory import Inventory, digest
from licsync.model.inventory_validation import check_document
from licsync.model.observed import (
    is_observable,
    never_observed,
    observable_keys,
    observed_at,
)
from tests.support.inventory_documents import GOOD

MONDAY, TUESDAY = "2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z"


def messages(observed: Any) -> list[str]:
    return [d.message for d in check_document({**GOOD, "observed": observed})]


def test_it_comes_back_from_the_document() -> None:
    observed = {"users": MONDAY, "users.extension.number": TUESDAY}
    inventory = Inventory.from_document({**GOOD, "observed": observed})
    assert inventory.observed == observed
    assert inventory.to_document()["observed"] == observed


@pytest.mark.parametrize("nothing", [{}, None])
def test_a_document_may_say_nothing(nothing: Any) -> None:
    assert messages(nothing) == []
    inventory = Inventory.from_document({**GOOD, "observed": nothing})
    assert inventory.observed == {}
    assert "observed" not in inventory.to_document()


def test_records_have_the_same_digest_whenever_they_were_observed() -> None:
    before = Inventory.from_document(GOOD)
    after = replace(before, observed={"users": MONDAY})
    assert after.digests() == before.digests()
    assert digest(after.users) == digest(before.users)


@pytest.mark.parametrize(
    "key",
    [
        "users",
        "licenses",
        "sites",
        "service_addresses",
        "policies",
        "users.status",
        "users.job_title",
        "users.licenses",
        "users.ring_groups",
        "users.extension",
        "users.extension.number",
        "users.extension.features.analytics",
        "users.extension.features.fax",
        "users.service_address",
        "licenses.service_address",
        "licenses.suspended",
        "sites.pbx",
        "service_addresses.postal",
        "policies.settings",
        "policies.settings.Disable SMS",
    ],
)
def test_sections_and_their_paths_are_observed(key: str) -> None:
    assert is_observable(key)
    assert messages({key: MONDAY}) == []


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("user", "users"),
        ("users.statsu", "users.status"),
        ("users.extension.numbr", "users.extension.number"),
        ("licences", "licenses"),
        ("", "Name a section"),
        ("as_of", "Name a section"),
        ("users.extension.features.", "users.extension.features"),
        ("policies.settings.\x00", "policies.settings"),
    ],
)
def test_what_no_inventory_has_is_refused(key: str, hint: str) -> None:
    assert not is_observable(key)
    (fault,) = check_document({**GOOD, "observed": {key: MONDAY}})
    assert f"'{key}' names nothing of an inventory" in fault.message
    assert hint in (fault.hint or "")


@pytest.mark.parametrize("instant", ["", "yesterday", "2026-13-01T00:00:00Z", "24.11.2026"])
def test_an_invalid_instant_is_refused(instant: str) -> None:
    (message,) = messages({"users.status": instant})
    assert f"'users.status' was observed at '{instant}', which is not an ISO 8601 ins" in message


@pytest.mark.parametrize("instant", [5, None, ["2026-11-24"], {}])
def test_an_instant_is_text(instant: Any) -> None:
    (message,) = messages({"users.status": instant})
    assert message.startswith("The instant of 'users.status' in 'observed' is ")
    assert message.endswith(", but must be text (/observed/users.status).")


@pytest.mark.parametrize("observed", ["users", 5, ["users"]])
def test_it_is_a_mapping(observed: Any) -> None:
    (message,) = messages(observed)
    assert message.startswith("'observed' is ")
    assert message.endswith(", but must be a mapping (/observed).")


def test_every_fault_is_named() -> None:
    found = messages({"user": "never", "users": MONDAY, "sites": 5})
    assert len(found) == 3


def test_half_a_surrogate_pair_is_refused() -> None:
    assert any("must be Unicode" in message for message in messages({"users": "\ud800"}))


def test_a_key_covers_the_paths_below_it() -> None:
    observed = {"users.extension": MONDAY, "users.extension.number": TUESDAY, "users": TUESDAY}
    assert observed_at(observed, "users", "extension.number") == TUESDAY
    assert observed_at(observed, "users", "extension.phone_numbers") == MONDAY
    assert observed_at(observed, "users", "extension.features.analytics") == MONDAY
    assert observed_at(observed, "users") == TUESDAY


def test_which_records_exist_says_nothing_of_their_fields() -> None:
    assert observed_at({"users": MONDAY}, "users", "status") is None
    assert observed_at({}, "users") is None
    assert observed_at({"users.status": MONDAY}, "users") is None


def test_every_field_of_a_plan_can_be_observed() -> None:
    assert {"users.policy", "users.email", "users.extension.devices"} <= observable_keys()


# --- what nothing ever said -----------------------------------------------------------------------


def test_a_document_that_names_no_instant_says_everything() -> None:
    assert never_observed({}) == frozenset()


def test_facts_that_no_export_shows_are_listed() -> None:
    observed = {"users": MONDAY, "users.status": MONDAY, "licenses.type": MONDAY}
    never = never_observed(observed)
    assert {"users.policy", "users.extension", "users.licenses", "sites", "policies"} <= never
    assert never.isdisjoint(("users", "users.status", "licenses", "licenses.type"))


def test_facts_above_and_below_were_observed_with_it() -> None:
    below = never_observed({"users.extension": MONDAY})
    assert below.isdisjoint(("users", "users.extension.number", "users.extension.features"))
    above = never_observed({"users.extension.features.analytics": MONDAY})
    assert above.isdisjoint(("users", "users.extension", "users.extension.features"))
    assert {"users.extension.number", "users.extension.features.frontdesk"} <= above


@pytest.mark.parametrize("key", ["users.licenses", "users.services", "licenses.user"])
def test_the_holder_of_a_license_is_recorded_with_the_user_or_the_license(key: str) -> None:
    assert "users.licenses" not in never_observed({key: MONDAY})


def test_an_address_is_listed_with_all_its_parts() -> None:
    never = never_observed({"service_addresses": MONDAY})
    assert not any(key.startswith("service_addresses") for key in never)
    assert {"service_addresses", "service_addresses.city"} <= never_observed({"users": MONDAY})


def test_the_address_of_a_license_is_that_of_its_user() -> None:
    assert "users.service_address" not in never_observed({"licenses.service_address": MONDAY})
    assert "users.service_address" in never_observed({"licenses.status": MONDAY})
