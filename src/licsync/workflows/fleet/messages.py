"""Sends what the commands of a fleet have to say: one message to each address.

The commands of the accounts decide what is to be said, and leave it to the fleet. A message is
recorded in the store of its account, as if the command had sent it: so nothing is sent twice,
whether the fleet is resumed or an account is planned alone.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from licsync.diagnostics import Code, Diagnostic, InputInvalid, as_warnings, error, warning
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.fleet import FAULTLESS, AccountResult, UnsentMessage
from licsync.engine.ports import StoreFailed
from licsync.model.notify_declarations import Channel, kinds_of
from licsync.views.phrases import count, first_few
from licsync.workflows.fleet.fleet import OpenFleet
from licsync.workflows.session import run_link
from licsync.workflows.storage import open_store, read_secret

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from licsync.store.notifications import Notifications, SentMessage

_Place = tuple[str, str, str]
"""The directory of an account, a channel and an event."""


@dataclass(slots=True)
class FleetMessages:
    """The messages of the accounts of a fleet that are not sent yet.

    Attributes:
        found: the last message about each event of an account, by channel.
        is_known: whether anything is known of each account: else its command failed before.
    """

    found: dict[_Place, UnsentMessage] = field(default_factory=dict)
    is_known: dict[str, bool] = field(default_factory=dict)

    def take(self, result: AccountResult) -> None:
        """Take the messages of a result."""
        self.is_known[result.account] = result.summary is not None or result.exit_code in FAULTLESS
        for message in result.messages:
            event = message["notification"]["event"]
            self.found[result.account, message["channel"], event] = message
        if result.verb == "apply" and result.exit_code == Exit.DONE:
            self._forget_due(result.account)

    def forget(self, account: str) -> None:
        """Forget the messages of an account: they are out of date."""
        self.found = {place: one for place, one in self.found.items() if place[0] != account}

    def _forget_due(self, account: str) -> None:
        """Forget that changes are due: they are made now."""
        for place, message in list(self.found.items()):
            notification = message["notification"]
            is_open = notification["state"] != "over"
            if place[0] == account and notification["event"] == "due" and is_open:
                del self.found[place]

    def send(self, fleet: OpenFleet, state: str | None, at: str) -> list[Diagnostic]:
        """Send one message to each address, and record what it says in the stores of the accounts.

        Args:
            fleet: the fleet.
            state: the URL of the store of all accounts; None if each has its own.
            at: when, ISO 8601.

        Returns:
            warnings of what was not sent; the next run tries again.
        """
        if not self.found:
            return []
        destinations = defaultdict[_Destination, list[tuple[str, UnsentMessage]]](list)
        for (account, _, _), message in self.found.items():
            destinations[_destination(message["declared"])].append((account, message))
        self.found = {}
        faults: list[Diagnostic] = []
        with ExitStack() as held:
            stores = _Stores(fleet.directory, state, held)
            for messages in destinations.values():
                faults += self._send(fleet, stores, messages, at)
        return list(dict.fromkeys(faults))

    def _send(
        self,
        fleet: OpenFleet,
        stores: _Stores,
        messages: Sequence[tuple[str, UnsentMessage]],
        at: str,
    ) -> Iterator[Diagnostic]:
        """Send messages to one address, as one."""
        from licsync.views.fleet_messages import AccountMessage, fleet_message
        from licsync.views.notifications import Message, from_template
        from licsync.workflows.notifications import send_message

        recorded = []
        for account, message in messages:
            try:
                if stores.record(account, message, at):
                    recorded.append((account, message))
            except StoreFailed as fault:  # unrecorded, each run would send the message again
                yield from as_warnings(fault.diagnostics)
        if not recorded:
            return
        parts = [
            AccountMessage(account, one["number"], Message.from_json(one["notification"]))
            for account, one in recorded
        ]
        name, channel = recorded[0][1]["channel"], recorded[0][1]["declared"]
        link, name_of_fleet = run_link(os.environ) or "", fleet.fleet["name"]
        whole = fleet_message(name_of_fleet, parts, at, link, self._not_run())
        reason = send_message(channel, from_template(whole, channel.get("template", "")))
        if reason:
            accounts = count(len({account for account, _ in recorded}), "account")
            text = f"No message about {accounts} was sent to the channel '{name}': {reason}."
            is_of_fleet = name in fleet.fleet.get("notify", {})
            place = fleet.declared.where("notify", name) if is_of_fleet else None
            named = "FLEETFILE" if is_of_fleet else "DIR"
            yield warning(Code.NOT_TOLD, text, place, f"Try it with: licsync notify test {named}")
        for account, one in recorded:
            try:
                stores.settle(account, one, at, is_sent=not reason)
            except StoreFailed as fault:
                yield from as_warnings(fault.diagnostics)

    def _not_run(self) -> str:
        unknown = sorted(account for account, is_known in self.is_known.items() if not is_known)
        if not unknown:
            return ""
        accounts = f"{len(unknown):,} of {count(len(self.is_known), 'account')}"
        return f"Nothing is known of {accounts}, which failed: {first_few(unknown, 5)}."


_Destination = tuple[str, str, str]
"""A kind of channel, an address and a template."""


def _destination(channel: Channel) -> _Destination:
    """Tell where a channel leads; channels that differ in name only are the same."""
    (kind,) = kinds_of(channel)
    variable = channel[kind]
    try:
        address = read_secret(variable) or variable
    except InputInvalid:  # sending reports it
        address = variable
    return kind, address, channel.get("template", "")


@dataclass(slots=True)
class _Stores:
    """The stores of the accounts of a fleet.

    Attributes:
        directory: the directory of the fleet file.
        state: the URL of the store of all accounts; None if each has its own.
        held: closes that store.
        engine: that store, once it is open.
        failure: why it cannot be opened; licsync tries once, because a server may take long to
            refuse.
    """

    directory: Path
    state: str | None
    held: ExitStack
    engine: Engine | None = None
    failure: StoreFailed | None = None

    def record(self, account: str, message: UnsentMessage, at: str) -> bool:
        """Record that a message is being sent, and tell whether nobody else has sent it meanwhile.

        Raises:
            StoreFailed: the store cannot be used.
        """
        with self._notifications(account, message) as notifications:
            _, sent = notifications.replace(*_named(message), partial(_if_unsent, message, at))
        return sent is not None

    def settle(self, account: str, message: UnsentMessage, at: str, *, is_sent: bool) -> None:
        """Record that a message is sent, or forget it, so that the next run tries again.

        Raises:
            StoreFailed: the store cannot be used.
        """
        with self._notifications(account, message) as notifications:
            if is_sent:
                notifications.confirm(*_named(message), _sending(message, at))
            else:
                notifications.restore(*_named(message), _before(message))

    @contextmanager
    def _notifications(self, account: str, message: UnsentMessage) -> Iterator[Notifications]:
        from licsync.store.notifications import Notifications

        with ExitStack() as held:
            engine = self._shared() if self.state else self._own(account, held)
            yield Notifications(engine, message["account"])

    def _shared(self) -> Engine:
        if self.failure is not None:
            raise self.failure
        if self.engine is None:
            try:
                self.engine = open_store(self.state or "")
            except StoreFailed as fault:
                self.failure = fault
                raise
            self.held.callback(self.engine.dispose)
        return self.engine

    def _own(self, account: str, held: ExitStack) -> Engine:
        from licsync.store.address import default_url
        from licsync.store.database import is_there

        url = default_url(self.directory / account)
        if not is_there(url):
            message = f"The store of '{account}' is gone, so no message about it was sent."
            raise StoreFailed(error(Code.STORE_FAILED, message))
        engine = open_store(url)
        held.callback(engine.dispose)
        return engine


def _named(message: UnsentMessage) -> tuple[str, str]:
    return message["channel"], message["notification"]["event"]


def _before(message: UnsentMessage) -> SentMessage | None:
    from licsync.store.notifications import SentMessage

    before = message["before"]
    return None if before is None else SentMessage(**before)


def _sending(message: UnsentMessage, at: str) -> SentMessage:
    from licsync.store.notifications import SentMessage

    return SentMessage(message["fingerprint"], message["notification"]["at"], sending_since=at)


def _if_unsent(message: UnsentMessage, at: str, last: SentMessage | None) -> SentMessage | None:
    if last != _before(message):
        return None  # another run has sent one
    return _sending(message, at)
