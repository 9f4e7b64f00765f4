"""The order of groups: a group that would have to come before and after another is split."""

from __future__ import annotations

from licsync.planning.actions import Action
from licsync.planning.work_order.grouping import BulkGroup, Setting
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.parts import Part, Role
from licsync.planning.work_order.sequence import group_parts, in_order
from tests.support.accounts import desired, inventory, unit, user
from tests.support.by_hand import BY_HAND
from tests.support.planning import planned

OPS = Setting("department", '"Ops"')


def part(place: int, name: str, *needs: str, setting: Setting | None = None) -> Part:
    action = Action("user", "update", f"users/{name}", id=f"a{place}")
    role: Role = "upload" if name.startswith("new") else "whole" if setting is None else "bulk"
    return Part(f"p{place}", action, role, place, setting=setting, needs={*needs})


def in_sequence(parts: list[Part], *bulk: BulkGroup) -> list[list[str]]:
    return [[p.key for p in group.parts] for group in in_order(group_parts(parts, bulk))]


def test_all_of_one_user_stands_together_where_the_order_allows() -> None:
    parts = [part(1, "ada"), part(2, "bo", "p1"), part(3, "ada")]
    assert in_sequence(parts) == [["p1", "p3"], ["p2"]]


def test_a_visit_that_another_user_waits_for_is_divided() -> None:
    parts = [part(1, "ada"), part(2, "bo", "p1"), part(3, "ada", "p2")]
    assert in_sequence(parts) == [["p1"], ["p2"], ["p3"]]


def test_a_bulk_edit_that_waits_for_itself_is_divided() -> None:
    both = BulkGroup(frozenset((OPS,)), ("ada", "bo"))
    parts = [part(1, "ada", setting=OPS), part(2, "cy", "p1"), part(3, "bo", "p2", setting=OPS)]
    assert in_sequence(parts, both) == [["p1"], ["p2"], ["p3"]]
    parts = [part(1, "ada", setting=OPS), part(2, "cy"), part(3, "bo", "p2", setting=OPS)]
    assert in_sequence(parts, both) == [["p2"], ["p1", "p3"]]


def test_a_bulk_edit_is_divided_before_the_upload() -> None:
    """The console reads a file whole: a new user's license may wait, its creation must not."""
    both = BulkGroup(frozenset((OPS,)), ("ada", "bo"))
    parts = [
        part(1, "ada", setting=OPS), part(2, "cy", "p1"), part(3, "new1", "p2"),
        part(4, "new2"), part(5, "bo", "p3", setting=OPS),
    ]  # fmt: skip
    assert in_sequence(parts, both) == [["p1"], ["p2"], ["p3", "p4"], ["p5"]]


def test_a_license_gets_its_own_address_once_its_user_has_moved() -> None:
    own = {"licenses": [{"type": "x2", "service_address": "A1"}], "site": "Seattle"}
    units = {name: unit() for name in ("L1", "L2", "L3")}
    there = inventory(units, {f"u{n}": user([f"L{n}"]) for n in (1, 2, 3)})
    wanted = desired({name: dict(own) for name in there.users})
    order = make_work_order(planned(wanted, there, capabilities=BY_HAND), wanted, there)
    moved, *bound = order.items
    assert moved.title == "Set the site of 3 users to Seattle"
    assert [item.after for item in bound] == [(moved.id,)] * 3
