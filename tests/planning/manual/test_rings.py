"""Swaps and rings by hand: who gives something up comes first, then whoever receives it, in steps
the console takes.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from typing import Any

from licsync.model.capabilities import Capabilities
from licsync.planning.actions import Action, UnitRef
from licsync.planning.manual.console_guide import add_console_steps
from licsync.planning.plan import Plan
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser
from tests.support.accounts import CATALOG, desired, inventory, unit, user
from tests.support.manual_orders import order_of, runbook, runbook_csv
from tests.support.planning import planned

NOTHING = Capabilities({})
UNITS = {"L1": unit("x4"), "L2": unit("x2"), "L3": unit("vcc-agent")}


def swapped(ada: dict[str, Any], bo: dict[str, Any], wanted: dict[str, Any]) -> Plan:
    plan = planned(desired(wanted), inventory(UNITS, {"ada": ada, "bo": bo}), capabilities=NOTHING)
    assert [action.ring for action in plan.actions] == ["r1", "r1"]
    return plan


def work_list(plan: Plan) -> list[tuple[str, list[str]]]:
    return [(item.users[0], list(item.steps)) for item in order_of(plan, CATALOG).items]


def with_numbers(number: str, *phones: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "x4" if number == "2" else "x2",
            "extension": {"number": number, "phone_numbers": list(phones)},
        }
    ]


def test_a_swap_of_licenses_begins_with_the_one_that_is_given_up() -> None:
    full = {"number": "1", "recording_mode": "always", "features": {"analytics": "supervisor"}}
    plan = swapped(
        user({"L1": full | {"number": "1", "voicemail_email": ""}}, ring_groups=["Main"]),
        user({"L2": {"number": "2"}}),
        {"ada": {"licenses": ["x2"]}, "bo": {"licenses": ["x4"]}},
    )
    (split,) = [action for action in plan.actions if action.split]
    assert work_list(plan) == [
        (
            "ada",
            [
                (
                    "Write down what the license of ada carries: extension number 1, recording "
                    "always and analytics supervisor."
                ),
                "Go to Home > Users and edit ada.",
                "Open Services and permissions.",
                "Click X next to X4 · US (L1), then Continue.",
                "Save the user.",
            ],
        ),
        (
            "bo",
            [
                "Go to Home > Users and edit bo.",
                "Open Services and permissions.",
                "Select X4 · US (L1) from the drop-down list of X2 · US (L2).",
                "Save the user.",
            ],
        ),
        (
            "ada",
            [
                "Go to Home > Users and edit ada.",
                "Open Services and permissions.",
                "Assign X2 · US (L2).",
                "Under Voice basic settings: set the extension number to 1.",
                "Under Call recording settings: set the recording to always.",
                "Save the user.",
                "Add ada again to the ring groups Main.",
            ],
        ),
    ]
    assert Action.from_json(split.to_json()).first_steps == split.first_steps


def test_a_swap_of_numbers_begins_with_the_ones_that_are_given_up() -> None:
    plan = swapped(
        user({"L1": {"number": "1", "phone_numbers": ["+12065550101"]}}),
        user({"L2": {"number": "2", "phone_numbers": ["+12065550102"]}}),
        {
            "ada": {"licenses": with_numbers("2", "+12065550102"), "job_title": "Clerk"},
            "bo": {"licenses": with_numbers("1", "+12065550101")},
        },
    )
    assert work_list(plan) == [
        (
            "ada",
            [
                "Go to Home > Users and edit ada.",
                (
                    "Under Voice basic settings: remove the extension number and remove the "
                    "phone numbers."
                ),
                "Save the user.",
            ],
        ),
        (
            "bo",
            [
                "Go to Home > Users and edit bo.",
                (
                    "Under Voice basic settings: set the extension number to 1 and set the "
                    "phone numbers to +12065550101."
                ),
                "Save the user.",
            ],
        ),
        (
            "ada",
            [
                "Go to Home > Users and edit ada.",
                "Under Basic information: set the job title to Clerk.",
                (
                    "Under Voice basic settings: set the extension number to 2 and set the "
                    "phone numbers to +12065550102."
                ),
                "Save the user.",
            ],
        ),
    ]


def test_who_is_deactivated_is_active_for_each_part() -> None:
    plan = swapped(
        user({"L1": {"number": "1"}, "L3": {}}, status="inactive"),
        user({"L2": {"number": "2"}}),
        {
            "ada": {"licenses": [{"type": "x2", "service_address": "A2"}, "vcc-agent"]},
            "bo": {"licenses": ["x4"]},
        },
    )
    first, _, last = work_list(plan)
    assert first[1][1] == (
        "Go to Home > Users, open the menu (three dots) of ada, choose Activate user, then "
        "Continue."
    )
    assert first[1][-1].endswith("choose Deactivate user, then Continue.")
    assert "Click + next to the first license and select X2 · US (L2)." in last[1]
    assert last[1][-2].startswith(
        "Ask 8x8 Billing to bind license X2 · US (L2) to the service address '500 Pine St, Seattle"
    )


def test_an_empty_license_needs_no_note_and_an_unassigned_one_comes_once() -> None:
    plan = swapped(
        user(["L1"]), user(["L2"]), {"ada": {"licenses": ["x2"]}, "bo": {"licenses": ["x4"]}}
    )
    first, _, last = work_list(plan)
    assert first[1][0] == "Go to Home > Users and edit ada."
    assert last[1][-2:] == ["Assign X2 · US (L2).", "Save the user."]
    actions = [replace(a, steps=()) if a.split else a for a in plan.actions]
    plan = replace(plan, actions=actions)
    assert [name for name, _ in work_list(plan)] == ["ada", "bo"]


def test_the_table_numbers_each_part() -> None:
    plan = swapped(
        user(["L1"]), user(["L2"]), {"ada": {"licenses": ["x2"]}, "bo": {"licenses": ["x4"]}}
    )
    rows = list(csv.reader(StringIO(runbook_csv(plan, CATALOG))))[1:]
    assert list(dict.fromkeys((row[0], row[5]) for row in rows)) == [
        ("1", "ada"),
        ("2", "bo"),
        ("3", "ada"),
    ]
    assert rows[0][3].startswith("ada: release first")
    assert "Part of a swap with bo" in runbook(plan, CATALOG)


def test_a_license_that_is_given_up_for_good_is_not_received_again() -> None:
    """It is split where a local number comes with it by itself (T2)."""
    there = inventory(UNITS, {"ada": user(["L1"])})
    goes = Action(
        "license",
        "unassign",
        "users/ada",
        origin=UnitRef("L1", "x4", "US"),
        split=True,
        manual=True,
    )
    person = PlannedUser(
        "ada",
        {},
        "ada",
        there.users["ada"],
        "ada",
        "active",
        [],
        "HQ",
        lambda *_: None,
        ("users", "ada"),
    )
    (guided,) = add_console_steps([goes], [person], Resolver(desired(), there), NOTHING)
    assert (guided.first_steps[-1], guided.steps) == ("Save the user.", ())
