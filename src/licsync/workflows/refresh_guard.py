"""Refuses exports that seem incomplete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from licsync.diagnostics import Code, Diagnostic, Refused, error
from licsync.importing.merged import MergedInventory
from licsync.importing.missing_records import UnlistedLicense, suspicious_losses
from licsync.model.inventory import Inventory
from licsync.model.unit_names import unit_name
from licsync.views.phrases import count, counted, first_few
from licsync.workflows.account import Account
from licsync.workflows.unfinished_orders import unfinished_order

_SHOWN, _REASONS = 10, 3


def refuse_incomplete(
    account: Account,
    before: Inventory,
    merged: MergedInventory,
    unlisted: Sequence[UnlistedLicense],
    *,
    allowed: int | None,
    is_partial: bool,
) -> None:
    """Refuse an export that lacks so much that it seems incomplete.

    Args:
        account: the account.
        before: the previous inventory.
        merged: the inventory that the export has renewed.
        unlisted: the licenses of users that the list of licenses lacks.
        allowed: how many users and how many licenses may be gone; None for the default.
        is_partial: whether the lists are incomplete on purpose.

    Raises:
        Refused: the export seems incomplete.
    """
    faults = [*_losses(account, before, merged, allowed)]
    if len(unlisted) > (allowed or 0) and not is_partial:
        faults.append(_unlisted(account, unlisted))
    if faults:
        raise Refused(*faults)


def _losses(
    account: Account, before: Inventory, merged: MergedInventory, allowed: int | None
) -> Iterator[Diagnostic]:
    catalog, now = account.desired.catalog, account.session.now()
    expected = _to_be_deleted(account)
    for loss in suspicious_losses(merged, before, catalog, now, allowed=allowed, expected=expected):
        names = list(loss.names)
        if loss.section == "licenses":
            names = counted(unit_name(unit_id, before, catalog) for unit_id in names)
        number = len(loss.names)
        message = (
            f"{count(number, loss.section.removesuffix('s'))} of {loss.total:,} would be gone "
            f"({first_few(list(loss.reasons), _REASONS)}): {first_few(names, _SHOWN)}."
        )
        hint = (
            f"If the export is complete, pass --allow-missing {number}. "
            "If it lists only a part of the account, pass --partial."
        )
        yield error(Code.EXPORT_INCOMPLETE, message, hint=hint)


def _unlisted(account: Account, found: Sequence[UnlistedLicense]) -> Diagnostic:
    catalog = account.desired.catalog
    names = [f"{catalog.pool_name(one.type, one.country)} of {one.user}" for one in found]
    message = (
        f"The list of licenses lacks {count(len(names), 'license')} that the list of users names: "
        f"{first_few(names, _SHOWN)}."
    )
    hint = (
        "Export both lists again, at the same time and without filters. "
        f"To accept them: --allow-missing {len(names)}, or --partial."
    )
    return error(Code.EXPORT_INCOMPLETE, message, found[0].place, hint)


def _to_be_deleted(account: Account) -> set[str]:
    """List the resources that an unfinished work order deletes."""
    order = unfinished_order(account)
    found: set[str] = set()
    for item in order.order.items if order is not None else ():
        facts = (fact for fact in item.expectations if fact.path == "exists")
        found |= {fact.resource for fact in facts if fact.after is False}
    return found
