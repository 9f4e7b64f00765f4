"""The message of a fleet: what happened in several accounts, as one message, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from licsync.model.notify_declarations import NotifiedEvent
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal
from licsync.views.notifications import Message, MessageState, render_message

MOST = 30
"""How many lines about accounts a message has."""

_WORST: dict[NotifiedEvent, tuple[str, str]] = {
    "apply": ("incomplete apply", "incomplete applies"),
    "shortage": ("shortage", "shortages"),
    "drift": ("account with drift", "accounts with drift"),
    "stale": ("old inventory", "old inventories"),
    "due": ("account with changes due", "accounts with changes due"),
    "renewal": ("renewal", "renewals"),
}
"""The events, the worst first, in singular and plural."""

_STATES: tuple[MessageState, ...] = ("new", "changed", "reminder", "over")


@dataclass(frozen=True, slots=True)
class AccountMessage:
    """A message about one account of a fleet.

    Attributes:
        account: the directory of the account, relative to the fleet file.
        number: how many of what the message is about.
        message: the message.
    """

    account: str
    number: int
    message: Message

    @property
    def is_over(self) -> bool:
        """Whether the message reports the end of an event."""
        return self.message.state == "over"

    @property
    def headline(self) -> str:
        """The title, with the directory in place of the name of the account."""
        title = self.message.title.removeprefix(f"{escape_terminal(self.message.account)}: ")
        return escape_terminal(f"{self.account}: ") + title


def fleet_message(
    fleet: str, found: Iterable[AccountMessage], at: str, link: str, not_run: str = ""
) -> Message:
    """Combine messages into one; a single message stays unchanged.

    Args:
        fleet: the name of the fleet.
        found: the messages, at least one.
        at: when, ISO 8601.
        link: the page of the CI job; empty if there is none.
        not_run: a sentence about the accounts that nothing is known of; empty if there are none.
    """
    parts = _worst_first({(one.account, one.message.event): one for one in found}.values())
    if len(parts) == 1:
        return parts[0].message
    open_ = [part for part in parts if not part.is_over]
    lines, more = _lines(parts)
    title, *text = render_message(
        "fleet",
        fleet=fleet,
        state=(state := min((part.message.state for part in parts), key=_STATES.index)),
        accounts=len({part.account for part in open_ or parts}),
        count=words.count,
        counts=_counts(open_, len(parts) - len(open_)),
        lines=lines,
        more=more,
        not_run=not_run,
    )
    messages = [part.message.to_json() for part in parts]
    return Message("fleet", state, fleet, at, title, text, link, messages)


def _worst_first(parts: Iterable[AccountMessage]) -> list[AccountMessage]:
    events = [*_WORST]

    def order(part: AccountMessage) -> tuple[bool, int, int, str]:
        event = part.message.event
        rank = events.index(event) if event in events else len(events)
        return part.is_over, rank, -part.number, part.account

    return sorted(parts, key=order)


def _lines(parts: Sequence[AccountMessage]) -> tuple[list[str], int]:
    """Write the messages in full if there is room, else their titles; count those left out."""
    whole = [line for part in parts for line in ("", part.headline, *part.message.lines)]
    if len(whole) <= MOST:
        return whole[1:], 0
    return [part.headline for part in parts[:MOST]], max(0, len(parts) - MOST)


def _counts(open_: Sequence[AccountMessage], over: int) -> str:
    numbers = Counter(part.message.event for part in open_)
    phrases = [words.count(numbers[event], *_WORST[event]) for event in _WORST if numbers[event]]
    return words.sentence([*phrases, *([f"{over:,} over"] if over else [])])
