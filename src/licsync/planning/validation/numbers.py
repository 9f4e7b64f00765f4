"""Extension and phone numbers: used once in the whole account, and numbers that can exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from licsync.diagnostics import Code, Diagnostic, Span, error, warning
from licsync.model.inventory import UNIQUE, called, each, numbers_in
from licsync.planning.licenses.moves import paired
from licsync.planning.validation.context import Context, Subject


def check_numbers(context: Context) -> Iterator[Diagnostic]:
    """No two users may have the same number, and a new phone number must be possible."""
    first: dict[str, dict[str, Subject]] = {space: {} for space in UNIQUE.values()}
    held = context.inventory.numbers
    for subject in context.subjects:
        if not subject.entries:
            continue
        claims = list(_claims(subject.entries))
        for space, number in claims:
            other = first[space].setdefault(number, subject)
            holder = held.get((space, number))
            if other is not subject:
                yield _used_twice(context, subject, space, number, other)
            elif holder is not None and holder == context.inventory.taken.get((space, number)):
                message = f"The {called(space)} '{number}' belongs to the {holder} and stays there."
                hint = "Take another number, or free this one in the vendor's console."
                yield error(_code(space), message, _place(context, subject, space, number), hint)
            elif holder is None:
                if space == "phone-number":
                    yield from possible(number, _place(context, subject, space, number))
            elif holder != subject.current_name and keeps(context, holder, space, number):
                message = f"The {called(space)} '{number}' belongs to '{holder}' and stays there."
                hint = f"Take another number, or declare another one for '{holder}'."
                yield error(_code(space), message, _place(context, subject, space, number), hint)
        if len(claims) > 1 and len(set(claims)) < len(claims):
            yield from _repeated(context, subject, claims)


def _claims(entries: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        extension = entry.get("extension")
        if extension:
            yield from numbers_in(extension)


def _code(space: str) -> Code:
    return Code(f"duplicate-{space}")


def _place(
    context: Context, subject: Subject, space: str, number: str, nth: int = 0
) -> Span | None:
    """Find where a user claims a number, for the first time or a later one."""
    places: list[tuple[str | int, ...]] = []
    for index, entry in enumerate(subject.entries):
        extension = entry.get("extension") or {}
        for name in _fields(space):
            value, path = extension.get(name), (subject.name, "licenses", index, "extension", name)
            positions = (i for i, other in enumerate(each(value)) if other == number)
            places += [path if isinstance(value, str) else (*path, i) for i in positions]
    return context.place("users", *places[nth])


def _used_twice(
    context: Context, subject: Subject, space: str, number: str, other: Subject, nth: int = 0
) -> Diagnostic:
    first = _place(context, other, space, number)
    message = f"The {called(space)} '{number}' is declared for '{other.name}' already."
    span = _place(context, subject, space, number, nth)
    return error(_code(space), message, span, related=[first] if first else [])


def _fields(space: str) -> list[str]:
    return [name for name, of in UNIQUE.items() if of == space]


def _repeated(
    context: Context, subject: Subject, claims: list[tuple[str, str]]
) -> Iterator[Diagnostic]:
    for (space, number), times in Counter(claims).items():
        for nth in range(1, times):
            yield _used_twice(context, subject, space, number, subject, nth)


# --- numbers that the inventory holds -------------------------------------------------------------


def keeps(context: Context, holder: str, space: str, number: str) -> bool:
    """Tell whether a user of the inventory still has a number when the plan is done.

    It gives the number up where it is deleted, where the license that carries the number goes, or
    where the files declare other numbers for that license.
    """
    person = context.people.get(holder)
    if person is None or person.wanted is None:
        return person is None or not person.delete
    for move in paired([person], context.resolver):
        held = (move.service or {}).get("extension") or {}
        for name in _fields(space):
            if number in each(held.get(name)):
                return move.entry is not None and name not in (move.entry.get("extension") or {})
    return False  # its licenses are faulty, which is reported by itself


# --- numbers that are new -------------------------------------------------------------------------


def possible(number: str, span: Span | None) -> Iterator[Diagnostic]:
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
        message = f"The phone number '{number}' is in no range that its country uses."
        yield warning(Code.INVALID_VALUE, message, span, "Check its digits.")
