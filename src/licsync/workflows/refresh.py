"""Refreshes the inventory of an account from exports of the console.

The export is merged into the inventory last seen (`importing.merge_inventory`). Nothing is written
unless the result is consistent, and few enough users and licenses are gone.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.diagnostics import (
    Code,
    Diagnostic,
    InputInvalid,
    Refused,
    error,
    has_errors,
    info,
    sort_diagnostics,
)
from licsync.importing.cell_accounting import faults_of_tables, find_unaccounted, group_faults
from licsync.importing.from_tables import InventoryBuilder
from licsync.importing.inventory_changes import (
    PoolChange,
    RecordChange,
    inventory_changes,
    pool_changes,
)
from licsync.importing.license_types import with_known_types
from licsync.importing.merge_inventory import merge
from licsync.importing.merged import MergedInventory
from licsync.importing.missing_records import unlisted_licenses
from licsync.importing.own_headings import ambiguous_headings
from licsync.model.inventory import Inventory
from licsync.model.license import format_instant, parse_day_or_instant, parse_instant
from licsync.planning.attribution import Attribution
from licsync.views.phrases import instant
from licsync.workflows.account import Account
from licsync.workflows.attribution import attribute_changes
from licsync.workflows.bulk_upload import names_for_upload
from licsync.workflows.export_dates import (
    ExportDate,
    dates_of_kinds,
    older_exports,
    remember_dates,
)
from licsync.workflows.importing import Sources, country_of, read_tables, require_table
from licsync.workflows.inventory import empty_inventory, last_seen
from licsync.workflows.output import Output, Silent
from licsync.workflows.refresh_guard import refuse_incomplete
from licsync.workflows.reverting_exports import reverting_exports
from licsync.workflows.saved_inventory import replace_inventory
from licsync.workflows.session import owner
from licsync.workflows.work_orders import verify_work_orders

if TYPE_CHECKING:
    from licsync.importing.exported import ExportedAccount
    from licsync.importing.table_detection import FoundTables, Table
    from licsync.importing.table_rows import Rows
    from licsync.model.catalog import Catalog
    from licsync.spreadsheets.sheet import Row

KINDS = ("users", "licenses", "sites", "service_addresses", "policies")
"""The kinds of tables, as `--only` names them."""


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """The options of a refresh.

    Attributes:
        sources: the exports.
        as_of: the instant of the exports; None for now.
        is_partial: whether the lists are incomplete, so that nobody is gone.
        allow_missing: how many users and how many licenses may be gone; None for the default.
        allow_older: whether the exports may be older than what is known.
        is_dry_run: whether nothing is written.
    """

    sources: Sources
    as_of: datetime | None = None
    is_partial: bool = False
    allow_missing: int | None = None
    allow_older: bool = False
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The result of a refresh.

    Attributes:
        before: the previous inventory; None if there was none.
        after: the inventory.
        merged: how it was made.
        changes: what differs, by record.
        pools: the pools whose numbers differ.
        backup: the file with the previous inventory, if it was replaced.
        is_dry_run: whether nothing was written.
        dates: the dates of the exports, by kind of table.
    """

    before: Inventory | None
    after: Inventory
    merged: MergedInventory
    changes: list[RecordChange]
    pools: list[PoolChange]
    backup: Path | None = None
    is_dry_run: bool = False
    dates: Mapping[str, ExportDate] = field(default_factory=dict)


def refresh(account: Account, request: RefreshRequest) -> Refreshed:
    """Refresh the inventory of an account from exports.

    Raises:
        InputInvalid: an export cannot be read or contradicts itself or what is known. Nothing was
            changed.
        Refused: the export is older than what is known, or too many users or licenses are gone.
        Locked: another run works on the account.
    """
    for path in request.sources.paths:
        if path.suffix.casefold() == ".json":
            message = f"'{path}' is an inventory document, not an export of the console."
            hint = f"Load it instead: licsync inventory load DIR {shlex.quote(str(path))}"
            raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    faults = [*account.config.diagnostics, *ambiguous_headings(account.desired)]
    if has_errors(faults):  # a heading or a license type may be among them
        raise InputInvalid(*faults)
    result = renew(
        account,
        lambda before, output: _merged(account, request, before, output),
        is_dry_run=request.is_dry_run,
    )
    if not request.is_dry_run:
        remember_dates(account.directory, result.dates, request.as_of)
    return result


