"""Checks that the names in the files refer to something that exists.

Sites, policy profiles, service addresses, users, license types, rules, countries and time zones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial

from licsync.diagnostics import Code, Diagnostic, Span, did_you_mean, error, info, warning
from licsync.model.canonical import FieldValue
from licsync.model.catalog import type_of
from licsync.model.declarations import KINDS, PLAIN, LicenseEntry, UserAttributes
from licsync.model.fields import Ref, fields_with_marker
from licsync.model.license import parse_instant
from licsync.model.pool_declarations import PoolEntry
from licsync.planning.calendar import known_zones, zone_hint, zone_of
from licsync.planning.validation.channels import channel_faults
from licsync.planning.validation.context import NAMED, Context


def _references(declaration: type) -> list[tuple[str, str]]:
    return [
        (name, ref.kind)
        for name, ref in fields_with_marker(declaration, Ref).items()
        if ref.kind in NAMED
    ]


_OF_POOLS, _OF_USERS, _OF_ENTRIES = map(_references, (PoolEntry, UserAttributes, LicenseEntry))


def check_references(context: Context) -> Iterator[Diagnostic]:
    """Look up every site, policy profile and service address that the files name."""
    desired, names = context.desired, context.names

    def unknown(
        record: Mapping[str, FieldValue], fields: list[tuple[str, str]], *path: str | int
    ) -> list[Diagnostic]:
        found = []
        for name, kind in fields:
            value = record.get(name)
            if value and (not isinstance(value, str) or value not in names[kind]):
                places = (
                    {value: (*path, name)}
                    if isinstance(value, str)
                    else {v: (*path, name, v) for v in value}
                )
                missing = {one: place for one, place in places.items() if one not in names[kind]}
                found += [
                    context.unresolved(kind, one, context.source(*place))
                    for one, place in missing.items()
                ]
        return found

    if desired.policy not in names["policy"]:
        yield context.unresolved(
            "policy", desired.policy, context.source("account", "defaults", "policy")
        )
    for kind in map(KINDS.__getitem__, PLAIN):
        for name, record in getattr(desired, kind.section).items():
            yield from unknown(record or {}, _references(kind.declaration), kind.section, name)
    for index, pool in enumerate(desired.pools):
        yield from unknown(pool, _OF_POOLS, "licenses", index)
    for section, name, user in desired.written_users():
        yield from unknown(user, _OF_USERS, section, name)
        for index, entry in enumerate(user.get("licenses") or ()):
            yield from unknown(entry, _OF_ENTRIES, section, name, "licenses", index)


def check_deletions(context: Context) -> Iterator[Diagnostic]:
    """Report a null that deletes nothing: a wrong name, or one that was deleted before."""
    for kind in NAMED if context.is_known else ():
        section, title = KINDS[kind].section, KINDS[kind].title
        existing = getattr(context.inventory, section)
        for name, record in getattr(context.desired, section).items():
            if record is None and name not in existing:
                message = f"The {title} '{name}' is not in the inventory, so null deletes nothing."
                own = (
                    "Write the id that 'licsync inventory dump' shows"
                    if kind == "service_address"
                    else "Correct it"
                )
                hint = (
                    context.hint(title, name, existing)
                    or f"{own}, or remove it if it was deleted before."
                )
                yield info(Code.UNKNOWN_REFERENCE, message, context.source(section, name), hint)


def check_protected_users(context: Context) -> Iterator[Diagnostic]:
    """Report protected users that neither the files nor the inventory have."""
    protected = context.desired.account.get("protected_users") or ()
    if not protected:
        return
    declared = {name.casefold() for name in context.whole.users}
    names = context.inventory.user_names
    for index, name in enumerate(protected):
        if name.casefold() not in declared and name.casefold() not in names:
            hint = context.hint("user", name, [*context.whole.users, *context.inventory.users])
            message = f"The protected user '{name}' is neither declared nor in the inventory."
            yield warning(
                Code.UNKNOWN_REFERENCE,
                message,
                context.source("account", "protected_users", index),
                hint,
            )


def check_license_types(context: Context) -> Iterator[Diagnostic]:
    """Check that every license type of a user, template or pool is in the catalog."""
    catalog, place = context.desired.catalog, context.source

    def unknown(kind: str, span: Span | None) -> Diagnostic:
        meant = type_of(kind, catalog)
        hint = (
            f"Write '{meant}'."
            if meant
            else context.hint("license type", kind, catalog.types.keys())
        )
        return error(
            Code.INVALID_VALUE, f"The license type '{kind}' is not in the catalog.", span, hint
        )

    for index, pool in enumerate(context.desired.pools):
        if pool["type"] not in catalog:
            yield unknown(pool["type"], place("licenses", index, "type"))
    for section, name, user in context.desired.written_users():
        for index, entry in enumerate(user.get("licenses") or ()):
            if entry["type"] not in catalog:
                yield unknown(entry["type"], place(section, name, "licenses", index, "type"))


_COUNTRY = re.compile("[A-Z]{2}")


def check_inventory_licenses(context: Context) -> Iterator[Diagnostic]:
    """Warn of licenses of the inventory that the files cannot name: unknown types and countries.

    A plan takes them from users for whom the files declare licenses.
    """
    inventory, catalog = context.inventory, context.desired.catalog
    counts = Counter((unit["type"], unit["country"]) for unit in inventory.licenses.values())
    for (kind, country, _), number in inventory.in_sync_totals.units.items():
        counts[kind, country] += number
    types, countries = Counter[str](), Counter[str]()
    for (kind, country), number in counts.items():
        types[kind] += number if kind not in catalog else 0
        countries[country] += number if not _COUNTRY.fullmatch(country) else 0
    for kind, number in sorted((+types).items()):
        message = f"The catalog does not contain the license type '{kind}' ({_licenses(number)})."
        known = type_of(kind, catalog)
        hint = f"Declare it: catalog: {{'{kind}': {{plane: addon}}}}, with its plane (uc, cc, "
        hint += "uc+cc, number or addon). Or write the key of a known type in the inventory."
        if known is not None:
            hint = f"Write its key '{known}' in the inventory."
        yield warning(Code.INVENTORY_INVALID, message, hint=hint)
    for country, number in sorted((+countries).items()):
        message = f"'{country}' is not the code of a country ({_licenses(number)})."
        code = country.strip().upper()
        hint = f"Write '{code}'." if _COUNTRY.fullmatch(code) else country_hint(country)
        yield warning(Code.INVENTORY_INVALID, message, hint=hint)


def check_suspensions(context: Context) -> Iterator[Diagnostic]:
    """Warn of suspensions after the day of the inventory, by which 30 days would be miscounted."""
    inventory = context.inventory
    seen = max(filter(None, (inventory.as_of, *inventory.observed.values())), default="")
    if not seen:
        return
    last = parse_instant(seen) + timedelta(days=1)  # whatever the time zone
    late = [
        unit_id
        for unit_id, unit in inventory.licenses.items()
        if (suspension := unit.get("suspended"))
        and suspension["at"]
        and parse_instant(suspension["at"]) > last
    ]
    if late:
        some = ", ".join(map(context.resolver.unit_name, sorted(late)[:3]))
        some += ", …" if len(late) > 3 else ""
        are = "are" if len(late) > 1 else "is"
        message = f"{_licenses(len(late))} {are} suspended since a day after that of the inventory "
        message += f"({seen[:10]}): {some}."
        hint = "Correct the days: 8x8 reinstates a removed license within 30 days."
        yield warning(Code.INVENTORY_INVALID, message, hint=hint)


def _licenses(number: int) -> str:
    return f"{number:,} license{'s' * (number > 1)} of the inventory"


def check_catalog(context: Context) -> Iterator[Diagnostic]:
    """Check the account's own license types: each has a plane and refers to existing types."""
    types = context.desired.catalog.types
    with_families = types.keys() | {
        entry["family"] for entry in types.values() if "family" in entry
    }
    for key, entry in types.items():
        if "plane" not in entry:
            message = f"The license type '{key}' is new and has no plane."
            hint = "Add 'plane:', one of uc, cc, uc+cc, number, addon."
            yield error(Code.INVALID_VALUE, message, context.source("catalog", key), hint)
        for field, others, known in (
            ("requires", entry.get("requires", []), types.keys()),
            ("excludes", entry.get("excludes", []), with_families),
        ):
            for index, other in enumerate(others):
                if other not in known:
                    message = f"The license type '{key}' {field} '{other}', which is not in the "
                    message += "catalog."
                    place = context.source("catalog", key, field, index)
                    yield error(
                        Code.INVALID_VALUE,
                        message,
                        place,
                        context.hint("license type", other, known),
                    )


