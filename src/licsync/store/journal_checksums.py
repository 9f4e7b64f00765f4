"""The sum over a run's journal: while the run is open, its entries are changed, and each change keeps the sum true.

The chain (`store.audit_log`) can only cover a journal once it is complete. Until then a sum of the
hashes of its entries stands beside it. Every write to the journal takes out the hashes of what it
changes and adds those of what it leaves, in the same transaction. So a resume can tell whether what
it goes by, the values that a way back restores above all, is as it was written. The hashes are made
of what is stored, so verifying needs no key.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection

from licsync.store.tables import JOURNAL, JOURNAL_SUMS

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


def begin(connection: Connection, run: str) -> None:
    """Begin with the sum over a journal without entries."""
    connection.execute(insert(JOURNAL_SUMS).values(run=run, salt=secrets.token_hex(16), total="0"))


def remove(connection: Connection, run: str) -> None:
    """Remove the sum of a run whose journal is removed."""
    connection.execute(delete(JOURNAL_SUMS).where(JOURNAL_SUMS.c.run == run))


def is_valid(connection: Connection, run: str) -> bool:
    """Tell whether a run has a sum, which is that of its journal."""
    here = {"of_run": run}
    row = connection.execute(_SUM, here).first()
    return (
        row is not None and row.total == f"{_sum(row.salt, connection.execute(_ENTRIES, here)):x}"
    )


@contextmanager
def updating_sum(connection: Connection, run: str, positions: Iterable[int]) -> Iterator[None]:
    """Keep the sum true over a change of the entries at these positions.

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
    return sum(_hash(salt, entry) for entry in entries) % _MODULUS


def _hash(salt: str, entry: Iterable[object]) -> int:
    found = hashlib.sha256(salt.encode())
    for value in entry:
        text = b"-" if value is None else str(value).encode()
        found.update(b"%d:%b" % (len(text) if value is not None else -1, text))
    return int.from_bytes(found.digest(), "big")
