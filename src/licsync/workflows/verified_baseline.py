"""Makes what a work order verified the baseline of drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from licsync.engine.replay import with_records
from licsync.engine.work_orders import OpenedOrder
from licsync.model.inventory import services_of
from licsync.model.license import format_instant
from licsync.workflows.account import Account
from licsync.workflows.drift import adopt_baseline
from licsync.workflows.plan_archive import load_baseline
from licsync.workflows.session import owner

if TYPE_CHECKING:
    from licsync.model.inventory import Inventory, Record


def save_verified(account: Account, order: OpenedOrder, inventory: Inventory) -> None:
    """Save the baseline of drift after a work order was verified.

    What the order is about is as the inventory shows it. Everything else stays as it was, so that
    a change in the console that nobody asked for is still drift. If the files ask for nothing any
    more, the whole inventory is the baseline.

    Args:
        account: the account.
        order: the order.
        inventory: the inventory that verified it.
    """
    from licsync.store.plan_archive import AppliedSnapshot

    last = load_baseline(account, inventory)
    touched: dict[str, Record | None] = {}
    for item in order.order.items:
        for key in (*(fact.resource for fact in item.expectations), *map(_user, item.users)):
            for side in (last.inventory, inventory):
                held = services_of(side.get(key)) if key.startswith("users/") else ()
                units = (f"licenses/{service['license']}" for service in held)
                touched |= {unit: _record(inventory, unit) for unit in units}
            touched[key] = _record(inventory, key)
    baseline = with_records(last.inventory.to_document(), touched, inventory)
    store = account.storage.runs()
    with store.lock(account.name, owner()):
        at = format_instant(account.session.record_time())
        snapshot = AppliedSnapshot(last.run.id if last.run else None, at, baseline.to_document())
        account.storage.plan_archive().save_applied(account.name, snapshot)
    adopt_baseline(account)


def _user(name: str) -> str:
    return f"users/{name}"


def _record(inventory: Inventory, key: str) -> Record | None:
    record = inventory.get(key)
    return dict(record) if record is not None else None
