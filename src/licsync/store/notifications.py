"""Remembers the messages sent about an account, so that no run sends the same one again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.engine import Connection, Engine

from licsync.model.license import parse_instant
from licsync.store.database import raising_store_failed
from licsync.store.tables import NOTIFICATIONS

if TYPE_CHECKING:
    from licsync.engine.fleet import SentBefore

_LONGEST = timedelta(minutes=5)
"""How long sending a message takes at most. Each attempt ends after seconds."""

_FAULT = "Sent messages cannot be recorded"


@dataclass(frozen=True, slots=True)
class SentMessage:
    """The last message about an event on a channel.

    Attributes:
        fingerprint: hash of what the message reported; empty if it reported the end of the event.
        at: when, ISO 8601.
        sending_since: since when it is being sent; empty once it is sent.
    """

    fingerprint: str
    at: str
    sending_since: str = ""

    def is_lost(self, now: datetime) -> bool:
        """Tell whether its sender was killed, so that nobody knows whether the message arrived."""
        if not self.sending_since:
            return False
        age = now - parse_instant(self.sending_since)
        return not timedelta() <= age < _LONGEST  # a clock may have been wrong

    def to_json(self) -> SentBefore:
        """Return the document form."""
        document: SentBefore = {"fingerprint": self.fingerprint, "at": self.at}
        return {**document, "sending_since": self.sending_since} if self.sending_since else document


@dataclass(frozen=True, slots=True)
class Notifications:
    """The messages sent about one account, in a database of `open_database`.

    Attributes:
        engine: the database.
        account: the name of the account.
    """

    engine: Engine
    account: str

    def replace(
        self, channel: str, event: str, decide: Callable[[SentMessage | None], SentMessage | None]
    ) -> tuple[SentMessage | None, SentMessage | None]:
        """Decide on the next message in one transaction, so that two runs do not send it twice.

        Args:
            channel: the name of the channel.
            event: the event.
            decide: gives the next message, by the last one; None to send nothing.

        Returns:
            The last message and the next one.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        with raising_store_failed(_FAULT), self.engine.begin() as connection:
            before = self._last(connection, channel, event)
            now = decide(before)
            if now is not None:
                self._save(connection, channel, event, now)
            return before, now

    def last(self, channel: str, event: str) -> SentMessage | None:
        """Return the last message about an event on a channel.

        Raises:
            StoreFailed: the store cannot be read.
        """
        reader = self.engine.execution_options(sqlite_begin="DEFERRED")
        with raising_store_failed(_FAULT), reader.connect() as connection:
            return self._last(connection, channel, event)

    def confirm(self, channel: str, event: str, sent: SentMessage) -> None:
        """Record that a message is sent, unless another run sends it again by now.

        Raises:
            StoreFailed: the store cannot be written.
        """
        done = replace(sent, sending_since="")
        self.replace(channel, event, lambda last: done if last == sent else None)

    def restore(self, channel: str, event: str, before: SentMessage | None) -> None:
        """Forget a message that could not be sent, so that the next run tries again.

        Raises:
            StoreFailed: the store cannot be written.
        """
        with raising_store_failed(_FAULT), self.engine.begin() as connection:
            self._save(connection, channel, event, before)

    def _last(self, connection: Connection, channel: str, event: str) -> SentMessage | None:
        row = connection.execute(select(NOTIFICATIONS).where(self._here(channel, event))).first()
        if row is None:
            return None
        return SentMessage(row.fingerprint, row.sent_at, row.sending_since or "")

    def _save(
        self, connection: Connection, channel: str, event: str, sent: SentMessage | None
    ) -> None:
        connection.execute(delete(NOTIFICATIONS).where(self._here(channel, event)))
        if sent is not None:
            row = {"account": self.account, "channel": channel, "event": event}
            row |= {"fingerprint": sent.fingerprint, "sent_at": sent.at}
            since = sent.sending_since or None
            connection.execute(insert(NOTIFICATIONS).values(**row, sending_since=since))

    def _here(self, channel: str, event: str) -> ColumnElement[bool]:
        table = NOTIFICATIONS.c
        return (table.account == self.account) & (table.channel == channel) & (table.event == event)
