"""Merges the service addresses, sites and policies of an export into the previous inventory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

from licsync.importing.exported import ExportedAccount
from licsync.importing.merged import MergedInventory
from licsync.importing.one_line_addresses import find_place, spelled_note
from licsync.importing.record_merge import merge_record
from licsync.model.canonical import canonical_json
from licsync.model.declarations import ServiceAddress, SiteAttributes
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory, Record
from licsync.model.places import address_key
from licsync.planning.declarable import unused


def merge_addresses(
    merged: MergedInventory, previous: Inventory, exported: ExportedAccount
) -> Mapping[str, str]:
    """Merge the service addresses. An address without an id is known by its postal content.

    Returns:
        the ids in the merged document, by the ids in the export.
    """
    old: Mapping[str, Any] = previous.service_addresses
    reported: Mapping[str, Record] = exported.document["service_addresses"]
    listed = exported.reported.get("service_addresses", {})
    addresses: dict[str, Record] = {name: dict(address) for name, address in old.items()}
    ids: dict[str, str] = {}
    for name, address in reported.items():
        if name in listed:
            was = name if name in old else find_place(address, _others(old, listed))
            addresses[name] = merge_record(
                old.get(was), address, listed[name], fields_of(ServiceAddress)
            )
            if was not in (name, ""):
                ids[was] = name
        elif name in exported.unnamed_addresses:
            known = find_place(address, addresses)
            if known and (note := spelled_note(address, known, addresses[known])):
                merged.conclusions[note] += 1
            made = f"address-{sha256(canonical_json(address_key(address))).hexdigest()[:8]}"
            ids[name] = known or unused(made, addresses)
            addresses.setdefault(ids[name], address)
    merged.document["service_addresses"] = dict(sorted(addresses.items()))
    merged.ids["service_addresses"] = ids
    return ids


def _others(known: Mapping[str, Any], taken: Collection[str]) -> dict[str, Any]:
    return {name: address for name, address in known.items() if name not in taken}


def merge_sites(
    merged: MergedInventory,
    previous: Inventory,
    exported: ExportedAccount,
    addresses: Mapping[str, str],
    *,
    is_complete: bool,
) -> Mapping[str, str]:
    """Merge the sites. A site that was renamed is known by its address and its PBX.

    Returns:
        the names in the merged document, by the names in the export.
    """
    old: Mapping[str, Any] = previous.sites
    reported: Mapping[str, Record] = {
        name: _with_address(site, addresses) for name, site in exported.document["sites"].items()
    }
    spelled = {name.casefold(): name for name in old}
    names = {name: spelled.get(name.casefold(), name) for name in reported}
    renamed: dict[str, str] = {}
    if is_complete:
        gone = {name: old[name] for name in old if name not in names.values()}
        new = {name: reported[name] for name in reported if names[name] not in old}
        renamed = _renamed_sites(gone, new)
    sites = {
        renamed.get(name, name): _with_address(dict(site), addresses) for name, site in old.items()
    }
    fields = fields_of(SiteAttributes)
    for name, site in reported.items():
        before = sites.get(names[name])
        columns = exported.fields("sites", name)
        sites[names[name]] = merge_record(before, site, columns, fields)
    merged.document["sites"] = dict(sorted(sites.items()))
    merged.renamed["sites"] = renamed
    merged.ids["sites"] = names
    return names


def _with_address(record: Record, addresses: Mapping[str, str]) -> Record:
    address = record.get("service_address") or ""
    return {**record, "service_address": addresses[address]} if address in addresses else record


def _renamed_sites(gone: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """Pair each vanished site with the only new one at its address and on its PBX."""

    def place(site: Mapping[str, Any]) -> tuple[object, object]:
        return site.get("service_address"), site.get("pbx")

    found: dict[str, str] = {}
    for name, site in gone.items():
        same = [other for other in new if place(new[other]) == place(site)]
        rivals = [other for other in gone if place(gone[other]) == place(site)]
        if site.get("service_address") and len(same) == len(rivals) == 1:
            found[name] = same[0]
    return found


def merge_policies(
    merged: MergedInventory, previous: Inventory, exported: ExportedAccount, *, is_complete: bool
) -> None:
    """Merge the policy profiles. A profile that only users name keeps its settings."""
    reported: Mapping[str, Record] = exported.document["policies"]
    old: Mapping[str, Any] = previous.policies
    has_table = "policies" in exported.complete
    used = {user.get("policy") for user in exported.document["users"].values()}
    policies: dict[str, Record] = {}
    for name in (*old, *reported):
        is_kept = not is_complete or name in reported or name == DEFAULT_POLICY or name in used
        if is_kept:
            policies[name] = dict(old.get(name) or {"settings": {}})
    if has_table:
        for name in exported.listed_policies:
            policies[name] = {**policies[name], "settings": reported[name]["settings"]}
    merged.document["policies"] = dict(sorted(policies.items()))
