"""A queue in a PostgreSQL database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import URL

pytest.importorskip("procrastinate")

from licsync.job_queue.database import schema_name

Execute = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def queue_url(postgres: URL) -> str:
    """The URL of a database with an empty queue."""
    with psycopg.connect(postgres.render_as_string(), autocommit=True) as database:
        database.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema_name())))
    return postgres.render_as_string()


@pytest.fixture
def execute(queue_url: str) -> Iterator[Execute]:
    """Runs a statement on the tables of the queue."""
    from psycopg.rows import dict_row

    with psycopg.connect(queue_url, autocommit=True, row_factory=dict_row) as database:
        database.execute(SQL("SET search_path TO {}").format(Identifier(schema_name())))

        def run(statement: str, *values: object) -> list[dict[str, Any]]:
            found = database.execute(statement, values)  # type: ignore[call-overload]
            return list(found.fetchall()) if found.description else []

        yield run
