"""Licenses that the console assigns by itself, with phone numbers: which ones, and how many."""

from __future__ import annotations

import json

import pytest

from licsync.model.inventory import Inventory
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import Expectation, WorkItem
from tests.support.accounts import desired, inventory, unit, user
from tests.support.by_hand import BY_HAND
from tests.support.planning import planned
from tests.support.verified_orders import changed, finding, hold, rename, world
from tests.support.work_orders import ADA, BO, an_item

LOCAL = ("local-number",)
NUMBERS = ["+12065550101", "+12065550102"]


def order_for(*kinds: str, free: int = 1, **units: dict[str, str]) -> list[WorkItem]:
    """Give the items of ada, who gets a second phone number; the files declare these licenses."""
    held = {"L1": unit("x2"), **units} | {f"L{i + 5}": unit(LOCAL[0]) for i in range(free)}
    entry = {"type": "x2", "extension": {"phone_numbers": NUMBERS}}
    wanted = desired(
        {"Ada": {"licenses": [entry, *kinds]}},
        pools=[{"type": LOCAL[0], "country": "US", "unassigned_address": "A2"}],
    )
    there = inventory(held, {"ada": user({"L1": {"number": "1001"}})})
    plan = planned(wanted, there, capabilities=BY_HAND)
    return [*make_work_order(plan, wanted, there).items]


def licenses_of(item: WorkItem) -> Expectation:
    return next(fact for fact in item.expectations if fact.path == "licenses")


def test_an_item_says_which_licenses_come_by_themselves() -> None:
    [item] = order_for()
    assert "Local Number US: 1 more by itself, the console chooses which" in item.changed
    fact = licenses_of(item)
    assert (fact.after, fact.automatic) == (["local-number:US", "x2:US"], LOCAL)
    document = json.loads(json.dumps(fact.to_json()))
    assert Expectation.from_json(document) == fact


def test_licenses_that_the_files_declare_are_not_left_to_the_console() -> None:
    [item] = order_for(*LOCAL)
    assert licenses_of(item).automatic == ()
    assert not any("by itself" in line for line in item.changed)


def test_a_license_that_may_be_taken_by_then_can_be_another_one() -> None:
    items = order_for(free=2)
    [step] = [step for item in items for step in item.steps if step.startswith("At license")]
    assert step.endswith("'. If somebody has it by now, take another one.")
    [fact] = [f for item in items for f in item.expectations if f.resource.startswith("licenses/")]
    assert fact.automatic == LOCAL


UPGRADE = an_item(
    "i1",
    Expectation(f"users/{ADA}", "licenses", ["x4:US"], ["local-number:US", "x2:US"], "", "", False,
                LOCAL),
)  # fmt: skip


@pytest.mark.parametrize("number", [0, 1, 2])
def test_any_number_of_automatic_licenses_is_verified(number: int) -> None:
    numbers = ["N1", "N2"][:number]
    now = changed(lambda now: hold(with_numbers(now), ADA, "L3", *numbers))
    assert finding(UPGRADE, now) == "verified"


def with_numbers(now: Inventory) -> Inventory:
    now.licenses.update({name: unit("local-number") for name in ("N1", "N2")})
    return now


def test_other_licenses_count_besides_automatic_ones() -> None:
    before = changed(lambda now: hold(with_numbers(now), ADA, "L1", "N1"))
    assert finding(UPGRADE, before) == "not_done"
    both = changed(lambda now: hold(with_numbers(now), ADA, "L1", "L3", "N1"))
    assert finding(UPGRADE, both) == "different"
    declared = an_item("i1", Expectation(f"users/{ADA}", "licenses", ["x4:US"], ["x2:US"]))
    more = changed(lambda now: hold(with_numbers(now), ADA, "L3", "N1"))
    assert finding(declared, more) == "different"
    gone = changed(lambda now: now.users.pop(ADA))
    assert finding(UPGRADE, gone) == "different"


# --- a unit that was to be bound to another address -----------------------------------------------

RELOCATE = an_item(
    "i1",
    Expectation("licenses/L3", "service_address", "new-york", "seattle", "", "", False, ("x2",)),
)
FIXED = an_item("i1", Expectation("licenses/L3", "service_address", "new-york", "seattle"))


def test_a_unit_that_the_console_assigned_meanwhile_need_not_be_bound() -> None:
    taken = changed(lambda now: hold(now, BO, "L3"))
    assert finding(RELOCATE, taken, before=world()) == "verified"
    assert finding(FIXED, taken, before=world()) == "not_done"
    assert finding(RELOCATE, taken) == "not_done", "what was there before is not known"
    assert finding(RELOCATE, world(), before=world()) == "not_done"
    gone = changed(lambda now: now.licenses.pop("L3"))
    assert finding(RELOCATE, gone, before=world()) == "different"


def test_another_unit_may_be_bound_in_place_of_one_that_is_assigned_by_then() -> None:
    def work(now: Inventory) -> None:
        hold(now, BO, "L2", "L3")
        now.licenses["L4"]["service_address"] = "A2"

    assert finding(FIXED, changed(work), before=world()) == "verified"


def test_a_unit_that_stays_with_a_renamed_user_is_not_taken() -> None:
    fact = Expectation("licenses/L1", "service_address", "new-york", "seattle", automatic=("x4",))
    name = Expectation("users/new.hire@acme.example", "name", ADA, "new.hire@acme.example")
    item = an_item("i1", fact, name)
    assert finding(item, changed(rename), before=world()) == "partly"
