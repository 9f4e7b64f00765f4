"""What is done without SQLAlchemy is what is done with it, or it is not done."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, Engine

from licsync.forking import ForkedTask, can_fork
from licsync.store import STATE
from licsync.store import sqlite_fast_path as module
from licsync.store.address import default_url
from licsync.store.encryption import Cipher
from licsync.store.plan_archive import PlanArchive
from licsync.store.sqlite_fast_path import FastPathUnavailable, SqliteFastPath
from tests.support.databases import HISTORIES, row

HEADS = [(history.version_table, history.head) for history in HISTORIES]
PLAN = {
    "account": "acme",
    "digest": "sha256:1",
    "expires_at": "2026-12-01T00:00:00Z",
    "actions": [{"é": 1}],
}
OLD = {"account": "acme", "digest": "sha256:0", "expires_at": "2026-11-01T00:00:00Z"}
NOW = "2026-11-24T09:00:00Z"


@pytest.fixture
def engine(tmp_path: Path, opened: Callable[[URL], Engine]) -> Engine:
    return opened(default_url(tmp_path))


@pytest.fixture
def file(tmp_path: Path, engine: Engine) -> Path:
    return tmp_path / STATE


@pytest.mark.parametrize("seal", [Cipher(), Cipher(("A" * 43 + "=",))], ids=["open", "sealed"])
def test_a_plan_that_was_kept_is_remembered(file: Path, engine: Engine, seal: Cipher) -> None:
    memory = PlanArchive(engine, seal)
    memory.save_plan(row(OLD, seal), "2026-10-01T00:00:00Z")
    for _ in range(2):
        assert SqliteFastPath(file, HEADS).save_plan(row(PLAN, seal), NOW)
    assert memory.plan("acme", "sha256:1") == PLAN
    assert memory.plan("acme", "sha256:0") is None, "it has expired"


def test_reading_holds_nobody_up(file: Path) -> None:
    count = "SELECT count(*) FROM licsync_plans WHERE account = :account"
    with SqliteFastPath(file, HEADS).open_reader() as look:
        for kept in (0, 1):
            assert [*look.execute(count, {"account": "acme"})] == [(kept,)]
            assert SqliteFastPath(file, HEADS).save_plan(row(PLAN), NOW)


@pytest.mark.skipif(not can_fork(2), reason="another process has to be forked")
def test_a_forked_process_reads_as_well(file: Path) -> None:
    with SqliteFastPath(file, HEADS).open_reader() as look:
        count = "SELECT count(*) FROM licsync_plans WHERE account = :account"
        assert ForkedTask(lambda: [*look.execute(count, {"account": "acme"})], 2).result() == [(0,)]
        assert [*look.execute(count, {"account": "acme"})] == [(0,)]


def test_driver_errors_are_left_to_sqlalchemy(file: Path) -> None:
    with pytest.raises(FastPathUnavailable), SqliteFastPath(file, HEADS).open_reader() as look:
        look.execute("SELECT nothing FROM nowhere", {})


def broken(file: Path) -> None:
    file.write_bytes(b"SQLite format 3\0" + b"\1" * 4096)


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE licsync_console_version SET version_num = '9999'")


def foreign(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE other (a)")


@pytest.mark.parametrize("spoil", [Path.unlink, broken, newer, foreign])
def test_unusual_stores_are_left_to_sqlalchemy(
    file: Path, engine: Engine, spoil: Callable[[Path], None]
) -> None:
    engine.dispose()
    spoil(file)
    before = file.read_bytes() if file.exists() else None
    shortcut = SqliteFastPath(file, HEADS)
    assert not shortcut.save_plan(row(PLAN), NOW)
    with pytest.raises(FastPathUnavailable), shortcut.open_reader():
        raise AssertionError
    assert (file.read_bytes() if file.exists() else None) == before


def test_where_the_store_is_elsewhere_nothing_is_done() -> None:
    assert not SqliteFastPath(None, HEADS).save_plan(row(PLAN), NOW)


def test_a_busy_store_is_left_to_who_waits_longer(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert not SqliteFastPath(file, HEADS).save_plan(row(PLAN), NOW)


def test_an_unchanged_account_is_planned_without_slow_imports() -> None:
    slow = {
        "sqlalchemy",
        "alembic",
        "httpx",
        "deepdiff",
        "jsonschema",
        "cryptography",
        "licsync.config.validation",
    }
    modules = "cli.commands.plan incremental.loader planning.planner"
    imports = ", ".join(f"licsync.{name}" for name in modules.split())
    script = f"import {imports}, sys\nprint(sorted({slow!r} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"
