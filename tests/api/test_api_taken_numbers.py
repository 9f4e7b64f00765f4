"""Numbers that ring groups and others hold are known before anybody is given them."""

from __future__ import annotations

from typing import Any

import pytest
from api_world import ApiWorld, document

from licsync.backends.api.pages import ListRefused
from licsync.backends.api.taken import look_up, read_with_groups
from licsync.model.inventory import Inventory
from licsync.simulator.faults import read_rules

MAIN = {"kind": "ring_group", "name": "Main", "extension": "1000", "phone_numbers": ["+12065550100"]}
QUEUE = {"kind": "call_queue", "name": "Help", "extension": "2000"}
GROUP_UNIT = {
    "type": "x2", "country": "US", "service_address": None, "status": "assigned",
    "holder": {"kind": "ring_group", "name": "Main"},
}  # fmt: skip


def world(holders: list[dict[str, Any]], **more: Any) -> ApiWorld:
    return ApiWorld({**document({"ada@acme.example": {}}, {}), "holders": holders}, **more)


def read(there: ApiWorld) -> Inventory:
    return there.run(read_with_groups(there.backend))  # type: ignore[no-any-return]


def test_ring_groups_are_read_with_their_numbers_and_others_stay_as_they_were_declared() -> None:
    there = world([MAIN, QUEUE])
    there.declared.holders = [{**MAIN, "extension": "1009"}, QUEUE]
    assert read(there).holders == [MAIN, QUEUE]
    there.close()


@pytest.mark.parametrize("status", [403, 404])
def test_where_the_key_may_not_read_ring_groups_those_declared_count(status: int) -> None:
    there = world(
        [MAIN], faults=read_rules([{"kind": "status", "method": "GET", "path": "/ring-groups", "status": status}])
    )
    there.declared.holders = [QUEUE]
    assert read(there).holders == [QUEUE]
    there.close()


def test_ring_groups_that_cannot_be_read_stop() -> None:
    there = world(
        [MAIN], faults=read_rules([{"kind": "status", "method": "GET", "path": "/ring-groups", "status": 400}])
    )
    with pytest.raises(ListRefused):
        read(there)
    there.close()


def test_a_license_that_a_ring_group_holds_stays_so() -> None:
    content = document({"ada@acme.example": {}}, {})
    content["licenses"]["LG"] = GROUP_UNIT
    there = ApiWorld(content)
    assert read(there).licenses["LG"]["holder"] == {"kind": "ring_group", "name": "Main"}
    there.close()


@pytest.mark.parametrize("many", [False, True])
def test_a_phone_number_that_is_assigned_to_nobody_who_is_seen_is_taken(many: bool) -> None:
    service = {"kind": "ring_group", "name": "Fax", "phone_numbers": ["+12065550100"]}
    there = world([service])
    there.declared.holders = []
    there.run(there.backend.read())  # the ring groups are not read: so nothing tells who has the number
    more = {f"+1206555{i:04}" for i in range(30)} if many else {"+12065550999"}
    found = there.run(look_up(there.backend, {"+12065550100", *more}))
    assert [name for name, *_ in [(h["name"], h) for h in found.holders]] == ["that the API does not show"]
    assert found.numbers["phone-number", "+12065550100"] == "service 'that the API does not show'"
    there.close()


def test_a_number_is_not_said_to_be_that_of_an_unknown_once_it_is_seen_whose_it_is() -> None:
    there = world([MAIN])
    there.run(there.backend.read())
    there.run(look_up(there.backend, {"+12065550100"}))
    assert read(there).holders == [MAIN]
    there.close()
