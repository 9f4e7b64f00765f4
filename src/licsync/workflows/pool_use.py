"""Records how many licenses are used, whenever an inventory is stored or a run ends."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from licsync.model.desired import Desired
from licsync.model.license import format_instant, parse_instant
from licsync.model.pool_use import DayOfUse
from licsync.planning.calendar import account_day
from licsync.workflows.account import Account

if TYPE_CHECKING:
    from licsync.store.pool_use import PoolUseArchive


def record_pool_use(account: Account) -> None:
    """Record the use of the licenses in the store, as of its inventory.

    The records of a sandbox are the account itself, so they count as of now.

    Raises:
        StoreFailed, BackendFailed: the store cannot be read or written.
    """
    as_of, pools = account.storage.embedded_backend().pool_use()
    at = format_instant(account.session.record_time()) if account.is_sandbox or not as_of else as_of
    if pools:
        _archive(account).save(DayOfUse(at, pools))


def pool_use_of(account: Account) -> list[DayOfUse]:
    """List the recorded use of the licenses, oldest first."""
    return _archive(account).days() if account.storage.exists() else []


def recorded_days(account: Account, desired: Desired, today: date) -> dict[date, DayOfUse]:
    """Give the use of the licenses by day of the account: the last record of each.

    Args:
        account: the account.
        desired: its files, whose time zone counts.
        today: the last day.
    """
    found: dict[date, DayOfUse] = {}
    for use in pool_use_of(account):
        day = account_day(desired, parse_instant(use.at))
        if day <= today:
            found[day] = use
    return found


def _archive(account: Account) -> PoolUseArchive:
    from licsync.store.pool_use import PoolUseArchive

    return PoolUseArchive(account.storage.engine(), account.name)
