"""The audit log, a chain of hashed entries that shows every change, and journal checksums.

An entry is written in the transaction that begins, ends, reopens or prunes a run, and names the
hash of the entry before it. Of what the store holds of users an entry has only a hash, made with a
salt that is removed with the data: what is pruned leaves nothing to be guessed, and breaks no
chain. Somebody who rewrites the whole chain, or cuts off its end, is found by a hash that was noted
elsewhere.

The chain can only cover a journal once the run has ended. Until then a checksum stands beside
the journal: the sum of the hashes of its entries. Every write to the journal subtracts the hashes
of what it changes and adds those of what it leaves, in the same transaction. So a resume can tell
whether what it relies on, above all the values that a compensation restores, is as it was written.
The hashes are made of what is stored, so verifying needs no key.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection, Engine, Row

from licsync.engine.ports import AuditResult
from licsync.store import order_audit
from licsync.store.database import raising_store_failed
from licsync.store.hash_chain import (
    Doc,
    append,
    canonical,
    entry_hash,
    last_hash,
    read_content,
    salted_hash,
)
from licsync.store.tables import HISTORY, JOURNAL, JOURNAL_SUMS, RUNS

_SUMMED = "summed"
"""Key of the entry of a run that began: the journal has a sum while the run is open."""

_HASHED = ("digest", "checksum", "summary", "approvals", "undoes")
_LISTED = (*_HASHED, "backend")


def plan_listing(plan: Mapping[str, Any], names: Sequence[str] = _LISTED) -> Doc:
    """Return the part of a plan that the history lists, and that is never pruned."""
    return {name: plan[name] for name in names if name in plan}


def append_begin(connection: Connection, run: str) -> None:
    """Append an entry for the start of a run: who, from where, with which plan."""
    row = _row(connection, run)
    own = {"stored": salted_hash(row.salt, row.plan, row.preimages), _SUMMED: True}
    _append(connection, row, "begun", _beginning(row) | own)


def append_end(connection: Connection, run: str) -> None:
    """Append an entry for the end of a run, with a hash of its journal."""
    row = _row(connection, run)
    _append(connection, row, "ended", _end(row) | {"journal": _journal(connection, row)})


def append_reopen(connection: Connection, run: str) -> None:
    """Append an entry for the resume of a run."""
    row = _row(connection, run)
    _append(connection, row, "reopened", _end(row))


def append_prune(connection: Connection, run: str, at: str) -> None:
    """Append an entry before the data of users in a run is removed."""
    row = _row(connection, run)
    _append(connection, row, "pruned", {"pruned_at": at})


def head(engine: Engine, account: str) -> str | None:
    """Give the hash of the last entry.

    Raises:
        StoreFailed: the store cannot be read.
    """
    with raising_store_failed("The store cannot be read"), engine.connect() as connection:
        return last_hash(connection, account) or None


def verify(engine: Engine, account: str, wanted: str | None = None) -> AuditResult:
    """Verify that nobody altered the history of an account.

    Args:
        engine: the database.
        account: whose history.
        wanted: the hash of an entry that must be there.

    Raises:
        StoreFailed: it cannot be read.
    """
    with raising_store_failed("The store cannot be read"), engine.connect() as connection:
        entries = connection.execute(
            select(HISTORY).where(HISTORY.c.account == account).order_by(HISTORY.c.number)
        ).all()
        rows = connection.execute(
            select(RUNS).where(RUNS.c.account == account).order_by(RUNS.c.number)
        ).all()
        found = AuditResult(len(entries), entries[-1].hash if entries else None)
        previous = ""
        of_run: dict[str, list[Row[Any]]] = {}
        of_orders = [entry for entry in entries if entry.event in order_audit.EVENTS]
        for place, entry in enumerate(entries, 1):
            sealed = entry_hash(account, entry.run, entry.event, entry.content, previous)
            if (entry.previous, entry.hash) != (previous, sealed):
                kind = "order" if entry.event in order_audit.EVENTS else "run"
                what = f"Entry {place} ({entry.event}, {kind} {entry.run})"
                found.faults.append(
                    f"{what} is not as it was written, or one before it was taken out."
                )
            previous = entry.hash
            if entry.event not in order_audit.EVENTS:
                of_run.setdefault(entry.run, []).append(entry)
        for row in rows:
            events = of_run.pop(row.id, None)
            if events is not None:
                found.runs += 1
                found.faults += _differences(connection, row, events)
            elif found.runs:
                found.faults.append(f"Run {row.id} has no entry.")
            else:
                found.before += 1
        found.faults += [f"Run {run} is gone." for run in of_run]
        found.orders, faults = order_audit.verify(connection, account, of_orders)
        found.faults += faults
    if wanted is not None:
        found.has_head = any(entry.hash == wanted for entry in entries)
    return found


def _differences(connection: Connection, row: Row[Any], events: Iterable[Row[Any]]) -> list[str]:
    """Compare a run with its entries."""
    contents: dict[str, Doc] = {}
    last = ""
    for event in events:
        contents[event.event] = read_content(event.content)
        last = event.event if event.event != "pruned" else last
    faults = []
    first = contents.get("begun", {})
    is_pruned = "pruned" in contents
    if {
        name: value for name, value in first.items() if name not in ("stored", _SUMMED)
    } != _beginning(row):
        faults.append("who began it, when, from where or with which plan")
    end = contents["ended"] if last == "ended" else {"state": "open"}
    if (row.state, row.finished_at) != (end.get("state"), end.get("finished_at")):
        faults.append("how or when it ended")
    if contents.get("pruned", {}).get("pruned_at") != row.pruned_at:
        faults.append("whether it was pruned")
    if not is_pruned and first.get("stored") != salted_hash(row.salt, row.plan, row.preimages):
        faults.append("its plan or what was there before")
    if last == "ended":
        is_sound = is_pruned or end.get("journal") == _journal(connection, row)
    else:  # what was begun before there were sums is covered once it has ended
        is_sound = _SUMMED not in first or is_checksum_valid(connection, row.id)
    if not is_sound:
        faults.append("its journal")
    return [f"Run {row.id}: {fault} is not as it was written." for fault in faults]


def _row(connection: Connection, run: str) -> Row[Any]:
    return connection.execute(select(RUNS).where(RUNS.c.id == run)).one()


def _beginning(row: Row[Any]) -> Doc:
    plan = plan_listing(read_content(row.plan), _HASHED)
    more = {"planned_for": row.planned_for} if row.planned_for else {}
    return {
        "actor": row.actor,
        "started_at": row.started_at,
        "link": row.link,
        "plan": plan,
        **more,
    }


def _end(row: Row[Any]) -> Doc:
    return {"state": row.state, "finished_at": row.finished_at}


def _journal(connection: Connection, row: Row[Any]) -> str:
    """Hash all that was recorded of the steps of a run."""
    columns = (c for c in JOURNAL.c if c.name != "number")
    query = select(*columns).where(JOURNAL.c.run == row.id).order_by(JOURNAL.c.number)
    return salted_hash(row.salt, *(canonical(list(step)) for step in connection.execute(query)))


def _append(connection: Connection, row: Row[Any], event: str, content: Doc) -> None:
    if row.salt is not None:  # else it was begun before there was a chain, and is not covered
        append(connection, row.account, row.id, event, content)


# --- the checksum of a journal --------------------------------------------------------------------

_MODULUS = 1 << 256
_ENTRIES = select(JOURNAL).where(JOURNAL.c.run == bindparam("of_run"))
_ENTRIES_AT = _ENTRIES.where(JOURNAL.c.position.in_(bindparam("positions", expanding=True)))
_SUM = select(JOURNAL_SUMS.c.salt, JOURNAL_SUMS.c.total).where(
    JOURNAL_SUMS.c.run == bindparam("of_run")
)
_SET = (
    update(JOURNAL_SUMS)
    .where(JOURNAL_SUMS.c.run == bindparam("of_run"))
    .values(total=bindparam("sum"))
)


def begin_checksum(connection: Connection, run: str) -> None:
    """Store the checksum of a journal without entries."""
    connection.execute(insert(JOURNAL_SUMS).values(run=run, salt=secrets.token_hex(16), total="0"))


def remove_checksum(connection: Connection, run: str) -> None:
    """Remove the checksum of a run whose journal is removed."""
    connection.execute(delete(JOURNAL_SUMS).where(JOURNAL_SUMS.c.run == run))


def is_checksum_valid(connection: Connection, run: str) -> bool:
    """Tell whether the checksum of a run matches its journal."""
    here = {"of_run": run}
    row = connection.execute(_SUM, here).first()
    return (
        row is not None and row.total == f"{_sum(row.salt, connection.execute(_ENTRIES, here)):x}"
    )


@contextmanager
def updating_checksum(connection: Connection, run: str, positions: Iterable[int]) -> Iterator[None]:
    """Update the checksum for a change of the entries at these positions.

    A run that was begun before there were sums has none, and gets none.
    """
    here = {"of_run": run, "positions": list(positions)}
    row = connection.execute(_SUM, {"of_run": run}).first()
    if row is None:
        yield
        return
    taken = _sum(row.salt, connection.execute(_ENTRIES_AT, here))
    yield
    added = _sum(row.salt, connection.execute(_ENTRIES_AT, here))
    total = (int(row.total, 16) - taken + added) % _MODULUS
    connection.execute(_SET, {"of_run": run, "sum": f"{total:x}"})


def _sum(salt: str, entries: Iterable[Iterable[object]]) -> int:
    return sum(_entry_hash(salt, entry) for entry in entries) % _MODULUS


def _entry_hash(salt: str, entry: Iterable[object]) -> int:
    found = hashlib.sha256(salt.encode())
    for value in entry:
        text = b"-" if value is None else str(value).encode()
        found.update(b"%d:%b" % (len(text) if value is not None else -1, text))
    return int.from_bytes(found.digest(), "big")
