"""What is plausible, and wrong more often than not: reported until the files acknowledge it.

Each check finds a doubt about one owner: a user, a pool, a site. `incremental/in_sync.py` asks the
same of users that are left out of a plan. `planning.acknowledgements` says how to acknowledge.
"""

from __future__ import annotations

from collections.abc import Iterator

from licsync.diagnostics import Code, warning
from licsync.model.dialing_codes import is_abroad
from licsync.model.inventory import mac_of, macs_of
from licsync.planning.acknowledgements import Doubt, Owner
from licsync.planning.validation.context import Context, DeclaredUser
from licsync.planning.validation.references import unknown_zones


def licenses_abroad(context: Context) -> Iterator[Doubt]:
    """Report licenses whose country differs from that of the site or of their address.

    They are probably taxed in the wrong country.
    """
    resolver, catalog = context.resolver, context.desired.catalog
    for declared in context.declared_users:
        home = resolver.country_of_site(declared.site)
        for index, entry in enumerate(declared.entries):
            path = ("users", declared.name, "licenses", index)
            country = entry.get("country")
            is_number = catalog.is_automatic(entry["type"])
            if country and home and country != home and not is_number:
                message = (
                    f"'{declared.name}' is at a site in {home}, but the license is for {country}."
                )
                hint = f"Remove 'country:' to use a license for {home}."
                span = context.source(*path, "country")
                yield Doubt(path[:2], warning(Code.LICENSE_ABROAD, message, span, hint))
            if entry.get("service_address"):
                of = resolver.country_of(declared.site, entry)
                yield from _address_abroad(
                    context, path[:2], entry["service_address"], of, *path, "service_address"
                )
        yield from _kept_abroad(context, declared, home)


def _kept_abroad(context: Context, declared: DeclaredUser, home: str | None) -> Iterator[Doubt]:
    """Report unmanaged licenses of a user whose declared site is in another country."""
    if "licenses" in declared.user or not declared.user.get("site") or home is None:
        return
    units, catalog = context.inventory.licenses, context.desired.catalog
    held = (units[s["license"]] for s in declared.current.get("services") or ())
    abroad = {
        unit["country"]: unit["type"]
        for unit in held
        if unit["country"] != home and not catalog.is_automatic(unit["type"])
    }
    if not abroad or context.gives_up_licenses(declared):
        return
    for country, kind in sorted(abroad.items()):
        message = (
            f"'{declared.name}' is at a site in {home}, but keeps {catalog.title(kind)} for "
            f"{country}: the files do not manage its licenses."
        )
        hint = f"Declare its licenses to use some for {home}."
        span = context.source("users", declared.name, "site")
        yield Doubt(("users", declared.name), warning(Code.LICENSE_ABROAD, message, span, hint))


def pools_abroad(context: Context) -> Iterator[Doubt]:
    """Report unassigned licenses that are bound, and so taxed, in another country."""
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
        message = f"The service address '{slug}' is in {there}, but the license is for {country}."
        yield Doubt(owner, warning(Code.ADDRESS_ABROAD, message, context.source(section, *path)))


def numbers_abroad(context: Context) -> Iterator[Doubt]:
    """Report phone numbers of another country than their license."""
    for declared in context.declared_users:
        for index, entry in enumerate(declared.entries):
            country = context.resolver.country_of(declared.site, entry) or ""
            for nth, number in enumerate((entry.get("extension") or {}).get("phone_numbers") or ()):
                if is_abroad(number, country):
                    message = f"The phone number '{number}' is not from {country}, the country of "
                    message += "its license."
                    path = (declared.name, "licenses", index, "extension", "phone_numbers", nth)
                    span = context.source("users", *path)
                    yield Doubt(
                        ("users", declared.name), warning(Code.NUMBER_ABROAD, message, span)
                    )


def unknown_timezones(context: Context) -> Iterator[Doubt]:
    """Report unknown time zones."""
    for path, diagnostic in unknown_zones(context):
        yield Doubt(path[:2], diagnostic)


def shared_emails(context: Context) -> Iterator[Doubt]:
    """Report e-mail addresses that several users have."""
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
            message = f"E-mail '{email}' is also used by '{other}'."
            found = warning(
                Code.DUPLICATE_NAME, message, span, related=[related] if related else []
            )
            yield Doubt(("users", name), found)


def shared_devices(context: Context) -> Iterator[Doubt]:
    """Report MAC addresses of desk phones that several users have."""
    devices = {
        declared.name: _devices(declared) for declared in context.declared_users if declared.entries
    }
    if not any(devices.values()):
        return
    declaring = {
        s.current_name
        for s in context.declared_users
        if devices.get(s.name) or s.user.get("licenses") == []
    }
    first: dict[str, tuple[str, tuple[str | int, ...] | None]] = {}
    for name, record in context.inventory.users.items():
        if name not in declaring:
            first |= dict.fromkeys(macs_of(record), (name, None))
    for name, found in devices.items():
        for path, mac, spelled in found:
            other, place = first.setdefault(mac, (name, path))
            if (other, place) != (name, path) and not context.is_deleted(other):
                message = f"Desk phone '{spelled}' is also used by '{other}'."
                span = context.source("users", name, *path)
                yield Doubt(("users", name), warning(Code.DUPLICATE_DEVICE, message, span))


def _devices(declared: DeclaredUser) -> list[tuple[tuple[str | int, ...], str, str]]:
    found: list[tuple[tuple[str | int, ...], str, str]] = []
    for index, entry in enumerate(declared.entries):
        for nth, device in enumerate((entry.get("extension") or {}).get("devices") or ()):
            if mac := mac_of(device):
                path = ("licenses", index, "extension", "devices", nth)
                found.append((path, mac, device["mac_address"]))
    return found
