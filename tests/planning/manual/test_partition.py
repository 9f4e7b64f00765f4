"""What the backend can do a part of is split: nothing that can be done waits for people, and
nothing is dropped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from licsync.backends.api.capabilities import API, WITHOUT_PUT, capabilities_of
from licsync.diagnostics import Code
from licsync.model.capabilities import LOCAL, VERBS, Capabilities, Loss
from licsync.model.declarations import LossName, UserAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory
from licsync.planning.actions import Action
from licsync.planning.licenses.settings import MARKS
from licsync.planning.plan import Plan
from tests.support.accounts import LONDON, SEATTLE, desired, inventory, unit, user
from tests.support.action_order import check_form, execute
from tests.support.applicable_plans import applicable
from tests.support.plan_execution import carried_out
from tests.support.planning import NOW, changed, labels, planned
from tests.support.random_plans import Account
from tests.support.samples import examples

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


def test_a_site_is_created_where_all_is_said_that_the_backend_asks_for() -> None:
    whole = {
        "service_address": "A1",
        "pbx": "p1",
        "locale": "en-US",
        "timezone": "America/New_York",
    }
    for site, manual in ((whole, False), ({k: whole[k] for k in ("service_address", "pbx")}, True)):
        (action,) = by_api({}, inventory(), sites={"New": site}).actions
        assert (action.label, action.manual) == ("site.create", manual)


def test_a_shortage_is_told_and_not_divided() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    entry = {"type": "x4", "extension": {"call_forwarding": FORWARDING}}
    (action,) = by_api({"ada": {"licenses": [entry]}}, there).actions
    assert (action.manual, action.consent) == (False, "")
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


# --- properties -----------------------------------------------------------------------------------


@st.composite
def capabilities(draw: st.DrawFn) -> Capabilities:
    def some(names: tuple[str, ...]) -> frozenset[str]:
        return frozenset(draw(st.sets(st.sampled_from(names))))

    return Capabilities(
        {kind: some(verbs) for kind, verbs in VERBS.items()},
        some(("department", "site", "policy", "first_name")),
        some(
            (
                "number",
                "phone_numbers",
                "call_forwarding",
                "voicemail_email",
                "recording_mode",
                "devices",
            )
        ),
        draw(st.sampled_from((None, frozenset(("uc",))))),
        changes_in_place=draw(st.booleans()),
        service_address=draw(st.booleans()),
        lost=(*draw(st.sets(st.sampled_from(API.lost))), Loss("luck", "luck")),
        hidden=some(
            (
                "licenses",
                "policies",
                "users.extension.call_forwarding",
                "users.extension.features",
                "users.extension.number",
            )
        ),
    )


some_capabilities = st.sampled_from((API, WITHOUT_PUT, Capabilities({}))) | capabilities()


def wishes(plan: Plan) -> Counter[tuple[str, str, str | None, str]]:
    """What the files ask for, change by change: resource, path, unit, value."""
    found: Counter[tuple[str, str, str | None, str]] = Counter()
    for action in plan.actions:
        for change in action.changes:
            if change.reason in ("declared", "default"):
                held = change.license or (
                    action.license.id if action.kind == "license" and action.license else None
                )
                found[action.resource, change.path, held, repr(change.after)] += 1
    return found


def test_the_license_of_a_leaver_waits_for_nobody_to_move_it_by_hand_and_the_plan_says_so() -> None:
    entry = {"type": "x2", "service_address": "A2"}
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    wanted = desired({"ada": {"licenses": [entry], "offboard_on": "2026-11-20"}})
    assert labels(planned(wanted, there)) == ["relocate licenses/L1", "suspend users/ada"]
    plan = planned(wanted, there, capabilities=API)
    assert labels(plan) == ["suspend users/ada"]
    (diagnostic,) = (d for d in plan.diagnostics if d.code is Code.LEFT_AS_IS)
    assert diagnostic.message.startswith("License L1 of ada is suspended")


@examples(80)
@given(applicable, some_capabilities)
def test_every_change_that_is_asked_for_stands_in_exactly_one_action(
    account: Account, able: Capabilities
) -> None:
    wanted, there = account
    plan = planned(wanted, there, capabilities=able, allow_loss=True)
    everything, divided = wishes(planned(wanted, there)), wishes(plan)
    followers = {f"licenses/{u}" for a in plan.actions if a.kind == "site" for u in a.units}
    suspended = [d.message for d in plan.diagnostics if d.code is Code.LEFT_AS_IS]
    for wish in everything - divided:
        resource, path, held, value = wish
        if any(message.startswith(f"License {held} of ") for message in suspended):
            continue
        by_itself = path.startswith("extension.features.") and value in ("'essentials'", "False")
        assert by_itself or resource in followers or _is_left_as_it_is(wish, plan), wish
    assert all(
        wish[1].startswith("extension.") or wish[1] == "service_address"
        for wish in divided - everything
    )
    assert max(divided.values(), default=0) <= 1


def _is_left_as_it_is(wish: tuple[str, str, str | None, str], plan: Plan) -> bool:
    """Tell whether what is wanted comes by itself where it would not have in place."""
    resource, path, held, value = wish
    return any(
        c.path == path and repr(c.after) == value
        for a in plan.actions
        if a.resource == resource and (a.license is None or a.license.id == held)
        for c in a.changes
    )


@examples(80)
@given(applicable, some_capabilities)
def test_the_order_can_be_executed_whoever_does_what(account: Account, able: Capabilities) -> None:
    plan = planned(*account, capabilities=able, allow_loss=True)
    check_form(plan.actions)
    execute(plan.actions)
    for ring in {a.ring for a in plan.actions if a.ring}:
        assert len({a.manual for a in plan.actions if a.ring == ring}) == 1
    for action in plan.actions:
        assert action.manual == bool(action.steps)
        if not action.manual:
            assert able.can(action.kind, action.verb)
            assert not action.unseen
            assert not (action.consent and able.changes_in_place)


@examples(80)
@given(applicable, some_capabilities)
def test_once_all_is_done_nothing_is_left(account: Account, able: Capabilities) -> None:
    wanted, there = account
    plan = planned(wanted, there, capabilities=able, allow_loss=True)
    assert Code.LOSS_NOT_ALLOWED not in {d.code for d in plan.diagnostics}
    done = replace(plan, actions=[replace(a, manual=False) for a in plan.actions])
    after = carried_out(done, there)
    again = planned(wanted, after, NOW, capabilities=able, allow_loss=True)
    assert [a.to_json() for a in again.actions] == []


def test_what_the_api_can_do_is_said_in_the_words_of_plans() -> None:
    for able in (API, WITHOUT_PUT):
        assert all(verbs <= set(VERBS[kind]) for kind, verbs in able.verbs.items())
    assert API.user_paths is not None
    assert API.extension_paths is not None
    assert fields_of(UserAttributes).keys() - API.user_paths == {"status", "site"}
    assert API.extension_paths <= MARKS.keys()
    assert {loss.name.rpartition(".")[2] for loss in API.lost} == set(get_args(LossName))


def test_an_account_may_have_fewer_operations_under_way() -> None:
    for said, places in (({}, 9), ({"operations_at_once": 3}, 3)):
        pace = capabilities_of(said).throughput
        assert pace is not None
        assert pace.operations_at_once == places
