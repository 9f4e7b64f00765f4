"""Caches what licsync read of accounts, so that a plan reads only what has changed.

The cache is in the user's cache directory and not in the account's, so that whoever writes a branch
cannot write the cache. It is safe to delete. licsync ignores a piece whose checksum is wrong. If
the cache cannot be read or written, plans are the same and take longer.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

VARIABLE = "LICSYNC_CACHE_DIR"
"""The environment variable that names another cache directory."""

_FORMAT = 4  # another format takes another file
_KEPT_DAYS = 14
_NAME = f"in-sync-{_FORMAT}.db"
_TABLE = """
CREATE TABLE IF NOT EXISTS pieces (
    owner BLOB NOT NULL, name TEXT NOT NULL, checksum BLOB NOT NULL, content BLOB NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (owner, name)
)
"""
_TIMEOUT = 2.0  # seconds to wait for another process: the cache is not worth more


def directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the cache directory: the value of `VARIABLE`, or the user's cache directory."""
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    from platformdirs import user_cache_path

    return user_cache_path("licsync", appauthor=False)


class Cache:
    """The cache of one account: named pieces of bytes.

    Args:
        where: the directory; created if it does not exist.
        owner: the key of the account. It includes everything that would invalidate the pieces.
        today: the number of the day. Pieces that were not used for two weeks are dropped.
        read_only: whether the cache must not be written. Existing pieces are used.
    """

    def __init__(self, where: Path, owner: bytes, today: int, *, read_only: bool = False):
        self._where = where
        self._owner = owner
        self._today = today
        self._read_only = read_only
        self.was_used = False

    def read(self, name: str) -> bytes | None:
        """Read a piece; None if it does not exist or its checksum is wrong."""
        if not (self._where / _NAME).is_file():
            return None
        query = "SELECT checksum, content, used FROM pieces WHERE owner = ? AND name = ?"
        row = None
        with suppress(OSError, sqlite3.Error), self._opened() as connection:
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
        """Delete the pieces of the account, because one of them was wrong."""
        with suppress(OSError, sqlite3.Error), self._opened() as connection, connection:
            connection.execute("DELETE FROM pieces WHERE owner = ?", (self._owner,))

    def write(self, pieces: Mapping[str, bytes]) -> None:
        """Write pieces, replacing those with the same names, and drop unused pieces."""
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
                    # the file is not a cache, or is damaged: the next run creates it
                    (self._where / _NAME).unlink()

    def _write(self, rows: list[tuple[bytes, str, bytes, bytes, int]]) -> None:
        with self._opened() as connection, connection:
            connection.execute(_TABLE)
            connection.execute("DELETE FROM pieces WHERE used < ?", (self._today - _KEPT_DAYS,))
            connection.executemany("INSERT OR REPLACE INTO pieces VALUES (?, ?, ?, ?, ?)", rows)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file.

        Raises:
            OSError, sqlite3.Error: it cannot be opened.
        """
        file, mode = self._where / _NAME, "ro" if self._read_only else "rw"
        if not self._read_only:
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        address = f"{file.absolute().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(address, timeout=_TIMEOUT, uri=True)) as connection:
            if not self._read_only:
                connection.execute("PRAGMA synchronous = OFF")
            yield connection

    def _checksum(self, name: str, content: bytes) -> bytes:
        return blake2b(
            content, digest_size=16, key=self._owner[:32], person=name.encode()[:16]
        ).digest()
