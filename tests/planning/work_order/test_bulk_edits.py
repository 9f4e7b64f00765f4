"""Several users are edited at once: which changes, of whom, and how the console selects them."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import Expectation
from tests.support.accounts import desired, inventory, unit, user
from tests.support.made_orders import BY_HAND, facts, order_for, people
from tests.support.planning import planned


def test_the_same_change_of_several_users_is_one_bulk_edit() -> None:
    there = inventory({}, people("ada", "bo", "cy", first_name="Ann") | people("dan"))
    wanted = {name: {"site": "Seattle", "department": "Ops"} for name in ("ada", "bo", "cy")}
    (item,) = order_for(wanted, there).items
    assert (item.kind, item.title, item.users) == (
        "bulk_edit", "Set the department and site of 3 users", ("ada", "bo", "cy"),
    )  # fmt: skip
    assert list(item.steps) == [
        "Go to Home > Users, select these 3 users and click Bulk edit.",
        "Under Basic information: set the department to Ops and set the site to Seattle.",
        "Click Continue, review the changes of 3 users, then click Confirm Bulk Edits.",
        "If the department cannot be edited there, set it on the page of each user.",
    ]
    assert item.seen[0] == "ada · Ann · HQ · no license"
    assert facts(item)["users/bo", "site"] == ("HQ", "Seattle")
    assert item.clicks == 4 + 2 * 2 + 3


def test_an_account_says_what_its_bulk_edit_sets_and_what_work_takes() -> None:
    there = inventory({}, people("ada", "bo", "cy"))
    wanted = {name: {"department": "Ops"} for name in ("ada", "bo", "cy")}
    backend = {"bulk_edit": {"department": True}, "effort": {"tick": {"seconds": 60}}}
    (item,) = order_for(wanted, there, account={"backend": backend}).items
    assert not any(step.startswith("If ") for step in item.steps)
    assert (item.seconds, item.clicks) == (60 + 10 + 180, 9)
    never = {"bulk_edit": {"department": False}}
    assert len(order_for(wanted, there, account={"backend": never}).items) == 3


@pytest.mark.parametrize(
    ("others", "filters"),
    [
        ({}, (("Site", "HQ"),)),
        (people("dan", site="Seattle"), (("Site", "HQ"),)),
        (people("dan", status="inactive"), (("Status", "active"),)),
        ({"dan": user(["L1"])}, (("License", "none"),)),
        (
            people("dan", site="Seattle") | people("eve", status="inactive"),
            (("Site", "HQ"), ("Status", "active")),
        ),
        (people("dan"), ()),
    ],
)
def test_filters_are_given_where_they_select_exactly_the_users(
    others: dict[str, Any], filters: tuple[tuple[str, str], ...]
) -> None:
    there = inventory({"L1": unit()}, people("ada", "bo", "cy") | others)
    wanted = {name: {"department": "Ops"} for name in ("ada", "bo", "cy")}
    (item,) = order_for(wanted, there).items
    assert item.selection == filters
    plan = planned(desired(wanted), there, capabilities=BY_HAND)
    assert make_work_order(plan, desired(wanted)).items[0].selection == ()


def test_filters_follow_the_work() -> None:
    there = inventory(
        {"L1": unit(), "L2": unit("x4")},
        {**people("ada", "bo", "cy"), "dan": user(["L1"]), "eve": user(), "fay": user()},
    )
    wanted: dict[str, Any] = {name: {"policy": "New"} for name in ("ada", "bo", "cy")}
    wanted |= {"dana": {"previously": "dan", "licenses": ["x4"]}, "eve": {"status": "inactive"}}
    wanted["new"] = {"site": "HQ"}
    order = order_for(
        desired(wanted, policies={"New": {}}, account={"unlisted_users": "delete"}), there
    )
    assert order.items[0].title == "Create the policy profile New"
    (bulk,) = [item for item in order.items if item.kind == "bulk_edit"]
    assert bulk.after == (order.items[0].id,)


def test_a_recording_mode_is_set_at_once_for_users_of_the_same_license() -> None:
    units = {f"L{n}": unit("x4" if n > 2 else "x2") for n in range(6)}
    there = inventory(units, {f"u{n}": user({f"L{n}": {"number": f"10{n}"}}) for n in range(6)})
    entry = {"extension": {"recording_mode": "always"}}
    wanted = {f"u{n}": {"licenses": [{"type": units[f"L{n}"]["type"], **entry}]} for n in range(6)}
    order = order_for(wanted, there)
    assert [(item.kind, item.users) for item in order.items] == [
        ("bulk_edit", ("u0", "u1", "u2")),
        ("bulk_edit", ("u3", "u4", "u5")),
    ]
    assert order.items[0].expectations[0] == Expectation(
        "users/u0", "extension.recording_mode", None, "always", "x2:US"
    )


def test_a_site_of_one_user_is_set_by_a_bulk_edit_of_one() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"]), "bo": user()})
    order = order_for(
        {"ada": {"site": "Seattle", "department": "Ops"}, "bo": {"site": "London"}}, there
    )
    assert [item.kind for item in order.items] == ["user", "user"]
    assert list(order.items[0].steps) == [
        "Go to Home > Users, select ada and click Bulk edit.",
        "Under Basic information: set the department to Ops and set the site to Seattle.",
        "Click Continue, review the changes, then click Confirm Bulk Edits.",
    ]
    assert facts(order.items[0])["licenses/L1", "service_address"][1] == (
        "500 Pine St, Seattle, WA 98101, US"
    )


def test_a_setting_of_one_of_two_licenses_is_not_set_in_bulk() -> None:
    units = {f"L{n}": unit("vcc-agent" if n > 2 else "x2") for n in range(6)}
    there = inventory(units, {f"u{n}": user([f"L{n}", f"L{n + 3}"]) for n in range(3)})
    entries = [{"type": "x2", "extension": {"recording_mode": "always"}}, "vcc-agent"]
    order = order_for({f"u{n}": {"licenses": entries} for n in range(3)}, there)
    assert [item.kind for item in order.items] == ["user"] * 3
