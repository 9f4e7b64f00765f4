"""Reads over SCIM what has changed since the last export, before an account is planned.

What SCIM shows replaces the stored values, unless somebody works on the account or has changed the
inventory meanwhile. Without a token the inventory stays as it was last exported.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from licsync.backends.scim.transport import SCIM_TOKEN, SCIM_URL
from licsync.coroutines import run_coroutine
from licsync.diagnostics import Code, has_errors, warning
from licsync.model.backend_types import CONSOLE
from licsync.model.inventory_validation import check_document
from licsync.model.license import format_instant, parse_instant
from licsync.profiling import phase
from licsync.views.phrases import first_few
from licsync.workflows.account import Account
from licsync.workflows.inventory import local_backend, read_stored
from licsync.workflows.output import Output

if TYPE_CHECKING:
    from licsync.backends.scim.users import ScimListing, ScimUsers
    from licsync.importing.scim_users import MergedScim
    from licsync.model.inventory import Inventory

RENEW_AFTER = timedelta(hours=1)
"""How old the instants in the inventory may become before they are saved again for themselves."""

_SHOWN = 10


def read_over_scim(account: Account, connect: Callable[[Account], ScimUsers]) -> None:
    """Bring the inventory last seen up to what SCIM shows, if the files ask for it.

    Args:
        account: an account.
        connect: opens its SCIM API.

    Raises:
        CredentialsMissing: the token is not accepted, or may not be sent to the address.
        InputInvalid: the inventory last seen cannot be used.
    """
    is_asked = account.backend_type == CONSOLE.name and account.settings.get("scim")
    if not is_asked or has_errors(account.config.diagnostics):
        return
    if account.session.read_only:
        account.session.output.message("SCIM was not read: licsync may not write to the store.")
    elif not _has_access(account):
        message = f"SCIM was not read: set {SCIM_URL} and {SCIM_TOKEN.variable}."
        account.session.output.message(message)
    else:
        _read(account, connect(account))


@phase("reading over SCIM")
def _read(account: Account, scim: ScimUsers) -> None:
    """Bring the inventory last seen up to what SCIM shows, if there is one."""
    from licsync.engine.ports import BackendFailed
    from licsync.importing.scim_users import merge_scim

    output, now = account.session.output, account.session.record_time()
    local_backend(account)  # a new store is filled from the seed
    stored = read_stored(account)
    inventory, version = stored.required(), stored.version
    if inventory is None or version is None:
        return
    try:
        listing = run_coroutine(read_listing(scim))
    except BackendFailed as fault:
        message = f"{fault} The plan goes by the inventory last seen."
        output.diagnostics([warning(Code.BACKEND_FAILED, message)])
        return
    catalog = account.desired.catalog
    found = merge_scim(inventory, listing.users, listing.reported, catalog, format_instant(now))
    if check_document(found.merged.document, "SCIM", catalog):
        message = "What SCIM shows contradicts the inventory last seen, by which the plan goes."
        hint = "See why: licsync refresh DIR --scim --dry-run"
        output.diagnostics([warning(Code.BACKEND_FAILED, message, hint=hint)])
        return
    report_unmatched(account, found, output)
    if found.changed or _is_worth_saving(inventory, found, now):
        _save(account, found, version)


def report_unmatched(account: Account, found: MergedScim, output: Output) -> None:
    """Name the users whom SCIM shows and who may be in the inventory under another name."""
    if found.not_added:
        names = first_few(found.not_added, _SHOWN)
        message = f"SCIM shows users that the inventory may have under another name: {names}."
        hint = "Export again: licsync refresh DIR --from EXPORT"
        output.diagnostics([warning(Code.LEFT_OUT, message, hint=hint)])


async def read_listing(scim: ScimUsers) -> ScimListing:
    """Read all users that SCIM shows."""
    try:
        return await scim.read_users()
    finally:
        await scim.close()


def _is_worth_saving(inventory: Inventory, found: MergedScim, now: datetime) -> bool:
    """Tell whether SCIM says something newly, or said it long ago for the last time."""
    observed: dict[str, str] = found.merged.document["observed"]
    before, as_of = inventory.observed, inventory.as_of
    last = [before.get(key, as_of) for key, at in observed.items() if at != before.get(key)]
    return any(not instant or now - parse_instant(instant) > RENEW_AFTER for instant in last)


def _save(account: Account, found: MergedScim, version: object) -> None:
    from licsync.backends.local.documents import NotSwapped
    from licsync.backends.local.partial_reader import Version

    assert isinstance(version, Version)
    store, name = account.storage.runs(), account.name
    try:
        account.storage.embedded_backend().swap(
            found.merged.document,
            version,
            version.source,
            lambda connection: store.is_free(connection, name),
            is_final=False,
        )
    except NotSwapped as reason:
        message = f"What SCIM shows is not saved in the store: {reason}."
        account.session.output.diagnostics([warning(Code.INVENTORY_NOT_KEPT, message)])


def _has_access(account: Account) -> bool:
    """Tell whether the environment has what reading over SCIM takes."""
    scim = account.settings.get("scim")
    return SCIM_TOKEN.is_set(os.environ) and bool(os.environ.get(SCIM_URL) or scim is not True)
