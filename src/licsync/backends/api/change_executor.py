"""Carries one change to its end: sends it, follows it, and looks what became of it wherever an answer leaves that open.

The one rule that keeps people their licenses (decision 11): what may have had an effect is sent
again only after the settle time has passed and nothing of it is to be seen, for a copy that comes
late would undo what followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from licsync.backends.api.effect_check import Verdict
from licsync.backends.api.list_polling import Lookout
from licsync.backends.api.mapping import Document
from licsync.backends.api.operation_polling import Asking, Ended, Timing, follow
from licsync.backends.api.pagination import id_of
from licsync.backends.api.rate_limit import Urgency
from licsync.backends.api.responses import NOT_IMPLEMENTED, Answer
from licsync.backends.api.transport import Request, Transport
from licsync.diagnostics import CredentialsMissing
from licsync.engine.ports import BackendFailed, StepRefused, StepUncertain
from licsync.model.license import format_instant, parse_instant
from licsync.model.throughput import Asked

SETTLE = 300.0
"""Seconds after which a request that is not seen to have an effect has none, unless the account says otherwise."""

LAG = 60.0
"""Seconds that what an operation did may stay unseen after it is completed (trap 21)."""

_TIMES = 3
_SOON, _LATE = 2.0, 30.0
_LONG = 10.0  # seconds; whoever waits so long is told


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the journal keeps of a request, as text: when it was sent, and the operation that it began."""

    sent: datetime
    operation: str | None = None

    def __str__(self) -> str:
        return " ".join(part for part in (format_instant(self.sent), self.operation) if part)

    @classmethod
    def read(cls, text: str) -> Ticket:
        """Read a ticket back. Raises ValueError."""
        sent, _, operation = text.partition(" ")
        return cls(parse_instant(sent), operation or None)


