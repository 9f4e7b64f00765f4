"""The work order of an account: made after a run, answered by people, verified by an inventory."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from licsync.diagnostics import Code, Diagnostic, Refused, error, warning
from licsync.engine.work_orders import OpenedOrder, OrderChanged
from licsync.model.license import format_instant
from licsync.model.observed import observed_at
from licsync.planning.work_order.progress import ItemRecord
from licsync.planning.work_order.verification import Verification, VerifiedItem
from licsync.workflows.account import Account
from licsync.workflows.inventory import last_seen
from licsync.workflows.session import owner

if TYPE_CHECKING:
    from licsync.engine.events import Outcome
    from licsync.model.inventory import Inventory
    from licsync.planning.plan import Plan
    from licsync.planning.work_order.records import WorkOrder
    from licsync.planning.work_order.verification import AddressNames, ObservedAt
    from licsync.store.runs import SqlStore

HINT = (
    "Go on with it: licsync apply DIR --resume. Verify it with new exports: "
    "licsync refresh DIR --from EXPORT. Or close it as it is: licsync apply DIR --abandon."
)
"""What to do about an unfinished work order."""


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


# --- an unfinished order --------------------------------------------------------------------------


def may_have_orders(account: Account) -> bool:
    """Tell whether people ever do something by hand for an account, and its store exists."""
    return account.backend_type != "local" and account.storage.exists()


def unfinished_order(account: Account) -> OpenedOrder | None:
    """Find the work order of an account that is open, or done and not verified yet."""
    if not may_have_orders(account):
        return None
    return account.storage.runs().unfinished_order(account.name)


def refuse_unfinished_order(account: Account, plan: Plan) -> None:
    """Refuse to apply a plan while a work order is unfinished, unless they have nothing in common.

    Raises:
        Refused: the order may change what the plan relies on.
    """
    order = unfinished_order(account)
    if order is not None and not _is_independent(plan, order):
        raise Refused(error(Code.WORK_ORDER_OPEN, f"{describe(order)} {_WHY}", hint=HINT))


_WHY = "A new plan may repeat or contradict its items. Nothing was changed."


def _is_independent(plan: Plan, order: OpenedOrder) -> bool:
    """Tell whether a plan touches nothing of an order.

    The console may pick any unit of a pool, so a plan of licenses never counts as independent.
    """
    if any(action.manual or action.kind != "user" for action in plan.actions):
        return False
    touched = {fact.resource for item in order.order.items for fact in item.expectations}
    touched |= {f"users/{name}" for item in order.order.items for name in item.users}
    return touched.isdisjoint(plan.saw)


def order_warnings(account: Account) -> list[Diagnostic]:
    """Warn if a work order of an account is unfinished: its items may be in a new plan again."""
    order = unfinished_order(account)
    if order is None:
        return []
    why = "The plan may list what somebody is doing or has done."
    return [warning(Code.WORK_ORDER_OPEN, f"{describe(order)} {why}", hint=HINT)]


def describe(order: OpenedOrder) -> str:
    """Say in a sentence which order it is and how far it is."""
    if order.state == "done":
        how = "is done, and no inventory has verified it yet"
    else:
        done, items = order.progress.count("done"), len(order.order.items)
        how = f"is open: {done} of {items} items {'is' if done == 1 else 'are'} done"
    return f"The work order of {order.actor} from {order.created_at} {how}."


# --- a new order ----------------------------------------------------------------------------------


def open_order(
    account: Account, store: SqlStore, content: WorkOrder, outcome: Outcome
) -> OpenedOrder | None:
    """Record the work order of a run. The account is locked.

    Args:
        account: the account.
        store: its store, which holds the lease.
        content: what people do.
        outcome: what became of licsync's own part.

    Returns:
        the order; None if there is nothing to do by hand.

    Raises:
        Refused: somebody else made a work order meanwhile.
    """
    if not content.items:
        return None
    now, done = account.session.real_now(), set(outcome.done) | set(outcome.manual)
    order = OpenedOrder(
        id=f"order-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        account=account.name,
        run=outcome.run or None,
        actor=owner(),
        created_at=format_instant(now),
        order=content,
        waiting=tuple(action for action in outcome.actions if action not in done),
    )
    before = last_seen(account)
    try:
        store.open_order(order, before.to_document() if before else None)
    except OrderChanged as fault:
        unfinished = store.unfinished_order(account.name)
        message = describe(unfinished) if unfinished else "Somebody else made a work order."
        raise Refused(error(Code.WORK_ORDER_OPEN, message, hint=HINT)) from fault
    return order


def abandon_order(account: Account) -> OpenedOrder | None:
    """Close the unfinished work order as it is; None if there is none."""
    if not may_have_orders(account):
        return None
    store = account.storage.runs()
    with store.lock(account.name, owner()):
        order = store.unfinished_order(account.name)
        if order is not None:
            at = format_instant(account.session.real_now())
            store.set_order_state(order, "abandoned", at)
        return order


# --- verification ---------------------------------------------------------------------------------


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
        at = format_instant(account.session.real_now())
        checked = _verification(account, store, order, inventory, lambda section, path: at)
        confirmed = [
            ItemRecord(it.item.id, "confirmed", owner(), at)
            for it in checked.items()
            if it.finding == "verified" and not order.progress.is_settled(it.item.id)
        ]
        _record(account, store, order, confirmed)
        _update_state(account, store, order)
    return len(confirmed)


def _verification(
    account: Account,
    store: SqlStore,
    order: OpenedOrder,
    inventory: Inventory,
    seen: ObservedAt | None,
) -> Verification:
    from licsync.model.inventory import Inventory as InventoryOf

    before = store.inventory_before(order.id)
    return Verification(
        order.progress,
        inventory,
        seen or observation_of(inventory),
        _address_names(account, inventory),
        InventoryOf.from_document(before) if before is not None else None,
    )


def observation_of(inventory: Inventory) -> ObservedAt:
    """Tell when an inventory was seen. One that does not say it was seen as a whole."""
    if not inventory.observed:
        return lambda section, path: inventory.as_of or None
    return lambda section, path: observed_at(inventory.observed, section, path)


def _address_names(account: Account, inventory: Inventory) -> AddressNames:
    from licsync.planning.resolver import Resolver
    from licsync.views.phrases import postal
    from licsync.workflows.state import load_config

    resolver = Resolver(load_config(account).required(), inventory)

    def names_of(address: str | None) -> Sequence[str]:
        record = inventory.service_addresses.get(address or "")
        if address is None or record is None:
            return (address,) if address else ()
        label = resolver.label_of_id(address) or address
        return tuple(dict.fromkeys((postal(record), label, address)))

    return names_of


def _finding_of(account: Account, item: VerifiedItem) -> ItemRecord:
    at = format_instant(account.session.real_now())
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
        store.set_order_state(order, state, format_instant(account.session.real_now()))


def _show(account: Account, verified: VerifiedOrder) -> None:
    from licsync.views.work_orders import verification_lines

    lines = verification_lines(verified.order, verified.items, account.desired.catalog)
    account.session.output.message("\n".join(lines))
