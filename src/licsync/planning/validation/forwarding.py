"""Calls are forwarded to a number, and not to where they come from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from licsync.diagnostics import Code, Diagnostic, Severity
from licsync.model.inventory import as_list
from licsync.model.inventory_document import InventoryUser
from licsync.model.phone_numbers import possible_numbers
from licsync.planning.validation.acknowledgements import Doubt
from licsync.planning.validation.context import Context
from licsync.planning.validation.numbers import check_possible

_EXTENSION = re.compile(r"[*#]?[0-9]{1,10}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_OWN = ("number", "phone_numbers")


def forwarding(context: Context) -> Iterator[Doubt]:
    """Look where each declared rule leads; a warning where the inventory has it already."""
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


def own_numbers(current: Mapping[str, Any], entry: Mapping[str, Any]) -> frozenset[str]:
    """Give the numbers that a license entry answers: those it declares, else those that its user has.

    Of a user with several extensions it is not known which of them the entry is about, so none of
    them counts.
    """
    declared = entry.get("extension") or {}
    held: list[Mapping[str, Any]] = [
        extension
        for service in current.get("services") or ()
        if (extension := service.get("extension"))
    ]
    if len(held) > 1:
        held = []
    of = {name: [declared] if name in declared else held for name in _OWN}
    return frozenset(
        number
        for name, sources in of.items()
        for source in sources
        for number in as_list(source.get(name))
    )


def leads_elsewhere(to: str, own: Collection[str]) -> bool:
    """Tell whether a rule surely leads to a number, and not to its own."""
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
            f"Calls are forwarded to '{to}', which is where they come from.",
            None,
        )
    if found:
        message = f"Calls are forwarded to '{to}', which can be {' or '.join(found)}."
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
