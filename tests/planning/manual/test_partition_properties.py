"""Whatever the backend can do: every change stands in one action, and the order can be executed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.backends.api.capabilities import API, WITHOUT_PUT, capabilities_of
from licsync.diagnostics import Code
from licsync.model.capabilities import VERBS, Capabilities, Loss
from licsync.model.declarations import LossName, UserAttributes
from licsync.model.fields import fields_of
from licsync.planning.licenses.settings import MARKS
from licsync.planning.plan import Plan
from tests.support.accounts import desired, inventory, unit, user
from tests.support.action_order import check_form, execute
from tests.support.applicable_plans import applicable
from tests.support.plan_execution import carried_out
from tests.support.planning import NOW, labels, planned
from tests.support.random_plans import Account
from tests.support.samples import examples


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


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_capabilities_of_the_api_are_described_with_the_verbs_of_plans() -> None:
    for able in (API, WITHOUT_PUT):
        assert all(verbs <= set(VERBS[kind]) for kind, verbs in able.verbs.items())
    assert API.user_paths is not None
    assert API.extension_paths is not None
    assert fields_of(UserAttributes).keys() - API.user_paths == {"status", "site"}
    assert API.extension_paths <= MARKS.keys()
    assert {loss.name.rpartition(".")[2] for loss in API.lost} == set(get_args(LossName))


def test_an_account_may_have_fewer_operations_under_way() -> None:
    for expected, places in (({}, 9), ({"operations_at_once": 3}, 3)):
        pace = capabilities_of(expected).throughput
        assert pace is not None
        assert pace.operations_at_once == places
