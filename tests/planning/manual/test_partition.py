"""What the backend can do a part of is split: nothing that can be done waits for people, and
nothing is dropped.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from licsync.backends.api.capabilities import API
from licsync.diagnostics import Code
from licsync.model.capabilities import LOCAL, Capabilities
from licsync.model.inventory import Inventory
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from tests.support.accounts import LONDON, SEATTLE, desired, inventory, unit, user
from tests.support.planning import changed, labels, planned

FORWARDING = [{"when": "busy", "to": "1002"}]


def by_api(users: dict[str, Any], there: Inventory, able: Capabilities = API, **parts: Any) -> Plan:
    return planned(desired(users, **parts), there, capabilities=able, allow_loss=True)


def halves(plan: Plan, verb: str = "update") -> tuple[Action, Action]:
    """The part of the backend, and the rest."""
    (done,) = [a for a in plan.actions if a.verb == verb and not a.manual]
    (left,) = [a for a in plan.actions if a.manual]
    return done, left


# --- users ----------------------------------------------------------------------------------------


def test_an_update_that_can_be_written_in_part_is_split() -> None:
    there = inventory({}, {"ada": user(department="Ops")})
    done, left = halves(by_api({"ada": {"site": "Seattle", "department": "Sales"}}, there))
    assert (changed(done), changed(left)) == (
        {"department": ("Ops", "Sales")},
        {"site": ("HQ", "Seattle")},
    )
    assert (left.label, [*left.needs], left.unseen) == ("user.update", [done.id], False)
    assert left.source == done.source


def test_the_embedded_console_divides_nothing() -> None:
    there = inventory({}, {"ada": user(department="Ops")})
    plan = by_api({"ada": {"site": "Seattle", "department": "Sales"}}, there, LOCAL)
    assert [(a.verb, a.manual) for a in plan.actions] == [("update", False)]


def test_licenses_follow_their_user_with_whoever_moves_the_user() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    (moved,) = by_api({"ada": {"site": "Seattle"}}, there).actions
    assert (moved.manual, moved.unseen) == (True, False)
    assert changed(moved) == {"site": ("HQ", "Seattle"), "service_address": ("A1", "A2")}
    assert moved.license is not None


def test_licenses_follow_their_user_where_the_backend_moves_the_user() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    able = replace(LOCAL, service_address=False)
    (moved,) = by_api({"ada": {"site": "Seattle"}}, there, able).actions
    assert (moved.manual, changed(moved).keys()) == (False, {"site", "service_address"})


def test_a_move_by_hand_holds_up_only_what_is_assigned_there() -> None:
    there = inventory(
        {"L1": unit(), "L2": unit("x4"), "L3": unit("vcc-agent")}, {"ada": user(["L1"])}
    )
    plan = by_api(
        {"ada": {"site": "Seattle", "licenses": ["x4", "vcc-agent"], "status": "inactive"}}, there
    )
    move = next(a for a in plan.actions if a.manual)
    needs = {a.verb: move.id in a.needs for a in plan.actions if a is not move}
    assert needs == {"upgrade": False, "assign": True, "suspend": False}


def test_an_update_does_not_wait_for_a_policy_that_is_made_by_hand() -> None:
    there = inventory({}, {"ada": user(department="Ops")})
    wanted = {
        "ada": {"department": "Sales", "policy": "Strict"},
        "bo": {"site": "HQ", "policy": "Strict"},
    }
    plan = by_api(wanted, there, policies={"Strict": {}})
    assert [(a.label, changed(a).keys(), [*a.needs]) for a in plan.actions if a.name != "bo"] == [
        ("policy.create", set(), []),
        ("user.update", {"department"}, []),
        ("user.update", {"policy"}, ["a1"]),
    ]
    assert [a.needs for a in plan.actions if a.name == "bo"] == [("a1",)]


def test_what_is_off_on_any_license_needs_nobody() -> None:
    """The backend does not show features, and what nobody noted is what a new license has."""
    units, users = {"L1": unit("x4")}, {"ada": user({"L1": {"number": "1001"}})}
    features = {"switchboard_pro": False, "analytics": "essentials"}
    entry = {"type": "x4", "extension": {"features": features}}
    assert by_api({"ada": {"licenses": [entry]}}, inventory(units, users)).actions == []
    entry = {"type": "x4", "extension": {"features": {**features, "frontdesk": True}}}
    (left,) = by_api({"ada": {"licenses": [entry]}}, inventory(units, users)).actions
    assert changed(left) == {"extension.features.frontdesk": (None, True)}
    assert (left.manual, left.unseen, left.license and left.license.id) == (True, True, "L1")


def test_what_was_noted_is_compared() -> None:
    noted = {"call_forwarding": FORWARDING, "features": {"switchboard_pro": True}}
    there = inventory({"L1": unit("x4")}, {"ada": user({"L1": noted})})
    assert by_api({"ada": {"licenses": [{"type": "x4", "extension": noted}]}}, there).actions == []
    entry = {
        "type": "x4",
        "extension": {"call_forwarding": [], "features": {"switchboard_pro": False}},
    }
    (left,) = by_api({"ada": {"licenses": [entry]}}, there).actions
    assert changed(left) == {
        "extension.call_forwarding": (FORWARDING, None),
        "extension.features.switchboard_pro": (True, False),
    }


# --- licenses -------------------------------------------------------------------------------------


def test_what_a_new_license_cannot_be_given_is_left() -> None:
    there = inventory({"L1": unit("x4")}, {"ada": user()})
    extension = {
        "number": "1001", "recording_mode": "off", "call_forwarding": FORWARDING,
        "features": {"analytics": "supervisor", "frontdesk": False},
        "devices": [{"model": "Yealink T54W"}],
    }  # fmt: skip
    plan = by_api({"ada": {"licenses": [{"type": "x4", "extension": extension}]}}, there)
    done, left = halves(plan, "assign")
    assert changed(done) == {
        "extension.number": (None, "1001"),
        "extension.recording_mode": (None, "off"),
    }
    assert changed(left) == {
        "extension.call_forwarding": (None, FORWARDING),
        "extension.features.analytics": ("essentials", "supervisor"),
        "extension.devices": (None, [{"model": "Yealink T54W"}]),
    }
    assert ([*left.needs], left.unseen) == ([done.id], True)
    assert {c.license for c in left.changes} == {"L1"}


def test_an_extension_of_the_contact_center_is_set_up_by_hand() -> None:
    entry = {"type": "vcc-agent", "extension": {"number": "6001"}}
    there = inventory({"L1": unit("vcc-agent")}, {"ada": user()})
    done, left = halves(by_api({"ada": {"licenses": [entry]}}, there), "assign")
    assert (changed(done), changed(left), left.unseen) == (
        {},
        {"extension.number": (None, "6001")},
        False,
    )
    there = inventory({"L1": unit("vcc-agent")}, {"ada": user({"L1": {"number": "6002"}})})
    (left,) = by_api({"ada": {"licenses": [entry]}}, there).actions
    assert (left.manual, changed(left)) == (True, {"extension.number": ("6002", "6001")})


def test_devices_alone_can_be_seen_afterwards() -> None:
    there = inventory({"L1": unit("x4")}, {"ada": user(["L1"])})
    entry = {"type": "x4", "extension": {"devices": [{"model": "Yealink T54W"}]}}
    (left,) = by_api({"ada": {"licenses": [entry]}}, there).actions
    assert (left.manual, left.unseen) == (True, False)


def test_one_visit_sets_up_all_the_new_licenses_of_a_user() -> None:
    there = inventory({"L1": unit("x4"), "L2": unit("vcc-agent")}, {"ada": user()})
    entries = [
        {"type": kind, "extension": {"call_forwarding": FORWARDING}} for kind in ("x4", "vcc-agent")
    ]
    plan = by_api({"ada": {"licenses": entries}}, there)
    assert labels(plan) == ["assign users/ada", "assign users/ada", "update users/ada"]
    left = plan.actions[-1]
    assert ({c.license for c in left.changes}, left.license, [*left.needs]) == (
        {"L1", "L2"},
        None,
        ["a1", "a2"],
    )


def test_a_suspension_does_not_wait_for_what_is_set_up_by_hand() -> None:
    there = inventory({"L1": unit("x4"), "L2": unit()}, {"ada": user(["L2"])})
    entry = {"type": "x4", "extension": {"call_forwarding": FORWARDING}}
    plan = by_api({"ada": {"licenses": [entry], "status": "inactive"}}, there)
    assert [(a.verb, [*a.needs]) for a in plan.actions] == [
        ("upgrade", []),
        ("update", ["a1"]),
        ("suspend", ["a1"]),
    ]


def test_a_suspension_does_not_wait_for_an_address_that_is_bound_by_hand() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    entry = {"type": "x2", "service_address": "A2"}
    plan = by_api({"ada": {"status": "inactive", "licenses": [entry]}}, there)
    assert labels(plan) == ["suspend users/ada"]
    assert [d.code for d in plan.diagnostics] == [Code.LEFT_AS_IS]
    plan = by_api({"ada": {"status": "inactive", "licenses": [entry]}}, there, LOCAL)
    assert labels(plan) == ["relocate licenses/L1", "suspend users/ada"]


def test_an_address_of_its_own_is_bound_by_hand_and_the_sites_by_itself() -> None:
    there = inventory({"L1": unit("x4", "A3")}, {"ada": user()})
    places = {"service_addresses": {"sea": SEATTLE, "gb": LONDON}}
    entry = {"type": "x4", "country": "US", "service_address": "sea"}
    done, left = halves(by_api({"ada": {"licenses": [entry]}}, there, **places), "assign")
    assert changed(done) == {"service_address": ("gb", "A1")}
    assert done.changes[0].reason == "automatic"
    assert changed(left) == {"service_address": ("A1", "sea")}
    assert (left.unseen, left.changes[0].license) == (True, "L1")
    plan = by_api({"ada": {"licenses": ["x4"]}}, there)
    assert [(a.verb, changed(a)) for a in plan.actions] == [
        ("assign", {"service_address": ("A3", "A1")})
    ]


def test_a_license_that_is_where_it_should_be_is_bound_there_again() -> None:
    there = inventory({"L1": unit("x4", "A2")}, {"ada": user()})
    entry = {"type": "x4", "service_address": "sea"}
    done, left = halves(
        by_api({"ada": {"licenses": [entry]}}, there, service_addresses={"sea": SEATTLE}), "assign"
    )
    assert (changed(done), changed(left)) == (
        {"service_address": ("sea", "A1")},
        {"service_address": ("A1", "sea")},
    )


def test_an_address_of_its_own_where_the_site_has_none() -> None:
    there = inventory({"L1": unit("x4", "A3")}, {"ada": user(site="Bare")}, sites={"Bare": {}})
    entry = {"type": "x4", "country": "US", "service_address": "A2"}
    done, left = halves(by_api({"ada": {"licenses": [entry]}}, there), "assign")
    assert (changed(done), changed(left)) == ({}, {"service_address": ("A3", "A2")})


def test_licenses_follow_their_site_by_themselves() -> None:
    there = inventory({"L1": unit(), "L2": unit()}, {"ada": user(["L1"])})
    wanted = {"sites": {"HQ": {"service_address": "sea"}}, "service_addresses": {"sea": SEATTLE}}
    (site,) = by_api({}, there, **wanted).actions
    assert (site.label, [*site.units], site.manual) == ("site.update", ["L1"], False)


def test_a_site_with_all_required_fields_is_created() -> None:
    whole = {
        "service_address": "A1",
        "pbx": "p1",
        "locale": "en-US",
        "timezone": "America/New_York",
    }
    for site, manual in ((whole, False), ({k: whole[k] for k in ("service_address", "pbx")}, True)):
        (action,) = by_api({}, inventory(), sites={"New": site}).actions
        assert (action.label, action.manual) == ("site.create", manual)


def test_a_shortage_is_reported_and_not_divided() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    entry = {"type": "x4", "extension": {"call_forwarding": FORWARDING}}
    (action,) = by_api({"ada": {"licenses": [entry]}}, there).actions
    assert (action.manual, action.consent) == (False, "run")
    assert "voicemail_pin" in action.lost
    assert changed(action) == {"extension.call_forwarding": (None, FORWARDING)}


def test_in_place_a_setting_keeps_what_it_is_until_it_is_set_by_hand() -> None:
    able = replace(API, changes_in_place=True)
    noted = {"call_forwarding": FORWARDING, "features": {"analytics": "supervisor"}}
    there = inventory({"L1": unit("x4"), "L2": unit("x2")}, {"ada": user({"L1": noted})})
    entry = {"type": "x2", "extension": {"call_forwarding": []}}
    done, left = halves(by_api({"ada": {"licenses": [entry]}}, there, able), "downgrade")
    assert changed(done) == {"extension.features.analytics": ("supervisor", "essentials")}
    assert changed(left) == {"extension.call_forwarding": (FORWARDING, None)}
    assert ([*done.lost], done.consent) == ([], "")
