"""Lets only one run at a time work on an 8x8 organization, even without a common store.

8x8's limits, such as ten operations at once, are per organization. The lease of a store separates
runs with the same store. A lock file in the user's cache directory separates runs of one user of
this machine. SQLite locks the file, so the lock ends with the process.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from licsync.diagnostics import Code, Locked, error
from licsync.model.license import format_instant
from licsync.workflows.account import Account
from licsync.workflows.session import clock, owner

_BUSY_TIMEOUT = 2000  # milliseconds, for a process that is just writing its name


@contextmanager
def organization_lock(account: Account) -> Iterator[None]:
    """Lock the organization of an account, if its files name the customer id.

    Raises:
        Locked: another run on this machine holds it.
    """
    customer = account.settings.get("customer_id")
    if customer is None:
        yield
        return
    from licsync.incremental.cache import directory

    folder = directory() / "organizations"
    file = folder / f"{hashlib.sha256(customer.encode()).hexdigest()[:32]}.db"
    with ExitStack() as held:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = held.enter_context(
                closing(sqlite3.connect(file, timeout=0, isolation_level=None))
            )
            _take(connection, customer, account)
        except (OSError, sqlite3.Error) as fault:
            account.session.output.message(
                f"licsync cannot see other runs on organization {customer} on this machine: "
                f"{fault}."
            )
        yield


def _take(connection: sqlite3.Connection, customer: str, account: Account) -> None:
    """Write the name of the holder, and lock the organization until the connection is closed.

    Raises:
        Locked: another run holds it.
        sqlite3.Error: it cannot be locked here.
    """
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS holder (who TEXT, directory TEXT, since TEXT)"
        )
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM holder")
        row = (owner(), str(account.directory.resolve()), format_instant(clock()))
        connection.execute("INSERT INTO holder VALUES (?, ?, ?)", row)
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as fault:
        if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT}")
        who, directory, since = connection.execute(
            "SELECT who, directory, since FROM holder"
        ).fetchone()
        message = (
            f"Organization {customer} is locked by {who}, who applies '{directory}', since {since}."
        )
        hint = "Wait until that run has ended. Only one run at a time works on an organization."
        raise Locked(error(Code.LOCKED, message, hint=hint)) from fault
