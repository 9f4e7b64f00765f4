"""Work orders for tests: a few items of every kind, and their journal."""

from __future__ import annotations

from typing import Any

from licsync.engine.work_orders import OpenedOrder
from licsync.planning.work_order.progress import Fact, ItemRecord, ItemState
from licsync.planning.work_order.records import Expectation, WorkItem, WorkOrder

ADA, BO, CY = (f"{name}@acme.example" for name in ("ada", "bo", "cy"))
AT = "2026-11-24T09:00:00Z"


def expect(user: str, path: str, before: Any, after: Any) -> Expectation:
    return Expectation(f"users/{user}", path, before, after)


def an_item(item: str, *expectations: Expectation, **fields: Any) -> WorkItem:
    users = tuple(dict.fromkeys(e.resource.partition("/")[2] for e in expectations))
    fields = {"kind": "user", "title": f"Item {item}", "users": users, "seconds": 60} | fields
    return WorkItem(item, expectations=expectations, **fields)


SUSPEND = an_item(
    "i1",
    expect(ADA, "status", "active", "inactive"),
    title="Suspend ada",
    steps=("Open ada.", "Deactivate."),
)
DOWNGRADE = an_item("i2", expect(BO, "licenses", ["x4:US"], ["x2:US"]), title="Downgrade bo")
CREATE = an_item("i3", expect(CY, "exists", False, True), title="Create cy", after=("i1",))


def an_order(*items: WorkItem, account: str = "acme") -> WorkOrder:
    return WorkOrder(account, "console", "sha256:plan", AT, items or (SUSPEND, DOWNGRADE, CREATE))


def opened(order: WorkOrder | None = None, name: str = "order-1", **fields: Any) -> OpenedOrder:
    order = order or an_order()
    return OpenedOrder(name, order.account, None, "ada", AT, order, **fields)


def item_record(
    item: str, state: ItemState, *facts: Fact, at: str = AT, **fields: Any
) -> ItemRecord:
    return ItemRecord(item, state, fields.pop("actor", "ada"), at, facts=facts, **fields)
