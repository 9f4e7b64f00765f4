"""What an export says of the merged inventory, and what is kept from before, with its age."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from licsync.importing.exported import ExportedAccount
from licsync.importing.merged import MergedInventory, Observation
from licsync.importing.unit_rows import carrier
from licsync.model.catalog import Catalog
from licsync.model.declarations import SiteAttributes, UserAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory import SECTIONS, Inventory, Record
from licsync.model.inventory_document import GROUPS
from licsync.model.observed import is_observable, observed_at
from licsync.planning.comparison import lookup
from licsync.planning.licenses.settings import MARKS

_FURTHER = "Settings of further licenses of users are kept, because no row says them"

_UNIT_FIELDS = ("type", "country", "status", "user", "service_address")


def observe(
    merged: MergedInventory,
    previous: Inventory,
    exported: ExportedAccount,
    complete: frozenset[str],
    as_of: str,
    catalog: Catalog,
) -> Observation:
    """Find out what an export reports of all records, and write it into the merged document.

    Args:
        merged: the merged inventory document. Its `observed` is replaced.
        previous: the inventory before the export.
        exported: the export.
        complete: the sections of which the export lists every record.
        as_of: the instant of the export.
        catalog: names the license types.

    Returns:
        the keys that the export reports, and those whose older values stay.
    """
    reported, kept = set(complete), {}
    for key, is_reported, has_value in _paths(merged, exported, catalog):
        if is_reported:
            reported.add(key)
        elif has_value:
            section, _, path = key.partition(".")
            kept[key] = observed_at(previous.observed, section, path) or previous.as_of
    for section in SECTIONS:
        if section not in reported and previous.records(section):
            kept[section] = observed_at(previous.observed, section) or previous.as_of
    observed = {**previous.observed, **{key: at for key, at in kept.items() if at}}
    observed |= dict.fromkeys((key for key in reported if is_observable(key)), as_of)
    merged.document["observed"] = dict(sorted(observed.items()))
    return Observation(frozenset(reported), dict(sorted(kept.items())))


def _paths(
    merged: MergedInventory, exported: ExportedAccount, catalog: Catalog
) -> Iterator[tuple[str, bool, bool]]:
    """Yield each key, whether the export says it of every record, and whether it has values."""
    yield from _user_paths(merged, exported)
    yield from _setting_paths(merged, exported, catalog)
    units, ids = merged.document["licenses"], merged.ids["licenses"]
    yield from _record_paths("licenses", _UNIT_FIELDS, units, ids, exported)
    sites, names = merged.document["sites"], merged.ids["sites"]
    yield from _record_paths("sites", tuple(fields_of(SiteAttributes)), sites, names, exported)
    policies: Mapping[str, Record] = merged.document["policies"]
    has_settings = any(policy.get("settings") for policy in policies.values())
    is_listed = policies.keys() <= exported.listed_policies
    yield "policies.settings", is_listed and bool(policies), has_settings


def _user_paths(
    merged: MergedInventory, exported: ExportedAccount
) -> Iterator[tuple[str, bool, bool]]:
    users, names = merged.document["users"], merged.ids["users"]
    fields = (*fields_of(UserAttributes), *GROUPS)
    yield from _record_paths("users", fields, users, names, exported)
    exported_names = set(names.values())
    by_units = "licenses" in exported.complete and all(
        "user" in exported.fields("licenses", unit) for unit in merged.ids["licenses"]
    )
    is_reported = by_units or (exported.users_say_licenses and exported_names >= users.keys())
    yield (
        "users.licenses",
        is_reported and bool(users),
        any(u.get("services") for u in users.values()),
    )


def _record_paths(
    section: str,
    fields: tuple[str, ...],
    records: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, str],
    exported: ExportedAccount,
) -> Iterator[tuple[str, bool, bool]]:
    columns = {
        name: exported.fields(section, exported_name) for exported_name, name in names.items()
    }
    for field_ in fields:
        is_reported = bool(records) and all(field_ in columns.get(name, ()) for name in records)
        has_value = any(record.get(field_) not in (None, "", []) for record in records.values())
        yield f"{section}.{field_}", is_reported, has_value


def _setting_paths(
    merged: MergedInventory, exported: ExportedAccount, catalog: Catalog
) -> Iterator[tuple[str, bool, bool]]:
    """Yield the keys of settings. What counts is the phone license of each user.

    Rows that name several licenses say the settings of one of them only.
    """
    exported_units = {name: exported_name for exported_name, name in merged.ids["licenses"].items()}
    exported_users = {name: exported_name for exported_name, name in merged.ids["users"].items()}
    units: dict[str, Any] = merged.document["licenses"]
    reported: list[frozenset[str]] = []
    of_further: list[frozenset[str]] = []
    extensions: list[Mapping[str, Any]] = []
    further: list[Mapping[str, Any]] = []
    for name, user in merged.document["users"].items():
        services = {service["license"]: service for service in user.get("services") or ()}
        if not services:
            continue
        exported_name = exported_users.get(name, "")
        loose = exported.settings.get((exported_name, ""), frozenset())
        main = carrier(units, list(services), catalog)
        for unit_id, service in services.items():
            columns = exported.settings.get(
                (exported_name, exported_units.get(unit_id, "-")), frozenset()
            )
            extension = service.get("extension") or {}
            if unit_id == main:
                reported.append(columns | loose)
                extensions.append(extension)
            elif catalog.is_single(units[unit_id]["type"]):
                of_further.append(columns)
                further.append(extension)
                if extension and not columns and exported.settings:
                    merged.conclusions[_FURTHER] += 1
    for section, all_columns, carried in (
        ("users", reported, extensions),
        ("licenses", of_further, further),
    ):
        for path in MARKS:
            is_reported = bool(all_columns) and all(path in columns for columns in all_columns)
            has_value = any(lookup(extension, path) not in (None, "", []) for extension in carried)
            yield f"{section}.extension.{path}", is_reported, has_value
