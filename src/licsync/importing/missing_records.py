"""Tells an incomplete list from an account that has shrunk.

People export lists with a filter, and downloads are cut short. So too many missing records are
suspicious, in a small account as in a large one, and so is a whole group: every license of a type,
every unassigned one, all users of a site.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from licsync.diagnostics import Span
from licsync.importing.merged import MergedInventory
from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory
from licsync.model.labels import postal
from licsync.model.license import is_gone

if TYPE_CHECKING:
    from licsync.importing.table_detection import Table
    from licsync.spreadsheets.sheet import Row

_FEW = 3
"""So many records may be gone in any account, if they are at most a fifth of it."""

_GROUP = 2
"""The smallest group that is suspicious if nothing of it is left."""


@dataclass(frozen=True, slots=True)
class MissingRecords:
    """Records of a section that a complete list does not name anymore, if they are suspicious.

    Attributes:
        section: `users` or `licenses`.
        names: their names.
        total: how many records there were.
        reasons: what is suspicious.
    """

    section: str
    names: Sequence[str]
    total: int
    reasons: Sequence[str]


def may_be_gone(total: int) -> int:
    """Say how many of so many records may be gone: 10 %, a few, but never all of them."""
    return min(max(total // 10, min(_FEW, total // 5), 1), total - 1)


def suspicious_losses(
    merged: MergedInventory,
    previous: Inventory,
    catalog: Catalog,
    now: datetime,
    *,
    allowed: int | None = None,
    expected: Collection[str] = (),
) -> Iterator[MissingRecords]:
    """Find losses that look like those of an incomplete list.

    Args:
        merged: the inventory that an export has renewed.
        previous: the inventory before.
        catalog: names the license types.
        now: the instant by which removed licenses have expired.
        allowed: how many users and how many licenses may be gone; None for the default.
        expected: the resources that people were to delete.
    """
    for section in ("users", "licenses"):
        names = [
            name for name in merged.gone.get(section, ()) if f"{section}/{name}" not in expected
        ]
        if section == "licenses":
            names = [unit for unit in names if not is_gone(previous.licenses[unit], now)]
        total = len(previous.records(section))
        limit = may_be_gone(total) if allowed is None else allowed
        reasons = [f"more than {limit:,}"] if len(names) > limit else []
        if allowed is None:
            groups = _groups_of(section, previous, catalog)
            reasons += _missing_groups(groups, names)
            reasons += (
                _users_without_licenses(merged, previous, names) if section == "licenses" else ()
            )
        if reasons:
            yield MissingRecords(section, names, total, reasons)


def _groups_of(section: str, previous: Inventory, catalog: Catalog) -> Mapping[str, set[str]]:
    """Group records by what the console filters its lists by."""
    groups: dict[str, set[str]] = defaultdict(set)
    for name, user in previous.users.items() if section == "users" else ():
        site = user.get("site")
        groups[f"users of the site {site}" if site else "users without a site"].add(name)
        groups[f"{user.get('status', 'active')} users"].add(name)
    for name, unit in previous.licenses.items() if section == "licenses" else ():
        place = previous.service_addresses.get(unit.get("service_address") or "")
        groups[f"licenses {catalog.pool_name(unit['type'], unit['country'])}"].add(name)
        groups[f"{unit['status']} licenses"].add(name)
        groups[f"licenses at {postal(place)}" if place else "licenses without an address"].add(name)
    return groups


def _missing_groups(groups: Mapping[str, set[str]], names: Sequence[str]) -> Iterator[str]:
    """Name the groups of which nothing is left."""
    gone = set(names)
    for title, members in groups.items():
        if len(members) >= _GROUP and members <= gone:
            yield f"all {len(members):,} {title}"


def _users_without_licenses(
    merged: MergedInventory, previous: Inventory, names: Sequence[str]
) -> Iterator[str]:
    """Name the users who are still there, and of whose licenses none is left."""
    gone, users = set(names), merged.document["users"]
    renamed = merged.renamed.get("users", {})
    for name, user in previous.users.items():
        held = {service["license"] for service in user.get("services") or ()}
        now: Mapping[str, Any] | None = users.get(renamed.get(name, name))
        if held and held <= gone and now is not None and not now.get("services"):
            yield f"every license of {name}"


@dataclass(frozen=True, slots=True)
class UnlistedLicense:
    """A license that the list of users names and the list of licenses lacks.

    Attributes:
        type: its type.
        country: its country.
        user: the user who holds it.
        place: the cell that names it.
    """

    type: str
    country: str
    user: str
    place: Span


def unlisted_licenses(
    document: Mapping[str, Any], places: Mapping[tuple[Any, ...], tuple[Table, Row]]
) -> list[UnlistedLicense]:
    """List the licenses that only the list of users names, if a list of licenses names others.

    A list of licenses that names no user may be that of the unassigned ones.

    Args:
        document: the document of the export.
        places: the source rows by section and name of the document.
    """
    units = document["licenses"]
    listed = {
        key[1]: place for key, place in places.items() if key[0] == "licenses" and key[1] in units
    }
    if not any(
        table.kind.name == "licenses" and units[name].get("user")
        for name, (table, _) in listed.items()
    ):
        return []
    return [
        UnlistedLicense(
            units[name]["type"], units[name]["country"], units[name]["user"],
            table.span(row, "type" if "type" in table.columns.fields else "license"),
        )
        for name, (table, row) in listed.items()
        if table.kind.name == "users"
    ]  # fmt: skip
