"""The journal of a work order: what people answered, item by item, and the port that keeps it.

Records are only added. An item is recorded as `begun` before it is shown to a person, and its
answer before the next item is shown. So whoever goes on after a crash knows which item may be done
without an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from licsync.engine.ports import Lease
from licsync.planning.work_order.progress import ItemRecord, OrderState, Progress
from licsync.planning.work_order.records import WorkOrder

UNFINISHED: tuple[OrderState, ...] = ("open", "done")
"""States of an order that stands in the way of another one."""


class OrderChanged(Exception):
    """Somebody else added a record to the order, or closed it; nothing was recorded."""


@dataclass(slots=True)
class OpenedOrder:
    """A work order of an account, with its journal.

    Attributes:
        id: its name.
        account: whose it is.
        run: the run that did licsync's own part; None if there was none.
        actor: who made it.
        created_at: when.
        order: what people do. Without items if it was pruned.
        waiting: ids of licsync's own actions that were not done when it was made.
        state: see `OrderState`.
        closed_at: when it was verified or abandoned.
        pruned_at: when its content was removed.
        records: its journal, oldest record first.
    """

    id: str
    account: str
    run: str | None
    actor: str
    created_at: str
    order: WorkOrder
    waiting: tuple[str, ...] = ()
    state: OrderState = "open"
    closed_at: str | None = None
    pruned_at: str | None = None
    records: list[ItemRecord] = field(default_factory=list)

    @property
    def progress(self) -> Progress:
        """Where each item stands."""
        return Progress(self.order, self.records, frozenset(self.waiting))


class WorkOrderStore(Protocol):
    """Keeps work orders. Every write needs the account's lease, and is durable when it returns.

    Every method raises StoreFailed if the store cannot do its work.
    """

    def lock(
        self, account: str, owner: str, link: str | None = None
    ) -> AbstractContextManager[Lease]:
        """Hold the account's lease: see `licsync.engine.ports.Store`."""
        ...

    def renew(self) -> None:
        """Renew the held lease between writes.

        Raises:
            Locked: it is no longer held.
        """
        ...

    def open_order(self, order: OpenedOrder) -> None:
        """Record a new order.

        Raises:
            OrderChanged: the account has an unfinished order.
        """
        ...

    def unfinished_order(self, account: str) -> OpenedOrder | None:
        """Find the order that is open, or done and not verified, with its journal."""
        ...

    def orders(self, account: str) -> list[OpenedOrder]:
        """List the orders with their journals, newest first."""
        ...

    def record_items(self, order: OpenedOrder, *records: ItemRecord) -> None:
        """Add records to the journal of an unfinished order, in the store and in `order`.

        Raises:
            OrderChanged: the store has other records than `order`, or the order is closed.
        """
        ...

    def set_order_state(self, order: OpenedOrder, state: OrderState, at: str) -> None:
        """Record that everything was done, is verified, is open again, or was abandoned.

        Raises:
            OrderChanged: see `record_items`.
        """
        ...

    def prune_orders(self, account: str, before: str, at: str) -> Sequence[OpenedOrder]:
        """Remove what orders that were closed before an instant hold of users."""
        ...
