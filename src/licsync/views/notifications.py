"""Notifications about an account: what happened, as one message for every kind of channel.

Everything is masked as `--redact` does, because chats and mailboxes are read by many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from string import Template
from typing import TYPE_CHECKING, Any, Literal

from licsync.diagnostics import Code, Diagnostic, LicsyncError
from licsync.engine.events import Outcome
from licsync.model.canonical import canonical_json
from licsync.model.catalog import Catalog
from licsync.model.notify_declarations import (
    ChannelKind,
    EventNotification,
    Notification,
    NotifiedEvent,
)
from licsync.planning.actions import Action
from licsync.planning.drift import Drift
from licsync.planning.plan import Plan
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal
from licsync.views.plan.entry import summary_phrases
from licsync.views.plan.tables import cost_lines
from licsync.views.redaction import mask, redact_drift, redact_plan

if TYPE_CHECKING:
    from jinja2 import Template as FileTemplate

MessageState = Literal["new", "changed", "reminder", "over", "test"]
"""Why a message is sent: something begins, differs, still lasts or is over, or it is a test."""

_REPEATED = "This may be the second message: a run was killed while it sent the first one."

MOST = 10
"""How many lines of details a message has."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Something that people should know.

    Attributes:
        event: its kind.
        number: how many of what it is about.
        details: a line for each, masked.
        summary: further lines: the short form of a plan.
        identity: what tells it from another one of its kind; the same means that nothing changed.
    """

    event: NotifiedEvent
    number: int
    details: Sequence[str]
    summary: Sequence[str] = ()
    identity: object = None

    @property
    def fingerprint(self) -> str:
        """Hash what tells it from another one of its kind."""
        return sha256(canonical_json([self.event, self.identity])).hexdigest()


Situations = Mapping[NotifiedEvent, Situation | None]
"""What is known of events: None where all is well. An event that nobody looked for is absent."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to people.

    Attributes:
        event: what it is about; empty for a test, `fleet` for several accounts or events.
        state: why it is sent now.
        account: the name of the account.
        at: when, ISO 8601.
        title: one line.
        lines: the rest.
        link: the page of the CI job; empty if there is none.
        parts: the messages that this one sums up.
    """

    event: NotifiedEvent | Literal["", "fleet"]
    state: MessageState
    account: str
    at: str
    title: str
    lines: Sequence[str] = field(default_factory=list)
    link: str = ""
    parts: Sequence[EventNotification] = ()

    @property
    def text(self) -> str:
        """The whole message as text."""
        link = ["", self.link] if self.link else []
        return "\n".join((self.title, "", *self.lines, *link)) + "\n"

    def documents(self) -> dict[ChannelKind, Mapping[str, Any]]:
        """Give the JSON document of each kind of webhook."""
        return {"webhook": self.to_json(), "slack": _slack(self), "teams": _teams(self)}

    def to_json(self) -> Notification:
        """Return the JSON document for a webhook."""
        document: Notification = {
            "format_version": "1",
            "event": self.event or "test",
            "state": self.state,
            "account": self.account,
            "at": self.at,
            "title": self.title,
            "lines": list(self.lines),
            "link": self.link,
        }
        return {**document, "messages": list(self.parts)} if self.parts else document

    @classmethod
    def from_json(cls, document: EventNotification) -> Message:
        """Read the JSON document of a message about an event of an account."""
        event = document["event"]
        assert event != "test"
        return cls(
            event,
            document["state"],
            document["account"],
            document["at"],
            document["title"],
            document["lines"],
            document["link"],
        )


# --- situations -----------------------------------------------------------------------------------


def situations_of_plan(plan: Plan, due: Iterable[Action] | None, catalog: Catalog) -> Situations:
    """Say what a plan of a whole account tells.

    Args:
        plan: the plan.
        due: the actions that a date asks for by now; None if nobody looked.
        catalog: names the license types.
    """
    shown = redact_plan(plan)
    summary = [" ".join(summary_phrases(shown)), *cost_lines(shown)]
    short = [row for row in plan.licenses if row.short_by]
    missing = [(row.type, row.country, row.short_by) for row in short]
    lines = [f"{catalog.pool_name(kind, of)}: {number:,} missing" for kind, of, number in missing]
    number = sum(row.short_by for row in short)
    old = [d for d in plan.diagnostics if d.code is Code.INVENTORY_STALE]
    renewing = _messages(d for d in plan.diagnostics if d.code is Code.RENEWAL)
    found: dict[NotifiedEvent, Situation | None] = {
        "shortage": Situation("shortage", number, lines, summary, missing) if short else None,
        "stale": Situation("stale", len(old), _messages(old)) if old else None,
        "renewal": Situation("renewal", len(renewing), renewing, (), renewing)
        if renewing
        else None,
    }
    if due is not None:
        asked = sorted(f"{action.verb} {action.resource.partition('/')[2]}" for action in due)
        late = _messages(d for d in plan.diagnostics if d.code is Code.OVERDUE)
        masked = [*map(mask, asked)]
        found["due"] = Situation("due", len(asked), masked, late[:MOST], asked) if asked else None
    return found


def situations_of_drift(found: Iterable[Drift]) -> Situations:
    """Say what drift tells: what changed in the console."""
    moved = [drift for drift in found if drift.moved != "files"]
    if not moved:
        return {"drift": None}
    identity = sorted((d.resource, d.path, repr(d.seen)) for d in moved)
    return {"drift": Situation("drift", len(moved), list(_moves(moved)), (), identity)}


def _moves(moved: Iterable[Drift]) -> Iterable[str]:
    for drift in redact_drift(moved):
        name = drift.resource.partition("/")[2]
        change = words.change(drift.path, drift.applied, drift.seen)
        yield f"{name}: {words.label(drift.path)} {change}"


def situation_of_run(outcome: Outcome | LicsyncError) -> Situations:
    """Say how a run ended, if it did not do everything that the backend can do."""
    if isinstance(outcome, LicsyncError):
        messages = _messages(outcome.diagnostics)
        codes = sorted(d.code for d in outcome.diagnostics)
        return {"apply": Situation("apply", len(messages), messages, (), codes)}
    odd = {**outcome.failed, **outcome.uncertain}
    open_ = [*odd, *outcome.half_done, *outcome.left]
    if not (open_ or outcome.interrupted):
        return {"apply": None}
    reasons = {name: odd.get(name, "") for name in open_}
    labels = [label.replace("users/", "") for label in outcome.describe(reasons)]
    lines = [
        mask(f"{label}: {reason}" if reason else label)
        for label, reason in zip(labels, reasons.values(), strict=True)
    ]
    summary = [f"{words.count(len(outcome.done), 'action')} done, run {outcome.run}."]
    identity = [sorted(labels), outcome.interrupted]
    return {"apply": Situation("apply", len(open_), lines, summary, identity)}


def _messages(found: Iterable[Diagnostic]) -> list[str]:
    return [mask(diagnostic.message) for diagnostic in found]


# --- messages -------------------------------------------------------------------------------------


def message_of(
    event: NotifiedEvent,
    situation: Situation | None,
    state: MessageState,
    *,
    account: str,
    at: str,
    link: str,
    is_repeated: bool = False,
) -> Message:
    """Write the message about a situation, or that it is over.

    Args:
        event: the kind of situation.
        situation: what to report; None if it is over.
        state: whether the situation is new, changed, over, or reported again.
        account: the name of the account.
        at: when, ISO 8601.
        link: the address of the CI job; empty without one.
        is_repeated: whether it may have been sent before.
    """
    details = list(situation.details) if situation else []
    title, *lines = render_message(
        event,
        account=account,
        state=state,
        number=situation.number if situation else 0,
        count=words.count,
        details=details[:MOST],
        more=max(0, len(details) - MOST),
        summary=situation.summary if situation else (),
    )
    lines += [_REPEATED] if is_repeated else []
    return Message(event, state, account, at, title, lines, link)


def sample_message(account: str, channel: str, at: str, link: str) -> Message:
    """Write the message of `licsync notify test`."""
    title = f"{account}: this is a test of licsync"
    lines = [f"Channel {channel}. Nothing happened."]
    return Message("", "test", account, at, *(escape_terminal(title), lines, link))


def from_template(message: Message, template: str) -> Message:
    """Write a message as the template of a channel says; as it is, if that is empty.

    The first line of the text is the title.
    """
    if not template:
        return message
    text = Template(template).safe_substitute(
        title=message.title,
        lines="\n".join(message.lines),
        account=message.account,
        event=message.event or "test",
        state=message.state,
        at=message.at,
        link=message.link,
    )
    lines = [escape_terminal(line) for line in text.strip().splitlines()]
    return replace(message, title=lines[0], lines=lines[1:]) if lines else message


def render_message(name: str, **values: object) -> list[str]:
    """Render a template of messages. Its first line is the title.

    Args:
        name: the name of the template: an event.
        values: what the template shows.
    """
    text = _template(name).render(values)
    return [escape_terminal(line) for line in text.strip().splitlines()]


@cache
def _template(name: str) -> FileTemplate:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("licsync.views", "notification_templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # plain text; each kind of channel escapes it in its own way
    )
    return environment.get_template(f"{name}.txt.j2")


# --- kinds of channels ----------------------------------------------------------------------------

_SLACK = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKDOWN = re.compile(r"([\\`*_\[\]()~|]|^[#>])")


def _slack(message: Message) -> dict[str, Any]:
    """Escape what Slack reads as markup, so that no text mentions or links anything."""
    title, *lines = (
        re.sub("[&<>]", lambda found: _SLACK[found[0]], line)
        for line in (message.title, *message.lines)
    )
    link = [f"<{message.link}>"] if message.link.startswith("https://") else []
    return {"text": "\n".join((f"*{title.replace('*', '∗')}*", *lines, *link)), "mrkdwn": True}


def _teams(message: Message) -> dict[str, Any]:
    """Write an Adaptive Card, which workflows of Teams post."""
    title = {"type": "TextBlock", "weight": "Bolder", "wrap": True, "text": _escaped(message.title)}
    body = [title] + [
        {"type": "TextBlock", "wrap": True, "spacing": "None", "text": _escaped(line) or " "}
        for line in message.lines
    ]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if message.link.startswith("https://"):
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": message.link}]
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": card}]}


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)
