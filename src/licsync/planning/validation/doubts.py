"""What is plausible, and wrong more often than not: said until the files acknowledge it (`acknowledged`).

Each of these finds a doubt about one owner: a user, a pool, a site. What holds of a user that is
left out of a plan because it is settled has to be asked in `incremental/in_sync.py` as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from licsync.diagnostics import Code, warning
from licsync.model.dialing_codes import is_abroad
from licsync.model.inventory import mac_of, macs_of
from licsync.planning.validation.acknowledgements import Doubt, Owner
from licsync.planning.validation.codes import unknown_zones
from licsync.planning.validation.context import Context, DeclaredUser
from licsync.planning.validation.forwarding import forwarding


def licenses_abroad(context: Context) -> Iterator[Doubt]:
    """A license of another country than its user's site, or bound to an address in another one, is taxed wrongly."""
    resolver, catalog = context.resolver, context.desired.catalog
    for declared in context.declared_users:
        home = resolver.country_of_site(declared.site)
        for index, entry in enumerate(declared.entries):
            path = ("users", declared.name, "licenses", index)
            country = entry.get("country")
            is_number = catalog.is_automatic(entry["type"])
            if country and home and country != home and not is_number:
                message = f"'{declared.name}' is at a site in {home}, the license is of {country}."
                hint = f"Leave the country out to have one of {home}."
                span = context.source(*path, "country")
                yield Doubt(path[:2], warning(Code.LICENSE_ABROAD, message, span, hint))
            if entry.get("service_address"):
                of = resolver.country_of(declared.site, entry)
                yield from _address_abroad(
                    context, path[:2], entry["service_address"], of, *path, "service_address"
                )


def pools_abroad(context: Context) -> Iterator[Doubt]:
    """Unassigned licenses that are bound to an address in another country are taxed there."""
    for index, pool in enumerate(context.desired.pools):
        asked = pool.get("unassigned_address") or ()
        path = ("licenses", index, "unassigned_address")
        for slug in [asked] if isinstance(asked, str) else asked:
            of = pool.get("country") or context.desired.country
            place = path if isinstance(asked, str) else (*path, slug)
            yield from _address_abroad(context, path[:2], slug, of, *place)


def _address_abroad(
    context: Context, owner: Owner, slug: str, country: str | None, section: str, *path: str | int
) -> Iterator[Doubt]:
    resolver = context.resolver
    there = resolver.contents.get(resolver.label_of_reference(slug) or "", {}).get("country")
    if country and there and there != country:
        message = f"The service address '{slug}' is in {there}, the license is of {country}."
        yield Doubt(owner, warning(Code.ADDRESS_ABROAD, message, context.source(section, *path)))


def numbers_abroad(context: Context) -> Iterator[Doubt]:
    """A phone number belongs to the country of the license that carries it."""
    for declared in context.declared_users:
        for index, entry in enumerate(declared.entries):
            country = context.resolver.country_of(declared.site, entry) or ""
            for nth, number in enumerate((entry.get("extension") or {}).get("phone_numbers") or ()):
                if is_abroad(number, country):
                    message = f"The phone number '{number}' is not of {country}, as the license that carries it."
                    path = (declared.name, "licenses", index, "extension", "phone_numbers", nth)
                    span = context.source("users", *path)
                    yield Doubt(
                        ("users", declared.name), warning(Code.NUMBER_ABROAD, message, span)
                    )


def unknown_timezones(context: Context) -> Iterator[Doubt]:
    """A time zone that is in no list is none."""
    for path, diagnostic in unknown_zones(context):
        yield Doubt(path[:2], diagnostic)


def shared_emails(context: Context) -> Iterator[Doubt]:
    """An e-mail address belongs to one person."""
    listed = {declared.current_name for declared in context.declared_users}
    first = {
        record["email"].casefold(): name
        for name, record in context.inventory.users.items()
        if name not in listed and record.get("email")
    }
    declared = []
    for subject in context.declared_users:
        if email := subject.user.get("email") or (
            subject.name if subject.current_name is None else None
        ):
            declared.append((subject.name, email))
        elif subject.current.get("email"):
            first.setdefault(
                subject.current["email"].casefold(), subject.current_name or subject.name
            )
    places = dict(declared)
    for name, email in declared:
        other = first.setdefault(email.casefold(), name)
        if other != name and not context.is_deleted(other):
            span = context.source("users", name, "email")
            related = context.source("users", other, "email") if other in places else None
            message = f"The e-mail '{email}' is that of '{other}' too."
            found = warning(
                Code.DUPLICATE_NAME, message, span, related=[related] if related else []
            )
            yield Doubt(("users", name), found)


def shared_devices(context: Context) -> Iterator[Doubt]:
    """A desk phone has a MAC address of its own, and one user."""
    devices = {
        declared.name: _devices(declared) for declared in context.declared_users if declared.entries
    }
    if not any(devices.values()):
        return
    saying = {
        s.current_name
        for s in context.declared_users
        if devices.get(s.name) or s.user.get("licenses") == []
    }
    first: dict[str, Any] = {
        mac: (name, None)
        for name, record in context.inventory.users.items()
        if name not in saying
        for mac in macs_of(record)
    }
    for name, found in devices.items():
        for path, mac, spelled in found:
            other, place = first.setdefault(mac, (name, path))
            if (other, place) != (name, path) and not context.is_deleted(other):
                message = f"The desk phone '{spelled}' is that of '{other}' too."
                span = context.source("users", name, *path)
                yield Doubt(("users", name), warning(Code.DUPLICATE_DEVICE, message, span))


def _devices(declared: DeclaredUser) -> list[tuple[tuple[str | int, ...], str, str]]:
    return [
        (("licenses", index, "extension", "devices", nth), mac, device["mac_address"])
        for index, entry in enumerate(declared.entries)
        for nth, device in enumerate((entry.get("extension") or {}).get("devices") or ())
        if (mac := mac_of(device))
    ]


DOUBTS = (
    licenses_abroad,
    pools_abroad,
    numbers_abroad,
    unknown_timezones,
    shared_emails,
    shared_devices,
    forwarding,
)
"""Every doubt: a function from what is compared to what is doubtful in it."""
