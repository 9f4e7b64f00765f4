"""The records of a work order: the document form, and the summary line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from licsync.diagnostics import Span
from licsync.planning.work_order.records import Expectation, WorkItem, WorkOrder

ITEM = WorkItem(
    id="w-1",
    kind="bulk_edit",
    title="Downgrade 2 users from X4 to X2",
    actions=("a1", "a2"),
    users=("ada@acme.example", "bo@acme.example"),
    selection=(("Site", "Seattle"), ("License", "X4")),
    steps=("Go to Home > Users.",),
    expectations=(
        Expectation("users/ada@acme.example", "licenses", ["x4:US"], ["x2:US"]),
        Expectation("users/bo@acme.example", "licenses", ["x4:US"], ["x2:US"]),
        Expectation("users/bo@acme.example", "extension.number", "1001", "1002", "x2:US", "Bo"),
        Expectation("users/bo@acme.example", "status", "active", "inactive", is_further=True),
        Expectation("users/bo@acme.example", "site", "HQ", "Rome", automatic=("number",)),
        Expectation("licenses/L1", "service_address", "a", "b", by_itself=True),
    ),
    kept=("extension numbers",),
    changed=("license",),
    lost=("voicemail",),
    after=("w-0", "a0"),
    why="the user's file says so",
    source=Span("users/sales.yaml", 12),
    seconds=90,
    unseen=True,
)
ORDER = WorkOrder("acme", "console", "sha256:5f1c", "2026-11-30T09:00:00Z", (ITEM,))


@pytest.mark.parametrize("item", [ITEM, WorkItem("w-2", "user", "Edit ada", source=None)])
def test_a_work_order_survives_its_document(item: WorkItem) -> None:
    order = replace(ORDER, items=(item,))
    assert WorkOrder.from_json(json.loads(json.dumps(order.to_json()))) == order


def item(kind: str, *users: str, seconds: int = 60) -> WorkItem:
    return replace(ITEM, kind=kind, users=users, seconds=seconds)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("items", "line"),
    [
        ((), "nothing to do by hand"),
        ((item("user", "a"),), "1 user one by one; about 1 minute"),
        (
            (
                item("upload", "a", "b"),
                item("bulk_edit", "c", "d"),
                item("bulk_edit", "c", "d", "e"),
                item("user", "f"),
                item("user", "g"),
                item("user", "g"),
                item("resource"),
                item("billing"),
            ),
            "2 new users in one upload, 2 bulk edits of 3 users, 2 users one by one, "
            "1 other item, 1 request to 8x8; about 8 minutes",
        ),
        ((item("upload", "a"), item("upload", "b", seconds=3600)),
         "2 new users in 2 uploads; about 1 hour 1 minute"),
        ((item("resource", seconds=7200), item("resource", seconds=1)),
         "2 other items; about 2 hours"),
        ((item("user", "a", seconds=1),), "1 user one by one; about 1 minute"),
    ],
)  # fmt: skip
def test_the_summary_counts_users_and_edits(items: tuple[WorkItem, ...], line: str) -> None:
    assert replace(ORDER, items=items).summary() == line
