"""A movement by hand is attributed to whoever did the item that asked for its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from licsync.planning.period.by_hand import done_by
from licsync.planning.period.movements import movements
from licsync.planning.work_order.progress import ItemRecord, ItemState, Progress
from licsync.planning.work_order.records import Expectation, WorkItem, WorkOrder
from tests.support.accounts import CATALOG, user

POOLS = {
    "L1": ("x2", "US"), "L2": ("x4", "US"), "L3": ("vcc-agent", "US"), "N1": ("local-number", "US"),
}  # fmt: skip
Asked = tuple[str, str, object, object]
"""User, path, value before, value after."""


def work(*asked: Asked, states: Mapping[int, ItemState] | None = None) -> Progress:
    """An order with an item for each thing asked; `person1` did the first one, and so on."""
    items = [
        WorkItem(f"i{place}", "user", "", expectations=(Expectation(f"users/{name}", *rest),))
        for place, (name, *rest) in enumerate(asked, 1)
    ]
    records = [
        ItemRecord(item.id, (states or {}).get(place, "done"), f"person{place}", "2026-11-24")
        for place, item in enumerate(items, 1)
    ]
    return Progress(WorkOrder("acme", "console", "", "", tuple(items)), records)


def found(
    progress: Progress, before: Mapping[str, Any], after: Mapping[str, Any], **renamed: str
) -> dict[tuple[str, str], str | None]:
    former = {new: [old] for old, new in renamed.items()}
    moved = movements(before, after, POOLS, CATALOG, renamed)
    return {
        (one.user, one.path): done_by(progress, one, former.get(one.user, ()), CATALOG)
        for one in moved
    }


@pytest.mark.parametrize(
    ("value", "actor"), [("Lead", "person1"), ("Boss", None), (None, None), ("Lead ", "person1")]
)
def test_a_field_is_done_by_hand_if_it_has_the_value_that_was_asked_for(
    value: str | None, actor: str | None
) -> None:
    progress = work(("cy", "job_title", "Rep", "Lead"))
    before, after = (user(job_title=title) for title in ("Rep", value))
    assert found(progress, {"cy": before}, {"cy": after}) == {("cy", "job_title"): actor}


def test_another_user_or_another_field_is_not_the_items_doing() -> None:
    progress = work(("cy", "job_title", "Rep", "Lead"), ("L9", "job_title", "Rep", "Lead"))
    before, after = user(job_title="Rep"), user(job_title="Lead", department="Lead")
    state = {"cy": user(job_title="Rep", department="Lead"), "bo": after}
    assert found(progress, {"cy": before, "bo": before}, state) == {
        ("bo", "department"): None, ("bo", "job_title"): None, ("cy", "department"): None,
    }  # fmt: skip


@pytest.mark.parametrize("state", ["begun", "skipped", "failed", "not_done"])
def test_an_item_that_was_not_done_did_nothing(state: ItemState) -> None:
    progress = work(("cy", "job_title", "Rep", "Lead"), states={1: state})
    before, after = user(job_title="Rep"), user(job_title="Lead")
    assert found(progress, {"cy": before}, {"cy": after}) == {("cy", "job_title"): None}


def test_an_item_that_an_inventory_shows_is_that_of_who_answered_it() -> None:
    progress = work(("cy", "job_title", "Rep", "Lead"))
    seen = ItemRecord("i1", "verified", "ci", "2026-11-25")
    before, after = {"cy": user(job_title="Rep")}, {"cy": user(job_title="Lead")}
    for records, actor in (([progress.last["i1"], seen], "person1"), ([seen], "ci"), ([], None)):
        known = Progress(progress.order, records)
        assert found(known, before, after) == {("cy", "job_title"): actor}


@pytest.mark.parametrize(
    ("asked", "held", "holds", "actor"),
    [
        (["x4:US"], ["L1"], ["L2"], "person1"),
        (["x4:US"], ["L1", "N1"], ["L2", "N1"], "person1"),
        (["x4:US"], ["L1"], ["L1", "L3"], None),
        (["x4:US"], ["L1"], [], None),
        ([], ["L1"], [], "person1"),
        ([], ["L1"], ["L2"], None),
        (["vcc-agent:US", "x2:US"], ["L1"], ["L1", "L3"], "person1"),
        (["vcc-agent:US", "x2:US"], ["L1"], ["L2", "L1"], None),
    ],
)
def test_licenses_are_done_by_hand_if_these_were_exchanged(
    asked: list[str], held: list[str], holds: list[str], actor: str | None
) -> None:
    progress = work(("bo", "licenses", ["x2:US"], asked))
    assert found(progress, {"bo": user(held)}, {"bo": user(holds)}) == {("bo", "licenses"): actor}


def test_of_several_licenses_those_that_nobody_asked_for_are_not_by_hand() -> None:
    progress = work(("bo", "licenses", ["x2:US"], ["x4:US"]))
    moved = movements({"bo": user(["L1"])}, {"bo": user(["L2", "L3"])}, POOLS, CATALOG)
    actors = {one.event: done_by(progress, one, (), CATALOG) for one in moved}
    assert actors == {"upgrade": "person1", "license added": None}


def test_a_swap_takes_a_license_and_later_gives_another() -> None:
    release, give = (
        ("bo", "licenses", ["x2:US", "vcc-agent:US"], ["vcc-agent:US"]),
        ("bo", "licenses", ["vcc-agent:US"], ["x4:US", "vcc-agent:US"]),
    )
    before, between, after = (user(held) for held in (["L1", "L3"], ["L3"], ["L2", "L3"]))
    key = ("bo", "licenses")
    done = work(release, give)
    assert found(done, {"bo": before}, {"bo": after}) == {key: "person2"}
    assert found(done, {"bo": before}, {"bo": between}) == {key: "person1"}
    assert found(done, {"bo": between}, {"bo": after}) == {key: "person2"}
    half = work(release, give, states={2: "skipped"})
    assert found(half, {"bo": before}, {"bo": after}) == {key: None}


def test_a_rename_is_done_by_hand_to_the_name_that_was_asked_for() -> None:
    progress = work(("bob", "name", "bo", "bob"), ("bob", "job_title", "Rep", "Lead"))
    before, after = {"bo": user(job_title="Rep")}, user(job_title="Lead")
    assert found(progress, before, {"bo": None, "Bob": after}, bo="Bob") == {
        ("Bob", "name"): "person1", ("Bob", "job_title"): "person2",
    }  # fmt: skip
    assert found(progress, before, {"bo": None, "bib": after}, bo="bib") == {
        ("bib", "name"): None, ("bib", "job_title"): "person2",
    }  # fmt: skip
    assert found(progress, before, {"bo": after}) == {("bo", "job_title"): "person2"}


def test_a_name_freed_by_a_rename_is_not_that_of_the_former_user() -> None:
    progress = work(
        ("b", "name", "a", "b"), ("a", "name", "c", "a"), ("b", "job_title", "Rep", "Lead")
    )
    before, after = user(job_title="Rep"), user(job_title="Lead")
    assert found(progress, {"a": before}, {"a": after}) == {("a", "job_title"): None}


def test_an_offboarding_is_done_by_hand_step_by_step() -> None:
    progress = work(
        ("di", "status", "active", "inactive"),
        ("di", "licenses", ["x2:US"], []),
        ("di", "exists", True, False),
    )
    there, gone = user(["L1"]), user(status="inactive")
    assert found(progress, {"di": there}, {"di": gone}) == {
        ("di", "status"): "person1", ("di", "licenses"): "person2",
    }  # fmt: skip
    assert found(progress, {"di": there}, {"di": None}) == {("di", "exists"): "person3"}
    assert found(progress, {"di": gone}, {"di": there}) == {
        ("di", "status"): None, ("di", "licenses"): None,
    }  # fmt: skip
    assert found(progress, {}, {"di": there}) == {("di", "exists"): None}
    assert found(work(("di", "exists", False, True)), {}, {"di": there}) == {
        ("di", "exists"): "person1"
    }


def test_a_license_that_an_item_says_nothing_of_is_unknown() -> None:
    progress = work(("bo", "licenses", None, ["x2:US"]))
    assert found(progress, {"bo": user()}, {"bo": user(["L1"])}) == {("bo", "licenses"): "person1"}


def test_what_an_item_does_to_a_unit_is_not_about_a_user() -> None:
    item = WorkItem(
        "i1", "resource", "", expectations=(Expectation("licenses/di", "status", 1, 2),)
    )
    record = ItemRecord("i1", "done", "ada", "2026-11-24")
    progress = Progress(WorkOrder("acme", "console", "", "", (item,)), [record])
    assert found(progress, {"di": user(status="inactive")}, {"di": user()}) == {
        ("di", "status"): None
    }
