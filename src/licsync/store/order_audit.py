"""The work orders in the chain of the history: every order, every answer, every change of state.

An entry has a hash of what is stored, made with the salt of the order, and in clear what stays when
an order is pruned: who, when, which item, which state. So a record that somebody altered, took out
or put in is found, and a pruned order leaves nothing to be guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection, Row

from licsync.store.hash_chain import Doc, append, read_content, salted_hash
from licsync.store.tables import WORK_ITEMS, WORK_ORDERS

_OPENED, _ANSWERED, _STATE, _PRUNED = "order", "item", "order-state", "order-pruned"

EVENTS = frozenset((_OPENED, _ANSWERED, _STATE, _PRUNED))
"""The events of the history that are about work orders."""


def append_opened(connection: Connection, order: str) -> None:
    """Append an entry for a new work order."""
    row = _row(connection, order)
    append(connection, row.account, row.id, _OPENED, _beginning(row) | {"stored": _stored(row)})


def append_item(connection: Connection, order: Row[Any], item: Row[Any]) -> None:
    """Append an entry for a record in the journal of an order."""
    content = _record(item) | {"stored": salted_hash(order.salt, item.note, item.facts)}
    append(connection, order.account, order.id, _ANSWERED, content)


def append_state(connection: Connection, order: str) -> None:
    """Append an entry for the new state of an order."""
    row = _row(connection, order)
    append(connection, row.account, row.id, _STATE, _end(row))


def append_pruned(connection: Connection, order: str, at: str) -> None:
    """Append an entry before the data of users in an order is removed."""
    row = _row(connection, order)
    append(connection, row.account, row.id, _PRUNED, {"pruned_at": at})


def verify(
    connection: Connection, account: str, entries: Iterable[Row[Any]]
) -> tuple[int, list[str]]:
    """Compare the work orders of an account with their entries.

    Args:
        connection: reads the orders.
        account: whose orders.
        entries: the entries of the history that are about work orders, oldest first.

    Returns:
        how many orders there are, and what is not as it was written.
    """
    of_order: dict[str, list[Row[Any]]] = defaultdict(list)
    for entry in entries:
        of_order[entry.run].append(entry)
    query = select(WORK_ORDERS).where(WORK_ORDERS.c.account == account)
    rows = connection.execute(query.order_by(WORK_ORDERS.c.number)).all()
    faults = []
    for row in rows:
        events = of_order.pop(row.id, None)
        if events is None:
            faults.append(f"Work order {row.id} has no entry.")
        else:
            faults += _differences(connection, row, events)
    faults += [f"Work order {order} is gone." for order in of_order]
    return len(rows), faults


def _differences(
    connection: Connection, row: Row[Any], events: Sequence[Row[Any]]
) -> Iterable[str]:
    contents: dict[str, Doc] = {}
    answers = []
    for event in events:
        contents[event.event] = read_content(event.content)
        if event.event == _ANSWERED:
            answers.append(contents[event.event])
    is_pruned = _PRUNED in contents
    first = contents.get(_OPENED, {})
    if {name: value for name, value in first.items() if name != "stored"} != _beginning(row):
        yield f"Work order {row.id}: who made it, when or for which plan is not as it was written."
    if contents.get(_STATE, {"state": "open", "closed_at": None}) != _end(row):
        yield f"Work order {row.id}: its state is not as it was written."
    if contents.get(_PRUNED, {}).get("pruned_at") != row.pruned_at:
        yield f"Work order {row.id}: whether it was pruned is not as it was written."
    if not is_pruned and first.get("stored") != _stored(row):
        yield f"Work order {row.id}: its items are not as they were written."
    query = select(WORK_ITEMS).where(WORK_ITEMS.c.work_order == row.id)
    records = connection.execute(query.order_by(WORK_ITEMS.c.number)).all()
    recorded = [
        _record(item)
        if is_pruned
        else _record(item) | {"stored": salted_hash(row.salt, item.note, item.facts)}
        for item in records
    ]
    if is_pruned:
        answers = [{k: v for k, v in answer.items() if k != "stored"} for answer in answers]
    for place, (answer, record) in enumerate(zip(answers, recorded, strict=False), 1):
        if answer != record:
            yield f"Work order {row.id}: record {place} of its journal is not as it was written."
            return
    if len(answers) != len(recorded):
        yield f"Work order {row.id}: its journal has {len(recorded)} records, not {len(answers)}."


def _row(connection: Connection, order: str) -> Row[Any]:
    return connection.execute(select(WORK_ORDERS).where(WORK_ORDERS.c.id == order)).one()


def _beginning(row: Row[Any]) -> Doc:
    names = ("run", "actor", "created_at", "plan_digest", "waiting")
    return {name: getattr(row, name) for name in names}


def _stored(row: Row[Any]) -> str:
    return salted_hash(row.salt, row.document, row.inventory or "")


def _end(row: Row[Any]) -> Doc:
    return {"state": row.state, "closed_at": row.closed_at}


def _record(row: Row[Any]) -> Doc:
    return {name: getattr(row, name) for name in ("item", "state", "actor", "at")}
