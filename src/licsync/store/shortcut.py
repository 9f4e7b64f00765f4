"""What planning an unchanged account needs of a store in SQLite, without SQLAlchemy.

Importing that takes longer than all else such a plan does. Whatever is unusual here (a store that is not there, of
another version, damaged, busy) is left to the ordinary way, which also says what is wrong.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

_PATIENCE = 1.0  # seconds to wait for a writer
_KEEP_PLAN = (
    "DELETE FROM licsync_plans WHERE expires_at < :at",
    "DELETE FROM licsync_plans WHERE account = :account AND digest = :digest",
    "INSERT INTO licsync_plans (account, digest, expires_at, plan) VALUES (:account, :digest, :expires_at, :plan)",
)


class Unusual(Exception):
    """The ordinary way has to be taken."""


class Shortcut:
    """The file of a store.

    Args:
        file: where it is; None where nothing can be done here.
        histories: of everything that keeps its tables in it, the version table and the newest revision.
    """

    def __init__(self, file: Path | None, histories: Sequence[tuple[str, str]]):
        self._file = file
        self._histories = histories

    def keep_plan(self, row: Mapping[str, str], at: str) -> bool:
        """Remember a plan as `memory.Memory.keep_plan` does; False where that has to do it.

        Args:
            row: what the table holds of it.
            at: the instant; what has expired by then is forgotten.
        """
        try:
            with self._opened() as connection:
                connection.execute("BEGIN IMMEDIATE")
                for statement in _KEEP_PLAN:
                    connection.execute(statement, {**row, "at": at})
                connection.execute("COMMIT")
        except (Unusual, sqlite3.Error):
            return False
        return True

    @contextmanager
    def look(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that reads, within one transaction. Raises Unusual."""
        try:
            with self._opened() as connection:
                connection.execute("BEGIN")
                yield connection
        except sqlite3.Error as fault:
            raise Unusual from fault

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file as `database.open_database` does. Raises Unusual, or the driver's errors."""
        if self._file is None or not self._file.is_file():
            raise Unusual
        address = f"{self._file.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, timeout=_PATIENCE, isolation_level=None, uri=True)) as connection:
            connection.execute("PRAGMA synchronous=EXTRA")
            revisions = [
                connection.execute(f"SELECT version_num FROM {table}").fetchone() == (newest,)
                for table, newest in self._histories
            ]
            if not all(revisions):
                raise Unusual
            yield connection
