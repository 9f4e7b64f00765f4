"""A work order: which items there are, in which order, and what they say."""

from __future__ import annotations

from dataclasses import replace

from licsync.model.capabilities import LOCAL
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import WorkOrder
from tests.support.accounts import SITES, desired, inventory, unit, user
from tests.support.made_orders import HQ, facts, order_for, titles
from tests.support.planning import NOW, planned


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


def test_a_work_order_survives_its_document() -> None:
    there = inventory({"L1": unit()}, {"ada": user()})
    order = order_for({"ada": {"licenses": ["x2"]}}, there)
    assert WorkOrder.from_json(order.to_json()) == order
    assert NOW.isoformat()[:10] in order.created_at


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


def test_a_deactivated_user_is_activated_once_for_several_edits() -> None:
    there = inventory({}, {"ada": user(status="inactive")})
    (item,) = order_for({"anna": {"previously": "ada", "site": "Seattle"}}, there).items
    assert [step for step in item.steps if "choose" in step] == [item.steps[0], item.steps[-1]]
    assert "of ada, choose Activate" in item.steps[0]
    assert "of anna, choose Deactivate" in item.steps[-1]
