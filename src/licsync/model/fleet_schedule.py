"""When an account of a fleet is due: once in each interval, spread by a hash of the account."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta

from licsync.model.durations import duration

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def due_since(account: str, every: str, now: datetime) -> datetime:
    """Return the last instant at which an account became due.

    The instants of an account are one interval apart. A hash of its name places them, so that a
    fleet spreads over the interval, on every machine in the same way.
    """
    step = duration(every)
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
    return now if last is None else due_since(account, every, last) + duration(every)
