"""Verifies the work order of an account by an inventory, or by what people confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from licsync.engine.work_orders import OpenedOrder
from licsync.model.license import format_instant
from licsync.model.observed import observed_at
from licsync.model.places import PlaceKey, place_key
from licsync.planning.work_order.progress import ItemRecord
from licsync.planning.work_order.verification import Verification, VerifiedItem
from licsync.workflows.account import Account, capabilities_of
from licsync.workflows.session import owner
from licsync.workflows.unfinished_orders import may_have_orders, unfinished_order

if TYPE_CHECKING:
    from licsync.model.inventory import Inventory
    from licsync.planning.work_order.expected_values import AddressNames
    from licsync.planning.work_order.verification import ObservedAt
    from licsync.store.runs import SqlStore


@dataclass(frozen=True, slots=True)
class VerifiedOrder:
    """A work order beside an inventory.

    Attributes:
        order: the order, with the findings in its journal.
        items: what the inventory shows, item by item.
    """

    order: OpenedOrder
    items: list[VerifiedItem]

    @property
    def is_closed(self) -> bool:
        """Tell whether every item is verified or confirmed."""
        return self.order.state == "verified"


def verify_work_orders(
    account: Account, inventory: Inventory, *, seen: ObservedAt | None = None
) -> VerifiedOrder | None:
    """Compare the unfinished work order of an account with an inventory, and show the result.

    What was found goes into the journal of the order. If every item is verified, the order is
    closed, and what was verified becomes the baseline of drift. The caller must not hold the lease.

    Args:
        account: the account.
        inventory: what the account holds now, such as newer exports show it.
        seen: tells when a path was last seen; by default the inventory says it.

    Returns:
        the result; None if there is no unfinished order.

    Raises:
        Locked: somebody else works on the account.
    """
    if not may_have_orders(account):
        return None
    store = account.storage.runs()
    if store.unfinished_order(account.name) is None:
        return None
    with store.lock(account.name, owner()):
        order = store.unfinished_order(account.name)
        if order is None:
            return None
        found = _verification(account, store, order, inventory, seen).items()
        _record(account, store, order, [_finding_of(account, item) for item in found])
        _update_state(account, store, order)
    verified = VerifiedOrder(order, found)
    _show(account, verified)
    if verified.is_closed:
        from licsync.workflows.verified_baseline import save_verified

        save_verified(account, verified.order, inventory)
    return verified


def verify_from_backend(account: Account) -> bool:
    """Verify the unfinished work order by what 8x8's API shows now.

    An account without the API is verified by its next export.

    Returns:
        whether the order was verified as a whole, and closed.

    Raises:
        CredentialsMissing: 8x8's API key is missing.
        InputInvalid: 8x8 or the store cannot be read.
        Locked: another run works on the account.
    """
    if account.is_stored or unfinished_order(account) is None:
        return False
    from licsync.workflows.backends import inventory_now

    inventory = inventory_now(account)
    if inventory is None:
        return False
    able = capabilities_of(account, inventory)
    now = format_instant(account.session.record_time())

    def seen(section: str, path: str) -> str | None:
        return now if able.shows(section, path) else observed_at(inventory.observed, section, path)

    verified = verify_work_orders(account, inventory, seen=seen)
    return verified is not None and verified.is_closed


def confirm_work_orders(account: Account, inventory: Inventory) -> int:
    """Mark the items that an inventory with confirmed manual steps has as done.

    Returns:
        how many items were confirmed.
    """
    if not may_have_orders(account):
        return 0
    store = account.storage.runs()
    with store.lock(account.name, owner()):
        order = store.unfinished_order(account.name)
        if order is None:
            return 0
        at = format_instant(account.session.record_time())
        checked = _verification(account, store, order, inventory, lambda section, path: at)
        confirmed = [
            ItemRecord(it.item.id, "confirmed", owner(), at)
            for it in checked.items()
            if it.finding == "verified" and not order.progress.is_settled(it.item.id)
        ]
        _record(account, store, order, confirmed)
        _update_state(account, store, order)
    if confirmed:
        from licsync.views.work_orders import progress_line

        closed = " It is closed." if order.state == "verified" else ""
        account.session.output.message(f"Work order: {progress_line(order.progress)}.{closed}")
    return len(confirmed)


def _verification(
    account: Account,
    store: SqlStore,
    order: OpenedOrder,
    inventory: Inventory,
    seen: ObservedAt | None,
) -> Verification:
    from licsync.model.inventory import Inventory as InventoryOf

    document = store.inventory_before(order.id)
    before = InventoryOf.from_document(document) if document is not None else None
    return Verification(
        order.progress,
        inventory,
        seen or observation_of(inventory),
        _address_names(account, inventory, before),
        before,
    )


def observation_of(inventory: Inventory) -> ObservedAt:
    """Tell when an inventory was seen. One that does not say it was seen as a whole."""
    if not inventory.observed:
        return lambda section, path: inventory.as_of or None
    return lambda section, path: observed_at(inventory.observed, section, path)


def _address_names(
    account: Account, inventory: Inventory, before: Inventory | None
) -> AddressNames:
    """Give the names of an address of the inventory: its spellings, its slug, its id."""
    from licsync.planning.resolver import Resolver
    from licsync.views.phrases import postal
    from licsync.workflows.state import load_config

    resolver = Resolver(load_config(account).required(), inventory)
    earlier = before.service_addresses.values() if before is not None else ()
    declared = (a for a in resolver.desired.service_addresses.values() if a is not None)
    spellings: dict[PlaceKey, list[str]] = {}
    for place in (*earlier, *declared):
        spellings.setdefault(place_key(place), []).append(postal(place))

    def names_of(address: str | None) -> Sequence[str]:
        record = inventory.service_addresses.get(address or "")
        if address is None or record is None:
            return (address,) if address else ()
        label = resolver.label_of_id(address) or address
        others = spellings.get(place_key(record), ())
        return tuple(dict.fromkeys((postal(record), label, address, *others)))

    return names_of


def _finding_of(account: Account, item: VerifiedItem) -> ItemRecord:
    at = format_instant(account.session.record_time())
    return ItemRecord(item.item.id, item.finding, owner(), at, facts=item.faults)


def _record(
    account: Account, store: SqlStore, order: OpenedOrder, records: Sequence[ItemRecord]
) -> None:
    """Record what is new: a refresh that shows the same again adds nothing."""
    last = order.progress.last
    new = []
    for record in records:
        was = last.get(record.item)
        is_known = was is not None and (was.state, was.facts) == (record.state, record.facts)
        is_worse = was is not None and was.state == "confirmed" and record.state == "not_visible"
        if not (is_known or is_worse):
            new.append(record)
    if new:
        store.record_items(order, *new)


def _update_state(account: Account, store: SqlStore, order: OpenedOrder) -> None:
    """Close an order that is verified; open one again that turned out not to be done."""
    state = order.progress.state
    if state != order.state:
        store.set_order_state(order, state, format_instant(account.session.record_time()))


def _show(account: Account, verified: VerifiedOrder) -> None:
    from licsync.views.work_order_verification import verification_lines

    lines = verification_lines(verified.order, verified.items, account.desired.catalog)
    account.session.output.message("\n".join(lines))
