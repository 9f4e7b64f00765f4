"""What a fleet remembers of its runs: opened in its store, and masked before it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from licsync.config.fleet_file import variable_of
from licsync.diagnostics import Code, CredentialsMissing, error
from licsync.engine.fleet import AccountResult, StoredResult
from licsync.engine.ports import StoreFailed
from licsync.model.durations import duration
from licsync.model.license import format_instant
from licsync.views.redaction import mask
from licsync.workflows.fleet.fleet import OpenFleet
from licsync.workflows.session import is_read_only
from licsync.workflows.storage import open_store

if TYPE_CHECKING:
    from licsync.store.fleet_results import FleetResults

KEEP = "90d"
"""How long results are kept unless the fleet file says otherwise."""

_LONGEST_ERROR = 4_000


def state_of(
    fleet: OpenFleet, state: str | None, environ: Mapping[str, str] = os.environ
) -> str | None:
    """Return the URL of the store of a fleet; None for SQLite beside its file.

    Args:
        fleet: the fleet.
        state: the URL that the command was given.
        environ: the environment variables.

    Raises:
        CredentialsMissing: the variable that the fleet file names is not set.
    """
    declared = fleet.fleet.get("state")
    if state is not None or declared is None:
        return state
    variable = variable_of(declared)
    if variable is None:
        return declared
    if found := environ.get(variable, "").strip():
        return found
    message = f"The fleet keeps its state in {variable}, and that variable is not set."
    hint = f"Set {variable} to the URL of the store."
    raise CredentialsMissing(error(Code.CREDENTIALS, message, fleet.declared.where("state"), hint))


@contextmanager
def reading_results(fleet: OpenFleet, state: str | None = None) -> Iterator[FleetResults | None]:
    """Open what a fleet remembers to read it; None if nothing has run yet.

    As every command, it migrates the store of an older licsync, unless nothing may be written.

    Args:
        fleet: the fleet.
        state: the URL that the command was given.

    Raises:
        CredentialsMissing: the variable that the fleet file names is not set.
        StoreFailed: the store cannot be opened.
        InputInvalid: LICSYNC_READ_ONLY says neither yes nor no.
    """
    from licsync.store.address import default_url
    from licsync.store.database import NoStore, OldStore, is_there

    url = state_of(fleet, state) or default_url(fleet.directory)
    if not is_there(url):
        yield None
        return
    with ExitStack() as held:
        try:
            results = held.enter_context(open_results(fleet, state, read_only=True))
        except NoStore:
            yield None
            return
        except OldStore as fault:
            if is_read_only():
                raise
            try:
                results = held.enter_context(open_results(fleet, state))
            except StoreFailed:  # such as that of a role that may only read
                raise fault from None
        yield results


@contextmanager
def open_results(
    fleet: OpenFleet, state: str | None = None, *, read_only: bool = False
) -> Iterator[FleetResults]:
    """Open what a fleet remembers, and create its store if it does not exist.

    Args:
        fleet: the fleet.
        state: the URL that the command was given.
        read_only: whether nothing may be written.

    Raises:
        CredentialsMissing: the variable that the fleet file names is not set.
        StoreFailed: the store cannot be opened.
    """
    from licsync.store.address import default_url
    from licsync.store.fleet_results import FleetResults

    url = state_of(fleet, state) or default_url(fleet.directory)
    engine = open_store(url, read_only=read_only)
    try:
        yield FleetResults(engine, fleet.fleet["name"])
    finally:
        engine.dispose()


def remember(results: FleetResults, result: AccountResult, run: str | None = None) -> StoredResult:
    """Record a result without phone numbers and addresses.

    Args:
        results: what the fleet remembers.
        result: the result.
        run: the run of the fleet that it belongs to; None if a schedule started it.

    Raises:
        StoreFailed: it cannot be written.
    """
    message = mask(result.error)
    masked = replace(result, error=message[:_LONGEST_ERROR], text="", document=None)
    return results.record(masked, run)


def prune_results(fleet: OpenFleet, results: FleetResults, now: datetime) -> None:
    """Delete results that are older than the fleet keeps them.

    Raises:
        StoreFailed: they cannot be deleted.
    """
    results.prune(format_instant(now - duration(fleet.fleet.get("keep", KEEP))))
