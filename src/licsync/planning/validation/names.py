"""Checks names and texts against the vendor's rules, new users, and renames."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache

from licsync.diagnostics import Code, Diagnostic, error, warning
from licsync.model.declarations import KINDS, PLAIN
from licsync.model.field_limits import Accepts, transliterate
from licsync.model.fields import fields_with_marker
from licsync.model.labels import label
from licsync.model.places import place_key
from licsync.planning.same_person import NAMES_OF_PEOPLE, possible_rename_note
from licsync.planning.validation.context import Context, DeclaredUser


def check_names(context: Context) -> Iterator[Diagnostic]:
    """Check names and texts that the inventory does not have yet, and what new users lack."""
    for declared in context.declared_users:
        name, user, current = declared.name, declared.user, declared.current
        if (
            declared.current_name != name
            and (declared.current_name or "").casefold() != name.casefold()
        ):
            yield from _named(context, "user", name)
        yield from _fields(context, "user", name, user, current)
        if context.is_seen and declared.current_name is None and not declared.has_left:
            yield from _missing(context, declared)
    for name, address in context.desired.service_addresses.items():
        if address is not None and place_key(address) not in context.inventory.address_ids:
            yield from _fields(context, "service_address", name, address, {})
    for kind in PLAIN:
        there = getattr(context.inventory, KINDS[kind].section)
        for name, record in getattr(context.desired, KINDS[kind].section).items():
            if record is not None:
                if name not in there:
                    yield from _named(context, kind, name)
                    yield from _respelled(context, kind, name, there)
                yield from _fields(context, kind, name, record, there.get(name, {}))


def check_policy_settings(context: Context) -> Iterator[Diagnostic]:
    """Warn of settings such as `yes`: YAML 1.2 reads text where 8x8 has true or false (POL)."""
    for name, policy in context.desired.policies.items():
        current = context.inventory.policies.get(name, {}).get("settings") or {}
        for key, value in ((policy or {}).get("settings") or {}).items():
            meant = _BOOLEANS.get(value.casefold()) if isinstance(value, str) else None
            if meant and current.get(key) != value:
                message = f"The setting '{key}' of the policy profile '{name}' is the text "
                message += f"'{value}', not true or false."
                place = context.source("policies", name, "settings", key)
                yield warning(Code.INVALID_VALUE, message, place, f"Write {meant}.")


_BOOLEANS = dict.fromkeys(("yes", "on", "y", "true"), "true") | dict.fromkeys(
    ("no", "off", "n", "false"), "false"
)


def _respelled(
    context: Context, kind: str, name: str, there: Collection[str]
) -> Iterator[Diagnostic]:
    """Warn of a new name that differs from an existing one only in case."""
    for other in there:
        if other.casefold() == name.casefold():
            title, place = KINDS[kind].title, context.source(KINDS[kind].section, name)
            message = f"The {title} '{name}' is new, and differs from '{other}' only in case."
            hint = f"If it is the same {title}, write '{other}'."
            yield warning(Code.DUPLICATE_NAME, message, place, hint)


def _named(context: Context, kind: str, name: str) -> Iterator[Diagnostic]:
    accepts = KINDS[kind].accepts
    if accepts:
        title = "user name" if kind == "user" else f"name of the {KINDS[kind].title}"
        yield from _refused(context, accepts, title, name, KINDS[kind].section, name)


def _fields(
    context: Context,
    kind: str,
    name: str,
    record: Mapping[str, object],
    current: Mapping[str, object],
) -> Iterator[Diagnostic]:
    for field, accepts in _accepted(kind).items():
        value = record.get(field)
        if isinstance(value, str) and value and value != current.get(field):
            yield from _refused(
                context, accepts, label(field), value, KINDS[kind].section, name, field
            )


@cache
def _accepted(kind: str) -> Mapping[str, Accepts]:
    """Map each field of a kind to what the vendor accepts in it, if that is limited."""
    return fields_with_marker(KINDS[kind].declaration, Accepts)


def _refused(
    context: Context, accepts: Accepts, title: str, value: str, *path: str
) -> Iterator[Diagnostic]:
    """Report a value that the vendor refuses.

    It is a warning for the local backend, which never contacts the vendor. It is also a warning
    without an inventory, because the vendor may have the value already.
    """
    fault = accepts.fault(value)
    if fault is None:
        return
    suggestion = transliterate(accepts, value)
    hints = [f"Write '{suggestion}'."] if suggestion and suggestion != value else []
    hints += [f"Accepted: {accepts.words}."] if accepts.refused_characters(value) else []
    report = error if context.is_seen and context.desired.backend == "8x8" else warning
    message = f"The {title} '{value}' {fault}."
    yield report(Code.INVALID_VALUE, message, context.source(*path), " ".join(hints) or None)


def _missing(context: Context, declared: DeclaredUser) -> Iterator[Diagnostic]:
    """Report missing names of a new user, who may be a renamed user of the inventory.

    A plan knows what becomes of the other user, and reports that itself (`planning.renames`).
    """
    missing = [field for field in NAMES_OF_PEOPLE if not declared.user.get(field)]
    if missing:
        message = f"The user '{declared.name}' is new and needs {' and '.join(missing)}."
        hint = "Add what is missing. If the user is renamed, write 'previously:' instead."
        former = context.possible_users.namesake(declared.name, declared.user)
        if former := former or context.possible_users.similar(declared.name):
            hint = f"If this is a rename of '{former}', which no file names, "
            hint += f"add 'previously: {former}'."
        yield error(Code.INVALID_VALUE, message, context.source("users", declared.name), hint)
    elif not context.is_planned and not context.acknowledgements.has(
        ("users", declared.name), Code.PROBABLE_RENAME
    ):
        yield from possible_rename_note(
            declared.name,
            declared.user,
            context.possible_users,
            context.source("users", declared.name),
        )


def check_external_ids(context: Context) -> Iterator[Diagnostic]:
    """Check that no two users have one external id."""
    first: dict[str, str] = {}
    for name, user in context.whole.users.items():
        if external_id := user.get("external_id"):
            other = first.setdefault(external_id.casefold(), name)
            if other != name:
                message = f"The external_id '{external_id}' is also that of '{other}'."
                related = context.source("users", other, "external_id")
                yield error(
                    Code.DUPLICATE_NAME,
                    message,
                    context.source("users", name, "external_id"),
                    "If both are one person, remove one of them. Else correct the number.",
                    [related] if related else [],
                )


def check_renames(context: Context) -> Iterator[Diagnostic]:
    """Check `previously`: it names a user who is no longer declared, and only once."""
    renamed = [one for one in context.declared_users if one.user.get("previously")]
    if not renamed:
        return
    declared = {name.casefold(): name for name in context.desired.users}
    first: dict[str, str] = {}
    for user in renamed:
        folded = user.user["previously"].casefold()
        if folded == user.name.casefold():
            yield _renamed_to_itself(context, user.name)
        elif folded in declared:
            yield _renamed_and_declared(context, user, declared[folded])
        elif folded in first:
            yield _renamed_twice(context, user, first[folded])
        else:
            yield from _checked_former_name(context, user)
        first.setdefault(folded, user.name)


def _renamed_to_itself(context: Context, name: str) -> Diagnostic:
    message = f"The previous name of '{name}' is its own name."
    hint = "Remove 'previously': user names ignore case."
    return error(Code.INVALID_VALUE, message, context.source("users", name, "previously"), hint)


def _renamed_and_declared(context: Context, user: DeclaredUser, other: str) -> Diagnostic:
    """Report a previous name that is still declared, as the user `other`."""
    name, before = user.name, user.user["previously"]
    message = f"'{before}' is the previous name of '{name}', but is also declared as a user."
    hint = "Remove one of the two."
    if former := context.desired.users[other].get("previously"):
        if former.casefold() == name.casefold():
            hint = "Two users cannot exchange names in one plan. Rename one of them to a third "
            hint += "name first."
        else:
            hint = f"A chain of renames takes two applies. First rename '{before}' to '{name}', "
            hint += f"without '{before}' in the files. Then add '{before}' with its "
            hint += f"'previously', and remove that of '{name}'."
    span, place = context.source("users", name, "previously"), context.source("users", other)
    return error(Code.DUPLICATE_NAME, message, span, hint, [place] if place else [])


def _renamed_twice(context: Context, user: DeclaredUser, other: str) -> Diagnostic:
    """Report a previous name that the user `other` has, too."""
    message = f"'{user.user['previously']}' is also the previous name of '{other}'."
    span = context.source("users", user.name, "previously")
    place = context.source("users", other, "previously")
    return error(Code.DUPLICATE_NAME, message, span, related=[place] if place else [])


def _checked_former_name(context: Context, user: DeclaredUser) -> Iterator[Diagnostic]:
    """Warn of a previous name that the inventory lacks, or of a new name that is taken."""
    name, before = user.name, user.user["previously"]
    span = context.source("users", name, "previously")
    if context.is_known and user.current_name is None and not user.has_left:
        hint = context.hint("user", before, context.inventory.users)
        message = f"The inventory has no '{before}' to rename; '{name}' is created as a new user."
        yield warning(Code.UNKNOWN_REFERENCE, message, span, hint)
        return
    folded = before.casefold()
    if (user.current_name or before).casefold() != folded and (
        folded in context.inventory.user_names
    ):
        message = f"'{name}' already exists, so '{before}' keeps its name."
        hint = "Remove 'previously', or rename to another name."
        yield warning(Code.DUPLICATE_NAME, message, span, hint)
