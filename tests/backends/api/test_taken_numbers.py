"""Numbers that ring groups and others hold are known before anybody is given them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from licsync.backends.api.number_lookup import look_up_numbers, number_warnings, read_with_groups
from licsync.backends.api.pagination import ListRefused
from licsync.diagnostics import Diagnostic, Span
from licsync.model.inventory import Inventory
from licsync.planning.order.dependencies import required_by
from licsync.simulator.faults import read_rules
from tests.support.accounts import unit
from tests.support.api_simulation import ApiWorld, document

MAIN = {
    "kind": "ring_group",
    "name": "Main",
    "extension": "1000",
    "phone_numbers": ["+12065550100"],
}
QUEUE = {"kind": "call_queue", "name": "Help", "extension": "2000"}
GROUP_UNIT = unit("x2", None, status="assigned", holder={"kind": "ring_group", "name": "Main"})


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
        [MAIN],
        faults=read_rules(
            [{"kind": "status", "method": "GET", "path": "/ring-groups", "status": status}]
        ),
    )
    there.declared.holders = [QUEUE]
    assert read(there).holders == [QUEUE]
    there.close()


def test_ring_groups_that_cannot_be_read_stop() -> None:
    there = world(
        [MAIN],
        faults=read_rules(
            [{"kind": "status", "method": "GET", "path": "/ring-groups", "status": 400}]
        ),
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
    # the ring groups are not read: so nothing tells who has the number
    there.run(there.backend.read())
    more = {f"+1206555{i:04}" for i in range(30)} if many else {"+12065550999"}
    found = there.run(look_up_numbers(there.backend, {"+12065550100", *more}))
    assert [name for name, *_ in [(h["name"], h) for h in found.holders]] == [
        "that the API does not show"
    ]
    assert found.numbers["phone-number", "+12065550100"] == "service 'that the API does not show'"
    there.close()


def test_a_number_has_no_unknown_holder_once_its_holder_is_read() -> None:
    there = world([MAIN])
    there.run(there.backend.read())
    there.run(look_up_numbers(there.backend, {"+12065550100"}))
    assert read(there).holders == [MAIN]
    there.close()


# --- what a plan says of numbers that it gives out ------------------------------------------------

NUMBER = "+12065550123"
PLACE = Span("account.yaml", 3, 3)


def planned(there: ApiWorld, *numbers: str) -> list[Diagnostic]:
    """Give phone numbers to somebody, as `licsync plan` does; what it says of them."""
    read(there)
    entry = {
        "type": "x2",
        "country": "US",
        "extension": {"number": "1001", "phone_numbers": list(numbers)},
    }
    plan = there.plan({"ada@acme.example": {"licenses": [entry]}})
    given = {
        value
        for action in plan.actions
        for space, value in required_by(action)
        if space == "phone-number"
    }
    there.run(look_up_numbers(there.backend, given))
    return list(number_warnings(there.backend.mirror, plan.actions, PLACE))


def refused(path: str, status: int) -> list[dict[str, Any]]:
    return [{"kind": "status", "method": "GET", "path": path, "status": status}]


@pytest.fixture
def worlds() -> Iterator[Callable[..., ApiWorld]]:
    opened: list[ApiWorld] = []

    def opens(*faults: dict[str, Any], **number: str) -> ApiWorld:
        there = ApiWorld(
            document(
                {"ada@acme.example": {}},
                {"x2": ["M1"], "local-number": [f"N{i}" for i in range(30)]},
            ),
            faults=read_rules(list(faults)),
        )
        opened.append(there)
        if number:
            there.server.api.sim.documents.put("numbers", NUMBER, dict(number))
        return there

    yield opens
    for there in opened:
        there.close()


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ({"status": "AVAILABLE"}, []),
        ({"status": "ASSIGNED"}, []),  # that stops the plan
        ({"status": "PORTING"}, ["number-porting"]),
        ({"status": "PRE_PORTING"}, ["number-porting"]),
        ({}, ["number-unknown"]),
    ],
)
@pytest.mark.parametrize("more", [0, 25])
def test_a_number_that_may_be_in_use_is_reported(
    worlds: Callable[..., ApiWorld], number: dict[str, str], expected: list[str], more: int
) -> None:
    there = worlds(**number)
    others = [f"+1206555{i:04}" for i in range(more)]
    for other in others:
        there.server.api.sim.documents.put("numbers", other, {})
    found = planned(there, NUMBER, *others)
    assert [d.code for d in found] == expected
    assert all(NUMBER in d.message and d.severity == "warning" for d in found)


def test_the_temporary_number_of_one_that_is_ported_is_named(
    worlds: Callable[..., ApiWorld],
) -> None:
    (found,) = planned(worlds(status="PORTING", temporaryNumber="+12065550124"), NUMBER)
    assert found.hint == "Until then, its temporary number is +12065550124."


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("status", [403, 404])
def test_numbers_that_the_key_may_not_read_are_reported_once(
    worlds: Callable[..., ApiWorld], status: int, many: bool
) -> None:
    there = worlds(*refused("/phone-numbers", status), *refused("/phone-numbers/*", 403))
    numbers = [f"+1206555{i:04}" for i in range(25 if many else 2)]
    (found,) = planned(there, *numbers)
    assert (found.code, found.span) == ("holders-unknown", PLACE)
    assert f"may not read phone numbers ({status if many else 403})" in found.message
    assert "Phone Number Management" in (found.hint or "")


@pytest.mark.parametrize("status", [403, 404])
def test_unreadable_ring_groups_are_reported_where_numbers_are_assigned(
    worlds: Callable[..., ApiWorld], status: int
) -> None:
    there = worlds(*refused("/ring-groups", status), status="AVAILABLE")
    (found,) = planned(there, NUMBER)
    assert (found.code, found.severity, found.span) == ("holders-unknown", "warning", PLACE)
    assert f"may not read ring groups ({status})" in found.message
    assert list(number_warnings(there.backend.mirror, [])) == []


def test_a_list_of_numbers_that_fails_stops(worlds: Callable[..., ApiWorld]) -> None:
    there = worlds(*refused("/phone-numbers", 400))
    with pytest.raises(ListRefused):
        planned(there, *(f"+1206555{i:04}" for i in range(25)))
