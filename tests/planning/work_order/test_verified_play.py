"""Whoever follows a work order is verified; whoever leaves an item out is found."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import given

from licsync.model.console.operations import ConsoleRefusal
from licsync.model.inventory import Inventory
from licsync.model.labels import postal
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import WorkItem, WorkOrder
from tests.support import console_player
from tests.support.accounts import CATALOG
from tests.support.by_hand import BY_HAND, is_applicable
from tests.support.console_player import Player
from tests.support.console_user_page import Lost
from tests.support.planning import NOW, planned
from tests.support.played_orders import tell, verify
from tests.support.random_plans import Account, accounts
from tests.support.samples import examples


def play(order: WorkOrder, there: Inventory, without: str = "") -> Inventory:
    """Follow an order on a console; leave an item out."""
    player = Player(deepcopy(there), CATALOG, NOW)
    for item in order.items:
        if item.id != without:
            player.follow(item)
    return deepcopy(player.after())


def order_of(account: Account) -> WorkOrder:
    wanted, there = account
    plan = planned(wanted, there, capabilities=BY_HAND)
    console_player.ADDRESSES_TO_CREATE |= {postal(a): a for a in plan.addresses.values()}
    return make_work_order(plan, wanted, there)


@examples(300)
@given(accounts().filter(is_applicable))
def test_an_order_followed_to_the_letter_is_verified(account: Account) -> None:
    order = order_of(account)
    found = verify(order, account, play(order, account[1]))
    tell(found)
    assert all(it.finding == "verified" for it in found if it.item.expectations)


@examples(60)
@given(accounts().filter(is_applicable))
def test_an_item_that_is_left_out_is_found(account: Account) -> None:
    order, there = order_of(account), account[1]
    before = verify(order, account, there)
    tell(before)
    for item in order.items:
        if _is_undone_by_others(item, order):
            continue
        try:
            after = play(order, there, without=item.id)
        except (Lost, AssertionError, KeyError, RuntimeError, ConsoleRefusal):
            continue  # what comes after it cannot be done without it, as the person notices
        found = {it.item.id: it for it in verify(order, account, after)}
        tell(list(found.values()))
        assert found[item.id].finding != "verified", item.title


def _is_undone_by_others(item: WorkItem, order: WorkOrder) -> bool:
    """Tell whether later items set again all that an item sets, so that it leaves no trace."""
    place = order.items.index(item)
    later = {
        (fact.resource, fact.path)
        for other in order.items[place + 1 :]
        for fact in other.expectations
    }
    return all((fact.resource, fact.path) in later for fact in item.expectations)
