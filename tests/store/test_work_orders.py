"""What every store must do with work orders, on each database that it can be kept in."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.engine import Engine

from licsync.diagnostics import Locked
from licsync.engine.ports import Run, StoreFailed
from licsync.engine.work_orders import OpenedOrder, OrderChanged
from licsync.planning.work_order.progress import Fact
from licsync.store.audit_log import verify
from licsync.store.encryption import Cipher
from licsync.store.runs import SqlStore
from licsync.store.tables import HISTORY, WORK_ITEMS, WORK_ORDERS
from tests.support.work_orders import ADA, AT, an_order, item_record, opened

KEY = "q0nUHDhTjmlvqhsPWb8xYNSYQPHzxP+S31DIlvVr4/I="  # as openssl rand -base64 writes it
SECRET = "The line of Ada Lopez is busy."
LATER = "2026-12-01T00:00:00Z"


def begin(store: SqlStore, **fields: Any) -> OpenedOrder:
    """Open an order; the account must be locked."""
    order = opened(**fields)
    store.open_order(order, {"users": {ADA: {"status": "active"}}})
    return order


def answered(store: SqlStore) -> OpenedOrder:
    """An order with two answers, one of them with facts."""
    fact = Fact(f"users/{ADA}", "status", "inactive", "active", "as_before")
    with store.lock("acme", "ada"):
        order = begin(store)
        store.record_items(order, item_record("i1", "begun"))
        store.record_items(order, item_record("i1", "failed", note=SECRET))
        store.record_items(order, item_record("i2", "not_done", fact), item_record("i3", "skipped"))
    return order


def test_what_was_answered_is_read_back(database: Engine) -> None:
    store = SqlStore(database)
    order = answered(store)
    assert [record.state for record in order.records] == ["begun", "failed", "not_done", "skipped"]
    other = SqlStore(database)
    assert other.unfinished_order("acme") == order
    assert other.unfinished_order("globex") is None
    assert other.orders("acme") == [order]
    assert other.inventory_before(order.id) == {"users": {ADA: {"status": "active"}}}


def test_an_account_has_one_unfinished_order(database: Engine) -> None:
    store = SqlStore(database)
    with store.lock("acme", "ada"):
        first = begin(store)
        with pytest.raises(OrderChanged):
            begin(store, name="order-2")
        store.set_order_state(first, "done", AT)
        with pytest.raises(OrderChanged):
            begin(store, name="order-2")
        store.set_order_state(first, "open", AT)
        store.set_order_state(first, "verified", LATER)
        assert (first.state, first.closed_at) == ("verified", LATER)
        assert store.unfinished_order("acme") is None
        second = begin(store, name="order-2")
    with store.lock("globex", "ada"):
        begin(store, order=an_order(account="globex"), name="order-3")
    assert store.orders("acme") == [second, first]


def test_of_two_people_who_answer_the_second_learns_of_the_first(database: Engine) -> None:
    store = SqlStore(database)
    with store.lock("acme", "ada"):
        mine = begin(store)
        theirs = store.unfinished_order("acme")
        assert theirs is not None
        store.record_items(mine, item_record("i1", "done"))
        for write in (
            lambda: store.record_items(theirs, item_record("i1", "failed")),
            lambda: store.set_order_state(theirs, "abandoned", AT),
        ):
            with pytest.raises(OrderChanged):
                write()
        assert theirs.records == []
        store.set_order_state(mine, "abandoned", AT)
        with pytest.raises(OrderChanged):
            store.record_items(mine, item_record("i2", "done"))
    assert store.orders("acme") == [mine]


def test_nothing_is_written_without_the_lease(database: Engine) -> None:
    store = SqlStore(database)
    order = answered(store)
    with pytest.raises(RuntimeError):
        store.record_items(order, item_record("i1", "done"))
    with store.lock("acme", "ada"):
        SqlStore(database).unlock("acme")
        with pytest.raises(Locked):
            store.record_items(order, item_record("i1", "done"))


def test_an_order_knows_its_run_and_what_it_waits_for(database: Engine) -> None:
    store = SqlStore(database)
    with store.lock("acme", "ada"):
        store.begin(Run("run-1", "acme", {}, {}, "ada", AT))
        order = opened(waiting=("a3",))
        order.run = "run-1"
        store.open_order(order)
    assert store.unfinished_order("acme") == order
    assert store.inventory_before(order.id) is None


# --- the history ----------------------------------------------------------------------------------


def test_the_history_covers_orders(database: Engine) -> None:
    store = SqlStore(database)
    order = answered(store)
    found = verify(database, "acme")
    assert (found.is_sound, found.orders, found.entries) == (True, 1, 5)
    with store.lock("acme", "ada"):
        store.set_order_state(order, "done", AT)
        store.set_order_state(order, "open", AT)
    assert verify(database, "acme").is_sound


ALTERED = {
    "an answer": (
        update(WORK_ITEMS).where(WORK_ITEMS.c.number == 2).values(state="done"),
        "record 2 of its journal is not as it was written",
    ),
    "a note": (
        update(WORK_ITEMS).where(WORK_ITEMS.c.number == 2).values(note="nothing"),
        "record 2 of its journal",
    ),
    "who answered": (
        update(WORK_ITEMS).where(WORK_ITEMS.c.number == 1).values(actor="bo"),
        "record 1 of its journal",
    ),
    "facts": (update(WORK_ITEMS).where(WORK_ITEMS.c.number == 3).values(facts="[]"), "record 3"),
    "a record taken out": (
        delete(WORK_ITEMS).where(WORK_ITEMS.c.number == 4),
        "its journal has 3 records, not 4",
    ),
    "a record put in": (
        insert(WORK_ITEMS).values(
            work_order="order-1", item="i2", state="done", actor="ada", at=AT, note="", facts=""
        ),
        "its journal has 5 records, not 4",
    ),
    "an item": (update(WORK_ORDERS).values(document="{}"), "its items are not as they were"),
    "the inventory": (update(WORK_ORDERS).values(inventory=None), "its items are not as"),
    "the state": (update(WORK_ORDERS).values(state="verified"), "its state is not as"),
    "who made it": (update(WORK_ORDERS).values(actor="bo"), "who made it"),
    "whether it was pruned": (update(WORK_ORDERS).values(pruned_at=AT), "whether it was pruned"),
    "its entry": (delete(HISTORY), "has no entry"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", ALTERED)
def test_every_alteration_is_found(database: Engine, what: str) -> None:
    answered(SqlStore(database))
    statement, fault = ALTERED[what]
    with database.begin() as connection:
        connection.execute(statement)
    found = verify(database, "acme")
    assert not found.is_sound
    assert fault in " ".join(found.faults)


def test_an_order_that_is_gone_is_missed(database: Engine) -> None:
    answered(SqlStore(database))
    with database.begin() as connection:
        connection.execute(text("DELETE FROM licsync_work_items"))
        connection.execute(text("DELETE FROM licsync_work_orders"))
    assert verify(database, "acme").faults == ["Work order order-1 is gone."]


# --- pruning and sealing --------------------------------------------------------------------------


def test_a_closed_order_is_emptied_and_stays_in_the_history(database: Engine) -> None:
    store = SqlStore(database)
    order = answered(store)
    with store.lock("acme", "ada"):
        assert store.prune_orders("acme", LATER, LATER) == []
        store.set_order_state(order, "verified", AT)
        assert store.prune_orders("acme", AT, LATER) == []
        [pruned] = store.prune_orders("acme", LATER, LATER)
        assert store.prune_orders("acme", LATER, LATER) == []
    assert (pruned.id, pruned.order.items, pruned.pruned_at) == ("order-1", (), LATER)
    assert [(r.item, r.state, r.note, r.facts) for r in pruned.records] == [
        ("i1", "begun", "", ()),
        ("i1", "failed", "", ()),
        ("i2", "not_done", "", ()),
        ("i3", "skipped", "", ()),
    ]
    assert store.inventory_before("order-1") is None
    assert verify(database, "acme").is_sound
    with database.begin() as connection:
        connection.execute(update(WORK_ITEMS).where(WORK_ITEMS.c.number == 1).values(state="done"))
    assert not verify(database, "acme").is_sound


def test_with_a_key_nothing_of_a_user_can_be_read(database: Engine) -> None:
    store = SqlStore(database, cipher=Cipher((KEY,)))
    order = answered(store)
    with database.connect() as connection:
        for table in ("licsync_work_orders", "licsync_work_items", "licsync_history"):
            rows = str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert ADA not in rows
            assert SECRET not in rows
    assert store.unfinished_order("acme") == order
    assert store.inventory_before(order.id) is not None
    with pytest.raises(StoreFailed, match="encrypted"):
        SqlStore(database).unfinished_order("acme")
    assert verify(database, "acme").is_sound
