"""The one budget that writes, polls and reads draw on, and the places for operations in flight.

The vendor allows 100 requests a minute and 20 in ten seconds for a key, and ten operations at once
for the organisation (domain.md, 10.2). licsync stays below, and gives the next turn to what is most
urgent: somebody who is between two licenses before anything new. Time is the running loop's, so
tests run in virtual time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import IntEnum
from heapq import heappop, heappush

from pyrate_limiter import InMemoryBucket, Rate, RateItem

from licsync.backends.http.limits import IN_FLIGHT, LIMIT
from licsync.engine.events import About, Waiting


class Urgency(IntEnum):
    """The order in which requests are sent while the limit on requests is reached."""

    SECOND_HALF = 0  # whatever ends the time in which somebody has no license
    HALF_DONE = 1  # polls of an operation that takes a license away
    POLL = 2
    STEP = 3  # what belongs to a step that has begun
    START = 4  # reads, and what begins


# what licsync uses of a limit: at exactly 100 and 20 some are refused
_A_MINUTE, _TEN_SECONDS = 0.95, 0.18
# until an answer tells what the process before has used: what licsync leaves unused
_AT_FIRST = [Rate(2, 10_000)]
_BURST_LIMIT = 20  # a limit in a header that is no larger is that of ten seconds
_NO_LIMIT = 100_000  # requests a minute; nobody sends as many
_LONGEST_WAIT = 65.0  # seconds; a limit of a minute is over by then
_FEW_LEFT = 2
_DIGITS = 15  # of a number in a header: an instant in seconds has ten

NOTABLE = 5.0
"""Seconds after which a wait is reported."""


class WaitQueue:
    """Waiting tasks: the most urgent first, then in the order of arrival."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []
        self._tickets = 0

    def join(self, urgency: Urgency) -> asyncio.Future[None]:
        """Join the queue. The future is done when it is the task's turn."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tickets += 1
        heappush(self._waiting, (urgency, self._tickets, turn))
        return turn

    def __len__(self) -> int:
        while self._waiting and self._waiting[0][2].done():  # gave up
            heappop(self._waiting)
        return len(self._waiting)

    def wake_next(self) -> None:
        """Wake the first task."""
        heappop(self._waiting)[2].set_result(None)


@dataclass(slots=True)
class RateLimiter:
    """Limits the rate of requests and the number of operations in flight.

    Attributes:
        slots: how many operations may be in flight at once.
        clock: gives the current instant, for a server that sends no `Date`.
        limit: requests a minute that the server states; None where there is no limit.
        on_wait: gets each wait when it begins, and again while it lasts.
    """

    slots: int = IN_FLIGHT
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    limit: int | None = LIMIT
    on_wait: Callable[[Waiting], None] = lambda waiting: None
    _bucket: InMemoryBucket = field(default_factory=lambda: InMemoryBucket(_AT_FIRST))
    _is_new: bool = True
    _turns: WaitQueue = field(default_factory=WaitQueue)
    _operations: WaitQueue = field(default_factory=WaitQueue)
    _in_flight: int = 0
    _paused_until: float = 0.0
    _held_since: datetime | None = None
    _alarm: asyncio.TimerHandle | None = None

    # --- requests ---------------------------------------------------------------------------------

    async def acquire(self, urgency: Urgency) -> None:
        """Wait until a request may be sent."""
        mine = self._turns.join(urgency)
        self._wake_all()
        await mine

    @property
    def is_contended(self) -> bool:
        """Tell whether requests wait, so that each request saved saves time."""
        return len(self._turns) > 0

    @property
    def in_flight(self) -> int:
        """Say how many operations are in flight."""
        return self._in_flight

    def _wake_all(self) -> None:
        """Call everybody whose turn it is, and set an alarm for the next."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        loop = asyncio.get_running_loop()
        while len(self._turns):
            now = loop.time()
            wait = self._paused_until - now
            if wait <= 0 and self.limit is None:
                self._wake_next()
                continue
            if wait <= 0:
                item = RateItem("request", int(now * 1000))
                self._bucket.leak(item.timestamp)
                if self._bucket.put(item):
                    self._wake_next()
                    continue
                waiting = self._bucket.waiting(item)
                wait = (waiting if isinstance(waiting, int) else 0) / 1000 + 0.001
            self._alarm = loop.call_later(wait, self._wake_all)
            self._held_since = self._held_since or self.clock()
            self.notify_wait("limit", "the API's limit on requests", self._held_since, wait)
            return

    def _wake_next(self) -> None:
        self._turns.wake_next()
        self._held_since = None

    def notify_wait(self, about: About, what: str, since: datetime, left: float) -> None:
        """Report a wait, unless it is short.

        Args:
            about: what kind of wait it is.
            what: what is waited for.
            since: when the wait began.
            left: seconds until it ends at the latest.
        """
        now = self.clock()
        until = now + timedelta(seconds=max(left, 0.0))
        if (until - since).total_seconds() >= NOTABLE:
            self.on_wait(Waiting(about, what, since, until, now))

    # --- what the server says ---------------------------------------------------------------------

    def update_limits(self, headers: Mapping[str, str]) -> None:
        """Read the limits from the headers of an answer: the size, and what is left of it."""
        limit, remaining = (
            _number(headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining")
        )
        is_new, self._is_new = self._is_new, False
        if limit is not None and limit >= _NO_LIMIT:  # a simulator that counts nothing
            self.limit = None
            return
        stated = limit if limit is not None and limit > _BURST_LIMIT else None
        if is_new or (stated is not None and stated != self.limit):
            self.limit = stated or self.limit
            self._bucket.rates = _rates(self.limit or LIMIT)
        if stated is not None and remaining is not None:
            self._make_room(stated - remaining, 0 if is_new else int(stated * (1 - _A_MINUTE)))
            if remaining <= _FEW_LEFT:
                self._pause(self.until_reset(headers) or 0.0)

    def _make_room(self, used: int, slack: int) -> None:
        """Count what others used of the key's minute: another tool, or a process just killed.

        Args:
            used: what all have used.
            slack: as many of others are not worth counting: what licsync leaves unused of a limit.
        """
        now = int(asyncio.get_running_loop().time() * 1000)
        self._bucket.leak(now)
        others = used - self._bucket.count()
        if others > slack:
            for _ in range(others):
                if not self._bucket.put(RateItem("other", now)):
                    break

    def pause_after_refusal(self, headers: Mapping[str, str], again: int) -> None:
        """Pause all requests after a 429.

        Args:
            headers: those of the answer.
            again: how often the same request was refused so far, from 0; a reset that is past or
                absent is guessed.
        """
        self._pause(self.until_reset(headers) or min(2.0**again, _LONGEST_WAIT))

    def until_reset(self, headers: Mapping[str, str]) -> float | None:
        """Give the seconds to the reset by the server's clock, at most 65; None if it is past."""
        retry = _number(headers.get("retry-after"))
        reset = _number(headers.get("x-ratelimit-reset"))
        if reset is not None:
            wait = reset - (server_time(headers) or self.clock()).timestamp()
        elif retry is not None:
            wait = float(retry)
        else:
            return None
        return min(wait, _LONGEST_WAIT) if wait > 0 else None

    def _pause(self, seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        self._paused_until = max(self._paused_until, now + seconds)

    # --- operations -------------------------------------------------------------------------------

    @asynccontextmanager
    async def operation_slot(self, urgency: Urgency) -> AsyncIterator[None]:
        """Hold one of the places for operations in flight."""
        if self._in_flight >= self.slots:
            mine = self._operations.join(urgency)
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():
                    self._release_slot()
                raise
        else:
            self._in_flight += 1
        try:
            yield
        finally:
            self._release_slot()

    def _release_slot(self) -> None:
        if len(self._operations):
            self._operations.wake_next()  # the place goes on to the next
        else:
            self._in_flight -= 1


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Read the `Date` header."""
    try:
        moment = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rates(limit: int) -> list[Rate]:
    return [Rate(int(limit * _TEN_SECONDS), 10_000), Rate(int(limit * _A_MINUTE), 60_000)]


def _number(text: str | None) -> int | None:
    """Read a number of a header; None if it is none, or larger than any that makes sense."""
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else None
