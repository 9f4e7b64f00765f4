"""How many local numbers a user gets or gives up when phone numbers and licenses change, counted
the obvious way.

From domain.md (sections 1.1 and 1.3: one is included with each X license of its country, the unit
is bound to its country) and the decision on local numbers: a change puts right what it brings
about, and nothing else.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

Doc = dict[str, Any]
Key = tuple[str, str]

LOCAL = "local-number"
INCLUDE_ONE = ("x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8")
PREFIXES = {"+44": "GB", "+49": "DE", "+1": "US"}


def country_of(phone: str) -> str:
    """Tell the country of a phone number of the random accounts."""
    return next(country for prefix, country in PREFIXES.items() if phone.startswith(prefix))


def phones_and_need(licenses: list[tuple[Key, Doc]]) -> tuple[Counter[str], Counter[str]]:
    """Count phone numbers by country, and how many of them are more than the licenses include."""
    phones: Counter[str] = Counter()
    included: Counter[str] = Counter()
    for (kind, country), extension in licenses:
        included[country] += kind in INCLUDE_ONE
        phones.update(country_of(phone) for phone in extension.get("phone_numbers") or [])
    return phones, phones - included


def owned_countries(inventory: Doc, pools: list[Key]) -> set[str]:
    """List the countries in which the account has local numbers, or says that it should."""
    units = inventory["licenses"].values()
    there = {
        u["country"]
        for u in units
        if u["type"] == LOCAL and u.get("suspended", {}).get("reason") != "removed"
    }
    return there | {country for kind, country in pools if kind == LOCAL}


def coming(
    before: list[tuple[Key, Doc]], after: list[tuple[Key, Doc]], held: Counter[str], owned: set[str]
) -> Counter[str]:
    """Count the units that come (positive) and go (negative), by country."""
    old_phones, old_need = phones_and_need(before)
    new_phones, new_need = phones_and_need(after)
    found: Counter[str] = Counter()
    for country in owned:
        more = new_need[country] - old_need[country]
        fewer = max(-more, old_phones[country] - new_phones[country])
        if new_need[country] > held[country]:
            found[country] = max(0, min(more, new_need[country] - held[country]))
        else:
            found[country] = -max(0, min(fewer, held[country] - new_need[country]))
    return found
