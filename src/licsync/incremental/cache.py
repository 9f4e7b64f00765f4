"""Keeps what was found in the files of accounts, so that what is unchanged is not read again.

The cache lies outside the account, in the user's own cache directory, so that nobody who may change
the account can make it up. It is safe to delete. What is kept of an account is replaced as a whole;
a piece whose checksum is not right is not used. Where it cannot be read or written, plans are the
same and take longer.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path

VARIABLE = "LICSYNC_CACHE_DIR"
"""The environment variable that names another directory."""

_FORMAT = 2
_KEPT_DAYS = 14
_NAME = f"settled-{_FORMAT}.db"
_TABLE = """
CREATE TABLE IF NOT EXISTS pieces (
    owner BLOB NOT NULL, name TEXT NOT NULL, checksum BLOB NOT NULL, content BLOB NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (owner, name)
)
"""
_SLOWEST = 2.0  # seconds to wait for another process: the cache is not worth more


def directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Say where the cache is: where `VARIABLE` says, else in the user's cache directory."""
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    from platformdirs import user_cache_path

    return user_cache_path("licsync", appauthor=False)


class Cache:
    """What is kept of one account, in pieces with names.

    Args:
        where: the directory; made where it is not there.
        owner: names the account, and whatever else would make what is kept of it useless.
        today: the day, counted from any day: what was not used for two weeks is dropped.
        read_only: whether nothing may be written; what is there is used.
    """

    def __init__(self, where: Path, owner: bytes, today: int, *, read_only: bool = False):
        self._where = where
        self._owner = owner
        self._today = today
        self._read_only = read_only
        self.was_used = False

    def read(self, name: str) -> bytes | None:
        """Read a piece, if it is there as it was written."""
        if not (self._where / _NAME).is_file():
            return None
        query = "SELECT checksum, content, used FROM pieces WHERE owner = ? AND name = ?"
        row = None
        with suppress(OSError, sqlite3.Error), closing(self._open()) as connection:
            row = connection.execute(query, (self._owner, name)).fetchone()
            if row is not None and row[2] < self._today and not self._read_only:
                connection.execute(
                    "UPDATE pieces SET used = ? WHERE owner = ?", (self._today, self._owner)
                )
                connection.commit()
        if row is None or not isinstance(row[1], bytes) or row[0] != self._checksum(name, row[1]):
            return None
        self.was_used = True
        return row[1]

    def drop(self) -> None:
        """Forget what is kept of the account: it was not what it should be."""
        with suppress(OSError, sqlite3.Error), closing(self._open()) as connection, connection:
            connection.execute("DELETE FROM pieces WHERE owner = ?", (self._owner,))

    def write(self, pieces: Mapping[str, bytes]) -> None:
        """Keep these pieces instead of those with the same names, and drop what nobody used for long."""
        if self._read_only:
            return
        rows = [
            (self._owner, name, self._checksum(name, data), data, self._today)
            for name, data in pieces.items()
        ]
        with suppress(OSError, sqlite3.Error):
            self._where.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._write(rows)
            except sqlite3.DatabaseError as fault:
                if getattr(fault, "sqlite_errorcode", None) not in (
                    sqlite3.SQLITE_BUSY,
                    sqlite3.SQLITE_LOCKED,
                ):
                    # it is no cache, or a broken one: the next run makes another
                    (self._where / _NAME).unlink()

    def _write(self, rows: list[tuple[bytes, str, bytes, bytes, int]]) -> None:
        with closing(self._open()) as connection, connection:
            connection.execute(_TABLE)
            connection.execute("DELETE FROM pieces WHERE used < ?", (self._today - _KEPT_DAYS,))
            connection.executemany("INSERT OR REPLACE INTO pieces VALUES (?, ?, ?, ?, ?)", rows)

    def _open(self) -> sqlite3.Connection:
        """Open the file. Raises OSError or sqlite3.Error."""
        file = self._where / _NAME
        if self._read_only:
            return sqlite3.connect(
                f"{file.absolute().as_uri()}?mode=ro", timeout=_SLOWEST, uri=True
            )
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(file, timeout=_SLOWEST)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    def _checksum(self, name: str, content: bytes) -> bytes:
        return blake2b(
            content, digest_size=16, key=self._owner[:32], person=name.encode()[:16]
        ).digest()
