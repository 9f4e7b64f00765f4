"""Remembers what was told of an account, so that the same is not told at every run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.engine import Connection, Engine

from licsync.store.database import raising_store_failed
from licsync.store.tables import NOTIFICATIONS


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What was told last of an event on a channel.

    Attributes:
        fingerprint: hash of what was told; empty for the message that it is over.
        at: when, ISO 8601.
    """

    fingerprint: str
    at: str


@dataclass(frozen=True, slots=True)
class Notifications:
    """What was told of one account, in a database of `open_database`.

    Attributes:
        engine: the database.
        account: the name of the account.
    """

    engine: Engine
    account: str

    def replace(
        self, channel: str, event: str, decide: Callable[[SentMessage | None], SentMessage | None]
    ) -> tuple[SentMessage | None, SentMessage | None]:
        """Decide in one transaction what is told next, so that two runs do not tell it twice.

        Args:
            channel: the name of the channel.
            event: the event.
            decide: gives what is told now, by what was told last; None to tell nothing.

        Returns:
            What was told last, and what is told now.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        message = "What was told cannot be remembered"
        with raising_store_failed(message), self.engine.begin() as connection:
            before = self._told(connection, channel, event)
            now = decide(before)
            if now is not None:
                self._save(connection, channel, event, now)
            return before, now

    def restore(self, channel: str, event: str, before: SentMessage | None) -> None:
        """Forget what could not be told, so that the next run tries again. Raises StoreFailed."""
        message = "What was told cannot be remembered"
        with raising_store_failed(message), self.engine.begin() as connection:
            self._save(connection, channel, event, before)

    def _told(self, connection: Connection, channel: str, event: str) -> SentMessage | None:
        query = select(NOTIFICATIONS.c.fingerprint, NOTIFICATIONS.c.sent_at)
        row = connection.execute(query.where(self._here(channel, event))).first()
        return SentMessage(row.fingerprint, row.sent_at) if row is not None else None

    def _save(
        self, connection: Connection, channel: str, event: str, told: SentMessage | None
    ) -> None:
        connection.execute(delete(NOTIFICATIONS).where(self._here(channel, event)))
        if told is not None:
            row = {"account": self.account, "channel": channel, "event": event}
            row |= {"fingerprint": told.fingerprint, "sent_at": told.at}
            connection.execute(insert(NOTIFICATIONS).values(**row))

    def _here(self, channel: str, event: str) -> ColumnElement[bool]:
        table = NOTIFICATIONS.c
        return (table.account == self.account) & (table.channel == channel) & (table.event == event)
