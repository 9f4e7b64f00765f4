"""Opening a store's database: made, brought up to date, or refused with a reason."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.engine import URL, Engine

from licsync.backends.local.tables import METADATA as CONSOLE_TABLES
from licsync.diagnostics import Code
from licsync.engine.ports import Run, StoreFailed
from licsync.store.address import default_url
from licsync.store.database import Migrations, open_database, raising_store_failed
from licsync.store.migrations import HISTORY
from licsync.store.runs import SqlStore
from licsync.store.tables import METADATA as STORE_TABLES
from licsync.store.tables import RUNS
from tests.support.databases import HISTORIES
from tests.support.paths import ROOT


def reason(url: URL | str) -> str:
    with pytest.raises(StoreFailed) as refused:
        open_database(url, HISTORIES)
    [diagnostic] = refused.value.diagnostics
    return f"{diagnostic.message} {diagnostic.hint or ''}"


@pytest.fixture
def made(tmp_path: Path, opened: Callable[[URL], Engine]) -> Path:
    """The file of a store that exists."""
    opened(default_url(tmp_path)).dispose()
    return tmp_path / ".licsync" / "state.db"


def test_the_migrations_make_what_the_code_works_with(database: Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or not str(name).endswith("_version")

    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours})
        assert compare_metadata(context, [STORE_TABLES, CONSOLE_TABLES]) == []


@pytest.mark.parametrize("history", HISTORIES, ids=["store", "console"])
def test_the_head_that_the_code_names_is_the_newest_revision(history: Migrations) -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", history.scripts)
    assert ScriptDirectory.from_config(config).get_heads() == [history.head]


@pytest.mark.slow
def test_a_store_that_is_up_to_date_is_opened_without_alembic(made: Path) -> None:
    script = """
import sys
from tests.support.databases import HISTORIES
from licsync.store.database import open_database
open_database("sqlite:///" + sys.argv[1], HISTORIES)
sys.exit("alembic" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", script, str(made)], cwd=ROOT, check=True)


def test_only_its_owner_can_read_it(made: Path) -> None:
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700


def test_a_directory_that_was_there_keeps_its_rights(
    tmp_path: Path, opened: Callable[[str], Engine]
) -> None:
    tmp_path.chmod(0o755)
    file = tmp_path / "state.db"
    file.touch(0o644)
    opened(f"sqlite:///{file}")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_strange_path_is_a_path(tmp_path: Path, opened: Callable[[URL], Engine]) -> None:
    folder = tmp_path / "what? 100% #1 & ünï"
    opened(default_url(folder))
    assert (folder / ".licsync" / "state.db").exists()


def test_sqlite_is_set_for_durability(made: Path, opened: Callable[[str], Engine]) -> None:
    with opened(f"sqlite:///{made}").connect() as connection:
        settings = [
            connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")
        ]
        assert settings == ["delete", 3]
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


@pytest.mark.soak
def test_many_processes_make_one_store(tmp_path: Path) -> None:
    script = """
import sys
from tests.support.databases import HISTORIES
from licsync.store.database import open_database
open_database("sqlite:///" + sys.argv[1], HISTORIES)
"""
    command = [sys.executable, "-c", script, str(tmp_path / "state.db")]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [p.wait() for p in processes] == [0, 0, 0]


def test_a_migration_is_whole_or_not_at_all(tmp_path: Path) -> None:
    scripts = tmp_path / "scripts"
    (scripts / "versions").mkdir(parents=True)
    environment = Path(sys.modules["licsync.store"].__file__ or "").parent / "migrations" / "env.py"
    (scripts / "env.py").write_text(environment.read_text(encoding="utf-8"), encoding="utf-8")
    (scripts / "versions" / "r1.py").write_text(
        "from alembic import op\nrevision = '1'\ndown_revision = None\n"
        "def upgrade():\n    for _ in 'ab':\n        op.execute('CREATE TABLE half (a INTEGER)')\n",
        encoding="utf-8",
    )
    url = URL.create("sqlite", database=str(tmp_path / "state.db"))
    with pytest.raises(StoreFailed, match="half already exists"):
        open_database(url, [Migrations(*HISTORY), Migrations(str(scripts), "half_version", "1")])
    with sqlite3.connect(tmp_path / "state.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()


def test_a_store_without_the_newest_history_gets_it(
    made: Path, opened: Callable[[str], Engine]
) -> None:
    with sqlite3.connect(made) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "SELECT tbl_name FROM sqlite_master WHERE type = 'table'"
            )
        ]
        for name in names:
            if name.startswith("console_"):
                connection.execute(f"DROP TABLE {name}")
        connection.execute("DROP TABLE licsync_console_version")
    connection.close()
    with opened(f"sqlite:///{made}").connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM console_users")) == 0


# --- refused --------------------------------------------------------------------------------------


