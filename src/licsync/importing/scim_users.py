"""Makes an export of what SCIM shows, to be merged like any other."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from licsync.importing.exported import ExportedAccount
from licsync.model.inventory import SECTIONS, Inventory, Record


def exported_from_scim(
    users: Mapping[str, Record], said: Collection[str], known: Inventory
) -> ExportedAccount:
    """Make an export of the users that SCIM shows. It lists nothing completely.

    Args:
        users: records by user name.
        said: what SCIM says of each of them, as keys of `model.observed`.
        known: the inventory. SCIM names sites; one that nobody knows says nothing.
    """
    fields = frozenset(key.removeprefix("users.") for key in said)
    document: Record = {"format_version": "1", "account": known.account, "as_of": ""}
    document |= {section: {} for section in SECTIONS}
    columns: dict[str, frozenset[str]] = {}
    for name, user in users.items():
        has_site = user.get("site") in known.sites
        columns[name] = fields | ({"site"} if has_site else set())
        document["users"][name] = {
            field: value for field, value in user.items() if field in columns[name]
        }
    return ExportedAccount(document, said={"users": columns})
