"""Whoever follows a work order is verified; whoever leaves an item out is found."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given

from licsync.model.console.operations import ConsoleRefusal
from licsync.model.inventory import Inventory
from licsync.model.labels import postal
from licsync.planning.plan import Plan
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import WorkItem, WorkOrder
from tests.support import console_player
from tests.support.accounts import CATALOG
from tests.support.by_hand import BY_HAND, REFUSED_NUMBERS, has_certain_numbers, is_applicable
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


def plan_of(account: Account) -> Plan:
    plan = planned(*account, capabilities=BY_HAND)
    console_player.ADDRESSES_TO_CREATE |= {postal(a): a for a in plan.addresses.values()}
    return plan


@pytest.mark.slow
@examples(300)
@given(accounts().filter(is_applicable))
def test_an_order_followed_to_the_letter_is_verified(account: Account) -> None:
    plan = plan_of(account)
    order = make_work_order(plan, *account)
    try:
        after = play(order, account[1])
    except ConsoleRefusal as refusal:
        if has_certain_numbers(plan, *account) or not any(
            words in str(refusal) for words in REFUSED_NUMBERS
        ):
            raise
        return  # it wants more local numbers than were predicted
    found = verify(order, account, after)
    tell(found)
    if not has_certain_numbers(plan, *account):  # files that declare them are then not met yet
        declared = {user for user, entry in account[0].users.items() if entry.get("licenses")}
        faults = [fact for it in found for fact in it.faults]
        assert all(f.path == "licenses" and f.resource[6:] in declared for f in faults)
        return
    assert all(it.finding == "verified" for it in found if it.item.expectations)


@examples(60)
@given(accounts().filter(is_applicable))
def test_an_item_that_is_left_out_is_found(account: Account) -> None:
    order, there = make_work_order(plan_of(account), *account), account[1]
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
        if found[item.id].finding == "verified":
            assert after == play(order, there), f"{item.title}: the account is not as planned"


def _is_undone_by_others(item: WorkItem, order: WorkOrder) -> bool:
    """Tell whether later items, or the console itself, set again all that an item sets."""
    place = order.items.index(item)
    later = {
        (fact.resource, fact.path)
        for other in order.items[place + 1 :]
        for fact in other.expectations
    }
    return all(
        (fact.resource, fact.path) in later
        or (fact.automatic and fact.resource.startswith("licenses/"))
        for fact in item.expectations
    )
