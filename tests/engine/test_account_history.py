"""How users changed: by runs, and by others between what the store knows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from licsync.engine.account_history import (
    KnownInventory,
    RunRecords,
    UsersChange,
    users_changes,
)
from licsync.engine.ports import Run
from licsync.model.license import format_instant
from tests.support.accounts import user

ADA, ADA_IN_SALES = user(["L1"]), user(["L1"], department="Sales")


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def inventory(day: int, is_replaced: bool = False, seen: int | None = None, **users: Any) -> Any:
    return KnownInventory(at(day), at(seen or day), users, is_replaced)


def run(
    day: int, before: Any = None, after: Any = None, seen: Any = None, readable: bool = True
) -> RunRecords:
    listed = Run(f"run-{day}", "acme", {}, {}, "ada", format_instant(at(day)))
    records = ((before or {}) | (seen or {}), before or {}, after or {})
    return RunRecords(listed, at(day), at(day, 10), *records, is_readable=readable)


def rows_of(inventories: list[Any], *runs: RunRecords) -> list[tuple[Any, ...]]:
    return [_said(change) for change in users_changes(inventories, runs)]


def _said(change: UsersChange) -> tuple[Any, ...]:
    who = change.run.id if change.run else f"since {min(change.since.values()).day}"
    return change.at.day, who, sorted(change.after)


def test_nothing_is_known_without_runs_and_inventories() -> None:
    assert rows_of([]) == []
    assert rows_of([inventory(24, ada=ADA)]) == []


def test_a_run_did_what_its_journal_says() -> None:
    found = rows_of([inventory(24, ada=ADA_IN_SALES)], run(5, {"ada": ADA}, {"ada": ADA_IN_SALES}))
    assert found == [(5, "run-5", ["ada"])]


def test_a_run_that_changed_no_user_is_not_a_change() -> None:
    assert rows_of([inventory(24, ada=ADA)], run(5)) == []


def test_a_run_shows_what_others_did_since_the_one_before() -> None:
    first, second = run(5, {"ada": None}, {"ada": ADA}), run(9, seen={"ada": ADA_IN_SALES})
    assert rows_of([inventory(24, ada=ADA_IN_SALES)], first, second) == [
        (5, "run-5", ["ada"]),
        (9, "since 5", ["ada"]),
    ]


def test_the_inventory_last_seen_shows_what_others_did_since_the_last_run() -> None:
    found = rows_of([inventory(24, seen=20, ada=ADA)], run(5, {"ada": ADA}, {"ada": None}))
    assert found == [(5, "run-5", ["ada"]), (20, "since 5", ["ada"])]


def test_a_refresh_shows_what_others_did_before_it() -> None:
    """The refresh of the 10th read an export of the 8th; a run of the 15th went on with it."""
    replaced = inventory(10, is_replaced=True, seen=3, ada=ADA, bo=ADA)
    now = inventory(24, seen=8, ada=ADA_IN_SALES, cy=ADA_IN_SALES)
    assert rows_of([replaced, now], run(15, {"cy": ADA}, {"cy": ADA_IN_SALES})) == [
        (8, "since 3", ["ada", "bo", "cy"]),
        (15, "run-15", ["cy"]),
    ]


def test_the_last_applied_inventory_is_known_too() -> None:
    applied = inventory(5, ada=ADA)
    assert rows_of([applied, inventory(24, ada=ADA_IN_SALES)]) == [(24, "since 5", ["ada"])]


def test_changes_are_not_attributed_to_others_across_an_unreadable_run() -> None:
    now = inventory(24, ada=ADA_IN_SALES)
    readable = run(5, {"ada": None}, {"ada": ADA})
    assert rows_of([now], readable, run(9, readable=False)) == [(5, "run-5", ["ada"])]
    later = run(12, {"ada": ADA}, {"ada": ADA_IN_SALES})
    assert rows_of([now], run(9, readable=False), later) == [(12, "run-12", ["ada"])]
    replaced = inventory(8, is_replaced=True, ada=ADA)
    assert rows_of([replaced, now], run(9, readable=False)) == []


def test_a_rename_by_others_is_recognized_by_the_id() -> None:
    before, after = ADA | {"id": "U1"}, ADA_IN_SALES | {"id": "U1"}
    (change,) = users_changes([inventory(5, gus=before), inventory(24, gil=after)], [])
    assert change.renamed == {"gus": "gil"}
    touched = run(9, seen={"gil": after})
    (change,) = users_changes([inventory(5, gus=before), inventory(24, gil=after)], [touched])
    assert (change.at, change.renamed) == (at(9), {"gus": "gil"})
    assert change.since == {"gus": at(5), "gil": at(5)}