def check_approvals(context: Context) -> Iterator[Diagnostic]:
    """Check that each approval names a verb, or a declared rule."""
    rules = context.desired.rules
    for index, approval in enumerate(context.desired.approvals):
        place = context.source("approvals", index)
        is_rule = "rule" in approval
        if is_rule == ("verb" in approval):
            message = "An approval names either a verb or a rule."
            yield error(
                Code.INVALID_VALUE,
                message,
                place,
                "Write 'verb:' or 'rule:', with count, reason and expires.",
            )
        elif is_rule and approval["rule"] not in rules:
            message = f"The approval names the rule '{approval['rule']}', which no file declares."
            yield error(
                Code.UNKNOWN_REFERENCE, message, place, did_you_mean(approval["rule"], rules)
            )


def check_channels(context: Context) -> Iterator[Diagnostic]:
    """Check the channels for notifications."""
    if context.desired.notify:
        yield from channel_faults(context.desired.notify, partial(context.source, "notify"))


_MEANT = {"UK": "GB", "EL": "GR", "EN": "GB", "SU": "RU", "YU": "RS"}
"""Common wrong country codes, and the code that people mean."""

Path = tuple[str | int, ...]


def check_countries(context: Context) -> Iterator[Diagnostic]:
    """Check that countries are codes of ISO 3166."""
    inventory = context.inventory
    known = {unit["country"] for unit in inventory.licenses.values()}
    known |= {country for _, country, _ in inventory.in_sync_totals.units}
    known |= {address.get("country") or "" for address in inventory.service_addresses.values()}
    declared = {country for country, _ in _countries(context)}
    unknown = {country for country in declared - known if not is_country(country)}
    if unknown:
        for country, path in _countries(context):
            if country in unknown:
                message = f"There is no country with the code '{country}'."
                section, *rest = path
                place = context.source(str(section), *rest)
                yield error(Code.INVALID_VALUE, message, place, country_hint(country))


