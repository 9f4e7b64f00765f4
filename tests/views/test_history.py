"""The list of runs says how each ended."""

from __future__ import annotations

import pytest

from licsync.engine.ports import Run, RunState
from licsync.engine.work_orders import OpenedOrder
from licsync.planning.work_order.progress import OrderState
from licsync.planning.work_order.records import WorkOrder
from licsync.views.history import history_table

AT = "2026-11-24T09:00:00Z"


def ended(state: RunState, order: OrderState | None) -> str:
    run = Run("r1", "acme", {"backend": "console"}, {}, "ada", AT, state=state)
    orders = []
    if order is not None:
        orders = [
            OpenedOrder(
                "o1", "acme", "r1", "ada", AT, WorkOrder("acme", "console", "", AT), state=order
            )
        ]
    row = history_table([run], orders).split("\n")[1]
    return row.partition("console")[2].removesuffix("nothing").strip()


@pytest.mark.parametrize(
    ("state", "order", "expected"),
    [
        ("done", "open", "work order open"),
        ("done", "done", "work order not verified"),
        ("failed", "open", "unfinished, work order open"),
        ("failed", "done", "unfinished, work order not verified"),
        ("done", "verified", "done"),
        ("done", "abandoned", "done"),
        ("failed", "verified", "failed"),
        ("open", "open", "open"),
        ("abandoned", "open", "abandoned"),
        ("failed", None, "failed"),
        ("done", None, "done"),
    ],
)
def test_a_run_has_not_ended_while_people_work_on_its_order(
    state: RunState, order: OrderState | None, expected: str
) -> None:
    assert ended(state, order) == expected
