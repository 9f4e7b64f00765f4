"""Where SCIM does a part, whoever follows the work order to the letter afterwards is verified."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import given

from licsync.diagnostics import has_errors
from licsync.engine.predicted_inventory import console_steps
from licsync.model.capabilities import console_capabilities
from licsync.model.console.operations import perform
from licsync.model.labels import postal
from licsync.planning.actions import blocked_by_manual
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.progress import Progress
from tests.support import console_player
from tests.support.accounts import CATALOG
from tests.support.by_hand import has_certain_numbers
from tests.support.console_player import Player
from tests.support.planning import NOW, planned
from tests.support.played_orders import tell, verify
from tests.support.random_plans import Account, accounts
from tests.support.samples import examples

SCIM = console_capabilities({}, scim="write")


def is_applicable(account: Account) -> bool:
    plan = planned(*account, capabilities=SCIM)
    return not has_errors(plan.diagnostics) and has_certain_numbers(plan, *account)


@examples(150)
@given(accounts().filter(is_applicable))
def test_what_scim_leaves_is_done_by_hand(account: Account) -> None:
    wanted, there = account
    plan = planned(wanted, there, capabilities=SCIM)
    console_player.ADDRESSES_TO_CREATE |= {postal(a): a for a in plan.addresses.values()}
    order = make_work_order(plan, wanted, there)
    player = Player(deepcopy(there), CATALOG, NOW)
    late = frozenset(action.id for action in blocked_by_manual(plan.actions))
    deferred = Progress(order, (), late).deferred  # a later plan does those
    own = [a for a in plan.actions if not a.manual and a.id not in late]
    for step in console_steps(own, plan, there, player.records):
        perform(player.records, step, NOW)
    for item in order.items:
        if item.id not in deferred:
            player.follow(item)
    found = verify(order, account, player.after(), late)
    tell(found)
    assert all(it.finding == "verified" for it in found if it.item.expectations)
