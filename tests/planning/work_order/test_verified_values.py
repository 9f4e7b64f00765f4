"""What an inventory shows of work that somebody else did, of equal units, and of several items."""

from __future__ import annotations

from typing import Any

from licsync.model.inventory import Inventory
from licsync.planning.work_order.records import Expectation, WorkItem
from tests.support.verified_orders import (
    KINDS,
    NEW,
    changed,
    create,
    delete,
    finding,
    hold,
    rename,
    set_value,
    verify,
    world,
)
from tests.support.work_orders import ADA, BO, an_item, expect, item_record

# --- somebody else --------------------------------------------------------------------------------


def test_doing_it_to_the_wrong_user_is_noticed() -> None:
    item = KINDS["suspend"][0]
    now = changed(set_value(BO, "status", "inactive"))
    [verified] = verify(item, now, item_record("i1", "done"), before=world())
    assert verified.finding == "not_done"
    [stray] = verified.strays
    assert (stray.resource, stray.path, stray.before, stray.found) == (
        f"users/{BO}",
        "status",
        "active",
        "inactive",
    )
    assert verify(item, now)[0].strays == ()  # what was there before is not known
    retitled = changed(set_value(BO, "job_title", "Clerk"))
    assert verify(item, retitled, before=world())[0].strays == ()


def test_a_user_named_by_another_item_is_not_unexpected() -> None:
    items = [KINDS["suspend"][0], an_item("i2", expect(BO, "status", "active", "inactive"))]
    now = changed(set_value(BO, "status", "inactive"))
    assert [it.strays for it in verify(items, now, before=world())] == [(), ()]


def test_a_user_created_under_another_name_is_noticed() -> None:
    now = changed(lambda now: create(now, "new.hire@acme.exmaple"))
    [verified] = verify(KINDS["create"][0], now, item_record("i1", "done"), before=world())
    assert verified.finding == "not_done"
    assert ("users/new.hire@acme.exmaple", "exists") in [
        (stray.resource, stray.path) for stray in verified.strays
    ]


def test_renames_and_resources_other_than_users_have_no_unexpected_user() -> None:
    renamed = changed(lambda now: now.users.update({BO.upper(): now.users.pop(BO)}))
    assert verify(KINDS["rename"][0], renamed, before=world())[0].strays == ()
    assert verify(KINDS["policy"][0], renamed, before=world())[0].strays == ()


def test_somebody_with_a_mistyped_new_name_is_named() -> None:
    item, mistyped = KINDS["rename"][0], "new.hird@acme.example"
    now = changed(lambda now: rename(now, mistyped))
    [verified] = verify(item, now, before=world())
    [fact] = [fact for fact in verified.faults if fact.path == "name"]
    assert (fact.expected, fact.found, fact.verdict) == (NEW, mistyped, "different")
    assert verify(item, now)[0].faults[0].found is None, "what was there before is not known"

    def rename_without_licenses(now: Inventory) -> None:
        hold(now, ADA)
        rename(now, mistyped)

    for email, found in ((ADA.upper(), mistyped), ("", None)):
        now = changed(rename_without_licenses)
        now.users[mistyped]["email"] = email
        assert verify(item, now, before=world())[0].faults[0].found == found
    nobody = an_item("i1", expect(NEW, "name", "cy@acme.example", NEW))
    assert verify(nobody, world(), before=world())[0].faults[0].found is None


# --- free units are interchangeable ---------------------------------------------------------------

RELOCATE = an_item("i1", Expectation("licenses/L3", "service_address", "new-york", "seattle"))


ALSO = an_item("i2", Expectation("licenses/L4", "service_address", "new-york", "seattle"))


def test_another_free_unit_of_the_pool_may_have_been_bound() -> None:
    now = changed(lambda now: now.licenses["L5"].update(service_address="A2"))
    assert finding(RELOCATE, now, before=world()) == "verified"
    assert finding(RELOCATE, now) == "not_done"  # what was there before is not known
    found = verify([RELOCATE, ALSO], now, before=world())
    assert [it.finding for it in found] == ["verified", "not_done"]


