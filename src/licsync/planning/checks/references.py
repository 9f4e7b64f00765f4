"""Do the names in the files name something? Sites, policy profiles, service addresses, users, license types."""

from __future__ import annotations

from collections.abc import Iterator

from licsync.diagnostics import Code, Diagnostic, Span, error, warning
from licsync.planning.checks.context import Context


def check_references(context: Context) -> Iterator[Diagnostic]:
    """Look up every site, policy profile and service address that the files name."""
    desired, place, unresolved = context.desired, context.place, context.unresolved

    def site(value: str, span: Span | None) -> Diagnostic:
        return unresolved("site", value, span, sites, desired.sites)

    def policy(value: str, span: Span | None) -> Diagnostic:
        return unresolved("policy profile", value, span, policies, desired.policies)

    def address(value: str, span: Span | None) -> Diagnostic:
        return unresolved("service address", value, span, slugs, desired.service_addresses)

    sites, policies, addresses = context.sites, context.policies, context.addresses
    slugs = [slug for slug, record in desired.service_addresses.items() if record is not None]
    if desired.policy not in policies:
        yield policy(desired.policy, place("account", "defaults", "policy"))
    for name, record in desired.sites.items():
        slug = (record or {}).get("service_address")
        if slug and slug not in addresses:
            yield address(slug, place("sites", name, "service_address"))
    for index, pool in enumerate(desired.pools):
        wanted = pool.get("unassigned_address") or ()
        for slug in (wanted,) if isinstance(wanted, str) else wanted:
            if slug not in addresses:
                yield address(slug, place("licenses", index, "unassigned_address", slug))
    for subject in context.subjects:
        name, user = subject.name, subject.user
        if user.get("site") and user["site"] not in sites:
            yield site(user["site"], place("users", name, "site"))
        if user.get("policy") and user["policy"] not in policies:
            yield policy(user["policy"], place("users", name, "policy"))
        for index, entry in enumerate(user.get("licenses") or ()):
            slug = entry.get("service_address")
            if slug and slug not in addresses:
                yield address(slug, place("users", name, "licenses", index, "service_address"))


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
            yield warning(Code.UNKNOWN_REFERENCE, message, context.place("account", "protected_users", index), hint)


def check_license_types(context: Context) -> Iterator[Diagnostic]:
    """Every license type that a user or the pool names must be in the catalogue."""
    catalog, place = context.desired.catalog, context.place

    def unknown(kind: str, span: Span | None) -> Diagnostic:
        hint = context.hint("license type", kind, catalog.types.keys())
        return error(Code.INVALID_VALUE, f"The license type '{kind}' is not in the catalogue.", span, hint)

    for index, pool in enumerate(context.desired.pools):
        if pool["type"] not in catalog:
            yield unknown(pool["type"], place("licenses", index, "type"))
    for name, user in context.desired.users.items():
        for index, entry in enumerate(user.get("licenses") or ()):
            if entry["type"] not in catalog:
                yield unknown(entry["type"], place("users", name, "licenses", index, "type"))


def check_catalog(context: Context) -> Iterator[Diagnostic]:
    """What an account adds to the catalogue must say which plane it fills, and name types that exist."""
    types = context.desired.catalog.types
    families = {entry["family"] for entry in types.values() if "family" in entry}
    for key, entry in types.items():
        if "plane" not in entry:
            message = f"The license type '{key}' is new, so the catalogue must say which plane it fills."
            hint = "Add 'plane:', one of uc, cc, uc+cc, number, addon."
            yield error(Code.INVALID_VALUE, message, context.place("catalog", key), hint)
        for field, others, known in (
            ("requires", entry.get("requires", []), types.keys()),
            ("excludes", entry.get("excludes", []), types.keys() | families),
        ):
            for index, other in enumerate(others):
                if other not in known:
                    message = f"The license type '{key}' {field} '{other}', which is not in the catalogue."
                    place = context.place("catalog", key, field, index)
                    yield error(Code.INVALID_VALUE, message, place, context.hint("license type", other, known))
