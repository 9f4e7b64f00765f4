"""The tables that a store's database has: of the store and of the local console, as the command
line wires them.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, inspect
from sqlalchemy.engine import Connection, Engine

from licsync.backends.local.migrations import HISTORY as CONSOLE
from licsync.model.canonical import compact_json
from licsync.store import database
from licsync.store.database import Migrations, open_database
from licsync.store.encryption import Cipher, plan_row
from licsync.store.migrations import HISTORY as STORE

HISTORIES = (Migrations(*STORE), Migrations(*CONSOLE))


@cache
def empty_store() -> bytes:
    """A SQLite store with all its tables and nothing in them. The migrations run once a process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        open_database(f"sqlite:///{path}", HISTORIES).dispose()
        return path.read_bytes()


_migrate = database._migrate


def migrate_quickly(connection: Connection, history: Migrations, shown: str) -> None:
    """Run the migrations of a new store once a process; afterwards make the same tables.

    Many commands that tests run make a store, and migrating it takes longer than what they do.
    """
    new = not inspect(connection).has_table(history.version_table)
    if not new or history not in HISTORIES:
        _migrate(connection, history, shown)
    elif connection.dialect.name == "sqlite":
        for statement in _new_tables(history):
            connection.exec_driver_sql(statement)
    elif history.version_table in _postgresql:
        for statement, values in _postgresql[history.version_table]:
            connection.exec_driver_sql(statement, values)
    else:
        _postgresql[history.version_table] = _recorded(connection, history, shown)


_postgresql: dict[str, list[tuple[str, Any]]] = {}
"""What migrating a new PostgreSQL store writes, by the version table."""


def _recorded(connection: Connection, history: Migrations, shown: str) -> list[tuple[str, Any]]:
    """Migrate a new store, and list the statements that write."""
    written: list[tuple[str, Any]] = []

    def record(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        if not statement.lstrip().upper().startswith("SELECT"):
            written.append((statement, values))

    event.listen(connection, "before_cursor_execute", record)
    _migrate(connection, history, shown)
    event.remove(connection, "before_cursor_execute", record)
    return written


@cache
def _new_tables(history: Migrations) -> list[str]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        _migrate(connection, history, "in memory")
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        statements = [line for line in raw.iterdump() if not line.startswith(("BEGIN", "COMMIT"))]
    engine.dispose()
    return statements


def hurry(engine: Engine) -> None:
    """Do not wait for the disk: for tests in which a process may die, but no power is lost."""
    event.listen(
        engine,
        "connect",
        lambda connection, _: connection.execute("PRAGMA synchronous=OFF").close(),
    )
    engine.dispose()


def row(plan: Mapping[str, Any], seal: Cipher | None = None) -> dict[str, str]:
    """Give what the store holds of a plan's document."""
    return plan_row(
        plan["account"], plan["digest"], plan["expires_at"], compact_json(plan), seal or Cipher()
    )
