"""Checks that the licenses of a user fit together and support what the files declare.

Also checks what an account says that the console's bulk upload calls its licenses.

Source: domain.md, sections 1.4, 2 and 7.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

from licsync.diagnostics import Code, Diagnostic, Span, error, warning
from licsync.model.account_declarations import UploadSettings
from licsync.model.catalog import SINGLE_PLANES, Catalog
from licsync.model.declarations import Extension, Features
from licsync.model.desired import Desired
from licsync.model.fields import NeedsFeature, fields_with_marker
from licsync.model.prices import prices_of, repeated_days
from licsync.planning.validation.context import Context, DeclaredUser
from licsync.planning.validation.references import country_hint, is_country


def _needs(declaration: type) -> dict[str, str]:
    marked = fields_with_marker(declaration, NeedsFeature)
    return {name: mark.feature for name, mark in marked.items()}


_PLANE_TITLES = {"uc": "phone", "cc": "contact center"}
_SWITCHES = _needs(Features)
_EQUIPMENT = _needs(Extension)


def check_combinations(context: Context) -> Iterator[Diagnostic]:
    """Check planes, exclusions and requirements of license types."""
    catalog = context.desired.catalog
    needy = {key for key, entry in catalog.types.items() if entry.get("requires")}
    for declared in context.declared_users:
        kinds = [entry["type"] for entry in declared.entries]
        if len(kinds) > 1:
            yield from _incompatible(context, declared, kinds)
        for index, kind in enumerate(kinds):
            if kind in needy and not set(catalog[kind]["requires"]) & set(kinds):
                titles = " or ".join(catalog.title(other) for other in catalog[kind]["requires"])
                message = f"{catalog.title(kind)} requires another license: {titles}."
                hint = f"Add one of: {', '.join(catalog[kind]['requires'])}."
                yield error(
                    Code.MISSING_LICENSE,
                    message,
                    context.source("users", declared.name, "licenses", index),
                    hint,
                )


def _incompatible(
    context: Context, declared: DeclaredUser, kinds: list[str]
) -> Iterator[Diagnostic]:
    catalog = context.desired.catalog
    for later, kind in enumerate(kinds):
        for earlier, other in enumerate(kinds[:later]):
            message = clash(catalog, other, kind)
            if message:
                span, first = (
                    context.source("users", declared.name, "licenses", i) for i in (later, earlier)
                )
                yield error(
                    Code.INCOMPATIBLE_LICENSES,
                    message,
                    span,
                    "Keep one of them.",
                    related=[first] if first else [],
                )


def clash(catalog: Catalog, one: str, other: str) -> str | None:
    """Say why a user cannot hold two license types; None if it can."""
    if one not in catalog or other not in catalog:
        return None
    both = f"{catalog.title(one)} and {catalog.title(other)}"
    planes = catalog.planes(one) & catalog.planes(other) & SINGLE_PLANES
    if planes:
        what = " and ".join(_PLANE_TITLES[plane] for plane in sorted(planes, reverse=True))
        return f"A user can hold only one {what} license; found {both}."
    for a, b in ((one, other), (other, one)):
        if {b, catalog[b].get("family")} & set(catalog[a].get("excludes", ())):
            return f"{both} cannot be combined: {catalog.title(a)} excludes the other."
    return None


def check_capabilities(context: Context) -> Iterator[Diagnostic]:
    """Check that the license type supports the declared features, devices and forwarding."""
    catalog = context.desired.catalog
    support = cache(catalog.supports)
    for declared in context.declared_users:
        for index, entry in enumerate(declared.entries):
            extension, kind = entry.get("extension"), entry["type"]
            if not extension or kind not in catalog:
                continue
            for name, value in (extension.get("features") or {}).items():
                if value is not False and support(kind, _SWITCHES[name], value) != "yes":
                    yield from _feature(context, declared, index, name, value)
            for name, feature in _EQUIPMENT.items():
                if extension.get(name) and support(kind, feature) == "no":
                    message = (
                        f"{catalog.title(kind)} does not work with a {feature.replace('_', ' ')}."
                    )
                    yield error(
                        Code.DEVICE_NEEDS_LICENSE, message, _place(context, declared, index, name)
                    )
            for position, rule in enumerate(extension.get("call_forwarding") or ()):
                if "after_seconds" in rule and rule["when"] != "no_answer":
                    message = f"after_seconds has no effect in a rule for '{rule['when']}'; "
                    message += "it applies only to no_answer."
                    place = _place(
                        context, declared, index, "call_forwarding", position, "after_seconds"
                    )
                    yield warning(Code.INVALID_VALUE, message, place, "Remove it.")


def _place(context: Context, declared: DeclaredUser, index: int, *path: str | int) -> Span | None:
    return context.source("users", declared.name, "licenses", index, "extension", *path)


def _feature(
    context: Context, declared: DeclaredUser, index: int, name: str, value: object
) -> Iterator[Diagnostic]:
    catalog, kind, feature = (
        context.desired.catalog,
        declared.entries[index]["type"],
        _SWITCHES[name],
    )
    support, title = catalog.supports(kind, feature, value), catalog.title(kind)
    what = name.replace("_", " ") + ("" if value is True else f": {value}")
    place = _place(context, declared, index, "features", name)
    if support == "no":
        hint = _types_with(catalog, feature, value)
        yield error(Code.FEATURE_NEEDS_LICENSE, f"{title} does not have {what}.", place, hint)
    elif not _has_already(declared, name, value):
        message = f"The catalog does not say whether {title} has {what}."
        if support == "grandfathered":
            message = f"{title} keeps {what} only on extensions that have it already."
        yield warning(Code.FEATURE_NEEDS_LICENSE, message, place)


def _types_with(catalog: Catalog, feature: str, value: object) -> str | None:
    having = [key for key in catalog.types if catalog.supports(key, feature, value) == "yes"]
    return f"These types have it: {', '.join(having)}." if having else None


def _has_already(declared: DeclaredUser, name: str, value: object) -> bool:
    services = declared.current.get("services") or ()
    return any(
        ((s.get("extension") or {}).get("features") or {}).get(name) == value for s in services
    )


def check_places(context: Context) -> Iterator[Diagnostic]:
    """Check that each license has a country and its user a site (domain.md, section 4, T2)."""
    desired = context.desired
    for index, pool in enumerate(desired.pools):
        if not (pool.get("country") or desired.country):
            yield _no_country(context.source("licenses", index))
    for declared in context.declared_users if context.is_known else ():
        fault = _without_site(context, declared)
        if fault is not None:
            yield fault
        elif declared.site is None or declared.site in context.sites or not context.is_seen:
            yield from _without_country(context, declared)


def _without_site(context: Context, declared: DeclaredUser) -> Diagnostic | None:
    """Report a user without a site to whom a license cannot be assigned."""
    if declared.site is not None:
        return None
    units = context.inventory.licenses
    held = Counter(units[s["license"]]["type"] for s in declared.current.get("services") or ())
    wanted = (
        Counter(entry["type"] for entry in declared.entries)
        if "licenses" in declared.user
        else held
    )
    # a declared empty site also takes the site from licenses that stay
    is_taken = "site" in declared.user and "offboard_on" not in declared.user
    if not (wanted if is_taken else wanted - held):
        return None
    message = f"The user '{declared.name}' has no site, so no license can be assigned."
    span = context.source("users", declared.name, "site" if is_taken else "licenses")
    return error(Code.USER_NEEDS_SITE, message, span, "Add 'site:' to the user or to a template.")


def _without_country(context: Context, declared: DeclaredUser) -> Iterator[Diagnostic]:
    """Report licenses that a plan leaves out, because nothing says in which country they are."""
    units = context.inventory.licenses
    held = {units[s["license"]]["type"] for s in declared.current.get("services") or ()}
    for index, entry in enumerate(declared.entries):
        stays = declared.site is None and entry["type"] in held and len(entry) == 1
        if not (stays or context.resolver.country_of(declared.site, entry)):
            yield _no_country(context.source("users", declared.name, "licenses", index))


def check_prices(context: Context) -> Iterator[Diagnostic]:
    """Check that no two prices of a pool begin on one day."""
    yield from price_faults(context.desired)


def price_faults(desired: Desired) -> Iterator[Diagnostic]:
    """Report prices of a pool that begin on one day: which of them counts is unknown."""
    for index, pool in enumerate(desired.pools):
        for place in repeated_days(pool):
            day = prices_of(pool)[place].get("valid_from")
            start = f"begins on {day}, as another one does" if day else "has no valid_from, either"
            span = desired.where("licenses", index, "price", place)
            message = f"This price of {pool['type']} {start}."
            hint = "Add 'valid_from: YYYY-MM-DD', or remove one of them."
            yield error(Code.INVALID_VALUE, message, span, hint)


def _no_country(place: Span | None) -> Diagnostic:
    message = "The country of this license is unknown."
    hint = "Add 'country:' here, to the service address of the site, or to the account's defaults."
    return error(Code.INVALID_VALUE, message, place, hint)


# --- names of licenses in the bulk upload ---------------------------------------------------------

_UPLOAD_KEY = r"(?P<type>.+)/(?P<country>[A-Z]{2})"


def upload_settings(desired: Desired) -> str | UploadSettings | None:
    """Give what an account says of the bulk upload: its template, or also names of licenses."""
    return (desired.account.get("backend") or {}).get("bulk_upload")


def upload_licenses(desired: Desired) -> Mapping[str, str]:
    """Give the names that an account states, by `x2/US`."""
    settings = upload_settings(desired)
    return settings.get("licenses") or {} if isinstance(settings, Mapping) else {}


def license_separator(desired: Desired) -> str:
    """Give what separates several licenses in a cell of the template; empty if it holds one."""
    settings = upload_settings(desired)
    return settings.get("separator", "") if isinstance(settings, Mapping) else ""


def check_upload_licenses(context: Context) -> Iterator[Diagnostic]:
    """Check that each name belongs to a license type of the catalog and to a country."""
    catalog, separator = context.desired.catalog, license_separator(context.desired)
    for key, name in upload_licenses(context.desired).items():
        place = context.source("account", "backend", "bulk_upload", "licenses", key)
        if separator and (separator.strip() or separator) in name:
            message = f"The license name '{name}' contains the separator '{separator}'."
            yield error(Code.INVALID_VALUE, message, place, "Correct one of the two.")
        found = re.fullmatch(_UPLOAD_KEY, key)
        if found is None:
            message = f"'{key}' is not a license type with a country."
            hint = f"Write TYPE/COUNTRY, such as {_suggested_upload_key(key, context)}."
            yield error(Code.INVALID_VALUE, message, place, hint)
            continue
        kind, country = found["type"], found["country"]
        if kind not in catalog:
            message = f"The license type '{kind}' is not in the catalog."
            near = context.hint("license type", kind, catalog.types.keys())
            yield error(Code.INVALID_VALUE, message, place, near)
        if not is_country(country):
            message = f"There is no country with the code '{country}'."
            yield error(Code.INVALID_VALUE, message, place, country_hint(country))
    yield from _shared_upload_names(context)


def _shared_upload_names(context: Context) -> Iterator[Diagnostic]:
    """Warn of licenses with one name: the upload has no other column that tells them apart."""
    first: dict[str, str] = {}
    for key, name in upload_licenses(context.desired).items():
        other = first.setdefault(" ".join(name.split()).casefold(), key)
        if other != key:
            place = context.source("account", "backend", "bulk_upload", "licenses", key)
            message = f"'{key}' and '{other}' have one name, '{name}': the upload cannot tell them"
            message += " apart."
            hint = "Check the licenses of the users after the upload, or leave one of them out."
            yield warning(Code.DUPLICATE_NAME, message, place, hint)


def _suggested_upload_key(key: str, context: Context) -> str:
    """Write a key as it may have been meant: `X2 / us`, `x2`, `x2-US`."""
    kind, _, country = re.sub(r"[\s/:,_|]+", "/", key.strip()).partition("/")
    known = context.desired.catalog.types
    meant = kind if kind in known else kind.casefold()
    code = country.upper() if re.fullmatch("[A-Za-z]{2}", country) else context.desired.country
    return f"{meant if meant in known else 'x2'}/{code or 'US'}"
