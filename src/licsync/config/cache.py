"""Keeps what was found settled in files of users, so that an unchanged file is not read again.

The cache lies outside the account, in the user's own cache directory, so that nobody who may change the account can
make it up. It is safe to delete. An entry is found by the content of the file, by what is around it, and by the
version of licsync; one whose checksum is not right is not used. Where it cannot be read or written, plans are the
same and take longer.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path

from licsync.config.parts import Part, from_text, to_text

VARIABLE = "LICSYNC_CACHE_DIR"
"""The environment variable that names another directory."""

_FORMAT = 1
_KEPT_DAYS = 14
_NAME = f"settled-{_FORMAT}.db"
_TABLE = """
CREATE TABLE IF NOT EXISTS parts (
    key BLOB PRIMARY KEY, checksum BLOB NOT NULL, seen BLOB NOT NULL, names BLOB NOT NULL, numbers BLOB NOT NULL,
    content TEXT NOT NULL, used INTEGER NOT NULL
) WITHOUT ROWID
"""
_SLOWEST = 2.0  # seconds to wait for another process: the cache is not worth more


def directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Say where the cache is: where `VARIABLE` says, else in the user's cache directory."""
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    from platformdirs import user_cache_path

    return user_cache_path("licsync", appauthor=False)


def key_of(data: bytes, around: bytes) -> bytes:
    """Name the content of a file and what is around it."""
    return blake2b(data, key=around, digest_size=24).digest()


class Cache:
    """Parts by key.

    Args:
        where: the directory; made where it is not there.
        today: the day, counted from any day: what was not used for two weeks is dropped.
    """

    def __init__(self, where: Path, today: int):
        self._where = where
        self._today = today

    def read(self, keys: Mapping[str, bytes]) -> dict[str, Part]:
        """Read the parts that there are.

        Args:
            keys: by the names of the files.
        """
        if not (self._where / _NAME).is_file():
            return {}
        found: dict[bytes, _Row] = {}
        with suppress(OSError, sqlite3.Error), closing(self._open()) as connection:
            for key, checksum, row in _rows(connection, keys.values()):
                if checksum == _checksum(*row):
                    found[key] = row
        parts = {}
        for name, key in keys.items():
            if key in found:
                seen, names, numbers, content = found[key]
                parts[name] = from_text(content, name, names, numbers, seen)
        return parts

    def write(self, parts: Mapping[bytes, Part], used: Iterable[bytes]) -> None:
        """Keep parts, and drop what was not used for long.

        Args:
            parts: new ones by key.
            used: the keys of all that were asked for.
        """
        rows = []
        for key, part in parts.items():
            row = part.seen, part.names.tobytes(), part.numbers.tobytes(), to_text(part)
            rows.append((key, _checksum(*row), *row, self._today))
        with suppress(OSError, sqlite3.Error):
            self._where.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._write(rows, used)
            except sqlite3.DatabaseError as fault:
                if getattr(fault, "sqlite_errorcode", None) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    (self._where / _NAME).unlink()  # it is no cache, or a broken one: the next run makes another

    def _write(self, rows: list[tuple[bytes, bytes, bytes, bytes, bytes, str, int]], used: Iterable[bytes]) -> None:
        with closing(self._open()) as connection, connection:
            connection.execute(_TABLE)
            connection.executemany("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            stale = ((self._today, key, self._today) for key in used)
            connection.executemany("UPDATE parts SET used = ? WHERE key = ? AND used < ?", stale)
            connection.execute("DELETE FROM parts WHERE used < ?", (self._today - _KEPT_DAYS,))

    def _open(self) -> sqlite3.Connection:
        """Open the file. Raises OSError or sqlite3.Error."""
        file = self._where / _NAME
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(file, timeout=_SLOWEST)
        connection.execute("PRAGMA synchronous = OFF")
        return connection


_Row = tuple[bytes, bytes, bytes, str]


def _rows(connection: sqlite3.Connection, keys: Iterable[bytes]) -> Iterator[tuple[bytes, bytes, _Row]]:
    query = "SELECT checksum, seen, names, numbers, content FROM parts WHERE key = ?"
    for key in keys:
        for checksum, seen, names, numbers, content in connection.execute(query, (key,)):
            yield key, checksum, (seen, names, numbers, content)


def _checksum(seen: bytes, names: bytes, numbers: bytes, content: str) -> bytes:
    digest = blake2b(b"%d %d " % (len(names), len(numbers)), digest_size=16)
    for data in (seen, names, numbers, content.encode("utf-8", "surrogatepass")):
        digest.update(data)
    return digest.digest()
