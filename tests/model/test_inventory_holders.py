"""Licenses and numbers that something other than a user holds: what a document may say of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from licsync.model.inventory import Inventory
from licsync.model.inventory_document import HOLDERS, InventoryDocument
from licsync.model.inventory_validation import check_document, with_holders
from tests.support.accounts import unit
from tests.support.inventory_documents import ADA, GOOD

MAIN = {"kind": "ring_group", "name": "Main"}


def held(**fields: Any) -> InventoryDocument:
    document = copy.deepcopy(GOOD)
    document["licenses"]["L9"] = unit("local-number", None, **{"status": "assigned", **fields})
    return document


def messages(document: Any) -> list[str]:
    return [diagnostic.message for diagnostic in check_document(document)]


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_holder_of_a_license_may_be_something_other_than_a_user(kind: str) -> None:
    assert messages(held(holder={"kind": kind, "name": "Main"})) == []


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (
            {"user": ADA, "holder": MAIN},
            "names the user 'ada.lopez@acme.example' and ring group 'Main': only one",
        ),
        (
            {"status": "unassigned", "holder": MAIN},
            "is unassigned, but is held by ring group 'Main'",
        ),
        (
            {
                "status": "suspended",
                "suspended": {"reason": "removed", "at": "2026-11-01T00:00:00Z"},
                "holder": MAIN,
            },
            "was removed, but is held by ring group 'Main'",
        ),
        (
            {"holder": {"kind": "robot", "name": "R2"}},
            "'holder.kind' is 'robot', but must be 'ring_group', 'call_queue'",
        ),
        ({"holder": {"kind": "ring_group"}}, "'holder.name' must be given"),
        ({}, "is assigned, but names no user"),
    ],
)
def test_what_a_holder_cannot_be(unit: dict[str, Any], expected: str) -> None:
    assert any(expected in message for message in messages(held(**unit))), messages(held(**unit))


def test_who_holds_a_license_without_a_user_is_asked_for() -> None:
    (diagnostic,) = check_document(held())
    assert diagnostic.hint is not None
    assert '"holder": {"kind": "ring_group", "name": "Main"}' in diagnostic.hint


def test_a_license_of_a_ring_group_is_not_that_of_a_user() -> None:
    document = held()
    document["licenses"]["L2"] = {**document["licenses"]["L2"], "holder": MAIN}
    del document["licenses"]["L2"]["user"]
    assert any("which is held by ring group 'Main'" in message for message in messages(document))


def test_numbers_of_holders_are_used_once() -> None:
    document = copy.deepcopy(GOOD)
    document["holders"] = [
        {**MAIN, "extension": "1001"},
        {
            "kind": "call_queue",
            "name": "Help",
            "extension": "2000",
            "phone_numbers": ["+12065550199"],
        },
        {"kind": "service", "name": "Fax", "phone_numbers": ["+12065550199"]},
        {"kind": "auto_attendant", "name": "Door", "extension": None, "phone_numbers": None},
    ]
    assert messages(document) == [
        f"Extension number '1001' is used twice: by '{ADA}' and by ring group 'Main' (/holders/0).",
        (
            "Phone number '+12065550199' is used twice: by 'call queue 'Help'' and by service "
            "'Fax' (/holders/2)."
        ),
    ]


@pytest.mark.parametrize(
    ("holders", "expected"),
    [
        ({"Main": {}}, "'holders' is a mapping, but must be a list (/holders)."),
        ([{"kind": "ring_group"}], "Holder 1: 'name' must be given (/holders/0/name)."),
        (["Main"], "Holder 1 is 'Main', but must be a mapping (/holders/0)."),
        (
            [MAIN, {**MAIN, "phone_numbers": "+1"}],
            "Holder 2: 'phone_numbers' is '+1', but must be a list (/holders/1/phone_numbers).",
        ),
        (
            [{"kind": "service", "name": "\ud800"}],
            "'holders' must be Unicode text only (/holders).",
        ),
    ],
)
def test_holders_of_a_wrong_shape_are_named(holders: Any, expected: str) -> None:
    assert expected in messages({**GOOD, "holders": holders})


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_license_may_say_its_holder_shortly(kind: str) -> None:
    document = with_holders(held(**{kind: "Main"}))
    assert messages(document) == []
    assert document["licenses"]["L9"]["holder"] == {"kind": kind, "name": "Main"}
    assert kind not in document["licenses"]["L9"]


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"licenses": []},
        {"licenses": {"L1": 1}},
        {"licenses": {"L1": {"user": ADA, "ring_group": "Main"}}},
        {"licenses": {"L1": {"holder": MAIN, "ring_group": "Main"}}},
        {"licenses": {"L1": {"service": "Fax", "ring_group": "Main"}}},
        {"licenses": {"L1": {"ring_group": 1}}},
        {"licenses": {"L1": {"ring_group": ""}}},
    ],
)
def test_other_forms_are_left_to_the_check(document: Any) -> None:
    assert with_holders(document) is document


def test_holders_come_back_with_the_document() -> None:
    document = {**held(holder=MAIN), "holders": [{**MAIN, "extension": "1000"}]}
    inventory = Inventory.from_document(document)
    assert inventory.to_document()["holders"] == [{**MAIN, "extension": "1000"}]
    assert "holders" not in Inventory.from_document(GOOD).to_document()
    assert inventory.numbers["extension", "1000"] == "ring group 'Main'"
    assert inventory.numbers["extension", "1001"] == ADA
