"""What the console refuses, and with which reason; a refusal changes nothing."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from licsync.model.console.operations import ConsoleRefusal, perform
from licsync.model.console.records import InMemoryRecords
from licsync.model.console.step import Step
from licsync.model.inventory import SECTIONS
from tests.support.accounts import inventory, unit, user

NOW = datetime(2026, 11, 24, tzinfo=UTC)
A1 = {"street_name": "Pine St", "city": "Seattle", "country": "US"}
A2 = {"street_name": "Main St", "city": "Boston", "country": "US"}


def sections() -> dict[str, dict[str, Any]]:
    unbound = unit(removed="2026-11-20T00:00:00Z")
    del unbound["service_address"]
    there = inventory(
        {
            "L1": "x2",
            "L2": "x4",
            "L3": "x2",
            "L4": unit(removed="2026-10-01T00:00:00Z"),
            "L5": unbound,
        },
        {
            "ada": user(
                {"L1": {"number": "1001", "phone_numbers": ["+12065550101"]}},
                id="U1",
                policy="Default",
            ),
            "bo": user({"L3": {"number": "1002"}}, id="U2", status="inactive", policy=None),
            "cy": user(id="U3", site=None, policy=None),
        },
        service_addresses={"A1": A1, "A2": A2},
        sites={
            "HQ": {"service_address": "A1", "pbx": "p1"},
            "Far": {"service_address": "A1", "pbx": "p2"},
            "Empty": {"service_address": "A1"},
        },
        policies={"Default": {"settings": {"a": True}}, "Spare": {"settings": {}}},
    )
    return {section: getattr(there, section) for section in SECTIONS}


REFUSALS = [
    (Step("user.create", "users/ADA", {"set": {}}), "already in use"),
    (Step("user.create", "users/new", {"set": {"site": "Nowhere"}}), "site"),
    (Step("user.create", "users/new", {"set": {"policy": "None"}}), "policy"),
    (Step("user.update", "users/nobody", {"set": {}}), "no user"),
    (Step("user.update", "users/bo", {"set": {"job_title": "x"}}), "deactivated"),
    (Step("user.update", "users/ada", {"extensions": {"L2": {"number": "1"}}}), "does not hold"),
    (Step("user.update", "users/ada", {"extensions": {"L1": {"number": "1002"}}}), "in use"),
    (Step("user.update", "users/ada", {"set": {"site": "Far"}}), "PBX"),
    (Step("user.update", "users/ada", {"addresses": {"L1": {"country": "GB"}}}), "address"),
    (Step("user.rename", "users/ada", {"to": "CY"}), "already in use"),
    (Step("user.suspend", "users/bo", {"units": ["L3"]}), "deactivated"),
    (Step("user.reactivate", "users/ada", {"units": ["L1"]}), "active already"),
    (Step("user.delete", "users/ada"), "unassign"),
    (Step("license.attach", "users/ada", {"license": "L9"}), "no license"),
    (Step("license.attach", "users/ada", {"license": "L4"}), "suspended"),
    (Step("license.attach", "users/ada", {"license": "L3"}), "suspended"),
    (Step("license.attach", "users/cy", {"license": "L2"}), "no site"),
    (Step("license.detach", "users/ada", {"license": "L2"}), "does not hold"),
    (Step("license.detach", "users/bo", {"license": "L3"}), "deactivated"),
    (Step("license.replace", "users/ada", {"from": "L1", "to": "L5"}), "suspended"),
    (Step("license.relocate", "licenses/L3", {"service_address": A2}), "suspended"),
    (Step("license.reinstate", "licenses/L2"), "not removed"),
    (Step("license.reinstate", "licenses/L4"), "30 days"),
    (Step("site.put", "sites/HQ", {"set": {"pbx": "p9"}}), "PBX"),
    (Step("site.delete", "sites/HQ"), "used"),
    (Step("site.delete", "sites/None"), "no site|no sites"),
    (Step("policy.delete", "policies/Default"), "used"),
    (Step("service_address.delete", "service_addresses/A1", {"content": A1}), "used"),
]


@pytest.mark.parametrize(
    ("step", "reason"), REFUSALS, ids=lambda v: v.op if isinstance(v, Step) else None
)
def test_a_refusal_names_the_reason_and_changes_nothing(step: Step, reason: str) -> None:
    records = InMemoryRecords(sections())
    before = deepcopy(records.sections)
    with pytest.raises(ConsoleRefusal, match=f"(?i){reason}"):
        perform(records, step, NOW)
    assert records.sections == before


def after(*steps: Step) -> InMemoryRecords:
    records = InMemoryRecords(sections())
    for step in steps:
        perform(records, step, NOW)
    return records


def test_a_replacement_keeps_the_extension_and_frees_the_old_license() -> None:
    records = after(
        Step("license.replace", "users/ada", {"from": "L1", "to": "L2", "service_address": A2})
    )
    assert records.get("licenses/L1") == {
        "type": "x2", "country": "US", "service_address": "A1", "status": "unassigned",
    }  # fmt: skip
    assert (records.get("licenses/L2") or {})["service_address"] == "A2"
    service = (records.get("users/ada") or {})["services"][0]
    assert service == {
        "license": "L2",
        "extension": {"number": "1001", "phone_numbers": ["+12065550101"]},
    }


def test_a_reclaimed_license_can_be_assigned_again() -> None:
    records = after(
        Step("user.reactivate", "users/bo", {"units": ["L3"]}),
        Step("license.detach", "users/bo", {"license": "L3"}),
        Step("user.suspend", "users/bo", {"units": []}),
        Step("license.attach", "users/ada", {"license": "L3", "extension": {"number": "1002"}}),
    )
    assert (records.get("licenses/L3") or {})["user"] == "ada"
    assert (records.get("users/bo") or {})["status"] == "inactive"


def test_a_reinstated_license_is_unassigned() -> None:
    assert after(Step("license.reinstate", "licenses/L5")).get("licenses/L5") == {
        "type": "x2", "country": "US", "status": "unassigned",
    }  # fmt: skip


def test_policies_sites_and_addresses_come_and_go() -> None:
    records = after(
        Step("policy.put", "policies/Default", {"set": {"settings": {"a": None, "b": True}}}),
        Step("policy.delete", "policies/Spare"),
        Step(
            "service_address.create", "service_addresses/new", {"content": A2 | {"city": "BOSTON"}}
        ),
        Step(
            "service_address.create", "service_addresses/new", {"content": A2 | {"city": "Austin"}}
        ),
        Step("site.put", "sites/New", {"set": {"service_address": A2}}),
        Step("site.delete", "sites/Empty"),
    )
    assert records.get("policies/Default") == {"settings": {"b": True}}
    assert records.get("policies/Spare") is None
    assert sorted(records.sections["service_addresses"]) == ["A1", "A2", "A3"]
    assert records.get("sites/New") == {"service_address": "A2"}
    assert records.get("sites/Empty") is None


@pytest.mark.parametrize(("before", "site"), [("HQ", "Near"), ("HQ", "Empty"), (None, "HQ")])
def test_a_user_moves_between_sites_that_are_not_on_different_pbxs(
    before: str | None, site: str
) -> None:
    records = after(
        Step("site.put", "sites/Near", {"set": {"service_address": A1, "pbx": "p1"}}),
        Step("user.update", "users/ada", {"set": {"site": before}}),
        Step("user.update", "users/ada", {"set": {"site": site}}),
    )
    assert (records.get("users/ada") or {})["site"] == site
