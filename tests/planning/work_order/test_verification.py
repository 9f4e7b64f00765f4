"""What an inventory shows of a work order: skipped, done twice, wrong, or to another user."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from licsync.model.inventory import Inventory
from licsync.planning.work_order.progress import Fact, Progress
from licsync.planning.work_order.records import Expectation
from licsync.planning.work_order.verification import Verification
from tests.support.verified_orders import (
    BEFORE,
    DAY,
    KINDS,
    NEW,
    NUMBERS,
    assign_twice,
    changed,
    create,
    delete,
    finding,
    hold,
    names_of,
    rename,
    set_value,
    verify,
    world,
)
from tests.support.work_orders import ADA, BO, an_item, an_order, expect, item_record


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_done_as_expected_is_verified(kind: str) -> None:
    item, right, _ = KINDS[kind]
    [verified] = verify(item, changed(right), item_record("i1", "done"))
    assert (verified.finding, verified.faults) == ("verified", ())


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_skipped_is_not_done(kind: str) -> None:
    item = KINDS[kind][0]
    for records in ((), (item_record("i1", "done"),), (item_record("i1", "skipped"),)):
        assert finding(item, world(), *records) == "not_done"


@pytest.mark.parametrize("kind", [kind for kind, (_, _, wrong) in KINDS.items() if wrong])
def test_what_was_done_wrong_is_different_and_says_both_values(kind: str) -> None:
    item, _, wrong = KINDS[kind]
    [verified] = verify(item, changed(wrong), item_record("i1", "done"))
    assert verified.finding == "different"
    assert any(fact.verdict == "different" for fact in verified.faults)
    assert all(fact.expected != fact.found for fact in verified.faults)


def test_a_license_given_twice_is_different() -> None:
    [verified] = verify(KINDS["downgrade"][0], changed(assign_twice), item_record("i1", "done"))
    assert verified.faults == (
        Fact(f"users/{ADA}", "licenses", ["x2:US"], ["x2:US", "x2:US"], "different"),
    )


def test_which_unit_the_console_picked_does_not_matter() -> None:
    for picked in ("L3", "L4", "L5"):
        now = changed(lambda now, picked=picked: hold(now, ADA, picked))
        assert finding(KINDS["downgrade"][0], now) == "verified"


def test_an_item_that_is_half_done_is_partly_done() -> None:
    both = an_item(
        "i1",
        expect(ADA, "status", "active", "inactive"),
        expect(BO, "status", "active", "inactive"),
    )
    [verified] = verify(both, changed(set_value(ADA, "status", "inactive")))
    assert verified.finding == "partly"
    assert [fact.resource for fact in verified.faults] == [f"users/{BO}"]


def test_who_is_gone_has_no_values() -> None:
    item = an_item(
        "i1", expect(NEW, "site", "HQ", "Seattle"), expect(NEW, "department", None, None)
    )
    [verified] = verify(item, world())
    assert [fact.verdict for fact in verified.facts] == ["different", "as_expected"]
    gone = an_item("i1", Expectation("licenses/L99", "status", "suspended", "unassigned"))
    assert finding(gone, world()) == "different"


def test_values_that_mean_the_same_are_equal() -> None:
    item = an_item(
        "i1",
        expect(ADA, "email", "x", "ADA@acme.example"),
        expect(ADA, "job_title", "x", " Sales "),
        expect(ADA, "extension.phone_numbers", [], [NUMBERS[0], NUMBERS[2], NUMBERS[1]]),
        expect(ADA.upper(), "site", "x", "HQ"),
    )
    assert finding(item, world()) == "verified"


def test_one_of_several_licenses_has_the_value() -> None:
    now = changed(lambda now: hold(now, ADA, "L3", "L4"))
    item = an_item("i1", expect(ADA, "extension.number", "1001", "1005"))
    now.users[ADA]["services"][1]["extension"] = {"number": "1005"}
    assert finding(item, now) == "verified"
    now.users[ADA]["services"][1]["extension"] = {}
    assert finding(item, now) == "not_done"
    now.users[ADA]["services"][0]["extension"] = {}
    [verified] = verify(item, now)
    assert verified.facts[0].found is None


def test_a_value_of_another_license_of_the_user_counts_for_nothing() -> None:
    now = changed(lambda now: hold(now, BO, "L2", "L4"))
    now.licenses["L2"] |= {"type": "x4", "service_address": "A2"}
    phone, other = (
        Expectation(f"users/{BO}", "service_address", None, place, kind)
        for place, kind in (("7 W 34th St", "x4:US"), ("7 W 34th St", "x2:US"))
    )
    found = verify([an_item("i1", phone), an_item("i2", other)], now)
    assert [it.finding for it in found] == ["different", "verified"]
    assert found[0].facts[0].found == "500 Pine St"
    # neither does what a later item sets there
    later = Expectation(f"users/{BO}", "service_address", None, "500 Pine St", "x2:US")
    wanted = Expectation(f"users/{BO}", "service_address", "500 Pine St", "7 W 34th St", "x4:US")
    items = [an_item("i1", wanted), an_item("i2", later)]
    assert [it.finding for it in verify(items, now)] == ["not_done", "different"]


def test_a_new_name_that_somebody_else_got_is_not_verified() -> None:
    def rename_bo(now: Inventory) -> None:
        now.users[NEW] = now.users.pop(BO)
        now.licenses["L2"]["user"] = NEW

    now, item = changed(rename_bo), an_item("i1", expect(NEW, "name", ADA, NEW))
    [verified] = verify(item, now)
    assert (verified.finding, verified.facts[0].found) == ("not_done", ADA)
    # unless somebody new gets the former name
    hired = an_item("i2", expect(ADA, "exists", False, True))
    assert [it.finding for it in verify([item, hired], now)] == ["verified", "verified"]


def test_what_is_taken_from_somebody_who_is_missing_is_not_verified() -> None:
    mistyped = changed(lambda now: rename(now, "new.hird@acme.example"))
    items = [
        an_item("i1", expect(NEW, "name", ADA, NEW)),
        an_item("i2", expect(NEW, "licenses", ["x4:US"], [])),
        an_item("i3", expect(NEW, "extension.number", "1001", None)),
    ]
    found = [it.finding for it in verify(items, mistyped)]
    assert found == ["different", "not_visible", "not_visible"]


def test_a_user_is_found_by_the_name_before_a_rename() -> None:
    items = [
        an_item("i1", expect(NEW, "name", ADA, NEW)),
        an_item("i2", expect(NEW, "status", "active", "inactive")),
    ]
    found = verify(items, changed(set_value(ADA, "status", "inactive")))
    assert [it.finding for it in found] == ["not_done", "verified"]
    neither = changed(delete)
    assert [it.finding for it in verify(items, neither)] == ["different", "different"]


# --- what an export does not show -----------------------------------------------------------------


def test_what_was_not_seen_since_the_answer_is_not_visible() -> None:
    item, right, _ = KINDS["suspend"]
    done = item_record("i1", "done", at=DAY)
    for seen in ({}, {"users.status": BEFORE}):
        for now in (world(), changed(right)):
            assert finding(item, now, done, seen=seen) == "not_visible"
    assert finding(item, changed(right), done, seen={"users.status": DAY}) == "verified"
    # without an answer, since the order was made
    assert finding(item, world(), seen={"users.status": BEFORE}) == "not_visible"
    assert finding(item, world(), seen={"users.status": DAY}) == "not_done"


def test_one_fact_that_cannot_be_seen_leaves_the_item_unverified() -> None:
    item, right, wrong = KINDS["create"]
    seen = {"users": DAY, "users.site": DAY}
    assert finding(item, changed(right), seen=seen) == "not_visible"
    assert finding(item, world(), seen=seen) == "not_done"
    assert finding(item, changed(wrong), seen=seen) == "different"
    assert finding(item, changed(right), seen={**seen, "licenses.user": DAY}) == "verified"
    assert finding(item, changed(right), seen={**seen, "users.services": DAY}) == "verified"


def test_a_setting_of_a_further_license_is_seen_with_the_licenses_only() -> None:
    setting = expect(ADA, "extension.number", "1001", "1005")
    further = an_item("i1", replace(setting, is_further=True))
    now = changed(lambda now: hold(now, ADA, "L3"))
    now.users[ADA]["services"][0]["extension"] = {"number": "1005"}
    by_user, by_license = {"users.extension.number": DAY}, {"licenses.extension.number": DAY}
    assert finding(an_item("i1", setting), now, seen=by_user) == "verified"
    assert finding(further, now, seen=by_user) == "not_visible"
    assert finding(further, now, seen=by_license) == "verified"


def test_whoever_lists_an_address_shows_all_of_it() -> None:
    exists = Expectation("service_addresses/denver", "exists", False, True)
    city = Expectation("service_addresses/denver", "city", None, "Denver")

    def create_address(now: Inventory) -> None:
        now.service_addresses["denver"] = {"city": "Denver", "country": "US"}

    item, seen = an_item("i1", exists, city), {"service_addresses": DAY}
    assert finding(item, changed(create_address), seen=seen) == "verified"
    assert finding(item, world(), seen=seen) == "not_done"
    assert finding(item, changed(create_address), seen={}) == "not_visible"


def test_an_address_that_is_spelled_otherwise_is_the_expected_one() -> None:
    street = Expectation("service_addresses/denver", "street_name", None, "Glenarm Place")
    item, seen = an_item("i1", street), {"service_addresses": DAY}

    def create_address(name: str, now: Inventory) -> None:
        now.service_addresses["denver"] = {"street_name": name, "country": "US"}

    assert finding(item, changed(partial(create_address, "GLENARM PL")), seen=seen) == "verified"
    assert finding(item, changed(partial(create_address, "Glenarm St")), seen=seen) == "different"


def test_an_item_without_a_fact_cannot_be_verified() -> None:
    assert finding(an_item("i1"), world()) == "not_visible"


def test_what_a_later_plan_does_is_not_looked_at() -> None:
    item = an_item("i1", after=("a1",))
    progress = Progress(an_order(item), (), frozenset(["a1"]))
    assert Verification(progress, world(), lambda *_: DAY, names_of).items() == []


def test_the_default_policy_of_a_new_user_holds_nothing_up() -> None:
    seen = {"users": DAY, "users.site": DAY}
    policy = ("policy", None, "8x8 Master User Template")
    item = an_item("i1", expect(NEW, "exists", False, True), expect(NEW, *policy))
    there = changed(create)
    assert finding(item, there, seen=seen) == "verified"
    assert finding(item, world(), seen=seen) == "not_done"
    assert finding(an_item("i1", expect(ADA, *policy)), there, seen=seen) == "not_visible"
    there.users[NEW]["policy"] = "Strict"
    assert finding(item, there, seen=seen | {"users.policy": DAY}) == "different"
    del there.users[NEW]["policy"]  # an inventory that somebody confirmed counts as seen now
    assert finding(item, there) == "verified"


def test_what_the_console_does_by_itself_holds_nothing_up() -> None:
    queues = Expectation(f"users/{ADA}", "call_queues", ["Support"], [], by_itself=True)
    item = an_item("i1", expect(ADA, "job_title", "Sales", "Lead"), queues)
    there = changed()
    there.users[ADA]["job_title"] = "Lead"
    there.users[ADA]["call_queues"] = ["Support"]
    assert finding(item, there, seen={"users.job_title": DAY}) == "verified"
    assert finding(item, world(), seen={"users.job_title": DAY}) == "not_done"
    assert finding(item, there) == "partly"
    assert finding(an_item("i1", queues), there, seen={}) == "not_visible"


def test_what_stays_as_it_is_shows_nothing_of_the_work() -> None:
    kept = expect(ADA, "licenses", ["x4:US"], ["x4:US"])
    item = an_item("i1", expect(ADA, "site", "HQ", "Leeds"), kept)
    assert finding(item, world()) == "not_done"
    there = changed()
    there.users[ADA]["site"] = "Leeds"
    assert finding(item, there) == "verified"
    there.users[ADA]["services"] = []
    assert finding(item, there) == "different"
    assert finding(an_item("i1", kept), world()) == "verified"
