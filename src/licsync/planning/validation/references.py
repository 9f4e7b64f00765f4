"""Do the names in the files name something?

Sites, policy profiles, service addresses, users, license types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from licsync.diagnostics import Code, Diagnostic, Span, error, info, warning
from licsync.model.declarations import KINDS, PLAIN, LicenseEntry, PoolEntry, UserAttributes
from licsync.model.fields import Ref, fields_with_marker
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
        record: Mapping[str, Any], fields: list[tuple[str, str]], *path: str | int
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
    """Say where a null deletes nothing: the name is none of the inventory, or was deleted before."""
    for kind in NAMED if context.is_seen else ():
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
    """A protected user that is nowhere protects nobody."""
    protected = context.desired.account.get("protected_users") or ()
    if not protected:
        return
    declared = {name.casefold() for name in context.desired.users}
    names = context.inventory.user_names
    for index, name in enumerate(protected):
        if name.casefold() not in declared and name.casefold() not in names:
            hint = context.hint("user", name, [*context.desired.users, *context.inventory.users])
            message = f"The protected user '{name}' is neither declared nor in the inventory."
            yield warning(
                Code.UNKNOWN_REFERENCE,
                message,
                context.source("account", "protected_users", index),
                hint,
            )


def check_license_types(context: Context) -> Iterator[Diagnostic]:
    """Every license type that a user, a template or the pool names must be in the catalogue."""
    catalog, place = context.desired.catalog, context.source

    def unknown(kind: str, span: Span | None) -> Diagnostic:
        hint = context.hint("license type", kind, catalog.types.keys())
        return error(
            Code.INVALID_VALUE, f"The license type '{kind}' is not in the catalogue.", span, hint
        )

    for index, pool in enumerate(context.desired.pools):
        if pool["type"] not in catalog:
            yield unknown(pool["type"], place("licenses", index, "type"))
    for section, name, user in context.desired.written_users():
        for index, entry in enumerate(user.get("licenses") or ()):
            if entry["type"] not in catalog:
                yield unknown(entry["type"], place(section, name, "licenses", index, "type"))


def check_catalog(context: Context) -> Iterator[Diagnostic]:
    """What an account adds to the catalogue must say which plane it fills, and name types that exist."""
    types = context.desired.catalog.types
    with_families = types.keys() | {
        entry["family"] for entry in types.values() if "family" in entry
    }
    for key, entry in types.items():
        if "plane" not in entry:
            message = (
                f"The license type '{key}' is new, so the catalogue must say which plane it fills."
            )
            hint = "Add 'plane:', one of uc, cc, uc+cc, number, addon."
            yield error(Code.INVALID_VALUE, message, context.source("catalog", key), hint)
        for field, others, known in (
            ("requires", entry.get("requires", []), types.keys()),
            ("excludes", entry.get("excludes", []), with_families),
        ):
            for index, other in enumerate(others):
                if other not in known:
                    message = f"The license type '{key}' {field} '{other}', which is not in the catalogue."
                    place = context.source("catalog", key, field, index)
                    yield error(
                        Code.INVALID_VALUE,
                        message,
                        place,
                        context.hint("license type", other, known),
                    )