def country_hint(code: str) -> str:
    """Say what to write in place of an unknown code of a country."""
    meant = _MEANT.get(code)
    return f"Did you mean '{meant}'?" if meant else "Write an ISO 3166 code of two letters."


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


def is_country(code: str) -> bool:
    """Tell whether a code is one of ISO 3166."""
    import pycountry  # slow to import, and rarely needed

    return pycountry.countries.get(alpha_2=code) is not None


def unknown_zones(context: Context) -> Iterator[tuple[Path, Diagnostic]]:
    """Warn of time zones that this machine does not know, each with the path of its field."""
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
    known = frozenset(known_zones().values())
    unknown = {zone: zone_hint(zone) for zone in new - known} if known else {}
    for zone, path in declared:
        if zone in unknown:
            message = f"There is no time zone '{zone}'."
            yield (
                path,
                warning(Code.UNKNOWN_TIME_ZONE, message, context.source(*path), unknown[zone]),
            )


def check_account_timezone(context: Context) -> Iterator[Diagnostic]:
    """Check the time zone of the account; without a valid one, days would follow UTC."""
    zone = context.desired.account.get("timezone")
    if zone is None or zone_of(zone) is not None:
        return
    message = f"The account's time zone '{zone}' does not exist."
    yield error(Code.INVALID_VALUE, message, context.source("account", "timezone"), zone_hint(zone))
