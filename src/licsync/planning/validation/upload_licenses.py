"""Checks what an account says that the console's bulk upload calls its licenses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from licsync.diagnostics import Code, Diagnostic, error, warning
from licsync.model.account_declarations import UploadSettings
from licsync.model.desired import Desired
from licsync.planning.validation.context import Context
from licsync.planning.validation.references import country_hint, is_country

_KEY = r"(?P<type>.+)/(?P<country>[A-Z]{2})"


def upload_settings(desired: Desired) -> str | UploadSettings | None:
    """Give what an account says of the bulk upload: its template, or also names of licenses."""
    return (desired.account.get("backend") or {}).get("bulk_upload")


def upload_licenses(desired: Desired) -> Mapping[str, str]:
    """Give the names that an account states, by `x2/US`."""
    settings = upload_settings(desired)
    return settings.get("licenses") or {} if isinstance(settings, Mapping) else {}


def check_upload_licenses(context: Context) -> Iterator[Diagnostic]:
    """Check that each name belongs to a license type of the catalog and to a country."""
    catalog = context.desired.catalog
    for key in upload_licenses(context.desired):
        place = context.source("account", "backend", "bulk_upload", "licenses", key)
        found = re.fullmatch(_KEY, key)
        if found is None:
            message = f"'{key}' is not a license type with a country."
            hint = f"Write TYPE/COUNTRY, such as {_suggestion(key, context)}."
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
    yield from _shared_names(context)


def _shared_names(context: Context) -> Iterator[Diagnostic]:
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


def _suggestion(key: str, context: Context) -> str:
    """Write a key as it may have been meant: `X2 / us`, `x2`, `x2-US`."""
    kind, _, country = re.sub(r"[\s/:,_|]+", "/", key.strip()).partition("/")
    known = context.desired.catalog.types
    meant = kind if kind in known else kind.casefold()
    code = country.upper() if re.fullmatch("[A-Za-z]{2}", country) else context.desired.country
    return f"{meant if meant in known else 'x2'}/{code or 'US'}"
