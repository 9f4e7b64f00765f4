"""The price of a license on a day, out of the price list of its pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from typing_extensions import TypedDict

from licsync.model.pool_declarations import PoolEntry, Price


class UnitPrice(TypedDict):
    """What one license costs per month."""

    amount: str
    currency: str


def prices_of(pool: PoolEntry) -> list[Price]:
    """List the prices of a pool."""
    found = pool.get("price") or []
    return found if isinstance(found, list) else [found]


def price_on(pool: PoolEntry, day: date) -> UnitPrice | None:
    """Give the price of a pool on a day; None if none is valid yet."""
    text = day.isoformat()
    valid = [price for price in prices_of(pool) if price.get("valid_from", "") <= text]
    if not valid:
        return None
    latest = max(valid, key=lambda price: price.get("valid_from", ""))
    return {"amount": latest["amount"], "currency": latest["currency"]}


def repeated_days(pool: PoolEntry) -> Iterator[int]:
    """List the places of prices that begin on the day of an earlier one of the list."""
    seen: Counter[str] = Counter()
    for place, price in enumerate(prices_of(pool)):
        start = price.get("valid_from", "")
        if seen[start]:
            yield place
        seen[start] += 1
