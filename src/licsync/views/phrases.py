"""Values as phrases for people: places, licenses, settings, money, dates, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from licsync.model.labels import NONE as NONE
from licsync.model.labels import day as day
from licsync.model.labels import day_and_time
from licsync.model.labels import device as device
from licsync.model.labels import forwarding as forwarding
from licsync.model.labels import item as item
from licsync.model.labels import label as label
from licsync.model.labels import postal as postal
from licsync.model.labels import sentence as sentence
from licsync.model.labels import value as value
from licsync.model.license import parse_instant
from licsync.model.prices import UnitPrice


def change(path: str, before: Any, after: Any) -> str:
    """Describe a change; a first value stands alone, and of a list only the difference."""
    if before in (None, "", [], {}):
        return value(path, after)
    if (
        isinstance(before, list)
        and isinstance(after, list)
        and after
        and _keeps_order(before, after)
    ):
        added = [f"+ {item(one)}" for one in after if one not in before]
        removed = [f"- {item(one)}" for one in before if one not in after]
        return ", ".join((*removed, *added))
    return f"{value(path, before)} → {value(path, after)}"


def _keeps_order(before: list[Any], after: list[Any]) -> bool:
    """Whether two lists differ only in items after the first, which is the primary one."""
    kept = [item for item in before if item in after]
    return (
        bool(kept)
        and before[0] == after[0]
        and before != after
        and kept == [item for item in after if item in kept]
    )


def minutes(number: float) -> str:
    """Give a duration in whole minutes."""
    return count(max(1, round(number)), "minute")


def place_names(addresses: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Give each address the shortest unambiguous name: its city, else its slug."""
    cities = [str(address.get("city") or "") for address in addresses.values()]
    return {
        slug: city if (city := str(address.get("city") or "")) and cities.count(city) == 1 else slug
        for slug, address in addresses.items()
    }


def person_name(user: Mapping[str, Any]) -> str:
    """Give the first and last name of a user."""
    return " ".join(str(user[name]) for name in ("first_name", "last_name") if user.get(name))


def instant(text: str) -> str:
    """Write an instant in UTC; other text is returned unchanged."""
    try:
        moment = parse_instant(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return day_and_time(moment)


def as_of(text: str) -> str:
    """Say when an inventory was seen. In the console, that is when it was last exported."""
    return f"as of {instant(text)}" if text else "never exported"


def count(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


Money = tuple[str, Decimal]
"""A currency and an amount of it."""


_MOST = Decimal(10) ** 12
"""No license costs more, but a modified plan file can claim so."""


def money(price: UnitPrice | None) -> Money | None:
    """Read a price; None if there is none or its amount is unusable."""
    if not price:
        return None
    try:
        amount, currency = Decimal(price["amount"]), str(price["currency"])
    except (InvalidOperation, KeyError, TypeError, ValueError):
        return None
    return (currency, amount) if amount.is_finite() and amount < _MOST else None


def decimal(amount: Decimal, sign: Literal["", "+"] = "") -> str:
    """Write an amount with at least two decimals and never rounded, so that sums add up."""
    exponent = amount.normalize().as_tuple().exponent
    return f"{amount:{sign},.{max(2, -exponent if isinstance(exponent, int) else 2)}f}"


def plain_decimal(amount: Decimal) -> str:
    """Write an amount for programs: like `decimal`, without commas between thousands."""
    return decimal(amount).replace(",", "")


def total(amounts: Iterable[Money]) -> str:
    """Write the sums of amounts by currency."""
    return " and ".join(
        f"{decimal(amount)} {currency}" for currency, amount in _sums(amounts).items()
    )


def totals(before: Iterable[Money], after: Iterable[Money]) -> str:
    """Write the sums by currency that differ before and after; empty if none differs."""
    old, new = _sums(before), _sums(after)
    return " and ".join(
        f"{decimal(old[currency])} → {decimal(new[currency])} {currency}"
        for currency in old
        if old[currency] != new[currency]
    )


def _sums(amounts: Iterable[Money]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for currency, amount in sorted(amounts):
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums


def first_few(names: list[str], most: int) -> str:
    """List the first few names and count the rest."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most:,} more"


def counted(names: Iterable[str]) -> list[str]:
    """List each name once, with the number of its occurrences."""
    return [f"{name} ({n:,})" if n > 1 else name for name, n in Counter(names).items()]


def brief_setting(path: str, content: Any) -> str:
    """Name a setting with its value, or with the number of items if it is a list."""
    if content in (None, "", [], {}) or content is True:
        return label(path)
    if isinstance(content, list):
        name = path.rpartition(".")[2]
        noun = "forwarding rule" if name == "call_forwarding" else label(path).removesuffix("s")
        return count(len(content), noun)
    return f"{label(path)} {value(path, content)}"