@dataclass(frozen=True, slots=True)
class Sight:
    """How a change of a user is to be seen on a list.

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
class Errand:
    """One change.

    Attributes:
        what: in words, for messages.
        kind: what the operation does, for its timing.
        request: makes the request; called anew for each time it is sent. May raise StepRefused.
        look: reads what is there and tells what became of it; it is given the id that the API names
            of what was made.
        sending: how urgent the request is.
        polling: how urgent its polls are.
        sight: how it is to be seen on a list; None where only its operation tells that it is done.
        creates: whether it makes something: then that it is there counts, whatever values it has.
        times: how often it is sent at most.
        settle: seconds after which it has no effect where none is seen, if a copy that comes late
            does no harm.
    """

    what: str
    kind: str
    request: Callable[[], Awaitable[Request]]
    look: Callable[[str | None], Awaitable[Verdict]]
    sending: Urgency = Urgency.STEP
    polling: Urgency = Urgency.POLL
    sight: Sight | None = None
    creates: bool = False
    times: int = _TIMES
    settle: float | None = None

    @property
    def pace(self) -> str:
        """Name the kind of operation that forecasts go by: what no list shows takes polls of its own."""
        return "update, polled" if self.kind == "update" and self.sight is None else self.kind


@dataclass(slots=True)
class Carrier:
    """Carries errands.

    Attributes:
        api: the way to the API.
        settle: see `SETTLE`.
        clock: gives the current instant.
        timing: how long operations were seen to take.
        took: what every operation took that was seen to be done, by kind: what forecasts go by.
        lookout: watches many changes at once.
    """

    api: Transport
    settle: float = SETTLE
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    timing: Timing = field(default_factory=Timing)
    took: dict[str, list[Asked]] = field(default_factory=dict)
    lookout: Lookout = field(init=False)

    def __post_init__(self) -> None:
        """Look out by the same way."""
        self.lookout = Lookout(self.api)

    def take_times(self) -> dict[str, list[Asked]]:
        """Give what operations took since this was asked last, by kind."""
        times, self.took = self.took, {}
        return times

    async def carry(self, errand: Errand, note: Callable[[str], None]) -> None:
        """Do one change to its end.

        Args:
            errand: the change.
            note: is told a ticket before each sending, and once the operation is known.

        Raises:
            StepRefused: for certain without an effect.
            StepUncertain: it cannot be told now.
            BackendFailed, CredentialsMissing: nothing was sent.
        """
        sent = False
        found: Verdict = "undone"
        for left in reversed(range(errand.times)):
            async with self.api.pace.operation(errand.sending):
                request = await errand.request()
                with _uncertain_once(sent, errand.what):
                    answer = await self.api.send(
                        request, errand.sending, lambda: note(str(Ticket(self.clock())))
                    )
                if answer.outcome == "refused":
                    await self._refused(errand, answer, sent)
                    return
                sent = True
                with _uncertain_once(sent, errand.what):
                    found = await self._end(errand, answer, note, again=left > 0)
            if found == "done":
                return
            if found == "changed" and errand.creates:
                raise StepUncertain(
                    f"{errand.what}: it is there, but not with the values that were sent"
                )
            if found == "changed":
                raise StepRefused("somebody else changed the same meanwhile; plan again")
        seen = (
            "nothing of it is to be seen"
            if found == "undone"
            else "only a part of it is to be seen"
        )
        times = "once" if errand.times == 1 else f"{errand.times} times"
        raise StepUncertain(f"{errand.what}: it was sent {times}, and {seen}")

    async def _refused(self, errand: Errand, answer: Answer, sent: bool) -> None:
        """Make sure that what is refused has no effect: what was sent before may have had."""
        if answer.status in NOT_IMPLEMENTED:
            raise StepRefused(
                f"The API has no such operation ({answer.reason}): it has to be done in the console."
            )
        if sent or answer.status == 404 or answer.status == 409:
            with _uncertain_once(sent, errand.what):
                found = await errand.look(None)
            if found == "done":
                return
            if sent and found != "undone":
                raise StepUncertain(
                    f"{errand.what}: a part of it is there, the rest is refused: {answer.reason}"
                )
        raise StepRefused(answer.reason)

    async def _end(
        self, errand: Errand, answer: Answer, note: Callable[[str], None], *, again: bool
    ) -> Verdict:
        ticket = Ticket(self.clock(), answer.operation)
        if answer.outcome == "accepted" and answer.operation is None:  # done at once
            made = id_of(answer.body) if isinstance(answer.body, dict) else None
            return await self._watch(errand, made, LAG, ticket.sent)
        if answer.outcome == "accepted":
            note(str(ticket))
            began, asking = asyncio.get_running_loop().time(), Asking()
            found = await self._seen(errand, ticket, asking, again=again)
            if found == "done":
                seconds = asyncio.get_running_loop().time() - began
                self.took.setdefault(errand.pace, []).append(Asked(seconds, asking.requests))
            if found is not None:
                return found
        return await self._watch(errand, None, self._unsettled(errand, ticket), ticket.sent)

    async def _seen(
        self, errand: Errand, ticket: Ticket, asking: Asking, *, again: bool
    ) -> Verdict | None:
        """Follow an operation to its end; None where it is not known how it ended."""
        if errand.sight is not None and await self._is_seen(errand, errand.sight, ticket, asking):
            return "done"
        operation = str(ticket.operation)
        ended = await self._follow(errand, operation, ticket.sent, asking=asking)
        return (
            await self._after(errand, ended, ticket, again=again)
            if ended.status != "unknown"
            else None
        )

    async def _follow(
        self,
        errand: Errand,
        operation: str,
        sent: datetime,
        *,
        asking: Asking | None = None,
        is_late: bool = False,
    ) -> Ended:
        return await follow(
            self.api,
            operation,
            errand.kind,
            errand.polling,
            self.timing,
            asking=asking,
            is_late=is_late,
            since=sent,
            what=errand.what,
        )

    async def _is_seen(self, errand: Errand, sight: Sight, ticket: Ticket, asking: Asking) -> bool:
        """Tell whether a change is seen on a list, where that costs less than polling its operation."""
        if not self.lookout.is_worth(sight.name):
            return False
        first = self.timing.first(errand.kind, short=False)
        row = await self.lookout.see(sight.name, sight.shows, first, errand.polling, asking=asking)
        return row is not None and await sight.accept(row, str(ticket.operation))

    async def _after(self, errand: Errand, ended: Ended, ticket: Ticket, *, again: bool) -> Verdict:
        """Look what an operation left; what failed may have done a part, what is completed may not be seen yet."""
        if ended.status == "completed":
            found = await self._watch(errand, ended.resource, LAG, ticket.sent)
            if found == "undone":
                raise StepUncertain(
                    f"{errand.what}: the operation is completed, but its effect is not to be seen"
                )
            return "done" if errand.creates else found
        found = await self._watch(errand, None, _SOON * 2 if ended.is_final else LAG, ticket.sent)
        if found == "undone" and (ended.is_final or not again):
            raise StepRefused(ended.reason)
        return found

    def _unsettled(self, errand: Errand, ticket: Ticket) -> float:
        """Say how many seconds it takes until a request that is not seen to have an effect has none."""
        settle = self.settle if errand.settle is None else min(errand.settle, self.settle)
        return settle - (self.clock() - ticket.sent).total_seconds()

    async def _watch(
        self, errand: Errand, resource: str | None, seconds: float, sent: datetime
    ) -> Verdict:
        """Look until it is done, or for so many seconds; `sent` says since when it may be."""
        loop = asyncio.get_running_loop()
        until, wait = loop.time() + seconds, _SOON
        while True:
            found = await errand.look(resource)
            left = until - loop.time()
            if found == "done" or left <= 0:
                return found
            if seconds >= _LONG:
                self.api.pace.tell("settle", f"the effect of {errand.what} to be seen", sent, left)
            await asyncio.sleep(min(wait, left))
            wait = min(wait * 2, _LATE)

    async def became(self, errand: Errand, ticket: str | None) -> Verdict:
        """Tell what became of a change that an earlier process began.

        Args:
            errand: the change; nothing is sent.
            ticket: what was noted last; None where it was not sent.
        """
        if ticket is None:
            found = await errand.look(None)
            return found if found == "done" else "undone"
        noted = Ticket.read(ticket)
        if noted.operation is not None:
            ended = await self._follow(errand, noted.operation, noted.sent, is_late=True)
            if ended.status == "completed":
                found = await self._watch(errand, ended.resource, LAG, noted.sent)
                return "done" if errand.creates and found != "undone" else found
            if ended.status == "failed":
                return await self._watch(
                    errand, None, _SOON * 2 if ended.is_final else LAG, noted.sent
                )
        return await self._watch(errand, None, self._unsettled(errand, noted), noted.sent)


class _uncertain_once:
    """Turns a backend that fails into an uncertain step, once something was sent."""

    def __init__(self, sent: bool, what: str):
        self._sent, self._what = sent, what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if self._sent and isinstance(fault, BackendFailed | CredentialsMissing):
            is_refused = isinstance(fault, CredentialsMissing)  # which is told by itself, once
            then = "its end could not be asked for" if is_refused else f"then: {fault}"
            raise StepUncertain(f"{self._what}: it was sent, and {then}") from fault
