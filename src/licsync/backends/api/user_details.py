"""Reads users by themselves where lists say too little: what a row lacks is unknown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from math import ceil

from licsync.backends.api.mirror import AccountMirror
from licsync.backends.http.limits import LIMIT
from licsync.model.inventory import digest

ReadUsers = Callable[[Iterable[str]], Awaitable[None]]
"""Reads users by themselves, by their ids."""

# users whose rows lack something else than licenses, that are read before all of them are
_SAMPLE = 20
_MANY = 20  # users from which on the wait is announced


async def read_users_with_hidden_licenses(
    mirror: AccountMirror, read: ReadUsers, tell: Callable[[str], None], limit: int | None
) -> bool:
    """Read every user whose row does not say what licenses the user holds.

    A sample would not do: a unit that one user holds unseen is a free unit to a plan, and so is a
    phone number.

    Args:
        mirror: what was seen so far.
        read: reads users.
        tell: gets a message if reading will take long.
        limit: requests a minute; None where there is no limit.

    Returns:
        whether a user has more than the list says.
    """
    silent = mirror.users_with_hidden_licenses()
    if len(silent) > _MANY:
        minutes = ceil(len(silent) / min(limit or LIMIT, LIMIT))
        wait = f"; this takes about {minutes} minute{'s' * (minutes != 1)}" if limit else ""
        tell(
            f"The list of users does not say which licenses {len(silent):,} of "
            f"{len(mirror.users):,} users hold. licsync reads each of them by itself{wait}."
        )
    return await _shows_more(mirror, read, silent)


async def read_partial_users(
    mirror: AccountMirror, read: ReadUsers, *, known_to_omit: bool
) -> bool:
    """Read users of whom the list lacks other attributes, if a sample shows that it matters.

    Where it has not, a plan still reads those that it is about (`ApiBackend.complete`).

    Args:
        mirror: what was seen so far.
        read: reads users.
        known_to_omit: whether the list is known to leave out what users have, so that no sample is
            needed.

    Returns:
        whether lists leave out what users have.
    """
    partial = sorted(mirror.partial_users())
    omits = known_to_omit or await _shows_more(
        mirror, read, partial[:: len(partial) // _SAMPLE + 1]
    )
    if omits:
        await read(mirror.partial_users().keys())
    return omits


async def _shows_more(mirror: AccountMirror, read: ReadUsers, users: Collection[str]) -> bool:
    """Read users by themselves, and tell whether one of them has more than its row says."""
    before = {user: digest(mirror.record(mirror.users[user])) for user in users}
    await read(before)
    after = {
        user: digest(mirror.record(mirror.users[user])) for user in before if user in mirror.users
    }
    return any(after[user] != before[user] for user in after)
