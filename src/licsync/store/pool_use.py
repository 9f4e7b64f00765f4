"""Remembers how many licenses were used, day by day; it holds nothing of users."""

from __future__ import annotations

import json
from dataclasses import dataclass

from msgspec.structs import astuple
from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Engine

from licsync.model.pool_use import DayOfUse, PoolUse
from licsync.store.database import raising_store_failed
from licsync.store.tables import POOL_USE


@dataclass(frozen=True, slots=True)
class PoolUseArchive:
    """The use of the licenses of one account, in a database of `open_database`.

    Attributes:
        engine: the database.
        account: the name of the account.
    """

    engine: Engine
    account: str

    def save(self, use: DayOfUse) -> None:
        """Store the use at an instant, in place of an earlier one of the same day.

        Raises:
            StoreFailed: the store cannot be written.
        """
        day, table = use.at[:10], POOL_USE.c
        here = (table.account == self.account) & (table.day == day)
        row = {"account": self.account, "day": day, "at": use.at}
        row["pools"] = json.dumps([astuple(pool) for pool in use.pools], separators=(",", ":"))
        message = "The use of the licenses cannot be remembered"
        with raising_store_failed(message), self.engine.begin() as connection:
            known = connection.scalar(select(table.at).where(here))
            if known is None or known <= use.at:
                connection.execute(delete(POOL_USE).where(here))
                connection.execute(insert(POOL_USE).values(**row))

    def days(self) -> list[DayOfUse]:
        """List the stored uses, oldest first.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        query = select(POOL_USE.c.at, POOL_USE.c.pools).where(POOL_USE.c.account == self.account)
        with raising_store_failed("The store cannot be read"), self.engine.connect() as connection:
            rows = connection.execute(query.order_by(POOL_USE.c.day)).all()
        return [
            DayOfUse(row.at, tuple(PoolUse(*pool) for pool in json.loads(row.pools)))
            for row in rows
        ]
