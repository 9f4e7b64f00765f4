"""The tables that a store's database has: of the store and of the local console, as the command
line wires them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from licsync.backends.local.migrations import HISTORY as CONSOLE
from licsync.model.canonical import compact_json
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
