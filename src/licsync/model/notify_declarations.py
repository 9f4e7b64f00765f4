"""The declaration of the channels that notify people about an account."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, get_args

from typing_extensions import TypedDict

from licsync.model.fields import AddressVariable, Duration, Name
from licsync.model.schema_markers import Described, closed

NotifiedEvent = Literal["drift", "shortage", "apply", "stale", "due", "renewal"]
"""What a notification can be about."""

EVENTS: tuple[NotifiedEvent, ...] = get_args(NotifiedEvent)

ChannelKind = Literal["webhook", "slack", "teams", "email"]

CHANNEL_KINDS: tuple[ChannelKind, ...] = get_args(ChannelKind)

PLACEHOLDERS = ("title", "lines", "account", "event", "state", "at", "link")
"""What a template of a channel can contain, each with `$` before it."""


@closed
class Channel(TypedDict, total=False):
    """A channel for notifications: exactly one of webhook, slack, teams and email.

    The address is in an environment variable, never in a file, because whoever knows it can post
    there.
    """

    webhook: Annotated[
        AddressVariable,
        Described("Variable with the https address of a program that takes JSON."),
    ]
    slack: Annotated[
        AddressVariable, Described("Variable with the address of an incoming webhook of Slack.")
    ]
    teams: Annotated[
        AddressVariable, Described("Variable with the address of a workflow of Microsoft Teams.")
    ]
    email: Annotated[
        AddressVariable,
        Described(
            "Variable with the address of a mail server, sender and receivers: "
            "`smtp://USER:PASSWORD@HOST:587?from=A&to=B,C`."
        ),
    ]
    events: Annotated[
        list[NotifiedEvent],
        Described(
            "drift: values changed in the console. shortage: licenses are missing. apply: an apply "
            "failed or was incomplete. stale: the inventory is too old. due: a date asks for "
            "changes. renewal: licenses renew soon, or have renewed. Default: all."
        ),
    ]
    template: Annotated[
        Name,
        Described(
            "The text of messages, with $title, $lines, $account, $event, $state, $at and $link. "
            "Its first line is the subject. Default: the message of licsync."
        ),
    ]
    remind: Annotated[
        Duration, Described("When to repeat a notification, such as after 7d. Default: never.")
    ]


def kinds_of(channel: Channel) -> list[ChannelKind]:
    """List the kinds that a channel names."""
    return [kind for kind in CHANNEL_KINDS if kind in channel]


@closed
class EventNotification(TypedDict):
    """A message to a webhook about an event of an account. Names and numbers in it are masked."""

    format_version: Literal["1"]
    event: Annotated[
        Literal[NotifiedEvent, "fleet", "test"],
        Described(
            "What it is about: one of the events. fleet: several accounts of a fleet, or several "
            "events."
        ),
    ]
    state: Annotated[
        Literal["new", "changed", "reminder", "over", "test"],
        Described(
            "Why it is sent: the event begins, differs, still lasts, is over, or it is a test."
        ),
    ]
    account: Annotated[str, Described("Name of the account; of the fleet if it is about several.")]
    at: Annotated[str, Described("When, ISO 8601.")]
    title: Annotated[str, Described("The message in one line.")]
    lines: Annotated[list[str], Described("The rest of the message.")]
    link: Annotated[str, Described("The page of the CI job; empty if there is none.")]


@closed
class Notification(EventNotification):
    """What licsync posts to a webhook. Names and numbers in it are masked."""

    messages: NotRequired[
        Annotated[list[EventNotification], Described("Only of fleet: the message of each event.")]
    ]