def test_a_unit_that_was_there_or_is_of_another_pool_does_not_count() -> None:
    before = changed(lambda now: now.licenses["L5"].update(service_address="A2"))
    assert finding(RELOCATE, before, before=before) == "not_done"
    elsewhere = changed(lambda now: now.licenses["L5"].update(service_address="A3"))
    assert finding(RELOCATE, elsewhere, before=world()) == "not_done"
    other = changed(lambda now: now.licenses["L5"].update(service_address="A2", country="GB"))
    assert finding(RELOCATE, other, before=world()) == "not_done"
    own = changed(lambda now: now.licenses["L4"].update(service_address="A2"))
    assert [it.finding for it in verify([RELOCATE, ALSO], own, before=world())] == [
        "not_done",
        "verified",
    ]
    moved_to_its_user: Any = {"service_address": "A2", "status": "assigned", "user": ADA}
    for unit_id in ("L1", "L5"):
        held = changed(lambda now, u=unit_id: now.licenses[u].update(moved_to_its_user))
        assert finding(RELOCATE, held, before=world()) == "not_done"


def test_a_license_that_another_user_got_does_not_count() -> None:
    held: Any = {"status": "assigned", "user": ADA}
    before = changed(lambda now: now.licenses["L3"].update(held))
    now = changed(lambda now: now.licenses["L3"].update(held))
    now.licenses["L5"] |= {"status": "assigned", "user": BO, "service_address": "A2"}
    assert finding(RELOCATE, now, before=before) == "not_done"
    now.licenses["L5"]["user"] = ADA
    assert finding(RELOCATE, now, before=before) == "verified"


# --- several items about one value ----------------------------------------------------------------

RING = [
    an_item("i1", expect(ADA, "licenses", ["x4:US"], [])),
    an_item("i2", expect(BO, "licenses", ["x2:US"], ["x4:US"])),
    an_item("i3", expect(ADA, "licenses", [], ["x2:US"]), after=("i2",)),
]


def after_ring(*held: tuple[str, tuple[str, ...]]) -> list[str]:
    def edit(now: Inventory) -> None:
        for name, units in held:
            hold(now, name, *units)

    return [it.finding for it in verify(RING, changed(edit))]


def test_what_a_later_item_changes_again_is_verified_by_its_end() -> None:
    assert after_ring() == ["not_done", "not_done", "not_done"]
    assert after_ring((ADA, ())) == ["verified", "not_done", "not_done"]
    assert after_ring((ADA, ()), (BO, ("L1",))) == ["verified", "verified", "not_done"]
    assert after_ring((ADA, ()), (BO, ("L1",)), (ADA, ("L2",))) == ["verified"] * 3
    assert after_ring((ADA, ()), (ADA, ("L2", "L3"))) == ["different", "not_done", "different"]


def test_what_a_user_had_before_it_was_deleted_is_verified_by_the_deletion() -> None:
    items = [
        an_item("i1", expect(NEW, "name", ADA, NEW), expect(NEW, "licenses", ["x4:US"], [])),
        an_item("i2", expect(NEW, "exists", True, False), after=("i1",)),
    ]
    assert [it.finding for it in verify(items, changed(delete))] == ["verified", "verified"]
    renamed = verify(items, changed(rename))
    assert [it.finding for it in renamed] == ["partly", "not_done"]


def test_a_setting_is_looked_for_in_the_license_that_carries_it() -> None:
    now = changed(lambda now: hold(now, ADA, "L3", "L1"))
    now.users[ADA]["services"][1]["extension"] = {"number": "1005"}

    def number(before: str, after: str | None, license: str) -> WorkItem:
        fact = Expectation(f"users/{ADA}", "extension.number", before, after, license)
        return an_item("i1", fact)

    assert finding(number("1005", "1001", "x4:US"), now) == "not_done"
    assert finding(number("1005", "1001", "x2:US"), now) == "verified"
    assert finding(number("1005", None, "x6:US"), now) == "verified"  # it went with the license
    assert finding(number("1001", "1009", "x6:US"), now) == "not_done"


def test_a_feature_that_nobody_recorded_is_off() -> None:
    path = "extension.features.analytics"
    assert finding(an_item("i1", expect(ADA, path, "supervisor", "essentials")), world()) == (
        "verified"
    )
    assert finding(an_item("i1", expect(ADA, path, "essentials", "supervisor")), world()) == (
        "not_done"
    )


def test_a_license_that_was_reinstated_may_be_given_to_somebody() -> None:
    item = an_item("i1", Expectation("licenses/L5", "status", "suspended", "unassigned"))
    assert finding(item, world()) == "verified"
    held = changed(lambda now: now.licenses["L5"].update(status="assigned"))
    assert finding(item, held) == "verified"
    for reason, result in (("user_inactive", "verified"), ("removed", "not_done")):
        state: Any = {"status": "suspended", "suspended": {"reason": reason, "at": "2026-11-20"}}
        now = changed(lambda now, state=state: now.licenses["L5"].update(state))
        assert finding(item, now) == result
