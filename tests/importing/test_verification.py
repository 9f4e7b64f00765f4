"""Values that would cause a change are removed from the files, and named."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from licsync.config.catalog import load_catalog
from licsync.importing.adopt import adopt
from licsync.importing.verification import path_as_span, remove_faulty
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.planning.planner import make_plan
from tests.support.accounts import unit
from tests.support.random_inventories import ADA, NEW_YORK, small

ROME = {"city": "Rome", "country": "IT"}
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def adopted() -> tuple[Desired, Inventory]:
    held = Inventory.from_document(small())
    return adopt(held, load_catalog(), None, NOW).desired, held


@pytest.mark.parametrize(
    ("path", "value", "gone"),
    [
        (("users", ADA, "job_title"), "Boss", "users/ada@acme.example: job_title"),
        (("users", ADA, "licenses"), [{"type": "x4"}], "users/ada@acme.example: licenses"),
        (("users", ADA, "licenses"), [], "users/ada@acme.example: licenses"),
        (
            ("users", ADA, "licenses"),
            [{"type": "x2", "extension": {"number": "7"}}],
            "users/ada@acme.example: licenses",
        ),
        (("users", ADA, "site"), "Nowhere", "users/ada@acme.example: site"),
        (("sites", "New York", "pbx"), "acme01", "sites/New York"),
        (("sites", "Rome"), {"service_address": "nowhere"}, "sites/Rome"),
        (("policies", "New"), {"settings": {"a": True}}, "policies/New"),
        (
            ("service_addresses", "rome"),
            {"city": "Rome", "country": "IT"},
            "service_addresses/rome",
        ),
        (("users", "new@acme.example"), {"site": "New York"}, "users/new@acme.example"),
    ],
)
def test_values_that_would_cause_a_change_are_removed(
    adopted: tuple[Desired, Inventory], path: tuple[str, ...], value: Any, gone: str
) -> None:
    desired, held = adopted
    before = deepcopy(desired)
    section: Any = getattr(desired, path[0])
    for step in path[1:-1]:
        section = section[step]
    section[path[-1]] = value
    messages = [diagnostic.message for diagnostic in remove_faulty(desired, held, NOW)]
    assert any(message.startswith(f"{gone} is not in the files: ") for message in messages), (
        messages
    )
    assert make_plan(desired, held, now=NOW).actions == []
    assert desired.users.keys() == before.users.keys()


def test_a_setting_goes_alone_and_what_is_empty_without_it_too(
    adopted: tuple[Desired, Inventory],
) -> None:
    desired, held = adopted
    desired.users[ADA]["licenses"][0]["extension"] = {"features": {"analytics": "supervisor"}}
    (diagnostic,) = remove_faulty(desired, held, NOW)
    assert "licenses.0.extension.features.analytics" in diagnostic.message
    assert desired.users[ADA]["licenses"] == [{"type": "x2"}]


def test_a_list_with_a_fault_in_it_goes_as_a_whole(adopted: tuple[Desired, Inventory]) -> None:
    desired, held = adopted
    desired.users[ADA]["licenses"][0]["extension"]["phone_numbers"] = ["+1206"]
    (diagnostic,) = remove_faulty(desired, held, NOW)
    assert "licenses.0.extension.phone_numbers is not in the files" in diagnostic.message
    assert desired.users[ADA]["licenses"] == [{"type": "x2", "extension": {"number": "1001"}}]


def test_a_pool_that_would_move_units_goes(adopted: tuple[Desired, Inventory]) -> None:
    desired, held = adopted
    held.licenses["L2"] = unit()
    held = Inventory.from_document(
        held.to_document() | {"service_addresses": {"A1": NEW_YORK, "A2": ROME}}
    )
    desired.pools = [{"type": "x2", "quantity": 2, "unassigned_address": "A2"}]
    assert "licenses/0" in remove_faulty(desired, held, NOW)[0].message
    assert desired.pools == []


def test_a_place_spells_its_path() -> None:
    assert (
        path_as_span("users", ADA, "licenses", 0).file
        == '["users", "ada@acme.example", "licenses", 0]'
    )
