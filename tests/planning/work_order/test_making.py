"""A work order: which items there are, in which order, and what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licsync.model.capabilities import LOCAL
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import Expectation, WorkOrder
from licsync.views.redaction import redact_plan
from tests.support.accounts import SITES, desired, inventory, unit, user
from tests.support.made_orders import BY_HAND, HQ, facts, order_for, people, titles
from tests.support.planning import NOW, planned


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


def test_everything_of_one_user_is_one_visit() -> None:
    units = {"L1": unit("x4"), "L2": unit("x2"), "L3": unit("vcc-agent")}
    there = inventory(units, {"ada": user({"L1": {"number": "1001"}, "L3": {}})})
    entry = {"type": "x2", "extension": {"recording_mode": "always"}}
    wanted = {"anna": {"previously": "ada", "department": "Ops", "licenses": [entry, "vcc-agent"]}}
    (item,) = order_for(wanted, there).items
    assert item.users == ("ada",)
    assert item.title == "ada: rename to anna, set department and downgrade X4 · US → X2 · US"
    assert list(item.steps) == [
        "Go to Home > Users and edit ada.",
        "Open Services and permissions.",
        "Select X2 · US (L2) from the drop-down list of X4 · US (L1).",
        "Under Basic information: set the user name to anna and set the department to Ops.",
        "Go to the settings of X2 · US (L2).",
        "Under Call recording settings: set the recording to always.",
        "Save the user.",
    ]
    assert facts(item)["users/anna", "licenses"] == (
        ["vcc-agent:US", "x4:US"], ["vcc-agent:US", "x2:US"],
    )  # fmt: skip
    assert facts(item)["users/anna", "name"] == ("ada", "anna")
    assert item.kept == ("extension number",)
    assert "analytics" not in item.changed


def test_nobody_is_edited_after_the_deactivation() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"], department="Ops")})
    (item,) = order_for(
        {"ada": {"status": "inactive", "department": "Sales", "licenses": []}}, there
    ).items
    assert item.title == "ada: set department, unassign X2 · US and deactivate"
    assert item.steps[-1].endswith("choose Deactivate user, then Continue.")
    assert facts(item)["users/ada", "status"] == ("active", "inactive")


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


def test_a_site_on_another_pbx_comes_last() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"]), "zoe": user()}, sites={**SITES, **HQ})
    order = order_for({"ada": {"site": "Leeds"}, "zoe": {"department": "Ops"}}, there)
    assert titles(order) == ["zoe: set department", "ada: set site and service address"]
    assert order.items[1].steps[0].startswith("Leeds is on another PBX: write down")
    assert facts(order.items[1])["users/ada", "licenses"] == (["x2:US"], ["x2:US"])


def test_a_swap_begins_with_what_is_given_up() -> None:
    there = inventory(
        {"L1": unit("x4"), "L2": unit()},
        {"ada": user({"L1": {"number": "1"}}, ring_groups=["Main"]),
         "bo": user({"L2": {"number": "2"}})},
    )  # fmt: skip
    order = order_for({"ada": {"licenses": ["x2"]}, "bo": {"licenses": ["x4"]}}, there)
    assert titles(order) == [
        "ada: release first, to downgrade X4 · US → X2 · US",
        "bo: upgrade X2 · US → X4 · US",
        "ada: downgrade X4 · US → X2 · US",
    ]
    first, second, third = order.items
    assert (second.after, third.after) == ((first.id,), (second.id,))
    assert facts(first)["users/ada", "licenses"] == (["x4:US"], [])
    assert facts(first)["users/ada", "extension.number"] == ("1", None)
    assert facts(third)["users/ada", "licenses"] == ([], ["x2:US"])
    assert facts(third)["users/ada", "extension.number"] == (None, "1")


def test_a_swap_of_numbers_says_whose_number_is_free_meanwhile() -> None:
    there = inventory(
        {"L1": unit(), "L2": unit()},
        {"ada": user({"L1": {"number": "1"}}), "bo": user({"L2": {"number": "2"}})},
    )
    swapped = {
        name: {"licenses": [{"type": "x2", "extension": {"number": number}}]}
        for name, number in (("ada", "2"), ("bo", "1"))
    }
    first, second, third = order_for(swapped, there).items
    assert facts(first) == {("users/ada", "extension.number"): ("1", None)}
    assert facts(second) == {("users/bo", "extension.number"): ("2", "1")}
    assert facts(third) == {("users/ada", "extension.number"): (None, "2")}


def test_resources_other_than_users_are_done_in_one_visit() -> None:
    gone = "2026-11-20T00:00:00Z"
    units = {"L1": unit(), "L2": unit(), "L3": unit("x4"), "L4": unit(removed=gone),
             "L5": unit(removed=gone)}  # fmt: skip
    there = inventory(units, {"ada": user()})
    pools = [
        {"type": "x2", "country": "US", "quantity": 4, "unassigned_address": "sea"},
        {"type": "x4", "country": "US", "unassigned_address": "sea"},
    ]
    sea = {"street_name": "Main St", "city": "Seattle", "country": "US"}
    order = order_for(
        desired({}, pools=pools, service_addresses={"sea": sea}, policies={"Old": None}),
        inventory(units, {"ada": user()}, policies={"Old": {"settings": {}}}),
    )
    assert [(item.kind, item.title) for item in order.items] == [
        ("resource", "Create the address Main St, Seattle, US"),
        ("billing", "Reinstate 2 licenses"),
        ("resource", "Relocate 5 licenses"),
        ("resource", "Delete the policy profile Old"),
    ]
    moved = order.items[2]
    assert [step for step in moved.steps if step.startswith("Expand")] == [
        "Expand X2 and select US.", "Expand X4 and select US.",
    ]  # fmt: skip
    assert moved.steps.count("Review the unsaved changes, then Save.") == 1
    assert facts(moved)["licenses/L1", "service_address"][1] == "Main St, Seattle, US"
    assert facts(order.items[1]) == {
        ("licenses/L4", "status"): ("suspended", "unassigned"),
        ("licenses/L5", "status"): ("suspended", "unassigned"),
    }
    del there


def test_licenses_that_follow_a_site_are_expected_to_move() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    sea = {"street_name": "Main St", "city": "Seattle", "country": "US"}
    order = order_for(
        desired({}, sites={"HQ": {"service_address": "sea"}}, service_addresses={"sea": sea}), there
    )
    assert titles(order) == ["Create the address Main St, Seattle, US", "Update the site HQ"]
    assert facts(order.items[1])["licenses/L1", "service_address"][1] == "Main St, Seattle, US"


def test_users_leave_a_site_before_its_address_changes() -> None:
    """The console shows the license of somebody who leaves as the item says, and not moved yet."""
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    places = {"sea": {"street_name": "Main St", "city": "Seattle", "country": "US"}}
    sites = {"HQ": {"service_address": "sea"}}
    wanted = desired({"ada": {"site": "Seattle"}}, sites=sites, service_addresses=places)
    assert titles(order_for(wanted, there))[1:] == [
        "ada: set site and service address", "Update the site HQ"
    ]  # fmt: skip


def test_a_license_with_an_address_of_its_own_is_bound_to_it_again() -> None:
    there = inventory({"L1": unit(address="A2"), "L2": unit("x4")}, {"ada": user(["L2"])})
    sea = {**there.service_addresses["A2"]}
    entry = {"type": "x2", "service_address": "sea"}
    (item,) = order_for({"ada": {"licenses": [entry]}}, there, service_addresses={"sea": sea}).items
    assert item.steps[-1].startswith("Ask 8x8 Billing to bind license X2 · US (L1)")
    (place, again) = facts(item)["users/ada", "service_address"]
    assert place == again


def test_licsyncs_own_part_is_named_where_an_item_waits_for_it() -> None:
    able = replace(LOCAL, extension_paths=frozenset(("number",)), changes_in_place=True)
    there = inventory({"L1": unit()}, {"ada": user(), "zoe": user(department="Ops")})
    entry = {"type": "x2", "extension": {"number": "1", "recording_mode": "always"}}
    wanted = {"ada": {"licenses": [entry]}, "zoe": {"department": "Sales"}}
    plan = planned(desired(wanted), there, capabilities=able, allow_loss=True)
    (item,) = make_work_order(plan, desired(wanted), there).items
    own = [action.id for action in plan.actions if action.verb == "assign"]
    assert item.after == tuple(own)
    assert item.title == "ada: set recording"
    assert item.seen == ("ada · HQ · X2 US",)
    saved = make_work_order(plan, desired(wanted))
    assert saved.items[0].steps == item.steps


def test_units_without_an_id_of_the_console_are_named_by_their_place() -> None:
    units = {"made-up": {**unit(), "unnamed": True}, "L2": {**unit("x4"), "unnamed": True}}
    units["L2"]["service_address"] = None
    units["other"] = {**unit(address="A2"), "unnamed": True}
    there = inventory(units, {"ada": user()})
    (item,) = order_for({"ada": {"licenses": ["x2"]}}, there).items
    assert "Assign X2 · US, at 7 W 34th St, New York, NY 10001, US." in item.steps
    pools = [{"type": "x4", "country": "US", "unassigned_address": "sea"}]
    sea = {"street_name": "Main St", "city": "Seattle", "country": "US"}
    order = order_for(desired({}, pools=pools, service_addresses={"sea": sea}), there)
    assert any(step.startswith("At license X4 · US, choose") for step in order.items[1].steps)
    assert not any("made-up" in step for each in order.items for step in each.steps)


def test_a_work_order_survives_its_document() -> None:
    there = inventory({"L1": unit()}, {"ada": user()})
    order = order_for({"ada": {"licenses": ["x2"]}}, there)
    assert WorkOrder.from_json(order.to_json()) == order
    assert NOW.isoformat()[:10] in order.created_at


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


def test_the_licenses_are_saved_before_a_user_moves_to_another_pbx() -> None:
    there = inventory({"L1": unit()}, {"ada": user({"L1": {"number": "1"}})}, sites={**SITES, **HQ})
    order = order_for({"ada": {"site": "Leeds", "licenses": []}}, there)
    (item,) = order.items
    assert item.steps.index("Save the user.") < len(item.steps) - 3
    assert item.lost == ("extension number",)
    assert "extension number" not in " ".join(item.changed)


def test_a_license_is_bound_before_the_page_is_opened_again() -> None:
    units = {"L1": unit(), "L2": unit("vcc-agent", "A2"), "L3": unit("x4", "A2")}
    there = inventory(units, {"ada": user(["L1"])})
    sea = {**there.service_addresses["A2"]}
    entries = [{"type": "x4", "service_address": "sea"}, {"type": "vcc-agent"}]
    (item,) = order_for(
        {"ada": {"licenses": entries, "site": "HQ"}}, there, service_addresses={"sea": sea}
    ).items
    asked = [place for place, step in enumerate(item.steps) if step.startswith("Ask")]
    assert len(asked) == 1
    assert item.steps.count("Save the user.") == 1 + (asked[0] != len(item.steps) - 1)


def test_a_license_that_does_not_follow_its_user_is_asked_of_billing() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    gb = {**there.service_addresses["A3"]}
    entry = {"type": "x2", "service_address": "gb"}
    (item,) = order_for(
        {"ada": {"site": "Seattle", "licenses": [entry]}}, there, service_addresses={"gb": gb}
    ).items
    assert item.steps[-1].startswith("Ask 8x8 Billing to bind license X2 · US (L1)")


def test_automatic_changes_are_listed_and_not_entered() -> None:
    there = inventory(
        {"L1": unit("x4"), "L2": unit()},
        {"ada": user({"L1": {"features": {"analytics": "supervisor"}}})},
    )
    (item,) = order_for({"ada": {"licenses": ["x2"]}}, there).items
    assert "analytics: supervisor → essentials, by itself" in item.changed
    assert not any("analytics" in step for step in item.steps)


def test_a_setting_of_one_of_two_licenses_is_not_set_in_bulk() -> None:
    units = {f"L{n}": unit("vcc-agent" if n > 2 else "x2") for n in range(6)}
    there = inventory(units, {f"u{n}": user([f"L{n}", f"L{n + 3}"]) for n in range(3)})
    entries = [{"type": "x2", "extension": {"recording_mode": "always"}}, "vcc-agent"]
    order = order_for({f"u{n}": {"licenses": entries} for n in range(3)}, there)
    assert [item.kind for item in order.items] == ["user"] * 3


def test_a_deactivated_user_is_activated_once_for_several_edits() -> None:
    there = inventory({}, {"ada": user(status="inactive")})
    (item,) = order_for({"anna": {"previously": "ada", "site": "Seattle"}}, there).items
    assert [step for step in item.steps if "choose" in step] == [item.steps[0], item.steps[-1]]
    assert "of ada, choose Activate" in item.steps[0]
    assert "of anna, choose Deactivate" in item.steps[-1]


def test_licenses_that_read_alike_are_counted() -> None:
    """Whoever does what the order says once would leave the others undone."""
    gone = "2026-11-20T00:00:00Z"
    units = {f"made-up{n}": {**unit("x4"), "unnamed": True} for n in range(3)}
    units |= {f"gone{n}": {**unit(removed=gone), "unnamed": True} for n in range(2)}
    sea = {"street_name": "Main St", "city": "Seattle", "country": "US"}
    pools = [
        {"type": "x2", "country": "US", "quantity": 2},
        {"type": "x4", "country": "US", "unassigned_address": "sea"},
    ]
    order = order_for(desired({}, pools=pools, service_addresses={"sea": sea}), inventory(units))
    steps = [step for item in order.items for step in item.steps]
    assert [step for step in steps if "such licenses" in step] == [
        "Ask 8x8 Billing to reinstate license X2 · US within 30 days of its removal. "
        "Do this for 2 such licenses.",
        "At license X4 · US, choose the service address 'Main St, Seattle, US'. "
        "Do this for 3 such licenses.",
    ]


def test_what_a_user_has_only_one_of_is_named_without_its_place() -> None:
    units = {f"made-up{n}": {**unit(address=f"A{n}"), "unnamed": True} for n in (1, 2)}
    units |= {"far": {**unit("x4", address="A2"), "unnamed": True}}
    units |= {"near": {**unit("x4"), "unnamed": True}}
    upgraded = {"ada": {"licenses": ["x4"]}}
    (item,) = order_for(upgraded, inventory(units, {"ada": user(["made-up1"])})).items
    assert item.steps[2] == (
        "Select X4 · US, at 7 W 34th St, New York, NY 10001, US from the drop-down list of X2 · US."
    )


def test_a_masked_plan_masks_the_places_of_licenses_without_an_id() -> None:
    units = {
        "made-up": {**unit(), "unnamed": True},
        "other": {**unit(address="A2"), "unnamed": True},
    }
    there = inventory(units, {"ada": user()})
    wanted = desired({"ada": {"licenses": ["x2"]}})
    plan = planned(wanted, there, capabilities=BY_HAND)
    plain, masked = (make_work_order(p, wanted).items[0] for p in (plan, redact_plan(plan)))
    assert "34th" in " ".join(plain.steps)
    assert "34th" not in str(masked.to_json())
