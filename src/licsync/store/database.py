"""Opens the database of a store: SQLite beside the account, or PostgreSQL for a team.

SQLite runs with a rollback journal and `synchronous=EXTRA`, so that what was committed survives a
loss of power. A transaction takes the write lock when it begins, unless its connection asks
otherwise with the execution option `sqlite_begin="DEFERRED"`, as readers do, or None for none at
all.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import URL, Connection, Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from licsync.diagnostics import Code, error
from licsync.engine.ports import StoreFailed
from licsync.store import STATE, exists
from licsync.store.address import file_of_url, parse_url, shown_url

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

BUSY_SECONDS = 10
"""How long a writer waits for another one."""

RESTORE = "Put a copy of the store back, or move it away and load the inventory."
"""What to do where a store is damaged."""

_MIGRATION_LOCK = 0x6C696373  # any number, the same for every licsync


@dataclass(frozen=True, slots=True)
class Migrations:
    """A history of migrations.

    Attributes:
        scripts: where Alembic finds it, `package:folder`.
        version_table: the table that says how far a database is.
        head: the newest revision.
    """

    scripts: str
    version_table: str
    head: str


class NoStore(StoreFailed):
    """There is no store, and none may be created."""


class OldStore(StoreFailed):
    """An older licsync wrote the store, and nothing may be written to migrate it."""


def open_database(
    url: str | URL, histories: Sequence[Migrations], *, read_only: bool = False
) -> Engine:
    """Open a database, make it if it is not there, and bring its tables up to date.

    Args:
        url: `sqlite:///PATH` or `postgresql://…`.
        histories: the histories of everything that keeps its tables in it.
        read_only: whether nothing may be written: the database itself then refuses whatever would
            write.

    Raises:
        NoStore: nothing may be written, and there is no store yet.
        OldStore: nothing may be written, and an older licsync wrote the store.
        StoreFailed: the URL is none of ours, the database cannot be reached, is not a store of
            licsync, is damaged, or was written by a newer licsync.
    """
    address = parse_url(url)
    shown, file = shown_url(address), file_of_url(address)
    if file is not None and read_only and not is_there(address):
        raise _no_store(shown)
    if file is not None:
        with raising_store_failed(f"The store {shown} cannot be opened"):
            _expect_content(file, shown)
    if file is not None and not read_only:
        with raising_store_failed(f"The store {shown} cannot be opened"):
            _create(file)
    engine = _engine(address, read_only=read_only)
    try:
        with raising_store_failed(f"The store {shown} cannot be opened"):
            if read_only:
                _expect_up_to_date(engine, histories, shown)
            else:
                _bring_up_to_date(engine, histories, shown)
                if file is not None:  # now that it is known to be ours
                    _make_private(file)
                    _mark_as_made(file)
    except BaseException:
        engine.dispose()
        raise
    return engine


def is_there(url: str | URL) -> bool:
    """Tell whether there is a database to read; one on a server is taken to be there.

    Raises:
        StoreFailed: the URL is none of ours, or it cannot be looked whether there is a file.
    """
    address = parse_url(url)
    file = file_of_url(address)
    if file is None:
        return True
    with raising_store_failed(f"The store {shown_url(address)} cannot be opened"):
        return exists(file)


def file_of(engine: Engine) -> Path | None:
    """Give the file of a database in SQLite; None where there is none."""
    return file_of_url(engine.url)


@contextmanager
def raising_store_failed(what: str) -> Iterator[None]:
    """Turn a database's error into StoreFailed, beginning with `what`.

    Raises:
        StoreFailed: the database cannot do its work.
    """
    try:
        yield
    except (SQLAlchemyError, OSError) as fault:
        cause = fault.strerror if isinstance(fault, OSError) else getattr(fault, "orig", None)
        reason = str(cause or fault).strip().partition("\n")[0]
        raise StoreFailed(
            error(Code.STORE_FAILED, f"{what}: {reason}.", hint=_advice(reason))
        ) from fault


def statement_runner(
    connection: Connection,
) -> Callable[[str, Mapping[str, str]], Iterable[Row[Any]]]:
    """Give what runs statements with named parameters."""
    return lambda statement, values: connection.execute(text(statement), values)


def compact(engine: Engine) -> None:
    """Rewrite the file of SQLite, so that it keeps nothing of what was removed.

    Raises:
        StoreFailed: the database cannot do it.
    """
    if engine.dialect.name != "sqlite":
        return
    with (
        raising_store_failed("The store cannot be compacted"),
        engine.execution_options(sqlite_begin=None).connect() as connection,
    ):
        connection.exec_driver_sql("VACUUM")


def _advice(reason: str) -> str | None:
    reason = reason.casefold()
    if "not a database" in reason or "malformed" in reason:
        return f"The file is damaged or is not a store of licsync. {RESTORE}"
    if "locked" in reason:
        return "Another process writes to it; try again when that is done."
    if "readonly" in reason or "read-only" in reason:
        return "LICSYNC_READ_ONLY, --read-only, the file, its disk or the server forbids writing."
    if "permission denied" in reason:
        return "The role may only read: use --read-only, or a role that may write."
    if any(words in reason for words in ("full", "no space left", "quota")):
        return "Free disk space and try again; to continue a run: licsync apply DIR --resume"
    return None


def _create(path: Path) -> None:
    """Make the file and its directory if they do not exist, readable by their owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))


_MARK = ".gitignore"
"""A file beside an account's own store that shows it has tables, and keeps it out of Git."""


