"""The plan says how people do in the console what a backend cannot do."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.capabilities import Capabilities
from licsync.planning.actions import Action, Change
from licsync.planning.manual.console_guide import add_console_steps
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser
from tests.support.accounts import LONDON, SEATTLE, SITES, desired, inventory, unit, user
from tests.support.planning import labels, only, planned

NOTHING = Capabilities({})
UNITS = {"L1": unit("x4"), "L2": unit(), "L3": unit(removed="2026-11-20T00:00:00Z")}


def by_hand(
    wanted: dict[str, Any] | None = None, status: str = "active", **sections: Any
) -> dict[str, Action]:
    """Plan for a backend that can do nothing."""
    sites = {
        **SITES,
        "Leeds": {"service_address": "A3", "pbx": "gb1"},
        "HQ": {"service_address": "A1", "pbx": "us1"},
    }
    policies = {"Sales": {"settings": {"a": False}}}
    users = {"ada": user(["L1"], status=status, department="Ops"), "bo": user()}
    there = inventory(UNITS, users, policies=policies, sites=sites)
    plan = planned(desired(wanted, **sections), there, capabilities=NOTHING)
    assert all(action.manual and not action.unseen for action in plan.actions)
    return dict(zip(labels(plan), plan.actions, strict=True))


# --- licenses -------------------------------------------------------------------------------------


def test_a_license_change_is_explained_in_the_consoles_words() -> None:
    entry = {"type": "x2", "extension": {"number": "1009"}}
    assert [*by_hand({"ada": {"licenses": [entry]}})["downgrade users/ada"].steps] == [
        "Go to Home > Users and edit ada.",
        "Open Services and permissions.",
        "Select X2 · US (L2) from the drop-down list of X4 · US (L1).",
        "Under Voice basic settings: set the extension number to 1009.",
        "Save the user.",
    ]


def test_an_unassignment_is_explained() -> None:
    assert [*by_hand({"ada": {"licenses": []}})["unassign users/ada"].steps] == [
        "Go to Home > Users and edit ada.",
        "Open Services and permissions.",
        "Click X next to X4 · US (L1), then Continue.",
        "Save the user.",
    ]


def test_a_first_and_a_second_license_are_distinguished() -> None:
    assert "Assign X2 · US (L2)." in by_hand({"bo": {"licenses": ["x2"]}})["assign users/bo"].steps
    there = inventory({"L1": unit("x4"), "L2": unit("vcc-agent")}, {"ada": user(["L1"])})
    second = planned(
        desired({"ada": {"licenses": ["x4", "vcc-agent"]}}), there, capabilities=NOTHING
    )
    output = "Click + next to the first license and select VCC Agent · US (L2)."
    assert output in only(second, "assign").steps
    short = planned(
        desired({"new": {"site": "HQ", "licenses": ["x4"]}}), inventory(), capabilities=NOTHING
    )
    assert "Assign X4 · US." in only(short, "assign").steps


def test_a_license_of_an_inactive_user_is_changed_between_activation_and_deactivation() -> None:
    steps = by_hand({"ada": {"licenses": ["x2"]}}, status="inactive")["downgrade users/ada"].steps
    assert (steps[0], steps[-1]) == (
        (
            "Go to Home > Users, open the menu (three dots) of ada, choose Activate user, then "
            "Continue."
        ),
        (
            "Go to Home > Users, open the menu (three dots) of ada, choose Deactivate user, "
            "then Continue."
        ),
    )
    again = by_hand({"ada": {"licenses": ["x2"], "status": "active"}}, status="inactive")[
        "downgrade users/ada"
    ]
    assert again.steps[0] == "Go to Home > Users and edit ada."


def test_an_address_of_its_own_is_asked_of_billing() -> None:
    places = {"service_addresses": {"sea": SEATTLE}}
    entry = {"type": "x2", "service_address": "sea"}
    steps = by_hand({"ada": {"licenses": [entry]}}, **places)["downgrade users/ada"].steps
    assert steps[-1].startswith(
        "Ask 8x8 Billing to bind license X2 · US (L2) to the service address '500 Pine St, Seattle"
    )
    entry = {"type": "x4", "service_address": "sea"}
    (step,) = by_hand({"ada": {"licenses": [entry]}}, **places)["relocate licenses/L1"].steps
    assert step.startswith(
        "Ask 8x8 Billing to bind license X4 · US (L1) to the service address '500 Pine St, Seattle"
    )


def test_a_relocation_is_explained_by_the_page_of_licenses() -> None:
    pools = [{"type": "x2", "country": "US", "unassigned_address": "sea"}]
    moved = by_hand(pools=pools, service_addresses={"sea": SEATTLE})["relocate licenses/L2"]
    assert [*moved.steps] == [
        "Go to Home > Licenses.",
        "Unselect the filters Assigned and Suspended.",
        "Expand X2 and select US.",
        "At license L2, choose the service address '500 Pine St, Seattle, WA 98101, US'.",
        "Review the unsaved changes, then Save.",
    ]


def test_a_license_that_is_given_up_is_relocated_on_the_page_of_licenses() -> None:
    pools = [{"type": "x4", "country": "US", "unassigned_address": "sea"}]
    freed = by_hand({"ada": {"licenses": ["x2"]}}, pools=pools, service_addresses={"sea": SEATTLE})
    assert freed["relocate licenses/L1"].steps[0] == "Go to Home > Licenses."


def test_a_reinstatement_is_asked_of_billing() -> None:
    back = by_hand(pools=[{"type": "x2", "country": "US", "quantity": 2}])["reinstate licenses/L3"]
    assert [*back.steps] == [
        "Ask 8x8 Billing to reinstate license X2 · US (L3) within 30 days of its removal."
    ]


# --- users ----------------------------------------------------------------------------------------


def menu(entry: str) -> list[str]:
    return [
        f"Go to Home > Users, open the menu (three dots) of ada, choose {entry} user, "
        "then Continue."
    ]


@pytest.mark.parametrize(
    ("user", "status", "label", "steps"),
    [
        (
            {"department": "", "policy": "Sales"},
            "active",
            "update",
            [
                "Go to Home > Users and edit ada.",
                "Under Basic information: remove the department.",
                "Under Services and permissions: set the policy to Sales.",
                "Save the user.",
            ],
        ),
        ({"status": "inactive"}, "active", "suspend", menu("Deactivate")),
        ({"status": "active"}, "inactive", "reactivate", menu("Activate")),
        (
            {"site": "Seattle"},
            "active",
            "update",
            [
                "Go to Home > Users, select ada and click Bulk edit.",
                "Under Basic information: set the site to Seattle.",
                "Click Continue, review the changes, then click Confirm Bulk Edits.",
            ],
        ),
    ],
)
def test_actions_on_users_are_explained(
    user: dict[str, Any], status: str, label: str, steps: list[str]
) -> None:
    assert [*by_hand({"ada": user}, status)[f"{label} users/ada"].steps] == steps


def test_a_move_to_another_pbx_takes_the_licenses_off_first() -> None:
    moved = by_hand({"ada": {"site": "Leeds"}})["update users/ada"]
    assert moved.steps[0].startswith(
        "Leeds is on another PBX: write down what the licenses of ada carry, remove them"
    )
    assert moved.steps[-4:] == (
        "Click Continue, review the changes, then click Confirm Bulk Edits.",
        "Go to Home > Users and edit ada.",
        "Assign the licenses of ada again, and set up what you wrote down.",
        "Save the user.",
    )
    declared = {
        "sites": {"Hull": {"service_address": "gb", "pbx": "gb1"}},
        "service_addresses": {"gb": LONDON},
    }
    assert (
        "Hull is on another PBX"
        in by_hand({"ada": {"site": "Hull"}}, **declared)["update users/ada"].steps[0]
    )


def test_a_new_user_is_explained() -> None:
    new = {"first_name": "New", "last_name": "Hire", "site": "HQ", "status": "inactive"}
    assert [*by_hand({"new": new})["create users/new"].steps] == [
        "Go to Home > Users and click Create User.",
        (
            "Under Basic information: set the user name to new, set the first name to New, set "
            "the last name to Hire, set the e-mail to new and set the site to HQ."
        ),
        "Under Services and permissions: set the policy to 8x8 Master User Template.",
        "Save the user.",
        (
            "Go to Home > Users, open the menu (three dots) of new, choose Deactivate user, "
            "then Continue."
        ),
    ]
    assert by_hand({"new": {"site": "HQ"}})["create users/new"].steps[-1] == "Save the user."


def test_a_rename_and_a_deletion_are_explained() -> None:
    assert [*by_hand({"zoe": {"previously": "bo"}})["rename users/zoe"].steps] == [
        "Go to Home > Users and edit bo.",
        "Under Basic information: set the user name to zoe.",
        "Save the user.",
    ]
    gone = by_hand({"ada": {}}, account={"unlisted_users": "delete"})["delete users/bo"]
    assert [*gone.steps] == [
        "Go to Home > Users and edit bo.",
        "Click Delete, then Continue. Voicemail, fax, chat and settings are gone for good.",
    ]


def test_settings_of_several_licenses_are_listed_by_license() -> None:
    forwarding = [{"when": "busy", "to": "1002"}]
    there = inventory({"L1": unit("x4"), "L2": unit("vcc-agent")}, {"ada": user(["L1", "L2"])})
    entries = [
        {
            "type": "x4",
            "extension": {"call_forwarding": forwarding, "features": {"frontdesk": True}},
        },
        {"type": "vcc-agent", "extension": {"number": "6001"}},
    ]
    plan = planned(
        desired({"ada": {"licenses": entries, "department": "Ops"}}), there, capabilities=NOTHING
    )
    assert [*only(plan, "update").steps] == [
        "Go to Home > Users and edit ada.",
        "Under Basic information: set the department to Ops.",
        "Go to the settings of X4 · US (L1).",
        "Under Call forwarding rules: set the call forwarding to when busy to 1002.",
        "Set the frontdesk to on.",
        "Go to the settings of VCC Agent · US (L2).",
        "Under Voice basic settings: set the extension number to 6001.",
        "Save the user.",
    ]


# --- the rest -------------------------------------------------------------------------------------


def test_what_changes_by_itself_is_looked_at() -> None:
    there = inventory(UNITS, {"ada": user(["L1"])})
    wanted = desired({"ada": {}})
    change = Change("service_address", "A1", "A3", "automatic", "L1")
    action = Action("user", "update", "users/ada", changes=[change], manual=True)
    ada = PlannedUser(
        "ada",
        {},
        "ada",
        there.users["ada"],
        "ada",
        "active",
        None,
        "HQ",
        lambda *_: None,
        ("users", "ada"),
    )
    (guided,) = add_console_steps([action], [ada], Resolver(wanted, there), NOTHING)
    assert [*guided.steps] == [
        "Check that service address of ada is 10 Fleet Street, London, EC4Y 1AA, GB by itself."
    ]


def test_a_policy_is_explained_by_the_page_of_policies() -> None:
    actions = by_hand(policies={"Sales": {"settings": {"a": True}}})
    assert [*actions["update policies/Sales"].steps] == [
        "Go to Home > User policies.",
        "Update the policy profile 'Sales'.",
        "Set a to on.",
        "Save the policy profile.",
    ]
    assert (
        by_hand(policies={"Sales": None})["delete policies/Sales"].steps[-1]
        == "Delete the policy profile 'Sales'."
    )


def test_a_site_is_explained_by_the_page_of_sites() -> None:
    actions = by_hand(sites={"HQ": {"locale": "en-GB"}})
    assert [*actions["update sites/HQ"].steps] == [
        "Go to Home > Sites.",
        "Update the site 'HQ'.",
        "Set locale to en-GB.",
        "Save the site.",
    ]
    assert (
        by_hand(sites={"London": None})["delete sites/London"].steps[-1]
        == "Delete the site 'London'."
    )


def test_a_kind_without_a_page_is_named() -> None:
    action = Action("widget", "create", "widgets/w1", manual=True)
    (guided,) = add_console_steps([action], [], Resolver(desired(), inventory()), NOTHING)
    assert [*guided.steps] == ["Create widgets/w1 in the console."]


def test_an_address_is_named_as_the_console_shows_it() -> None:
    created = by_hand(service_addresses={"gb": {**LONDON, "street_number": "11"}})[
        "create service_addresses/gb"
    ]
    assert [*created.steps] == ["Create the address '11 Fleet Street, London, EC4Y 1AA, GB'."]


def test_a_license_without_an_id_is_named_by_its_address_if_needed() -> None:
    def steps(*places: str) -> str:
        units = {"license-1": unit("x2"), "license-2": unit("x4")}
        units |= {f"license-{n}": unit("x4", address=place) for n, place in enumerate(places, 3)}
        units = {name: {**record, "unnamed": True} for name, record in units.items()}
        there = inventory(units, {"ada": user(["license-1"])})
        plan = planned(desired({"ada": {"licenses": ["x4"]}}), there, capabilities=NOTHING)
        return plan.actions[0].steps[2]

    assert steps() == "Select X4 · US from the drop-down list of X2 · US."
    assert "license-" not in steps("A2")
    assert steps("A2").startswith("Select X4 · US, at ")
