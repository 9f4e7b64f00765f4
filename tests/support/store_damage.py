"""Damages a store at random, in the ways that disks, people and other programs do."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from random import Random
from typing import Any

JUNK: list[Any] = [
    "", "x", "{", "5", "null", "[]", "{}", "\x00", b"\xff\xfe\x00", b"", 5, -1, 1.5, None, '"t"',
    "eJx", "true", "sealed:abc", "2026-13-45T99:00:00Z", '{"services":5}', '{"services":[{}]}',
    "[" * 100_000,
]  # fmt: skip
JSON = [
    ("console_users", "body"), ("console_licenses", "body"), ("console_sites", "body"),
    ("console_accounts", "head"), ("licsync_runs", "plan"), ("licsync_runs", "preimages"),
    ("licsync_journal", "step"), ("licsync_journal", "before"),
    ("licsync_history", "content"),
]  # fmt: skip
WAYS = ("bytes", "end", "zeros", "cell", "json", "row", "table", "column", "revision", "blob")


def damage(file: Path, random: Random) -> str:
    """Damage a store; says how."""
    way = random.choice(WAYS)
    data = bytearray(file.read_bytes())
    if way == "bytes":
        for _ in range(random.choice((1, 20, 500))):
            data[random.randrange(len(data))] = random.randrange(256)
    elif way == "end":
        del data[random.randrange(1, len(data)) :]
    elif way == "zeros":
        start, count = random.randrange(len(data)), random.choice((100, 4096))
        data[start : start + count] = bytes(len(data[start : start + count]))
    else:
        connection = sqlite3.connect(file, isolation_level=None)
        try:
            return f"{way}: {_in_tables(connection, way, random)}"
        finally:
            connection.close()
    file.write_bytes(data)
    return way


def _in_tables(connection: sqlite3.Connection, way: str, random: Random) -> str:
    tables = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    if way == "json":
        table, column = random.choice(JSON)
        number, text = random.choice(
            connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
        )
        changed = json.dumps(_changed(json.loads(text), random))
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (changed, number))
        return f"{table}.{column}"
    if way == "revision":
        table = random.choice([name for name in tables if name.endswith("_version")])
        value = random.choice(("", "9999", "abc", 5, b"x", None))
        connection.execute(f"DELETE FROM {table}")
        if value is not None:
            connection.execute(f"INSERT INTO {table} VALUES (?)", (value,))
        return f"{table} {value!r}"
    table = random.choice(
        [name for name in tables if connection.execute(f"SELECT 1 FROM {name}").fetchone()]
    )
    column = random.choice([row[1] for row in connection.execute(f"PRAGMA table_info({table})")])
    number = random.choice([row[0] for row in connection.execute(f"SELECT rowid FROM {table}")])
    junk = random.choice(JUNK)
    try:
        if way == "cell":
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (junk, number))
        elif way == "row":
            connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))
        elif way == "table":
            connection.execute(f"DROP TABLE {table}")
        elif way == "column":
            connection.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO {column}_")
        elif way == "blob":
            connection.execute(f"UPDATE {table} SET {column} = CAST({column} AS BLOB)")
    except sqlite3.Error:
        pass  # not even damage goes past a constraint
    return f"{table}.{column} {str(junk)[:20]!r}"


def _changed(value: Any, random: Random) -> Any:
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(list(value))
        if random.random() < 0.3:
            del value[key]
        else:
            value[key] = _changed(value[key], random)
        return value
    if isinstance(value, list) and value and random.random() < 0.9:
        place = random.randrange(len(value))
        value[place] = _changed(value[place], random)
        return value
    return random.choice((5, None, [], {}, "zz", [5], {"a": 1}, True, -1))
