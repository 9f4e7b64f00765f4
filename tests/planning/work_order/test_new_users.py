"""Work orders for new users: what a bulk upload sets at once, and what is left for people."""

from __future__ import annotations

from licsync.planning.work_order.uploads import UploadColumns
from tests.support.accounts import inventory, license_entry, unit, user
from tests.support.made_orders import HQ, facts, order_for, people, titles

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
    assert titles(order) == ["Create 4 users by one upload", "Set the department of 4 users to Ops"]
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


def test_an_upload_gives_new_users_license_extension_and_number_at_once() -> None:
    there = inventory({f"L{n}": unit() for n in range(3)})
    wanted = {
        f"n{n}": {
            "site": "HQ",
            "licenses": [license_entry(number=f"100{n}", phone_numbers=[f"+1206555010{n}"])],
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
    many = license_entry(number="1", phone_numbers=["+12065550100", "+12065550101"])
    wanted = {
        "n1": {"site": "HQ", "licenses": [many]},  # a cell holds one number
        "n2": {"site": "HQ", "licenses": ["lobby"]},  # it has no name
        "n3": {"site": "HQ", "licenses": [license_entry(voicemail_email="n@x.example")]},
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
        f"n{n}": {"site": "HQ", "licenses": [license_entry(recording_mode="always")]}
        for n in range(4)
    }
    upload, edit = order_for(wanted, there, columns=UPLOAD).items
    assert edit.title == "Set the recording of 4 users to always"
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
        "Set the department of 3 users to Ops",
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


def test_a_template_whose_cells_hold_several_licenses_assigns_all() -> None:
    names = {**UPLOAD.licenses, "vcc-agent/US": "VCC Agent", "local-number/US": "Number"}
    several = UploadColumns(UPLOAD.paths, names, ";")
    there = inventory({"L1": unit(), "L2": unit("vcc-agent"), "L3": unit("local-number")})
    voice = {"type": "x2", "extension": {"number": "1001"}}
    wanted = {"n1": {"site": "HQ", "licenses": [voice, "vcc-agent"]}}
    (upload,) = order_for(wanted, there, columns=several).items
    assert facts(upload)["users/n1", "licenses"][1] == ["vcc-agent:US", "x2:US"]
    assert facts(upload)["users/n1", "extension.number"] == (None, "1001")
    agent = {"type": "vcc-agent", "extension": {"number": "1002"}}
    phones = ["+12065550101", "+12065550102"]
    voice = {"type": "x2", "extension": {"number": "1001", "phone_numbers": phones}}
    both = {"n1": {"site": "HQ", "licenses": [voice, agent]}}
    upload, rest = order_for(both, there, columns=several).items
    assert ("users/n1", "extension.number") not in facts(upload)
    assert facts(upload)["users/n1", "licenses"][1] == ["vcc-agent:US", "x2:US"]
    assert "Open Services and permissions." not in rest.steps
    assert sum("set the extension number" in step for step in rest.steps) == 2


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
    settings = {"number": "1", "recording_mode": "always", "voicemail_email": "a@b.example"}
    wanted = {"ada": {"licenses": [{"type": "x2", "extension": settings}]}}
    assert titles(order_for(wanted, there)) == [
        "ada: set recording, extension number and voicemail e-mail"
    ]


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
