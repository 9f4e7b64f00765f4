"""Executes one change: sends it, follows it, and checks its effect where an answer leaves doubt.

The one rule that keeps people their licenses (decision 11): what may have had an effect is sent
again only after the settle time has passed and nothing of it is to be seen, for a copy that comes
late would undo what followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from licsync.backends.api.effect_check import EffectState
from licsync.backends.api.list_polling import ListPoller
from licsync.backends.api.mapping import Document
from licsync.backends.api.operation_polling import (
    Operation,
    OperationEnd,
    OperationTimings,
    PollCounter,
    poll_operation,
)
from licsync.backends.api.pagination import id_of
from licsync.backends.api.responses import NOT_IMPLEMENTED, operation_of
from licsync.backends.api.transport import Request, Transport
from licsync.backends.http.rate_limit import Urgency
from licsync.backends.http.responses import Answer
from licsync.diagnostics import CredentialsMissing
from licsync.engine.ports import BackendFailed, StepRefused, StepUncertain
from licsync.model.license import format_instant, parse_instant
from licsync.model.throughput import OperationSample

SETTLE_SECONDS = 300.0
"""Seconds after which a request without visible effect has none; an account may set others."""

LAG_SECONDS = 60.0
"""Seconds that what an operation did may stay unseen after it is completed (trap 21)."""

_TIMES = 3
_SOON, _LATE = 2.0, 30.0
_LONG = 10.0  # seconds; longer waits are reported


@dataclass(frozen=True, slots=True)
class Ticket:
    """The record of a request in the journal: when it was sent, and its operation."""

    sent: datetime
    operation: str | None = None

    def __str__(self) -> str:
        return " ".join(part for part in (format_instant(self.sent), self.operation) if part)

    @classmethod
    def read(cls, text: str) -> Ticket:
        """Read a ticket back.

        Raises:
            ValueError: it is not a ticket.
        """
        sent, _, operation = text.partition(" ")
        return cls(parse_instant(sent), operation or None)


@dataclass(frozen=True, slots=True)
class ListMatch:
    """How the list of users shows a change.

    Attributes:
        name: the user's.
        shows: tells whether a row shows the change.
        accept: takes the row in, and the operation that it is the end of; tells whether that is
            enough to know.
    """

    name: str
    shows: Callable[[Document], bool]
    accept: Callable[[Document, str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class PendingChange:
    """One change.

    Attributes:
        what: in words, for messages.
        kind: what the operation does, for its timing.
        request: makes the request, each time it is sent. May raise StepRefused.
        check_effect: reads what is there and judges the effect; it gets the id that the API names
            of what was made.
        sending: how urgent the request is.
        polling: how urgent its polls are.
        list_match: how a list shows it; None if only its operation tells that it is done.
        creates: whether it makes something: then that it is there counts, whatever values it has.
        max_attempts: how often it is sent at most.
        settle: seconds after which it has no effect where none is seen, if a copy that comes late
            does no harm.
    """

    what: str
    kind: str
    request: Callable[[], Awaitable[Request]]
    check_effect: Callable[[str | None], Awaitable[EffectState]]
    sending: Urgency = Urgency.STEP
    polling: Urgency = Urgency.POLL
    list_match: ListMatch | None = None
    creates: bool = False
    max_attempts: int = _TIMES
    settle: float | None = None

    @property
    def forecast_kind(self) -> str:
        """Name the kind of operation for forecasts: what no list shows needs polls of its own."""
        return "update, polled" if self.kind == "update" and self.list_match is None else self.kind


@dataclass(slots=True)
class ChangeExecutor:
    """Sends changes, and follows each until its effect is read.

    Attributes:
        api: the way to the API.
        settle: see `SETTLE_SECONDS`.
        clock: gives the current instant.
        timing: how long operations were seen to take.
        samples: what every operation took that was seen to be done, by kind: what forecasts go by.
        list_poller: watches many changes at once.
    """

    api: Transport
    settle: float = SETTLE_SECONDS
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    timing: OperationTimings = field(default_factory=OperationTimings)
    samples: dict[str, list[OperationSample]] = field(default_factory=dict)
    list_poller: ListPoller = field(init=False)

    def __post_init__(self) -> None:
        """Look out by the same way."""
        self.list_poller = ListPoller(self.api)

    def take_samples(self) -> dict[str, list[OperationSample]]:
        """Return how long operations took since the last call, by kind, in seconds."""
        times, self.samples = self.samples, {}
        return times

    async def execute(self, change: PendingChange, note: Callable[[str], None]) -> None:
        """Carry out one change to its end.

        Args:
            change: the change.
            note: gets a ticket before each request, and once the operation is known.

        Raises:
            StepRefused: for certain without an effect.
            StepUncertain: it is unknown for now.
            BackendFailed, CredentialsMissing: nothing was sent.
        """
        sent = False
        found: EffectState = "undone"
        for left in reversed(range(change.max_attempts)):
            async with self.api.pace.operation_slot(change.sending):
                request = await change.request()
                with _uncertain_after_send(sent, change.what):
                    answer = await self.api.send(
                        request, change.sending, lambda: note(str(Ticket(self.clock())))
                    )
                if answer.outcome == "refused":
                    await self._confirm_refusal(change, answer, sent)
                    return
                sent = True
                with _uncertain_after_send(sent, change.what):
                    found = await self._complete(change, answer, note, again=left > 0)
            if found == "done":
                return
            if found == "changed" and change.creates:
                raise StepUncertain(
                    f"{change.what}: it is there, but not with the values that were sent"
                )
            if found == "changed":
                raise StepRefused("somebody else has changed the same value; plan again")
        seen = (
            "nothing of it is to be seen"
            if found == "undone"
            else "only a part of it is to be seen"
        )
        times = "once" if change.max_attempts == 1 else f"{change.max_attempts} times"
        raise StepUncertain(f"{change.what}: it was sent {times}, and {seen}")

    async def _confirm_refusal(self, change: PendingChange, answer: Answer, sent: bool) -> None:
        """Make sure that what is refused has no effect: what was sent before may have had."""
        if answer.status in NOT_IMPLEMENTED:
            raise StepRefused(
                f"The API has no such operation ({answer.reason}): do it in the console."
            )
        if sent or answer.status in {404, 409}:
            with _uncertain_after_send(sent, change.what):
                found = await change.check_effect(None)
            if found == "done":
                return
            if sent and found != "undone":
                raise StepUncertain(
                    f"{change.what}: a part of it is there, the rest is refused: {answer.reason}"
                )
        raise StepRefused(answer.reason)

    async def _complete(
        self, change: PendingChange, answer: Answer, note: Callable[[str], None], *, again: bool
    ) -> EffectState:
        ticket = Ticket(self.clock(), operation_of(answer))
        if answer.outcome == "accepted" and operation_of(answer) is None:  # done at once
            made = id_of(answer.body) if isinstance(answer.body, dict) else None
            return await self._poll_effect(change, made, LAG_SECONDS, ticket.sent)
        if answer.outcome == "accepted":
            note(str(ticket))
            began, poll_counter = asyncio.get_running_loop().time(), PollCounter()
            found = await self._await_operation(change, ticket, poll_counter, again=again)
            if found == "done":
                seconds = asyncio.get_running_loop().time() - began
                self.samples.setdefault(change.forecast_kind, []).append(
                    OperationSample(seconds, poll_counter.requests)
                )
            if found is not None:
                return found
        return await self._poll_effect(
            change, None, self._seconds_until_settled(change, ticket), ticket.sent
        )

    async def _await_operation(
        self, change: PendingChange, ticket: Ticket, poll_counter: PollCounter, *, again: bool
    ) -> EffectState | None:
        """Follow an operation to its end; None where it is not known how it ended."""
        if change.list_match is not None and await self._is_listed(
            change, change.list_match, ticket, poll_counter
        ):
            return "done"
        operation = str(ticket.operation)
        ended = await self._poll_operation(
            change, operation, ticket.sent, poll_counter=poll_counter
        )
        return (
            await self._check_after(change, ended, ticket, again=again)
            if ended.status != "unknown"
            else None
        )

    async def _poll_operation(
        self,
        change: PendingChange,
        operation: str,
        sent: datetime,
        *,
        poll_counter: PollCounter | None = None,
        is_late: bool = False,
    ) -> OperationEnd:
        begun = Operation(operation, change.kind, change.what, sent, is_late)
        return await poll_operation(self.api, begun, change.polling, self.timing, poll_counter)

    async def _is_listed(
        self, change: PendingChange, sight: ListMatch, ticket: Ticket, poll_counter: PollCounter
    ) -> bool:
        """Tell whether a list shows a change, where that costs less than polling its operation."""
        if not self.list_poller.is_worthwhile(sight.name):
            return False
        first = self.timing.first_poll(change.kind, short=False)
        row = await self.list_poller.wait_until_listed(
            sight.name, sight.shows, first, change.polling, poll_counter=poll_counter
        )
        return row is not None and await sight.accept(row, str(ticket.operation))

    async def _check_after(
        self, change: PendingChange, ended: OperationEnd, ticket: Ticket, *, again: bool
    ) -> EffectState:
        """Check the effect: a failed operation may have done a part, a completed one may lag."""
        if ended.status == "completed":
            found = await self._poll_effect(change, ended.resource, LAG_SECONDS, ticket.sent)
            if found == "undone":
                raise StepUncertain(
                    f"{change.what}: the operation is completed, but its effect is not to be seen"
                )
            return "done" if change.creates else found
        found = await self._poll_effect(
            change, None, _SOON * 2 if ended.is_final else LAG_SECONDS, ticket.sent
        )
        if found == "undone" and (ended.is_final or not again):
            raise StepRefused(ended.reason)
        return found

    def _seconds_until_settled(self, change: PendingChange, ticket: Ticket) -> float:
        """Give the seconds until a request without visible effect certainly has none."""
        settle = self.settle if change.settle is None else min(change.settle, self.settle)
        return settle - (self.clock() - ticket.sent).total_seconds()

    async def _poll_effect(
        self, change: PendingChange, resource: str | None, seconds: float, sent: datetime
    ) -> EffectState:
        """Check until it is done, or for so many seconds; `sent` says since when it may be."""
        loop = asyncio.get_running_loop()
        until, wait = loop.time() + seconds, _SOON
        while True:
            found = await change.check_effect(resource)
            left = until - loop.time()
            if found == "done" or left <= 0:
                return found
            if seconds >= _LONG:
                self.api.pace.notify_wait(
                    "settle", f"the effect of {change.what} to be seen", sent, left
                )
            await asyncio.sleep(min(wait, left))
            wait = min(wait * 2, _LATE)

    async def outcome_of(self, change: PendingChange, ticket: str | None) -> EffectState:
        """Tell what became of a change that an earlier process began.

        Args:
            change: the change; nothing is sent.
            ticket: what was noted last; None where it was not sent.
        """
        if ticket is None:
            found = await change.check_effect(None)
            return found if found == "done" else "undone"
        noted = Ticket.read(ticket)
        if noted.operation is not None:
            ended = await self._poll_operation(change, noted.operation, noted.sent, is_late=True)
            if ended.status == "completed":
                found = await self._poll_effect(change, ended.resource, LAG_SECONDS, noted.sent)
                return "done" if change.creates and found != "undone" else found
            if ended.status == "failed":
                return await self._poll_effect(
                    change, None, _SOON * 2 if ended.is_final else LAG_SECONDS, noted.sent
                )
        return await self._poll_effect(
            change, None, self._seconds_until_settled(change, noted), noted.sent
        )


class _uncertain_after_send:
    """Turns a backend that fails into an uncertain step, once something was sent."""

    def __init__(self, sent: bool, what: str):
        self._sent, self._what = sent, what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if self._sent and isinstance(fault, BackendFailed | CredentialsMissing):
            is_refused = isinstance(fault, CredentialsMissing)  # the transport reports it
            then = "its end could not be asked for" if is_refused else f"then: {fault}"
            raise StepUncertain(f"{self._what}: it was sent, and {then}") from fault