def renew(
    account: Account,
    merge_into: Callable[[Inventory | None, Output], Refreshed],
    *,
    is_dry_run: bool,
) -> Refreshed:
    """Renew the inventory of an account by a merge, and verify its work orders.

    Args:
        account: the account.
        merge_into: merges into an inventory; None if there never was one. It is called again if
            somebody else was faster.
        is_dry_run: whether nothing is written.

    Raises:
        Locked: another run works on the account.
    """
    before = last_seen(account)
    result = merge_into(before, account.session.output)
    if is_dry_run:
        return replace(result, is_dry_run=True)
    with account.storage.runs().lock(account.name, owner()):
        now = last_seen(account)
        if _document(now) != _document(before):
            result = merge_into(now, Silent())
        backup = replace_inventory(
            account, result.after.to_document(), keep_old=_is_changed(result)
        )
    verify_work_orders(account, result.after)
    return replace(result, backup=backup)


def attribute_refresh(
    account: Account, refreshed: Refreshed
) -> tuple[Attribution | None, list[Diagnostic]]:
    """Ask 8x8's audit log who made the changes since the previous inventory, if it has a key.

    Returns:
        who changed what, and warnings; None without a key, or if the log cannot be read.
    """
    if refreshed.before is None:
        return None, []
    since = parse_instant(refreshed.before.as_of) if refreshed.before.as_of else None
    changes = ((change, change.after) for change in refreshed.changes)
    return attribute_changes(account, changes, since, [refreshed.before, refreshed.after])


def _document(inventory: Inventory | None) -> dict[str, object] | None:
    return inventory.to_document() if inventory is not None else None


def _is_changed(result: Refreshed) -> bool:
    head = {"as_of": "", "observed": {}}
    before = _document(result.before)
    return before is not None and {**before, **head} != {**result.after.to_document(), **head}


def _merged(
    account: Account, request: RefreshRequest, before: Inventory | None, output: Output
) -> Refreshed:
    """Merge the exports into the inventory, and refuse what is older or incomplete."""
    session, catalog = account.session, account.desired.catalog
    sources = replace(request.sources, headings=account.desired.headings)
    as_of = format_instant(_as_of(request, session.now()))
    country = country_of(sources)
    tables = read_tables(sources, catalog, output)
    require_table(tables, sources, KINDS if before is not None else ("users",))
    known = before or empty_inventory(account)
    addresses = [dict(one) for one in account.desired.service_addresses.values() if one]
    builder = InventoryBuilder(
        tables, catalog, as_of, country, known, account.desired.country, addresses
    )
    exported = builder.exported(account.name)
    found = _export_faults(tables, builder.rows, exported, catalog)
    merged = merge(
        known,
        replace(exported, document=with_known_types(exported.document, catalog, has_files=True)),
        catalog,
        as_of,
        is_partial=request.is_partial,
    )
    found += _merge_faults(merged, builder.rows.places, tables, catalog)
    found += [*tables.notes, *builder.rows.conclusions, *_conclusions(merged)]
    found += names_for_upload(account.desired, exported.license_names)
    found = group_faults(sort_diagnostics(found))
    if has_errors(found):
        raise InputInvalid(*found)
    may_be_older = request.as_of is not None or request.allow_older
    dates = dates_of_kinds(tables, session.now(), is_simulated=session.at is not None)
    if not may_be_older:
        older = [*older_exports(account.directory, dates, session.now())]
        if has_errors(older):
            raise Refused(*older)
        found += older
    if before is not None:
        _refuse_older(request, merged, before, as_of, is_api=account.backend_type == "8x8")
        refuse_incomplete(
            account,
            before,
            merged,
            unlisted_licenses(exported.document, builder.rows.places),
            allowed=request.allow_missing,
            is_partial=request.is_partial,
        )
    after = Inventory.from_document(merged.document)
    renamed = {**merged.renamed, "licenses": merged.same_units}
    changes = inventory_changes(known, after, catalog, renamed)
    if not may_be_older:
        found += reverting_exports(account.directory, after, changes, catalog)
    output.diagnostics(found)
    return Refreshed(before, after, merged, changes, pool_changes(known, after), dates=dates)


