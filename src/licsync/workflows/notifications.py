"""Notifies people of events: when one begins, changes or ends, and again after a while.

A message that cannot be sent is reported, and never changes how the command ends. The commands of a
fleet send none: the fleet does (`workflows.fleet.messages`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from licsync.diagnostics import (
    Code,
    Diagnostic,
    InputInvalid,
    LicsyncError,
    Locked,
    as_warnings,
    did_you_mean,
    error,
    has_errors,
    warning,
)
from licsync.model.durations import duration
from licsync.model.license import format_instant, parse_instant
from licsync.model.notify_declarations import (
    EVENTS,
    Channel,
    kinds_of,
)
from licsync.workflows.account import Account, channels_of
from licsync.workflows.planning import PlanRequest, plan_state
from licsync.workflows.session import run_link
from licsync.workflows.state import State

if TYPE_CHECKING:
    from licsync.engine.events import Outcome
    from licsync.planning.actions import Action
    from licsync.planning.drift import Drift
    from licsync.planning.plan import Plan
    from licsync.store.notifications import Notifications, SentMessage
    from licsync.views.notifications import Message, MessageState, Situation, Situations


def notify_of_plan(state: State, plan: Plan, request: PlanRequest) -> None:
    """Notify people of what the plan of a whole account shows: shortages, age, due changes.

    Raises:
        InputInvalid: a channel is declared wrongly.
    """
    account = state.account
    if not is_notifying(account) or request.is_narrowed or has_errors(state.diagnostics):
        return
    from licsync.views.notifications import situations_of_plan

    _notify(account, situations_of_plan(plan, _due_actions(state), state.desired.catalog))


def notify_of_drift(account: Account, found: Sequence[Drift]) -> None:
    """Notify people of changes in the console.

    Raises:
        InputInvalid: a channel is declared wrongly.
    """
    if is_notifying(account):
        from licsync.views.notifications import situations_of_drift

        _notify(account, situations_of_drift(found))


def notify_of_run(account: Account, outcome: Outcome | LicsyncError) -> None:
    """Notify people that a run failed or was incomplete, or that one was complete again.

    Raises:
        InputInvalid: a channel is declared wrongly.
    """
    if isinstance(outcome, Locked):
        return  # another run works on the account, and notifies people itself
    if is_notifying(account):
        from licsync.views.notifications import situation_of_run

        _notify(account, situation_of_run(outcome))


def is_notifying(account: Account) -> bool:
    """Tell whether the files name channels, and licsync may write to the store.

    Raises:
        InputInvalid: a channel is declared wrongly.
    """
    return bool(channels_of(account)) and not account.session.read_only


def _due_actions(state: State) -> Sequence[Action] | None:
    try:
        return plan_state(state, PlanRequest(due=True)).actions
    except LicsyncError:
        return None


def _notify(account: Account, situations: Situations) -> None:
    faults: list[Diagnostic] = []
    try:
        for name, channel in channels_of(account).items():
            faults += _notify_channel(account, name, channel, situations)
    except LicsyncError as fault:  # the store: without it, each run would send the message again
        faults += as_warnings(fault.diagnostics)
    if faults:
        account.session.output.diagnostics(faults)


def _notify_channel(
    account: Account, name: str, channel: Channel, situations: Situations
) -> Iterator[Diagnostic]:
    from licsync.views.notifications import from_template, message_of

    now = account.session.record_time()
    for event in channel.get("events", EVENTS):
        if event not in situations or (situations[event] is None and not account.storage.exists()):
            continue
        situation = situations[event]
        store, outbox = _notifications(account), account.session.outbox
        decide = partial(_next, situation, channel.get("remind"), now)
        if outbox is None:
            before, sent = store.replace(name, event, decide)
        else:
            before = store.last(name, event)
            sent = decide(before)
        if sent is None:
            continue
        message = message_of(
            event,
            situation,
            _state(before, sent, now),
            account=account.name,
            at=sent.at,
            link=run_link(os.environ) or "",
            is_repeated=_is_repeated(before, sent, now),
        )
        if outbox is not None:
            outbox.append(
                {
                    "account": account.name,
                    "channel": name,
                    "declared": channel,
                    "before": None if before is None else before.to_json(),
                    "fingerprint": sent.fingerprint,
                    "number": situation.number if situation else 0,
                    "notification": message.to_json(),
                }
            )
        elif reason := send_message(channel, from_template(message, channel.get("template", ""))):
            store.restore(name, event, before)
            yield _not_sent(account, name, reason)
        else:
            store.confirm(name, event, sent)


def _notifications(account: Account) -> Notifications:
    from licsync.store.notifications import Notifications

    return Notifications(account.storage.engine(), account.name)


def _next(
    situation: Situation | None, remind: str | None, now: datetime, before: SentMessage | None
) -> SentMessage | None:
    """Decide on the next message.

    It is for a changed situation, to remind of an old one, or one that may never have arrived.
    """
    from licsync.store.notifications import SentMessage

    at, fingerprint = format_instant(now), situation.fingerprint if situation else ""
    if before is None and not fingerprint:
        return None
    if before is not None and fingerprint == before.fingerprint and not before.is_lost(now):
        is_late = remind is not None and now - parse_instant(before.at) >= duration(remind)
        if not (fingerprint and is_late):
            return None
    return SentMessage(fingerprint, at, sending_since=at)


def _is_repeated(before: SentMessage | None, sent: SentMessage, now: datetime) -> bool:
    """Tell whether a message may have been sent before, by a run that was killed meanwhile."""
    return before is not None and before.fingerprint == sent.fingerprint and before.is_lost(now)


def _state(before: SentMessage | None, sent: SentMessage, now: datetime) -> MessageState:
    if not sent.fingerprint:
        return "over"
    if before is None or not before.fingerprint or _is_repeated(before, sent, now):
        return "new"
    return "reminder" if before.fingerprint == sent.fingerprint else "changed"


def send_message(channel: Channel, message: Message) -> str:
    """Send a message; return why it was not sent, or nothing."""
    from licsync.backends.messages.letters import Letter, NotSent
    from licsync.backends.messages.sending import send
    from licsync.workflows.storage import read_secret

    (kind,) = kinds_of(channel)
    variable = channel[kind]
    try:
        address = read_secret(variable)
        if address is None:
            return f"{variable} is not set"
        send(kind, address, Letter(message.title, message.text, message.documents()))
    except NotSent as fault:
        return str(fault)
    except InputInvalid as fault:
        return fault.diagnostics[0].message.rstrip(".")
    return ""


def _not_sent(account: Account, name: str, reason: str) -> Diagnostic:
    hint = "Try it with: licsync notify test DIR"
    place = account.desired.where("notify", name)
    return warning(
        Code.NOT_TOLD, f"No message was sent to the channel '{name}': {reason}.", place, hint
    )


# --- licsync notify test --------------------------------------------------------------------------


def try_channels(
    channels: Mapping[str, Channel], names: Sequence[str], subject: str, at: datetime
) -> dict[str, str]:
    """Send a test message to channels.

    Args:
        channels: the channels of an account or of a fleet.
        names: the channels to try; empty for all.
        subject: the name of the account or of the fleet.
        at: the current instant.

    Returns:
        why the message was not sent, by channel; empty text where it was sent.

    Raises:
        InputInvalid: the files name no channel, or not these.
    """
    from licsync.views.notifications import from_template, sample_message

    if not channels:
        hint = "Add one to the files: notify: {ops: {slack: LICSYNC_NOTIFY_SLACK}}"
        raise InputInvalid(
            error(Code.INVALID_VALUE, "The files declare no channels for notifications.", hint=hint)
        )
    faults = [
        error(
            Code.UNKNOWN_REFERENCE,
            f"There is no channel '{name}'.",
            hint=did_you_mean(name, channels) or f"Channels: {', '.join(channels)}.",
        )
        for name in names
        if name not in channels
    ]
    if faults:
        raise InputInvalid(*faults)
    link = run_link(os.environ) or ""
    results: dict[str, str] = {}
    for name in names or channels:
        message = sample_message(subject, name, format_instant(at), link)
        template = channels[name].get("template", "")
        results[name] = send_message(channels[name], from_template(message, template))
    return results
