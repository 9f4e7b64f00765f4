"""Checks extension numbers, phone numbers and the targets of call forwarding."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from licsync.diagnostics import Code, Diagnostic, Severity, Span, error, warning
from licsync.model.declarations import LicenseEntry
from licsync.model.inventory import UNIQUE, as_list, number_title, numbers_in
from licsync.model.inventory_document import InventoryUser
from licsync.model.phone_numbers import possible_numbers
from licsync.planning.acknowledgements import Doubt
from licsync.planning.licenses.moves import pair_licenses
from licsync.planning.validation.context import Context, DeclaredUser


def check_numbers(context: Context) -> Iterator[Diagnostic]:
    """Check that no two users have the same number, and that new phone numbers can exist."""
    first: dict[str, dict[str, DeclaredUser]] = {space: {} for space in UNIQUE.values()}
    held = context.inventory.numbers
    for declared in context.declared_users:
        if not declared.entries:
            continue
        claims = list(_claims(declared.entries))
        for space, number in claims:
            other = first[space].setdefault(number, declared)
            holder = held.get((space, number))
            if other is not declared:
                yield _used_twice(context, declared, space, number, other)
            elif holder is not None and holder == context.inventory.holder_numbers.get(
                (space, number)
            ):
                message = (
                    f"The {number_title(space)} '{number}' belongs to the {holder} and stays there."
                )
                hint = "Use another number, or release this one in 8x8's console."
                yield error(_code(space), message, _place(context, declared, space, number), hint)
            elif holder is None:
                if space == "phone-number":
                    yield from check_possible(number, _place(context, declared, space, number))
            elif holder != declared.current_name and keeps(context, holder, space, number):
                message = (
                    f"The {number_title(space)} '{number}' belongs to '{holder}' and stays there."
                )
                hint = f"Use another number, or declare another one for '{holder}'."
                if declared.current_name is None and holder in context.resolver.unlisted:
                    hint = f"If this is a rename of '{holder}', add 'previously: {holder}'. "
                    hint += "Otherwise use another number."
                yield error(_code(space), message, _place(context, declared, space, number), hint)
        if len(claims) > 1 and len(set(claims)) < len(claims):
            yield from _repeated(context, declared, claims)


def _claims(entries: Iterable[LicenseEntry]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        extension = entry.get("extension")
        if extension:
            yield from numbers_in(extension)


def _code(space: str) -> Code:
    return Code(f"duplicate-{space}")


def _place(
    context: Context, declared: DeclaredUser, space: str, number: str, nth: int = 0
) -> Span | None:
    """Return the place where a user declares a number, for the first time or a later time."""
    places: list[tuple[str | int, ...]] = []
    for index, entry in enumerate(declared.entries):
        extension: Mapping[str, object] = entry.get("extension") or {}
        for name in _fields(space):
            value, path = extension.get(name), (declared.name, "licenses", index, "extension", name)
            positions = (i for i, other in enumerate(as_list(value)) if other == number)
            places += [path if isinstance(value, str) else (*path, i) for i in positions]
    return context.source("users", *places[nth])


def _used_twice(
    context: Context,
    declared: DeclaredUser,
    space: str,
    number: str,
    other: DeclaredUser,
    nth: int = 0,
) -> Diagnostic:
    first = _place(context, other, space, number)
    message = f"The {number_title(space)} '{number}' is already declared for '{other.name}'."
    span = _place(context, declared, space, number, nth)
    return error(_code(space), message, span, related=[first] if first else [])


def _fields(space: str) -> list[str]:
    return [name for name, of in UNIQUE.items() if of == space]


def _repeated(
    context: Context, declared: DeclaredUser, claims: list[tuple[str, str]]
) -> Iterator[Diagnostic]:
    for (space, number), times in Counter(claims).items():
        for nth in range(1, times):
            yield _used_twice(context, declared, space, number, declared, nth)


# --- numbers that the inventory holds -------------------------------------------------------------


def keeps(context: Context, holder: str, space: str, number: str) -> bool:
    """Tell whether a user of the inventory still has a number after the plan.

    It releases the number if the user is deleted, if the license with the number is unassigned, or
    if the files declare other numbers for that license.
    """
    planned = context.planned_users.get(holder)
    if planned is None or planned.wanted is None:
        return planned is None or not planned.delete
    for move in pair_licenses([planned], context.resolver):
        held: Mapping[str, object] = (move.service and move.service.get("extension")) or {}
        for name in _fields(space):
            if number in as_list(held.get(name)):
                return move.entry is not None and name not in (move.entry.get("extension") or {})
    return False  # its licenses have errors, which other checks report


# --- numbers that are new -------------------------------------------------------------------------


def check_possible(number: str, span: Span | None) -> Iterator[Diagnostic]:
    """Report a phone number that cannot exist, or that its country does not use."""
    import phonenumbers  # takes longer to import than most accounts to check

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        yield error(
            Code.INVALID_VALUE,
            f"The phone number '{number}' cannot exist.",
            span,
            "Check its digits.",
        )
    elif (
        written := phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    ) != number:
        message = f"The phone number '{number}' has a trunk prefix after the country code."
        yield error(Code.INVALID_VALUE, message, span, f"Write '{written}'.")
    elif not phonenumbers.is_valid_number(parsed):
        message = f"The phone number '{number}' is outside the number ranges of its country."
        yield warning(Code.INVALID_VALUE, message, span, "Check its digits.")


_EXTENSION = re.compile(r"[*#]?[0-9]{1,10}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_OWN = ("number", "phone_numbers")


def forwarding(context: Context) -> Iterator[Doubt]:
    """Check the target of each declared rule; only warn if the inventory has it already."""
    for declared in context.declared_users:
        for index, entry in enumerate(declared.entries):
            rules = (entry.get("extension") or {}).get("call_forwarding")
            if not rules:
                continue
            own, there = own_numbers(declared.current, entry), set(_targets(declared.current))
            country = context.resolver.country_of(declared.site, entry)
            for nth, rule in enumerate(rules):
                path = (
                    "users",
                    declared.name,
                    "licenses",
                    index,
                    "extension",
                    "call_forwarding",
                    nth,
                    "to",
                )
                to = rule["to"]
                if found := _fault(to, own, country):
                    severity = Severity.WARNING if to in there else Severity.ERROR
                    yield Doubt(
                        path[:2],
                        Diagnostic(severity, found[0], found[1], context.source(*path), found[2]),
                    )
                elif _PHONE.fullmatch(to) and to not in there:
                    yield from (
                        Doubt(path[:2], diagnostic)
                        for diagnostic in check_possible(to, context.source(*path))
                    )


def own_numbers(current: InventoryUser, entry: LicenseEntry) -> frozenset[str]:
    """Return the own numbers of a license entry: declared, else those that its user has.

    If a user has several extensions, the entry may be about any of them, so none counts.
    """
    declared = entry.get("extension") or {}
    held: list[Mapping[str, object]] = [
        extension
        for service in current.get("services") or ()
        if (extension := service.get("extension"))
    ]
    if len(held) > 1:
        held = []
    found: set[str] = set()
    for name in _OWN:
        for source in [declared] if name in declared else held:
            found.update(as_list(source.get(name)))
    return frozenset(found)


def leads_elsewhere(to: str, own: Collection[str]) -> bool:
    """Tell whether the target of a rule is certainly a number, and not an own one."""
    return to not in own and bool(_EXTENSION.fullmatch(to) or _PHONE.fullmatch(to))


def _targets(current: InventoryUser) -> Iterator[str]:
    for service in current.get("services") or ():
        for rule in (service.get("extension") or {}).get("call_forwarding") or ():
            yield rule["to"]


def _fault(
    to: str, own: frozenset[str], country: str | None
) -> tuple[Code, str, str | None] | None:
    if leads_elsewhere(to, own):
        return None
    found = possible_numbers(to, country)
    if to in own or not own.isdisjoint(found):
        return (
            Code.FORWARDING_LOOP,
            f"Calls are forwarded to '{to}', which is the user's own number.",
            None,
        )
    if found:
        message = f"Calls are forwarded to '{to}', which could mean {' or '.join(found)}."
        hint = (
            f"Write '{found[0]}'."
            if len(found) == 1
            else "Write the number with + and the country code."
        )
        return Code.FORWARDING_TARGET, message, hint
    message = (
        f"Calls are forwarded to '{to}', which is neither an extension number nor a phone number."
    )
    return (
        Code.FORWARDING_TARGET,
        message,
        "Write an extension number, or a phone number such as +12065550101.",
    )
