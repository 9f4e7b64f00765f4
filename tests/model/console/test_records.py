"""Records in dictionaries, the steps that are done on them, and values by their path."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from licsync.model.console.operations import ConsoleRefusal, perform
from licsync.model.console.records import InMemoryRecords, set_value
from licsync.model.console.step import Step, keys_of_step

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOME = {"street_name": "Pine St", "city": "Seattle", "country": "US"}
AWAY = {"street_name": "Main St", "city": "Boston", "country": "US"}


def records(**sections: Any) -> InMemoryRecords:
    return InMemoryRecords({"service_addresses": {"A1": HOME, "A2": AWAY}, **sections})


# --- records --------------------------------------------------------------------------------------


def test_what_is_read_and_written_is_a_copy() -> None:
    there = records(users={"ada": {"services": []}})
    read = there.get("users/ada")
    assert read is not None
    read["services"].append("changed")
    assert there.get("users/ada") == {"services": []}
    there.put("users/ada", read)
    read["services"].clear()
    assert there.get("users/ada") == {"services": ["changed"]}
    there.put("users/ada", None)
    assert there.get("users/ada") is there.get("sites/nowhere") is None


def test_a_fresh_id_is_one_that_nobody_has() -> None:
    assert records().fresh_id("service_addresses") == "A3"
    assert records(service_addresses={"A2": HOME}).fresh_id("service_addresses") == "A3"
    assert records(users={"ada": {"id": "U2"}, "bo": {"id": "U3"}}).fresh_id("users") == "U4"
    assert records().fresh_id("users") == "U1"


def test_of_equal_addresses_the_lowest_id_is_found() -> None:
    assert records(service_addresses={"A9": HOME, "A4": HOME}).find_address(HOME) == "A4"
    assert records(service_addresses={}).find_address(HOME) is None


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "path", "value", "after"),
    [
        ({}, "features.frontdesk", True, {"features": {"frontdesk": True}}),
        ({"features": None}, "features.frontdesk", False, {"features": {"frontdesk": False}}),
        ({"features": {"frontdesk": True}}, "features.frontdesk", None, {"features": {}}),
        ({}, "features.frontdesk", None, {}),
        ({"number": "1001"}, "number", "", {}),
        ({"devices": [1]}, "devices", [], {}),
        ({}, "number", None, {}),
    ],
)
def test_a_value_is_set_by_its_path_and_an_empty_one_removed(
    record: dict[str, Any], path: str, value: Any, after: dict[str, Any]
) -> None:
    set_value(record, path, value)
    assert record == after


def test_a_value_that_is_set_is_a_copy() -> None:
    record: dict[str, Any] = {}
    devices = [{"model": "Poly"}]
    set_value(record, "devices", devices)
    devices.clear()
    assert record == {"devices": [{"model": "Poly"}]}


# --- steps ----------------------------------------------------------------------------------------


def test_a_step_is_read_back_from_the_journal_as_it_was_written() -> None:
    step = Step(
        "license.replace", "users/ada", {"from": "L1", "to": "L2", "extension": {"number": "1"}}
    )
    assert Step.from_json(step.to_json()) == step
    assert step.name == "ada"


@pytest.mark.parametrize(
    ("step", "keys"),
    [
        (
            Step("user.update", "users/ada", {"set": {}, "addresses": {"L1": {}}}),
            ["users/ada", "licenses/L1"],
        ),
        (
            Step("user.rename", "users/ada", {"to": "eve", "units": ["L1"]}),
            ["users/ada", "users/eve", "licenses/L1"],
        ),
        (Step("license.attach", "users/ada", {"license": "L1"}), ["users/ada", "licenses/L1"]),
        (
            Step("license.replace", "users/ada", {"from": "L1", "to": "L2"}),
            ["users/ada", "licenses/L1", "licenses/L2"],
        ),
        (Step("license.relocate", "licenses/L1", {"service_address": HOME}), ["licenses/L1"]),
        (Step("user.suspend", "users/ada", {"units": ["L1", "L1"]}), ["users/ada", "licenses/L1"]),
    ],
)
def test_a_step_names_the_records_that_it_may_write(step: Step, keys: list[str]) -> None:
    assert keys_of_step(step) == keys


def test_a_number_cannot_be_used_twice_by_one_user() -> None:
    services = [{"license": "L1", "extension": {"number": "1001"}}, {"license": "L2"}]
    there = records(users={"ada": {"status": "active", "services": services}})
    with pytest.raises(ConsoleRefusal, match="1001 is used twice by ada"):
        perform(
            there, Step("user.update", "users/ada", {"extensions": {"L2": {"number": "1001"}}}), NOW
        )


def test_a_license_that_carries_nothing_has_no_extension_until_it_does() -> None:
    there = records(users={"ada": {"status": "active", "services": [{"license": "L1"}]}})
    for value, extension in ((None, None), ("1001", {"number": "1001"}), (None, {})):
        perform(
            there, Step("user.update", "users/ada", {"extensions": {"L1": {"number": value}}}), NOW
        )
        user = there.get("users/ada")
        assert user is not None
        assert user["services"][0].get("extension") == extension


def test_a_site_keeps_its_address_where_only_something_else_changes() -> None:
    there = records(sites={"HQ": {"service_address": "A1"}})
    perform(there, Step("site.put", "sites/HQ", {"set": {"locale": "en-US"}}), NOW)
    assert there.get("sites/HQ") == {"service_address": "A1", "locale": "en-US"}
