"""What planning an unchanged account needs of a store in SQLite, without SQLAlchemy.

Importing that takes longer than all else such a plan does. Whatever is unusual here (a store that
is not there, of another version, damaged, busy) is left to the ordinary way, which also says what
is wrong.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from licsync.store.encryption import is_exposed

_PATIENCE = 1.0  # seconds to wait for a writer
_KEEP_PLAN = (
    "DELETE FROM licsync_plans WHERE expires_at < :at",
    "DELETE FROM licsync_plans WHERE account = :account AND digest = :digest",
    "INSERT INTO licsync_plans (account, digest, expires_at, plan) "
    "VALUES (:account, :digest, :expires_at, :plan)",
)


class FastPathUnavailable(Exception):
    """The store must be opened with SQLAlchemy."""


class SqliteFastPath:
    """The file of a store.

    Args:
        file: where it is; None where nothing can be done here.
        histories: of everything that keeps its tables in it, the version table and the newest
            revision.
        read_only: whether nothing may be written.
    """

    def __init__(
        self, file: Path | None, histories: Sequence[tuple[str, str]], *, read_only: bool = False
    ):
        self._file = file
        self._mode = "ro" if read_only else "rw"
        self._histories = histories

    def save_plan(self, row: Mapping[str, str], at: str) -> bool:
        """Remember a plan as `memory.Memory.save_plan` does; False where that has to do it.

        Args:
            row: what the table holds of it.
            at: the instant; what has expired by then is forgotten.
        """
        try:
            with self._opened() as connection:
                if is_exposed(connection.execute, row):
                    return True  # it must not be stored
                connection.execute("BEGIN IMMEDIATE")
                for statement in _KEEP_PLAN:
                    connection.execute(statement, {**row, "at": at})
                connection.execute("COMMIT")
        except (FastPathUnavailable, sqlite3.Error):
            return False
        return True

    @contextmanager
    def open_reader(self) -> Iterator[FastReader]:
        """Give what reads from the file, also in processes that are forked meanwhile.

        Raises:
            FastPathUnavailable: the store cannot be read this way.
        """
        with ExitStack() as opened:
            try:
                yield FastReader(lambda: opened.enter_context(self._opened()))
            except sqlite3.Error as fault:
                raise FastPathUnavailable from fault

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file as `database.open_database` does.

        Raises:
            FastPathUnavailable: the store cannot be written this way.
            sqlite3.Error: the driver fails.
        """
        if self._file is None or not self._file.is_file():
            raise FastPathUnavailable
        address = f"{self._file.resolve().as_uri()}?mode={self._mode}"
        with closing(
            sqlite3.connect(address, timeout=_PATIENCE, isolation_level=None, uri=True)
        ) as connection:
            connection.execute("PRAGMA synchronous=EXTRA")
            revisions = [
                connection.execute(f"SELECT version_num FROM {table}").fetchall() == [(newest,)]
                for table, newest in self._histories
            ]
            if not all(revisions):
                raise FastPathUnavailable
            yield connection


class FastReader:
    """Runs reading statements, each in its own transaction, so that writers do not wait.

    Args:
        open: opens the file. A connection may not be used in a forked process, so each has its own.
    """

    def __init__(self, open: Callable[[], sqlite3.Connection]):
        self._open = open
        self._connection = open()
        self._process = os.getpid()

    def execute(self, statement: str, values: Mapping[str, Any]) -> Iterable[Any]:
        """Run a statement with named parameters."""
        if os.getpid() != self._process:
            self._connection, self._process = self._open(), os.getpid()
        return self._connection.execute(statement, values)
