"""Merges an export into the previous inventory of its account.

What the tables say replaces what was known, and what they do not say is kept. A list of users or
licenses is complete unless the caller says otherwise: whoever it does not name is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from licsync.importing.exported import ExportedAccount
from licsync.importing.merge_places import merge_addresses, merge_policies, merge_sites
from licsync.importing.merge_services import ServiceMerge
from licsync.importing.merge_units import merge_units
from licsync.importing.merged import MergedInventory
from licsync.importing.observation import observe
from licsync.importing.record_merge import merge_record
from licsync.importing.settle_units import settle_units
from licsync.importing.user_matching import match_users
from licsync.model.catalog import Catalog
from licsync.model.declarations import UserAttributes
from licsync.model.fields import SET_LIKE, fields_of
from licsync.model.inventory import SECTIONS, Inventory, Record
from licsync.model.inventory_document import GROUPS

USER_FIELDS: dict[str, tuple[object, ...]] = {
    **fields_of(UserAttributes),
    **{name: (SET_LIKE,) for name in GROUPS},
}
"""The fields of a user that tables have columns for, with their markers."""

_NEVER_EMPTY = frozenset(("first_name", "last_name", "status"))
"""Fields that everybody has: an empty cell says nothing."""


def merge(
    previous: Inventory,
    exported: ExportedAccount,
    catalog: Catalog,
    as_of: str,
    *,
    is_partial: bool = False,
) -> MergedInventory:
    """Merge an export into the previous inventory.

    Args:
        previous: the previous inventory; an empty one if there is none.
        exported: the export.
        catalog: the license types.
        as_of: the instant of the export.
        is_partial: whether the lists are incomplete, so that nobody is gone.
    """
    before = previous.to_document()
    merged = MergedInventory({**before, "as_of": max(as_of, previous.as_of)})
    complete: frozenset[str] = frozenset() if is_partial else exported.complete
    addresses = merge_addresses(merged, previous, exported)
    sites = merge_sites(merged, previous, exported, addresses, is_complete="sites" in complete)
    merge_policies(merged, previous, exported, is_complete="policies" in complete)
    _merge_users(merged, previous, exported, sites, is_complete="users" in complete)
    merge_units(merged, previous, exported, addresses, is_complete="licenses" in complete)
    ServiceMerge(merged, previous, exported, catalog).run()
    settle_units(merged, previous, exported, as_of)
    _drop_unused_places(merged, previous, exported, complete)
    for section in SECTIONS:
        old = previous.records(section)
        renamed = merged.renamed.get(section, {})
        same = merged.same_units if section == "licenses" else {}
        merged.gone[section] = [
            name
            for name in old
            if name not in merged.document[section] and name not in renamed and name not in same
        ]
    merged.observation = observe(merged, previous, exported, complete, as_of, catalog)
    return merged


def _merge_users(
    merged: MergedInventory,
    previous: Inventory,
    exported: ExportedAccount,
    sites: Mapping[str, str],
    *,
    is_complete: bool,
) -> None:
    reported: Mapping[str, Record] = exported.document["users"]
    old: Mapping[str, Any] = previous.users
    matches = match_users(old, reported, exported.loose)
    renamed = {was: name for name, was in matches.items() if was.casefold() != name.casefold()}
    names = {name: name if was in renamed else was for name, was in matches.items()}
    users: dict[str, Record] = {}
    if not is_complete:
        matched = set(matches.values())
        users = {name: dict(user) for name, user in old.items() if name not in matched}
    for name, user in reported.items():
        stated = {**user, "site": sites.get(user.get("site") or "", user.get("site"))}
        fields = exported.fields("users", name)
        was = old.get(matches.get(name, ""))
        record = merge_record(was, stated, fields, USER_FIELDS, _NEVER_EMPTY)
        record.setdefault("status", "active")
        users[names.get(name, name)] = record
    order = {name: at for at, name in enumerate(old)}
    places = {renamed.get(name, name): at for name, at in order.items()}
    last = len(places)
    merged.document["users"] = {
        name: users[name] for name in sorted(users, key=lambda name: (places.get(name, last), name))
    }
    merged.renamed["users"] = renamed
    merged.ids["users"] = {name: names.get(name, name) for name in reported}


def _drop_unused_places(
    merged: MergedInventory,
    previous: Inventory,
    exported: ExportedAccount,
    complete: frozenset[str],
) -> None:
    """Drop sites and addresses that a complete list does not name and that nothing refers to."""
    document = merged.document
    if "sites" in complete:
        listed = set(exported.reported["sites"]) | {
            user.get("site") for user in document["users"].values()
        }
        listed |= {merged.ids["sites"].get(name, name) for name in exported.reported["sites"]}
        document["sites"] = {n: site for n, site in document["sites"].items() if n in listed}
    if "service_addresses" in complete:
        listed = {
            merged.ids["service_addresses"].get(name, name)
            for name in exported.reported["service_addresses"]
        }
        for section in ("sites", "licenses"):
            listed |= {record.get("service_address") for record in document[section].values()}
        document["service_addresses"] = {
            name: address
            for name, address in document["service_addresses"].items()
            if name in listed
        }
