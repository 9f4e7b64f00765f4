"""Country codes and time zones: checked against their lists where the inventory does not use them already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from licsync.diagnostics import Code, Diagnostic, error, warning
from licsync.planning.calendar import zone_hint, zone_of
from licsync.planning.validation.context import Context

_MEANT = {"UK": "GB", "EL": "GR", "EN": "GB", "SU": "RU", "YU": "RS"}
"""Codes that people write, and what they mean by them."""

Path = tuple[Any, ...]


def check_countries(context: Context) -> Iterator[Diagnostic]:
    """Check that countries are codes of ISO 3166."""
    inventory = context.inventory
    known = {unit["country"] for unit in inventory.licenses.values()}
    known |= {country for _, country, _ in inventory.in_sync_totals.units}
    known |= {address.get("country") or "" for address in inventory.service_addresses.values()}
    declared = {country for country, _ in _countries(context)}
    unknown = {country for country in declared - known if not _is_country(country)}
    if unknown:
        for country, path in _countries(context):
            if country in unknown:
                hint = (
                    f"Did you mean '{_MEANT[country]}'?"
                    if country in _MEANT
                    else "Write an ISO 3166 code of two letters."
                )
                message = f"There is no country with the code '{country}'."
                yield error(Code.INVALID_VALUE, message, context.source(*path), hint)


def _countries(context: Context) -> Iterator[tuple[str, Path]]:
    desired = context.desired
    if desired.country:
        yield desired.country, ("account", "defaults", "country")
    for slug, address in desired.service_addresses.items():
        if address is not None and address.get("country"):
            yield address["country"], ("service_addresses", slug, "country")
    for index, pool in enumerate(desired.pools):
        if pool.get("country"):
            yield pool["country"], ("licenses", index, "country")
    for name, user in desired.users.items():
        for index, entry in enumerate(user.get("licenses") or ()):
            if entry.get("country"):
                yield entry["country"], ("users", name, "licenses", index, "country")


def _is_country(code: str) -> bool:
    import pycountry  # reads its data when it is asked

    return pycountry.countries.get(alpha_2=code) is not None


def unknown_zones(context: Context) -> Iterator[tuple[Path, Diagnostic]]:
    """Warn of time zones that this machine's list does not have, each with the path of its field."""
    desired, inventory = context.desired, context.inventory
    declared = [
        (s["timezone"], ("sites", n, "timezone"))
        for n, s in desired.sites.items()
        if s and s.get("timezone")
    ]
    declared += [
        (u["timezone"], ("users", n, "timezone"))
        for n, u in desired.users.items()
        if u.get("timezone")
    ]
    if not declared:
        return
    used = {
        record.get("timezone")
        for records in (inventory.sites, inventory.users)
        for record in records.values()
    }
    used |= inventory.in_sync_totals.zones
    new = {zone for zone, _ in declared} - used
    if not new:
        return
    from zoneinfo import available_timezones

    zones = available_timezones()
    unknown = {zone: zone_hint(zone, zones) for zone in new - zones} if zones else {}
    for zone, path in declared:
        if zone in unknown:
            message = f"There is no time zone '{zone}'."
            yield (
                path,
                warning(Code.UNKNOWN_TIME_ZONE, message, context.source(*path), unknown[zone]),
            )


def check_account_timezone(context: Context) -> Iterator[Diagnostic]:
    """The time zone that the days of the account begin in is one: else dates would be those of UTC."""
    zone = context.desired.account.get("timezone")
    if zone is None or zone_of(zone) is not None:
        return
    from zoneinfo import available_timezones

    message = f"There is no time zone '{zone}', which the days of the account begin in."
    hint = zone_hint(zone, available_timezones())
    yield error(Code.INVALID_VALUE, message, context.source("account", "timezone"), hint)
