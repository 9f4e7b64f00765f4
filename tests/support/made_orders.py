"""Work orders of small plans by hand, and what tests read of them."""

from __future__ import annotations

from typing import Any

from licsync.model.capabilities import Capabilities
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import InventoryUser
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import WorkItem, WorkOrder
from licsync.planning.work_order.uploads import NO_UPLOAD, UploadColumns
from tests.support.accounts import desired, user
from tests.support.planning import planned

BY_HAND = Capabilities({})
HQ = {
    "HQ": {"service_address": "A1", "pbx": "us1"},
    "Leeds": {"service_address": "A3", "pbx": "gb"},
}


def order_for(
    wanted: dict[str, Any] | Desired,
    there: Inventory,
    able: Capabilities = BY_HAND,
    columns: UploadColumns = NO_UPLOAD,
    **more: Any,
) -> WorkOrder:
    files = wanted if isinstance(wanted, Desired) else desired(wanted, **more)
    plan = planned(files, there, capabilities=able, backend="console", allow_loss=True)
    return make_work_order(plan, files, there, columns=columns)


def titles(order: WorkOrder) -> list[str]:
    return [item.title for item in order.items]


def facts(item: WorkItem) -> dict[tuple[str, str], tuple[object, object]]:
    return {(f.resource, f.path): (f.before, f.after) for f in item.expectations}


def people(*names: str, **fields: Any) -> dict[str, InventoryUser]:
    return {name: user(**fields) for name in names}
