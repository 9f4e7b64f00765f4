"""The embedded console on a database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.engine import Engine

from licsync.backends.local.backend import LocalBackend

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def console_on(database: Engine, account: str = "acme") -> LocalBackend:
    return LocalBackend(database, lambda: NOW, account)
