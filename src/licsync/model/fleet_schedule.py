"""When an account of a fleet is due: once in each interval, spread by a hash of the account."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta

_UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def interval(text: str) -> timedelta:
    """Read an interval, such as 6h."""
    return timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])


def due_since(account: str, every: str, now: datetime) -> datetime:
    """Return the last instant at which an account became due.

    The instants of an account are one interval apart. A hash of its name places them, so that a
    fleet spreads over the interval, on every machine in the same way.
    """
    step = interval(every)
    offset = timedelta(seconds=zlib.crc32(account.encode()) % int(step.total_seconds()))
    return now - (now - _EPOCH - offset) % step


def next_due(account: str, every: str, last: datetime | None, now: datetime) -> datetime:
    """Return when an account is due for its next check: at once if it was never checked.

    Args:
        account: the account.
        every: the interval, such as 6h.
        last: when the last check started; None if there was none.
        now: the current instant.
    """
    return now if last is None else due_since(account, every, last) + interval(every)
