"""Merges what SCIM shows of users into the inventory, as an export that lists nothing completely.

SCIM may be set to show only some users, so nobody is gone. A user whom only SCIM shows is new,
unless that may be a user of the inventory under another name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from licsync.importing.exported import ExportedAccount
from licsync.importing.merge_inventory import merge
from licsync.importing.merged import MergedInventory
from licsync.importing.user_matching import match_users
from licsync.model.catalog import Catalog
from licsync.model.inventory import SECTIONS, Inventory, Record
from licsync.model.observed import observable_keys
from licsync.spreadsheets.cell_values import fold


@dataclass(frozen=True, slots=True)
class MergedScim:
    """An inventory with what SCIM shows of its users.

    Attributes:
        merged: the inventory.
        changed: the users that are others than before, or new.
        hidden: the users of the inventory that SCIM does not show.
        not_added: users that SCIM shows and that may be hidden users under another name.
    """

    merged: MergedInventory
    changed: list[str]
    hidden: list[str]
    not_added: list[str]


def merge_scim(
    known: Inventory,
    shown: Mapping[str, Record],
    reported: Collection[str],
    catalog: Catalog,
    as_of: str,
) -> MergedScim:
    """Merge what SCIM shows into an inventory.

    Args:
        known: the inventory; it is not changed.
        shown: records by user name.
        reported: what SCIM says of each of them, as keys of `model.observed`.
        catalog: the license types.
        as_of: when it was read.
    """
    matches = match_users(known.users, shown, {})
    hidden = known.users.keys() - matches.values()
    persons = {_person(known.users[name]) for name in hidden} - {None}
    not_added = [
        name for name, user in shown.items() if name not in matches and _person(user) in persons
    ]
    users = {name: user for name, user in shown.items() if name not in not_added}
    before = replace(known, observed=_observed(known))
    merged = merge(before, _exported(users, reported, known), catalog, as_of, is_partial=True)
    merged.document["as_of"] = known.as_of  # the instant of exports; SCIM's is in `observed`
    changed = [
        name for name, user in merged.document["users"].items() if known.users.get(name) != user
    ]
    return MergedScim(merged, changed, sorted(hidden), not_added)


def _exported(
    users: Mapping[str, Record], reported: Collection[str], known: Inventory
) -> ExportedAccount:
    """Make an export of users. A site that nobody knows says nothing."""
    fields = frozenset(key.removeprefix("users.") for key in reported)
    document: Record = {"format_version": "1", "account": known.account, "as_of": ""}
    document |= {section: {} for section in SECTIONS}
    columns: dict[str, frozenset[str]] = {}
    for name, user in users.items():
        has_site = user.get("site") in known.sites
        columns[name] = fields | ({"site"} if has_site else set())
        document["users"][name] = {
            field: value for field, value in user.items() if field in columns[name]
        }
    return ExportedAccount(document, reported={"users": columns})


def _person(user: Mapping[str, object]) -> tuple[str, str] | None:
    """Give the name of a person; None if it is not known in full."""
    first, last = (fold(str(user.get(field) or "")) for field in ("first_name", "last_name"))
    return (first, last) if first and last else None


def _observed(known: Inventory) -> dict[str, str]:
    """Say when everything was last said. An export without instants has said all of it."""
    if known.observed or not known.as_of:
        return known.observed
    return dict.fromkeys(sorted(observable_keys()), known.as_of)
