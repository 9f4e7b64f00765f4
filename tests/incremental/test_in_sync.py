"""Users that a plan has nothing to do for are left out of it, and it comes out the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from licsync.incremental.in_sync import (
    InSyncUsers,
    declared_numbers,
    find_in_sync,
    is_doubtful,
    names_of,
)
from licsync.incremental.shared_state import SharedState
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from licsync.planning.planner import make_plan
from licsync.planning.validation.validate import check
from tests.support.plan_execution import carried_out
from tests.support.planning import NOW, planned
from tests.support.random_plans import Account, accounts
from tests.support.samples import examples


def settled_of(wanted: Desired, there: Inventory) -> InSyncUsers:
    bare = Inventory(
        there.account, there.as_of, there.service_addresses, there.sites, there.policies
    )
    shared = SharedState(replace(wanted, users={}), bare)
    return (
        find_in_sync(wanted.users, there.users, there.licenses, shared)
        if shared.is_stable
        else InSyncUsers()
    )


def without(wanted: Desired, there: Inventory, settled: InSyncUsers) -> Account:
    left = {name: user for name, user in wanted.users.items() if name not in settled.users}
    users = {name: user for name, user in there.users.items() if name not in settled.users}
    units = {name: unit for name, unit in there.licenses.items() if name not in settled.units}
    return replace(wanted, users=left), replace(
        there, users=users, licenses=units, in_sync_totals=settled.totals
    )


def plan_of(wanted: Desired, there: Inventory) -> Plan:
    return make_plan(wanted, there, now=NOW, diagnostics=check(wanted, there, now=NOW))


def conflicts(wanted: Desired, settled: InSyncUsers) -> bool:
    taken = Counter([*settled.names, *settled.numbers])
    for name, user in wanted.users.items():
        taken.update(
            {*names_of(name, user), *declared_numbers(user)} if name not in settled.users else ()
        )
    return max(taken.values(), default=0) > 1


edits = st.sampled_from((
    {"department": "Elsewhere"}, {"department": ""}, {"status": "inactive"}, {"site": "Seattle"},
    {"licenses": []}, {"licenses": [{"type": "x4", "country": "US"}]},
    {"timezone": "Europe/London"}, {"timezone": "Mars/Olympus"}, {"email": "u1"},
    {"previously": "u2"}, {"external_id": "7"}, {"start_on": "2026-12-01"},
    {"licenses": [{"type": "x2", "country": "US", "until": "2026-11-23"}]},
    {"policy": "Nobody knows"}, {"offboard_on": "2026-11-01"},
    {"licenses": [{"type": "x2", "country": "US", "extension": {"number": "1001"}}]},
))  # fmt: skip


@st.composite
def after_a_while(draw: st.DrawFn) -> Account:
    """An account that was applied, and of which little has changed since."""
    wanted, there = draw(accounts(most=8))
    there = carried_out(planned(wanted, there), there)
    names = draw(st.lists(st.sampled_from([*wanted.users, "new@acme.example"]), max_size=2))
    users = wanted.users | {name: wanted.users.get(name, {}) | draw(edits) for name in names}
    if wanted.users and draw(st.integers(0, 3)) == 0:
        del users[draw(st.sampled_from([*wanted.users]))]
    return replace(wanted, users=users), there


@examples(300)
@given(after_a_while(), st.booleans())
def test_a_plan_without_the_settled_is_the_same(account: Account, priced: bool) -> None:
    wanted, there = account
    if priced:
        pools = [
            {
                "type": "x2",
                "country": "US",
                "quantity": 3,
                "price": {"amount": "10", "currency": "USD"},
            }
        ]
        wanted = replace(wanted, pools=[p for p in wanted.pools if p["type"] != "x2"] + pools)
    settled = settled_of(wanted, there)
    left, less = without(wanted, there, settled)
    plan = plan_of(left, less)
    if not conflicts(wanted, settled) and not is_doubtful(plan.diagnostics):
        assert plan.to_json() == plan_of(wanted, there).to_json()
