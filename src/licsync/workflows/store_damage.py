"""Finds damage in a store after a command failed unexpectedly.

Checking everything on every read would be slow, so commands trust the store. If one fails with an
unexpected exception, this module reads and checks the whole store. licsync reports the damage in
place of a traceback. If there is no damage, the failure is a bug in licsync.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.diagnostics import Code, Diagnostic, InputInvalid, LicsyncError, error

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import URL, Connection, Engine

    from licsync.store.plan_archive import PlanArchive
    from licsync.store.runs import SqlStore

MOST = 20
"""The most faults that are reported."""


def find_damage(directory: Path, state: str | None) -> list[Diagnostic]:
    """Find the damage in a store; empty if the store does not exist or is intact.

    Args:
        directory: the account directory.
        state: the URL of the store; None for the store below the directory.
    """
    from licsync.store.address import default_url
    from licsync.store.database import RESTORE, is_there

    found: list[Diagnostic] = []
    faults: list[str] = []
    try:
        url = state or default_url(directory)
        if is_there(url):
            faults += _faults_at(url)
    except LicsyncError as fault:  # the store cannot be opened
        found += fault.diagnostics
    except Exception as fault:  # the store cannot be read
        faults.append(f"it cannot be read ({_named(fault)})")
    found += [
        error(Code.STORE_FAILED, f"The store is damaged: {fault}.", hint=RESTORE)
        for fault in faults[:MOST]
    ]
    if len(faults) > MOST:
        message = f"{len(faults) - MOST} more faults of the store are not shown."
        found.append(error(Code.STORE_FAILED, message))
    return found


def _histories() -> list[Any]:
    from licsync.backends.local.migrations import HISTORY as CONSOLE
    from licsync.store.database import Migrations
    from licsync.store.migrations import HISTORY as STORE

    return [Migrations(*STORE), Migrations(*CONSOLE)]


def _faults_at(url: str | URL) -> list[str]:
    from licsync.store.database import open_database

    engine = open_database(url, _histories(), read_only=True)
    try:
        return [*_faults(engine)]
    finally:
        engine.dispose()


def _named(fault: Exception) -> str:
    return f"{type(fault).__name__}: {str(fault)[:200]}"


def _faults(engine: Engine) -> Iterator[str]:
    """Name the damage: in the file, values of a wrong type, unreadable or inconsistent records."""
    from licsync.backends.local.tables import METADATA as CONSOLE
    from licsync.store.database import raising_store_failed
    from licsync.store.tables import METADATA as STORE

    with raising_store_failed("The store cannot be read"), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            (result,) = connection.exec_driver_sql("PRAGMA quick_check(1)").one()
            if result != "ok":
                yield f"SQLite finds {str(result).strip()!r}"
        mistyped: list[str] = []
        for metadata in (STORE, CONSOLE):
            for table in metadata.tables.values():
                mistyped += _mistyped(connection, table)
        yield from mistyped
        if mistyped:
            return  # reading their contents would only repeat the fault
        keys = {
            table: [*map(tuple, connection.exec_driver_sql(query))]
            for table, query in _KEYS.items()
        }
    for what, read in _readers(engine, keys):
        try:
            read()
        except LicsyncError as fault:
            reasons = "; ".join(d.message for d in fault.diagnostics).rstrip(".")
            yield f"{what} cannot be read: {reasons}"
        except Exception as fault:
            yield f"{what} cannot be read ({_named(fault)})"


_KEYS = {
    "accounts": "SELECT account FROM console_accounts",
    "runs": "SELECT id FROM licsync_runs ORDER BY number",
    "plans": "SELECT account, digest FROM licsync_plans",
    "applied": "SELECT account FROM licsync_applied",
    "leases": "SELECT since, until FROM licsync_leases",
}


def _mistyped(connection: Connection, table: Table) -> Iterator[str]:
    """Name the columns of a table with values of another type than the table declares."""
    from sqlalchemy import select

    bad: dict[str, str] = {}
    for row in connection.execute(select(table)).yield_per(1000):
        for column, value in zip(table.columns, row, strict=True):
            wanted = column.type.python_type
            accepted = wanted | int if wanted is float else wanted
            is_valid = column.nullable if value is None else isinstance(value, accepted)
            if not is_valid:
                bad.setdefault(column.name, type(value).__name__)
    for name, kind in bad.items():
        yield f"the column {name} of {table.name} holds a value of the type {kind}"


def _readers(
    engine: Engine, keys: Mapping[str, Sequence[tuple[str, ...]]]
) -> Iterator[tuple[str, Callable[[], object]]]:
    """Return a function that reads each record that the store keeps as text, with its title."""
    from licsync.backends.local.backend import LocalBackend
    from licsync.model.license import parse_instant
    from licsync.store.plan_archive import PlanArchive
    from licsync.store.runs import SqlStore
    from licsync.workflows.storage import store_cipher

    store, memory = SqlStore(engine, cipher=store_cipher()), PlanArchive(engine, store_cipher())
    for (account,) in keys["accounts"]:
        console = LocalBackend(engine, lambda: datetime.now(UTC), account)
        yield f"the inventory of {account}", partial(_expect_consistent, console.dump)
    for (run,) in keys["runs"]:
        yield f"the run {run}", partial(_expect_run, store, run)
    for account, digest in keys["plans"]:
        yield f"the plan {digest}", partial(_expect_plan, partial(memory.plan, account, digest))
    for (account,) in keys["applied"]:
        yield f"what was applied to {account}", partial(_expect_applied, memory, account)
    for since, until in keys["leases"]:
        yield "the lock", partial(lambda *instants: [*map(parse_instant, instants)], since, until)


def _expect_consistent(read: Callable[[], Any]) -> None:
    from licsync.model.inventory_validation import check_document

    faults = check_document(read(), "the store")
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise InputInvalid(replace(faults[0], message=f"{faults[0].message.rstrip('.')}{more}"))


def _expect_plan(read: Callable[[], Any]) -> None:
    from licsync.planning.plan import Plan

    Plan.from_json(read())


def _expect_run(store: SqlStore, name: str) -> None:
    from licsync.model.license import parse_instant

    run = store.run(name)
    assert run is not None, "it is gone"
    for instant in (run.started_at, run.finished_at, run.pruned_at):
        if instant is not None:
            parse_instant(instant)
    if run.pruned_at is None:
        _expect_plan(lambda: run.plan)


def _expect_applied(memory: PlanArchive, account: str) -> None:
    from licsync.model.license import parse_instant

    snapshot = memory.last_applied(account)
    assert snapshot is not None, "it is gone"
    parse_instant(snapshot.at)
    _expect_consistent(lambda: snapshot.inventory)
