"""Stores of every earlier revision: their rows survive the upgrade to the newest one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Float, Integer, MetaData, Table, create_engine, insert, select
from sqlalchemy.engine import URL, Connection

from licsync.store.database import Migrations
from tests.support.databases import HISTORIES

TEXTS = ("", "Zoë 😀 'quoted' \"twice\" {}", "line\nline\t\\", "x" * 3000)
"""What follows the unique part of a text."""

Row = dict[str, Any]


@pytest.mark.slow
@pytest.mark.parametrize("history", HISTORIES, ids=["store", "console"])
def test_rows_of_every_revision_survive_to_the_newest(
    database_url: URL, history: Migrations
) -> None:
    """One database goes through all revisions, and gets rows in each of its tables at each."""
    scripts = Config(attributes={})
    scripts.set_main_option("script_location", history.scripts)
    revisions = [s.revision for s in ScriptDirectory.from_config(scripts).walk_revisions()][::-1]
    assert len(revisions) == int(history.head)
    engine = create_engine(database_url.set(drivername=_driver(database_url)))
    written: list[tuple[str, Row]] = []
    with engine.begin() as connection:
        config = Config(
            attributes={"connection": connection, "version_table": history.version_table}
        )
        config.set_main_option("script_location", history.scripts)
        for revision in revisions:
            command.upgrade(config, revision)
            written += _fill(connection, history, int(revision))
        tables = _tables(connection, history)
        kept = {name: _rows(connection, table) for name, table in tables.items()}
    engine.dispose()
    assert {name for name, _ in written} == set(kept)
    for name, row in written:
        assert any(row.items() <= found.items() for found in kept[name]), (name, row)
    assert sum(map(len, kept.values())) == len(written)


def _driver(url: URL) -> str:
    return "sqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg"


def _tables(connection: Connection, history: Migrations) -> Mapping[str, Table]:
    known = MetaData()
    known.reflect(connection)
    return {t.name: t for t in known.sorted_tables if t.name != history.version_table}


def _rows(connection: Connection, table: Table) -> list[Row]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


def _fill(connection: Connection, history: Migrations, revision: int) -> list[tuple[str, Row]]:
    """Write two rows into each table: one that is full, and one with nothing that may be absent."""
    written = []
    for is_full in (True, False):
        rows: dict[str, Row] = {}
        for name, table in _tables(connection, history).items():
            number = 2 * revision + is_full
            row = {
                column.name: _value(column, number, rows)
                for column in table.columns
                if is_full or not column.nullable
            }
            connection.execute(insert(table).values(row))
            rows[name] = row
            written.append((name, row))
    # what a trigger writes by itself changes with every row
    return [(name, {k: v for k, v in row.items() if k != "changed"}) for name, row in written]


def _value(column: Column[Any], number: int, rows: Mapping[str, Row]) -> Any:
    for key in column.foreign_keys:
        return rows[key.column.table.name][key.column.name]
    if isinstance(column.type, Integer):
        return number
    if isinstance(column.type, Float):
        return number / 3
    return f"{column.name} {number} {TEXTS[number % len(TEXTS)]}"
