"""A work order: which items there are, in which order, and what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licsync.model.capabilities import LOCAL, Capabilities
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import Expectation, WorkItem, WorkOrder
from licsync.planning.work_order.uploads import NO_UPLOAD, UploadColumns
from licsync.views.redaction import redact_plan
from tests.support.accounts import SITES, desired, inventory, unit, user
from tests.support.planning import NOW, planned

BY_HAND = Capabilities({})
HQ = {
    "HQ": {"service_address": "A1", "pbx": "us1"},
    "Leeds": {"service_address": "A3", "pbx": "gb"},
}


def order_for(
    wanted: dict[str, Any] | Desired,
    there: Inventory,
    able: Capabilities = BY_HAND,
    columns: UploadColumns = NO_UPLOAD,
    **more: Any,
) -> WorkOrder:
    files = wanted if isinstance(wanted, Desired) else desired(wanted, **more)
    plan = planned(files, there, capabilities=able, backend="console", allow_loss=True)
    return make_work_order(plan, files, there, columns=columns)


def titles(order: WorkOrder) -> list[str]:
    return [item.title for item in order.items]


def facts(item: WorkItem) -> dict[tuple[str, str], tuple[object, object]]:
    return {(f.resource, f.path): (f.before, f.after) for f in item.expectations}


def people(*names: str, **fields: Any) -> dict[str, Any]:
    return {name: user(**fields) for name in names}


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


NEW = {"site": "HQ", "first_name": "New", "department": "Ops", "licenses": ["x2"]}


def test_new_users_are_uploaded_and_the_rest_of_them_follows() -> None:
    there = inventory({"L1": unit(), "L2": unit()})
    order = order_for(
        {"n1": NEW, "n2": NEW, "n3": {"site": "HQ", "status": "inactive"}},
        there,
        columns=UploadColumns(frozenset(("name", "first_name", "site", "email", "policy"))),
    )
    assert titles(order) == [
        "Create 3 users by one upload",
        "n1: set department and assign X2 · US",
        "n2: set department and assign X2 · US",
        "n3: set status",
    ]
    assert order.items[0].seen == ()
    assert order.items[1].after == (order.items[0].id,)
    assert order.items[3].steps[-1].endswith("choose Deactivate user, then Continue.")
    assert order.summary().startswith("3 new users in one upload, 3 users one by one; about ")


def test_what_an_upload_leaves_is_set_at_once() -> None:
    wanted = {f"n{n}": {"site": "HQ", "department": "Ops"} for n in range(4)}
    order = order_for(
        wanted, inventory(), columns=UploadColumns(frozenset(("name", "site", "email", "policy")))
    )
    assert titles(order) == ["Create 4 users by one upload", "Set the department of 4 users"]
    one = order_for(
        {"n0": {"site": "HQ"}},
        inventory(),
        columns=UploadColumns(frozenset(("name", "site", "email", "policy"))),
    )
    assert titles(one) == ["Create 1 user by an upload"]


UPLOAD = UploadColumns(
    frozenset(("name", "first_name", "site", "email", "policy", "license", "extension.number",
               "extension.phone_numbers")),
    {"x2/US": "X Series - X2", "x4/US": "X Series - X4"},
)  # fmt: skip
"""A template with columns for license, extension and phone number, and what it calls licenses."""


def entry(kind: str = "x2", **extension: Any) -> dict[str, Any]:
    return {"type": kind, "extension": extension}


def test_an_upload_gives_new_users_license_extension_and_number_at_once() -> None:
    there = inventory({f"L{n}": unit() for n in range(3)})
    wanted = {
        f"n{n}": {
            "site": "HQ",
            "licenses": [entry(number=f"100{n}", phone_numbers=[f"+1206555010{n}"])],
        }
        for n in range(3)
    }
    (item,) = order_for(wanted, there, columns=UPLOAD).items
    assert item.title == "Create 3 users with licenses by one upload"
    assert facts(item)["users/n0", "licenses"] == ([], ["x2:US"])
    assert facts(item)["users/n0", "extension.number"] == (None, "1000")
    assert facts(item)["users/n0", "extension.phone_numbers"] == (None, ["+12065550100"])
    assert item.clicks == 6
    assert len(item.actions) == 6


def test_what_an_upload_cannot_set_of_a_license_follows_on_one_visit() -> None:
    there = inventory({"L1": unit(), "L2": unit("lobby"), "L3": unit()})
    many = entry(number="1", phone_numbers=["+12065550100", "+12065550101"])
    wanted = {
        "n1": {"site": "HQ", "licenses": [many]},  # a cell holds one number
        "n2": {"site": "HQ", "licenses": ["lobby"]},  # it has no name
        "n3": {"site": "HQ", "licenses": [entry(voicemail_email="n@x.example")]},
    }
    upload, *rest = order_for(wanted, there, columns=UPLOAD).items
    assert upload.title == "Create 3 users, 2 of them with a license, by one upload"
    assert [item.title for item in rest] == [
        "n1: set phone numbers",
        "n2: assign Lobby · US",
        "n3: set voicemail e-mail",
    ]
    assert list(rest[0].steps) == [
        "Go to Home > Users and edit n1.",
        "Under Voice basic settings: set the phone numbers to +12065550100, +12065550101.",
        "Save the user.",
    ]
    assert all(item.after == (upload.id,) for item in rest)


def test_what_uploaded_licenses_share_is_one_bulk_edit() -> None:
    there = inventory({f"L{n}": unit() for n in range(4)})
    wanted = {
        f"n{n}": {"site": "HQ", "licenses": [entry(recording_mode="always")]} for n in range(4)
    }
    upload, edit = order_for(wanted, there, columns=UPLOAD).items
    assert edit.title == "Set the recording of 4 users"
    assert edit.after == (upload.id,)
    assert edit.seen[0] == "n0 · HQ · X2 US" or edit.seen == ()


def test_an_upload_waits_for_the_license_that_somebody_gives_up() -> None:
    wanted = {
        "ada": {"licenses": [], "status": "inactive", "department": "Ops"},
        "bo": {"department": "Ops"}, "cy": {"department": "Ops"},
        "n1": {"site": "HQ", "licenses": ["x2"], "department": "Ops"},
    }  # fmt: skip
    there = inventory({"L1": unit()}, {"ada": user(["L1"])} | people("bo", "cy"))
    order = order_for(wanted, there, columns=UPLOAD)
    assert titles(order) == [
        "ada: set department, unassign X2 · US and deactivate",
        "Create 1 user with a license by an upload",
        "Set the department of 3 users",
    ]
    assert order.items[1].after == (order.items[0].id,)


def test_a_license_with_an_address_of_its_own_is_bound_after_the_upload() -> None:
    there = inventory({"L1": unit(address="A2")}, sites=HQ)
    wanted = {"n1": {"site": "HQ", "licenses": [{"type": "x2", "service_address": "A2"}]}}
    upload, rest = order_for(wanted, there, columns=UPLOAD).items
    assert "service_address" not in {fact.path for fact in upload.expectations}
    assert rest.steps[0].startswith("Ask 8x8 Billing to bind license X2 · US (L1)")
    assert facts(rest)["users/n1", "service_address"]


def test_of_two_licenses_the_upload_assigns_one() -> None:
    there = inventory({"L1": unit(), "L2": unit("x4")})
    plus = UploadColumns(UPLOAD.paths, {**UPLOAD.licenses, "vcc-agent/US": "VCC Agent"})
    wanted = {"n1": {"site": "HQ", "licenses": ["x2", "vcc-agent"]}}
    there = inventory({"L1": unit(), "L2": unit("vcc-agent")})
    upload, rest = order_for(wanted, there, columns=plus).items
    assert len(facts(upload)["users/n1", "licenses"][1]) == 1  # type: ignore[arg-type]
    assert rest.steps[2].startswith("Click + next to the first license and select ")


def test_an_inactive_user_is_deactivated_after_the_upload() -> None:
    wanted = {"n1": {"site": "HQ", "status": "inactive", "licenses": ["x2"]}}
    upload, rest = order_for(wanted, inventory({"L1": unit()}), columns=UPLOAD).items
    assert upload.title == "Create 1 user with a license by an upload"
    assert len(rest.steps) == 1
    assert rest.steps[0].endswith("choose Deactivate user, then Continue.")


def test_a_template_that_says_nothing_of_a_new_user_creates_nobody() -> None:
    only_names = UploadColumns(frozenset(("name",)))
    (item,) = order_for({"n1": {"site": "HQ"}}, inventory(), columns=only_names).items
    assert item.title == "n1: create"


def test_a_title_lists_what_is_set_once() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    wanted = {"ada": {"department": "Ops", "job_title": "Clerk", "licenses": []}}
    assert titles(order_for(wanted, there)) == [
        "ada: unassign X2 · US; set job title and department"
    ]
    wanted = {"ada": {"department": "Ops", "job_title": "Clerk"}}
    assert titles(order_for(wanted, there)) == ["ada: set job title and department"]


def test_a_new_user_without_a_template_is_created_by_hand() -> None:
    (item,) = order_for({"n1": NEW}, inventory({"L1": unit()})).items
    assert item.title == "n1: create and assign X2 · US"
    assert facts(item)["users/n1", "exists"] == (False, True)
    assert item.seen == ()


def test_a_new_user_gets_the_license_on_the_page_that_creates_it() -> None:
    voice = {"type": "x2", "extension": {"number": "1001", "voicemail_email": "n@x.example"}}
    wanted = {"n1": {"first_name": "Ann", "site": "HQ", "policy": "Strict", "licenses": [voice]}}
    (item,) = order_for(wanted, inventory({"L1": unit()}, policies={"Strict": {}})).items
    assert list(item.steps) == [
        "Go to Home > Users and click Create User.",
        "Under Basic information: set the user name to n1, set the first name to Ann, "
        "set the e-mail to n1 and set the site to HQ.",
        "Open Services and permissions.",
        "Assign X2 · US (L1).",
        "Under Services and permissions: set the policy to Strict.",
        "Under Voice basic settings: set the extension number to 1001.",
        "Under Voicemail settings: set the voicemail e-mail to n@x.example.",
        "Save the user.",
    ]
    assert item.clicks == 3 + 2 + 7  # the page, the license, the fields
    assert item.seconds == 40 + 15 + 7 * 8


def test_a_new_user_who_begins_inactive_is_deactivated_once_at_the_end() -> None:
    wanted = {"n1": {"site": "HQ", "status": "inactive", "licenses": ["x2"]}}
    (item,) = order_for(wanted, inventory({"L1": unit()})).items
    assert [step for step in item.steps if "three dots" in step] == [item.steps[-1]]
    assert item.steps.count("Save the user.") == 1
    assert item.clicks == 3 + 2 + 4 + 3


def test_a_new_user_waits_for_the_license_that_somebody_gives_up() -> None:
    wanted = {"ada": {"licenses": []}, "a-new": {"site": "HQ", "licenses": ["x2"]}}
    gone, new = order_for(wanted, inventory({"L1": unit()}, {"ada": user(["L1"])})).items
    assert gone.title == "ada: unassign X2 · US"
    assert new.title == "a-new: create and assign X2 · US"
    assert new.after == (gone.id,)
    assert new.steps.count("Save the user.") == 1


def test_what_is_no_user_is_done_on_one_visit_of_its_page() -> None:
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


def test_what_the_console_adjusts_by_itself_is_said_and_not_entered() -> None:
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


def test_a_masked_plan_masks_the_places_of_licenses_without_an_id() -> None:
    units = {
        "made-up": {**unit(), "unnamed": True},
        "other": {**unit(address="A2"), "unnamed": True},
    }
    there = inventory(units, {"ada": user(["made-up"])})
    wanted = desired({"ada": {"licenses": []}})
    plan = planned(wanted, there, capabilities=BY_HAND)
    plain, masked = (make_work_order(p, wanted).items[0] for p in (plan, redact_plan(plan)))
    assert "34th" in " ".join(plain.steps)
    assert "34th" not in str(masked.to_json())
