"""The work orders of accounts in an SQL database, with a journal of answers that only grows."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection, Engine, Row

from licsync.engine.ports import Clock
from licsync.engine.work_orders import UNFINISHED, OpenedOrder, OrderChanged
from licsync.model.canonical import compact_json
from licsync.planning.work_order.progress import Fact, ItemRecord, OrderState
from licsync.planning.work_order.records import WorkOrder
from licsync.store import order_audit
from licsync.store.database import compact, statement_runner
from licsync.store.encryption import Cipher, Doc, pack, require_key, unpack
from licsync.store.leases import LEASE_SECONDS, LeasedStore
from licsync.store.tables import WORK_ITEMS, WORK_ORDERS


class WorkOrderTables(LeasedStore):
    """A `licsync.engine.work_orders.WorkOrderStore` on a database that `open_database` opened.

    Args:
        engine: the database.
        clock: measures the leases (see `LeasedStore`).
        lease_seconds: how long a lease holds without being renewed.
        cipher: encrypts what is stored of users.
        organization: the vendor's customer id (see `LeasedStore`).
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock | None = None,
        lease_seconds: float = LEASE_SECONDS,
        cipher: Cipher | None = None,
        organization: str | None = None,
    ):
        super().__init__(engine, clock, lease_seconds, organization)
        self._cipher = cipher or Cipher()

    def open_order(self, order: OpenedOrder, inventory: Doc | None = None) -> None:
        """Record a new order.

        Args:
            order: the order, without a journal.
            inventory: the account as it is before the first item.

        Raises:
            OrderChanged: the account has an unfinished order.
            StoreFailed: earlier records are encrypted, and the key is missing.
        """
        with self._recording("The work order cannot be recorded") as connection:
            require_key(statement_runner(connection), order.account, self._cipher)
            if connection.execute(_unfinished(order.account)).first() is not None:
                raise OrderChanged(order.account)
            packed = pack(compact_json(inventory), self._cipher) if inventory is not None else None
            row: dict[str, Any] = {
                "id": order.id,
                "account": order.account,
                "run": order.run,
                "actor": order.actor,
                "created_at": order.created_at,
                "plan_digest": order.order.plan_digest,
                "document": self._sealed(order.order.to_json()),
                "inventory": packed,
                "waiting": _text(list(order.waiting)),
                "state": order.state,
                "salt": secrets.token_hex(16),
            }
            connection.execute(insert(WORK_ORDERS).values(**row))
            order_audit.append_opened(connection, order.id)

    def unfinished_order(self, account: str) -> OpenedOrder | None:
        """Find the order that is open, or done and not verified, with its journal."""
        with self._reading() as connection:
            row = connection.execute(_unfinished(account)).first()
            return self._order(connection, row) if row is not None else None

    def orders(self, account: str) -> list[OpenedOrder]:
        """List the orders with their journals, newest first."""
        query = select(WORK_ORDERS).where(WORK_ORDERS.c.account == account)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(WORK_ORDERS.c.number.desc())).all()
            return [self._order(connection, row) for row in rows]

    def inventory_before(self, order: str) -> Doc | None:
        """Give the account as it was when an order was made; None if it was not kept."""
        query = select(WORK_ORDERS.c.inventory).where(WORK_ORDERS.c.id == order)
        with self._reading() as connection:
            packed = connection.scalar(query)
        return unpack(packed, self._cipher) if packed is not None else None

    def record_items(self, order: OpenedOrder, *records: ItemRecord) -> None:
        """Add records to the journal of an unfinished order, in the store and in `order`.

        Raises:
            OrderChanged: the store has other records than `order`, or the order is closed.
        """
        with self._recording("The answer cannot be recorded") as connection:
            row = self._expected(connection, order)
            for record in records:
                values = {
                    "item": record.item,
                    "state": record.state,
                    "actor": record.actor,
                    "at": record.at,
                    "note": self._cipher.encrypt(record.note) if record.note else "",
                    "facts": self._sealed([f.to_json() for f in record.facts])
                    if record.facts
                    else "",
                }
                new = insert(WORK_ITEMS).values(work_order=order.id, **values)
                stored = connection.execute(new.returning(*WORK_ITEMS.c)).one()
                order_audit.append_item(connection, row, stored)
        order.records += records

    def set_order_state(self, order: OpenedOrder, state: OrderState, at: str) -> None:
        """Record that everything was done, is verified, is open again, or was abandoned.

        Raises:
            OrderChanged: see `record_items`.
        """
        closed_at = None if state in UNFINISHED else at
        with self._recording("The state of the work order cannot be recorded") as connection:
            self._expected(connection, order)
            here = WORK_ORDERS.c.id == order.id
            connection.execute(
                update(WORK_ORDERS).where(here).values(state=state, closed_at=closed_at)
            )
            order_audit.append_state(connection, order.id)
        order.state, order.closed_at = state, closed_at

    def prune_orders(self, account: str, before: str, at: str) -> list[OpenedOrder]:
        """Remove what orders that were closed before an instant hold of users.

        The orders stay in the history: who made them, when, and which item was answered how.
        """
        with self._recording("The store cannot be pruned") as connection:
            old = select(WORK_ORDERS).where(
                WORK_ORDERS.c.account == account,
                WORK_ORDERS.c.closed_at < before,
                WORK_ORDERS.c.pruned_at.is_(None),
            )
            rows = connection.execute(old.order_by(WORK_ORDERS.c.number.desc())).all()
            for row in rows:
                order_audit.append_pruned(connection, row.id, at)
                here = WORK_ORDERS.c.id == row.id
                emptied = {"document": "", "inventory": None, "pruned_at": at, "salt": None}
                connection.execute(update(WORK_ORDERS).where(here).values(**emptied))
                of_order = WORK_ITEMS.c.work_order == row.id
                connection.execute(update(WORK_ITEMS).where(of_order).values(note="", facts=""))
            found = [self._order(connection, row) for row in connection.execute(_among(rows))]
        if found:
            compact(self._engine)
        return found

    # --- rows -------------------------------------------------------------------------------------

    def _expected(self, connection: Connection, order: OpenedOrder) -> Row[Any]:
        """Give the row of an order that is as `order` says.

        Raises:
            OrderChanged: it is not.
        """
        here = WORK_ORDERS.c.id == order.id
        row = connection.execute(select(WORK_ORDERS).where(here).with_for_update()).one()
        number = connection.scalar(select(func.count()).where(WORK_ITEMS.c.work_order == order.id))
        if row.state not in UNFINISHED or number != len(order.records):
            raise OrderChanged(order.id)
        return row

    def _order(self, connection: Connection, row: Row[Any]) -> OpenedOrder:
        query = select(WORK_ITEMS).where(WORK_ITEMS.c.work_order == row.id)
        records = connection.execute(query.order_by(WORK_ITEMS.c.number)).all()
        content = (
            WorkOrder.from_json(self._opened(row.document))
            if row.document
            else WorkOrder(row.account, "", row.plan_digest, row.created_at)
        )
        return OpenedOrder(
            id=row.id,
            account=row.account,
            run=row.run,
            actor=row.actor,
            created_at=row.created_at,
            order=content,
            waiting=tuple(json.loads(row.waiting)),
            state=row.state,
            closed_at=row.closed_at,
            pruned_at=row.pruned_at,
            records=[self._record(record) for record in records],
        )

    def _record(self, row: Row[Any]) -> ItemRecord:
        facts = self._opened(row.facts) if row.facts else ()
        return ItemRecord(
            item=row.item,
            state=row.state,
            actor=row.actor,
            at=row.at,
            note=self._cipher.decrypt(row.note),
            facts=tuple(Fact.from_json(fact) for fact in facts),
        )

    def _sealed(self, value: Any) -> str:
        return self._cipher.encrypt(_text(value))

    def _opened(self, stored: str) -> Any:
        return json.loads(self._cipher.decrypt(stored))


def _unfinished(account: str) -> Any:
    return (
        select(WORK_ORDERS)
        .where(WORK_ORDERS.c.account == account, WORK_ORDERS.c.state.in_(UNFINISHED))
        .order_by(WORK_ORDERS.c.number)
    )


def _among(rows: Iterable[Row[Any]]) -> Any:
    found = WORK_ORDERS.c.id.in_([row.id for row in rows])
    return select(WORK_ORDERS).where(found).order_by(WORK_ORDERS.c.number.desc())


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
