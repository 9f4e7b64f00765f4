"""Refreshes the users of the inventory from what SCIM shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from licsync.coroutines import run_coroutine
from licsync.diagnostics import Code, InputInvalid, error, info
from licsync.importing.inventory_changes import inventory_changes, pool_changes
from licsync.importing.scim_users import merge_scim
from licsync.model.inventory import Inventory
from licsync.model.inventory_validation import check_document
from licsync.model.license import format_instant
from licsync.planning.validation.scim_access import scim_access
from licsync.version import address_of
from licsync.views.phrases import count, first_few
from licsync.workflows.account import Account
from licsync.workflows.backends import connect_scim
from licsync.workflows.inventory import empty_inventory, last_seen
from licsync.workflows.output import Output
from licsync.workflows.refresh import Refreshed, renew
from licsync.workflows.scim_reading import read_listing, report_unmatched

if TYPE_CHECKING:
    from licsync.backends.scim.users import ScimListing

_SHOWN = 10


def refresh_from_scim(account: Account, *, is_dry_run: bool = False) -> Refreshed:
    """Refresh the users of an account from what SCIM shows. Everything else is kept.

    SCIM may be set to show only the users that it created, so nobody is gone.

    Args:
        account: the account.
        is_dry_run: whether nothing is written.

    Raises:
        InputInvalid: the account does not use SCIM, SCIM cannot be read, or it contradicts what is
            known. Nothing was changed.
        CredentialsMissing: the token is missing or was rejected.
        Locked: another run works on the account.
    """
    if scim_access(account.settings, last_seen(account)) == "none":
        message = f"The account {account.name} does not use SCIM."
        hint = (
            "Add `scim: true` to a backend of the type console; see"
            f" {address_of('reference/scim')}."
        )
        place = account.desired.where("account", "backend")
        raise InputInvalid(error(Code.INVALID_VALUE, message, place, hint))
    listing = run_coroutine(read_listing(connect_scim(account)))
    as_of = format_instant(account.session.now())
    return renew(
        account,
        lambda before, output: _merged(account, listing, before, as_of, output),
        is_dry_run=is_dry_run,
    )


def _merged(
    account: Account, listing: ScimListing, before: Inventory | None, as_of: str, output: Output
) -> Refreshed:
    known, catalog = before or empty_inventory(account), account.desired.catalog
    found = merge_scim(known, listing.users, listing.reported, catalog, as_of)
    merged = found.merged
    if faults := check_document(merged.document, "SCIM", catalog):
        raise InputInvalid(*faults)
    report_unmatched(account, found, output)
    if found.hidden:
        text = f"SCIM does not show {count(len(found.hidden), 'user')} of the inventory"
        message = f"{text} ({first_few(found.hidden, _SHOWN)}). They are kept."
        hint = "If they exist no more, refresh from an export of all users."
        output.diagnostics([info(Code.LEFT_OUT, message, hint=hint)])
    after = Inventory.from_document(merged.document)
    changes = inventory_changes(known, after, catalog, merged.renamed)
    return Refreshed(before, after, merged, changes, pool_changes(known, after))
