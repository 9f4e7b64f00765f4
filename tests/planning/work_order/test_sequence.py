"""The order of groups: what would have to come before and after another is taken apart."""

from __future__ import annotations

from licsync.planning.actions import Action
from licsync.planning.work_order.grouping import BulkGroup, Setting
from licsync.planning.work_order.parts import Part, Role
from licsync.planning.work_order.sequence import group_parts, in_order

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