def test_a_store_of_a_newer_licsync_is_refused(database: Engine, database_url: URL) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE licsync_store_version SET version_num = '9999'"))
    assert "written by a newer licsync" in reason(database_url)


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    file.write_text(
        "These are the notes of somebody, and not a database at all. " * 40, encoding="utf-8"
    )
    before = file.read_bytes()
    assert "not a database" in reason(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_the_database_of_something_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "places.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    assert "database of something else" in reason(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
    connection.close()


def test_a_damaged_store_is_refused(made: Path) -> None:
    content = bytearray(made.read_bytes())
    content[100:4096] = b"\xff" * 3996
    made.write_bytes(content)
    assert "malformed" in reason(f"sqlite:///{made}")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "sqlite://",
            "sqlite:///:memory:",
            "mysql://root@localhost/db",
            "state.db",
            "://",
            "postgresql:x",
        ),
        *("postgresql://ada@127.0.0.1:abc/db", "sqlite:///state.db?mode=ro"),
    ],
)
def test_an_invalid_url_of_a_store_is_refused(url: str) -> None:
    with pytest.raises(StoreFailed, match="is not the URL of a store") as refused:
        open_database(url, HISTORIES)
    assert refused.value.diagnostics[0].code is Code.INVALID_VALUE


def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be opened" in reason(f"sqlite:///{tmp_path}/file/state.db")
    assert "is not a file" in reason(f"sqlite:///{tmp_path}")


def test_a_server_that_does_not_answer_is_refused_without_the_password(tmp_path: Path) -> None:
    message = reason(f"postgresql://ada:s3cret@/db?host={tmp_path}")
    assert "cannot be opened" in message
    assert "s3cret" not in message
    assert "s3cret" not in reason("postgresql+other://ada:s3cret@localhost/db")
    assert "s3cret" not in reason(f"postgresql:///db?host={tmp_path}&password=s3cret")


@pytest.mark.parametrize(
    "rest",
    [
        "ada:s3cret", "ada:x@s3cret@localhost:port/db", "ada:x@s3cret@127.0.0.1:1/db",
        "ada:x@s3cret/y@127.0.0.1:1/db", "ada:x@s3cret?y@127.0.0.1:1/db",
        "ada:x@127.0.0.1:1/db#s3cret", "ada:x@127.0.0.1:1/db?s3cret",
        "ada:x@127.0.0.1:1/db?api_key=s3cret", "ada:x@127.0.0.1:1/db?password=x@s3cret",
        "ada:s3cret?x@127.0.0.1:1/db", "ada:s3cret/x@127.0.0.1:1/db", "ada:s3cret#x@127.0.0.1:1/db",
        "127.0.0.1:1/db?PASSWORD=s3cret&sslmode=s3cret", "ada@x:s3cret@127.0.0.1:1/db",
        "127.0.0.1:s3cret/db", "ada:x%40s3cret@127.0.0.1:1/db",
        "127.0.0.1:1/db?user=ada&password=s3cret&connect_timeout=s3cret",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "mysql", "sqlite"])
def test_no_error_shows_a_password_wherever_it_stands_in_the_url(scheme: str, rest: str) -> None:
    assert "s3cret" not in reason(f"{scheme}://{rest}")


def test_a_password_that_runs_into_the_host_is_refused_with_what_to_write() -> None:
    with pytest.raises(
        StoreFailed, match=r"'postgresql://…@h:1/db' is not the URL of a store"
    ) as refused:
        open_database("postgresql://ada:x@s3cret@h:1/db", HISTORIES)
    assert "Write @ as %40" in (refused.value.diagnostics[0].hint or "")


def test_a_url_of_sqlite_names_a_file_and_no_host() -> None:
    for url in ("sqlite://tmp/state.db", "sqlite://ada:x@/state.db"):
        assert "is not the URL of a store" in reason(url)


def test_a_file_of_something_else_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "account.yaml"
    file.write_text("account: {name: acme}\n")
    file.chmod(0o644)
    assert "cannot be opened" in reason(f"sqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write what is read only")
def test_a_store_that_cannot_be_written_can_be_read(
    made: Path, opened: Callable[[str], Engine]
) -> None:
    made.chmod(0o444)
    assert SqlStore(opened(f"sqlite:///{made}")).runs("acme") == []


# --- a full disk ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "advice"), [(28, "Free disk space"), (122, "Free disk space"), (30, "its disk")]
)
def test_a_disk_that_takes_nothing_says_what_to_do(number: int, advice: str) -> None:
    with pytest.raises(StoreFailed) as refused, raising_store_failed("The account is not locked"):
        raise OSError(number, os.strerror(number))
    assert advice in str(refused.value.diagnostics[0].hint)


def test_a_full_disk_records_nothing_and_room_mends_it(
    made: Path, opened: Callable[[str], Engine]
) -> None:
    engine = opened(f"sqlite:///{made}")
    pages = [60]
    event.listen(engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages[0]}"))
    store = SqlStore(engine)
    large = Run(
        "run-1",
        "acme",
        {"checksum": "x", "actions": ["x" * 1_000_000]},
        {},
        "ada",
        "2026-11-24T09:00:00Z",
    )
    with store.lock("acme", "ada"):
        with pytest.raises(StoreFailed, match="full") as refused:
            store.begin(large)
        assert refused.value.diagnostics[0].hint
        assert store.runs("acme") == []
        assert not store.is_used("x")
        pages[0] = 100_000
        store.begin(large)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(RUNS)) == 1