def _export_faults(
    tables: FoundTables, rows: Rows, exported: ExportedAccount, catalog: Catalog
) -> list[Diagnostic]:
    """List the remarks on an export by itself.

    Raises:
        InputInvalid: the export has errors. Nothing is merged then.
    """
    faults = [*tables.faults, *rows.faults]
    if not has_errors(faults):
        faults += find_unaccounted(tables, exported.document, catalog, rows.places, exported.loose)
    if has_errors(faults):
        raise InputInvalid(*group_faults(sort_diagnostics(faults)))
    return faults


def _merge_faults(
    merged: MergedInventory, places: Places, tables: FoundTables, catalog: Catalog
) -> list[Diagnostic]:
    """List the contradictions between exports and what is known, and those of the merge."""
    faults = _faults_of_merge(merged, places)
    if not has_errors(faults):
        renamed_places = _merged_places(merged, places)
        faults += faults_of_tables(merged.document, renamed_places, tables, catalog)
    return faults


def _as_of(request: RefreshRequest, now: datetime) -> datetime:
    """Return the instant of the exports. Of today, a day means now."""
    if request.as_of is None:
        return now
    if request.as_of > now and request.as_of.date() > now.date():
        day = instant(format_instant(request.as_of))
        message = f"The exports cannot be of {day}, which is still to come."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint="Correct --as-of."))
    is_today = request.as_of == parse_day_or_instant(now.date().isoformat())
    return now if is_today else min(request.as_of, now)


# --- faults ---------------------------------------------------------------------------------------

Places = Mapping[tuple[Any, ...], "tuple[Table, Row]"]


def _faults_of_merge(merged: MergedInventory, places: Places) -> list[Diagnostic]:
    """Return the faults of a merge by row and column of the tables."""
    found = []
    for fault in merged.faults:
        place = places.get(fault.path[:2])
        key = "extension" if fault.path[0] == "users" else "status"
        span = place[0].span(place[1], key) if place else None
        found.append(error(Code.INVALID_VALUE, f"{fault.message}.", span, fault.hint))
    return found


def _merged_places(
    merged: MergedInventory, places: Places
) -> dict[tuple[Any, ...], tuple[Table, Row]]:
    """Return the source rows by the names of the merged document."""
    return {
        (key[0], merged.ids.get(key[0], {}).get(key[1], key[1]), *key[2:]): place
        for key, place in places.items()
    }


def _conclusions(merged: MergedInventory) -> list[Diagnostic]:
    return [info(Code.LEFT_OUT, f"{text} ({n:,}).") for text, n in merged.conclusions.items()]


# --- refusals -------------------------------------------------------------------------------------


def _refuse_older(
    request: RefreshRequest,
    merged: MergedInventory,
    before: Inventory,
    as_of: str,
    *,
    is_api: bool,
) -> None:
    """Refuse an export that is older than what is known of the same paths.

    Raises:
        Refused: it is older.
    """
    seen = [before.observed[key] for key in merged.observation.reported if key in before.observed]
    last = max(seen, default="" if is_api else before.as_of)
    if not last or parse_instant(as_of) >= parse_instant(last) or request.allow_older:
        return
    message = (
        f"The export is of {instant(as_of)}, but what it says was last read on {instant(last)}."
    )
    hint = "Make a new export. To go back to this one: --allow-older"
    raise Refused(error(Code.EXPORT_OLDER, message, hint=hint))