def _mark_as_made(path: Path) -> None:
    """Note beside an account's own store that it was made."""
    if path.parent.name == STATE.parent.name:
        with suppress(FileExistsError), open(path.parent / _MARK, "x", encoding="utf-8") as mark:
            mark.write("*\n")


def _expect_content(path: Path, shown: str) -> None:
    """Refuse what is not a file, and a store that was made and is empty by now.

    Whoever is killed while making a store leaves it empty, too; such a one is new.
    """
    if not exists(path):
        return
    if not path.is_file():
        message = f"The store {shown} is not a file."
        raise StoreFailed(error(Code.STORE_FAILED, message, hint=RESTORE))
    if path.parent.name != STATE.parent.name:
        return
    beside = sorted(
        other.name for other in path.parent.iterdir() if not other.name.startswith(path.name)
    )
    if beside and not path.stat().st_size:  # in this order: another process may be making the store
        message = f"The store {shown} is empty, but {beside[0]} beside it shows that it had tables."
        raise StoreFailed(error(Code.STORE_FAILED, message, hint=RESTORE))


def _make_private(path: Path) -> None:
    """Make a file readable by its owner alone; a file that nobody can write is left alone."""
    if path.stat().st_mode & 0o077 and os.access(path, os.W_OK):
        path.chmod(0o600)


def _engine(address: URL, *, read_only: bool) -> Engine:
    if address.get_backend_name() != "sqlite":
        options = {"postgresql_readonly": True} if read_only else {}
        return create_engine(
            address, connect_args={"connect_timeout": 10}, execution_options=options
        )
    if read_only:
        file = f"{Path(address.database or '').absolute().as_uri()}?mode=ro"
        engine = create_engine(
            address, creator=lambda: sqlite3.connect(file, timeout=BUSY_SECONDS, uri=True)
        )
    else:
        engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS})
    journal = [] if read_only else ["journal_mode=DELETE"]
    settings = [*journal, "synchronous=EXTRA", "foreign_keys=ON"]

    def connected(connection: DBAPIConnection, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not in the driver
        try:
            for setting in settings:
                connection.cursor().execute(f"PRAGMA {setting}")
        except sqlite3.Error:
            connection.close()  # SQLAlchemy 2.0 forgets it
            raise

    def begun(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        if mode is not None and read_only:
            mode = "DEFERRED"  # which waits for no writer; what would write is refused
        if mode is not None:
            connection.exec_driver_sql(f"BEGIN {mode}")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def _bring_up_to_date(engine: Engine, histories: Sequence[Migrations], shown: str) -> None:
    with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        if not _pending(connection, histories, shown):
            return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(
                text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK}
            )
        # again, now that nobody else can be at it
        for history in _pending(connection, histories, shown):
            _migrate(connection, history, shown)


def _expect_up_to_date(engine: Engine, histories: Sequence[Migrations], shown: str) -> None:
    """Look whether a database that must not be written can be used as it is."""
    with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        pending = _pending(connection, histories, shown)
        tables = set(inspect(connection).get_table_names()) if pending else set()
        older = [h for h in pending if h.version_table in tables]
        is_newer = any(_revision(connection, h) > h.head for h in older)
    if is_newer:
        raise _newer_store(shown)
    if pending and not tables & {history.version_table for history in histories}:
        raise _no_store(shown)
    if pending:
        message = (
            f"An older licsync wrote the store {shown}. It cannot be read until it is migrated."
        )
        hint = (
            "Run this while licsync may write: licsync history DIR. "
            "For a fleet: licsync fleet status FLEET"
        )
        raise OldStore(error(Code.STORE_FAILED, message, hint=hint))


def _newer_store(shown: str) -> StoreFailed:
    message = f"The store {shown} was written by a newer licsync."
    hint = "Update licsync, or use the store of this version."
    return StoreFailed(error(Code.STORE_FAILED, message, hint=hint))


def _no_store(shown: str) -> NoStore:
    message = f"There is no store {shown}, and nothing may be written."
    hint = "To make one, unset LICSYNC_READ_ONLY, or leave --read-only out."
    return NoStore(error(Code.STORE_FAILED, message, hint=hint))


def _pending(
    connection: Connection, histories: Sequence[Migrations], shown: str
) -> list[Migrations]:
    tables = set(inspect(connection).get_table_names())
    known = [h for h in histories if h.version_table in tables]
    if tables and not known and connection.dialect.name == "sqlite":
        message = f"{shown} is a database of something else, not a store of licsync."
        raise StoreFailed(error(Code.STORE_FAILED, message))
    current = [h for h in known if _revision(connection, h) == h.head]
    return [h for h in histories if h not in current]


def _revision(connection: Connection, history: Migrations) -> str:
    """Read how far a database is.

    Raises:
        StoreFailed: it is damaged, since the table is never without its one row.
    """
    rows = connection.execute(text(f"SELECT version_num FROM {history.version_table}")).all()
    if len(rows) == 1 and isinstance(rows[0][0], str) and rows[0][0].isdecimal():
        return rows[0][0]
    message = (
        f"The store is damaged: the table {history.version_table} does not say which version it is."
    )
    raise StoreFailed(error(Code.STORE_FAILED, message, hint=RESTORE))


def _migrate(connection: Connection, history: Migrations, shown: str) -> None:
    """Run the migrations that a database lacks. Alembic is slow to import, hence only here."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection, "version_table": history.version_table})
    config.set_main_option("script_location", history.scripts)
    if inspect(connection).has_table(history.version_table):
        try:
            ScriptDirectory.from_config(config).get_revision(_revision(connection, history))
        except CommandError as fault:
            raise _newer_store(shown) from fault
    command.upgrade(config, "head")
