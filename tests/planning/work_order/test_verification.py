"""What an inventory shows of a work order: skipped, done twice, wrong, or to another user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import pytest

from licsync.model.inventory import Inventory
from licsync.planning.work_order.progress import Fact, ItemRecord, Progress
from licsync.planning.work_order.records import Expectation, WorkItem
from licsync.planning.work_order.verification import Verification, VerifiedItem
from tests.support.accounts import inventory, unit, user
from tests.support.work_orders import ADA, BO, an_item, an_order, expect, said

DAY = "2026-11-25T09:00:00Z"
BEFORE = "2026-11-23T09:00:00Z"
NEW = "new.hire@acme.example"
NUMBERS = ["+12065550101", "+12065550102", "+12065550103"]


def world() -> Inventory:
    """Ada holds an X4 and bo an X2; an X2 in New York is free."""
    units = {"L1": unit("x4"), "L2": unit("x2"), "L3": unit("x2"), "L4": unit("x2"), "L5": unit()}
    extension = {"number": "1001", "phone_numbers": NUMBERS, "voicemail_email": ADA}
    users = {
        ADA: user({"L1": extension}, site="HQ", job_title="Sales", email=ADA),
        BO: user({"L2": {"number": "1002"}}, site="HQ"),
    }
    return inventory(units, users)


def names_of(address: str | None) -> Sequence[str]:
    return {"A1": ("7 W 34th St", "new-york", "A1"), "A2": ("500 Pine St", "seattle", "A2")}.get(
        address or "", ()
    )


def verify(
    item: WorkItem | Sequence[WorkItem],
    now: Inventory,
    *records: ItemRecord,
    seen: Mapping[str, str] | None = None,
    before: Inventory | None = None,
) -> list[VerifiedItem]:
    items = [item] if isinstance(item, WorkItem) else item
    progress = Progress(an_order(*items), records)

    def observed_at(section: str, path: str) -> str | None:
        return DAY if seen is None else seen.get(f"{section}.{path}" if path else section)

    return Verification(progress, now, observed_at, names_of, before).items()


def finding(item: WorkItem, now: Inventory, *records: ItemRecord, **options: Any) -> str:
    [verified] = verify(item, now, *records, **options)
    return verified.finding


def changed(edit: Any = lambda now: None) -> Inventory:
    """The account after somebody worked in the console."""
    now = deepcopy(world())
    edit(now)
    return now


def hold(now: Inventory, name: str, *units: str) -> None:
    """Let a user hold exactly these units; those that it had are free."""
    for service in now.users[name]["services"]:
        now.licenses[service["license"]] = unit(now.licenses[service["license"]]["type"])
    for held in units:
        now.licenses[held] |= {"status": "assigned", "user": name}
    extension = {"number": "1001"}
    now.users[name]["services"] = [{"license": held, "extension": extension} for held in units]


def set_value(name: str, path: str, value: object) -> Any:
    def edit(now: Inventory) -> None:
        if path.startswith("extension."):
            extension = now.users[name]["services"][0]["extension"]
            extension[path.removeprefix("extension.")] = value  # type: ignore[literal-required]
        else:
            now.users[name][path] = value  # type: ignore[literal-required]

    return edit


def create(now: Inventory, name: str = NEW) -> None:
    now.users[name] = user({"L5": {"number": "1009"}}, site="HQ")
    now.licenses["L5"] |= {"status": "assigned", "user": name}


def delete(now: Inventory) -> None:
    hold(now, ADA)
    del now.users[ADA]


def rename(now: Inventory, name: str = NEW) -> None:
    now.users[name] = now.users.pop(ADA)
    now.licenses["L1"]["user"] = name


def assign_twice(now: Inventory) -> None:
    hold(now, ADA, "L3", "L4")


KINDS: dict[str, tuple[WorkItem, Any, Any]] = {
    "suspend": (
        an_item("i1", expect(ADA, "status", "active", "inactive")),
        set_value(ADA, "status", "inactive"),
        set_value(ADA, "status", "blocked"),
    ),
    "downgrade": (
        an_item("i1", expect(ADA, "licenses", ["x4:US"], ["x2:US"])),
        lambda now: hold(now, ADA, "L4"),
        assign_twice,
    ),
    "unassign": (
        an_item("i1", expect(ADA, "licenses", ["x4:US"], [])),
        lambda now: hold(now, ADA),
        lambda now: hold(now, ADA, "L3"),
    ),
    "move": (
        an_item("i1", expect(ADA, "site", "HQ", "Seattle")),
        set_value(ADA, "site", "Seattle"),
        set_value(ADA, "site", "London"),
    ),
    "address": (
        an_item("i1", expect(ADA, "service_address", "7 W 34th St", "seattle")),
        lambda now: now.licenses["L1"].update(service_address="A2"),
        lambda now: now.licenses["L1"].update(service_address=None),
    ),
    "number": (
        an_item("i1", expect(ADA, "extension.number", "1001", "1005")),
        set_value(ADA, "extension.number", "1005"),
        set_value(ADA, "extension.number", "1006"),
    ),
    "feature": (
        an_item("i1", expect(ADA, "extension.features.analytics", None, "supervisor")),
        set_value(ADA, "extension.features", {"analytics": "supervisor"}),
        None,
    ),
    "create": (
        an_item(
            "i1",
            expect(NEW, "exists", False, True),
            expect(NEW, "licenses", None, ["x2:US"]),
            expect(NEW, "site", None, "HQ"),
        ),
        create,
        lambda now: (create(now), now.users[NEW].update(site="Seattle")),
    ),
    "delete": (
        an_item("i1", expect(ADA, "exists", True, False)),
        delete,
        None,
    ),
    "rename": (
        an_item("i1", expect(NEW, "name", ADA, NEW)),
        rename,
        None,
    ),
    "policy": (
        an_item("i1", Expectation("policies/Sales", "exists", False, True), kind="resource"),
        lambda now: now.policies.update({"Sales": {"settings": {"disable_sms": True}}}),
        None,
    ),
    "setting": (
        an_item(
            "i1",
            Expectation("policies/Sales", "exists", False, True),
            Expectation("policies/Sales", "settings.disable_sms", None, True),
        ),
        lambda now: now.policies.update({"Sales": {"settings": {"disable_sms": True}}}),
        lambda now: now.policies.update({"Sales": {"settings": {"disable_sms": False}}}),
    ),
    "site": (
        an_item("i1", Expectation("sites/HQ", "service_address", "new-york", "seattle")),
        lambda now: now.sites["HQ"].update(service_address="A2"),
        lambda now: now.sites["HQ"].update(service_address="A3"),
    ),
    "a new address": (
        an_item("i1", Expectation("service_addresses/seattle", "exists", True, False)),
        lambda now: now.service_addresses.pop("A2"),
        None,
    ),
    "reinstate": (
        an_item("i1", Expectation("licenses/L5", "status", "unassigned", "suspended")),
        lambda now: now.licenses["L5"].update(status="suspended"),
        lambda now: now.licenses["L5"].update(status="assigned"),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_done_as_expected_is_verified(kind: str) -> None:
    item, right, _ = KINDS[kind]
    [verified] = verify(item, changed(right), said("i1", "done"))
    assert (verified.finding, verified.faults) == ("verified", ())


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_skipped_is_not_done(kind: str) -> None:
    item = KINDS[kind][0]
    for records in ((), (said("i1", "done"),), (said("i1", "skipped"),)):
        assert finding(item, world(), *records) == "not_done"


@pytest.mark.parametrize("kind", [kind for kind, (_, _, wrong) in KINDS.items() if wrong])
def test_what_was_done_wrong_is_different_and_says_both_values(kind: str) -> None:
    item, _, wrong = KINDS[kind]
    [verified] = verify(item, changed(wrong), said("i1", "done"))
    assert verified.finding == "different"
    assert any(fact.verdict == "different" for fact in verified.faults)
    assert all(fact.expected != fact.found for fact in verified.faults)


def test_a_license_given_twice_is_different() -> None:
    [verified] = verify(KINDS["downgrade"][0], changed(assign_twice), said("i1", "done"))
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
    done = said("i1", "done", at=DAY)
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


def test_whoever_lists_an_address_shows_all_of_it() -> None:
    exists = Expectation("service_addresses/denver", "exists", False, True)
    city = Expectation("service_addresses/denver", "city", None, "Denver")

    def create_address(now: Inventory) -> None:
        now.service_addresses["denver"] = {"city": "Denver", "country": "US"}

    item, seen = an_item("i1", exists, city), {"service_addresses": DAY}
    assert finding(item, changed(create_address), seen=seen) == "verified"
    assert finding(item, world(), seen=seen) == "not_done"
    assert finding(item, changed(create_address), seen={}) == "not_visible"


def test_an_item_without_a_fact_cannot_be_verified() -> None:
    assert finding(an_item("i1"), world()) == "not_visible"


def test_what_a_later_plan_does_is_not_looked_at() -> None:
    item = an_item("i1", after=("a1",))
    progress = Progress(an_order(item), (), frozenset(["a1"]))
    assert Verification(progress, world(), lambda *_: DAY, names_of).items() == []


# --- somebody else --------------------------------------------------------------------------------


def test_doing_it_to_the_wrong_user_is_noticed() -> None:
    item = KINDS["suspend"][0]
    now = changed(set_value(BO, "status", "inactive"))
    [verified] = verify(item, now, said("i1", "done"), before=world())
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


def test_a_user_whom_another_item_names_is_no_stray() -> None:
    items = [KINDS["suspend"][0], an_item("i2", expect(BO, "status", "active", "inactive"))]
    now = changed(set_value(BO, "status", "inactive"))
    assert [it.strays for it in verify(items, now, before=world())] == [(), ()]


def test_a_user_created_under_another_name_is_noticed() -> None:
    now = changed(lambda now: create(now, "new.hire@acme.exmaple"))
    [verified] = verify(KINDS["create"][0], now, said("i1", "done"), before=world())
    assert verified.finding == "not_done"
    assert ("users/new.hire@acme.exmaple", "exists") in [
        (stray.resource, stray.path) for stray in verified.strays
    ]


def test_a_rename_has_no_stray_and_neither_has_what_is_no_user() -> None:
    renamed = changed(lambda now: now.users.update({BO.upper(): now.users.pop(BO)}))
    assert verify(KINDS["rename"][0], renamed, before=world())[0].strays == ()
    assert verify(KINDS["policy"][0], renamed, before=world())[0].strays == ()


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
    removed = changed(lambda now: now.licenses["L5"].update(status="suspended"))
    assert finding(item, removed) == "not_done"
