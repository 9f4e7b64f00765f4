"""Follows an operation of the API to its end with as few polls as it takes.

Polls draw on the same budget as everything else, and ten operations polled every second would take
six times the limit (trap 11). So a poll waits for as long as such operations were seen to take:
half of them are done by the first poll while there is time for more, and nearly all of them when
requests are short.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from licsync.backends.api.responses import error_text
from licsync.backends.api.transport import Request, Transport
from licsync.backends.http.rate_limit import Urgency
from licsync.backends.http.transport import path_of

Status = Literal["completed", "failed", "unknown"]

DEADLINE = 300.0
"""Seconds after which an operation counts as never ending, as the vendor advises."""

_GUESS = (2.0, 4.0, 6.0, 9.0, 15.0)  # the vendor speaks of 2 to 15 seconds
_PASSING = frozenset(
    (None, "UNKNOWN", "REQUEST_TIMEOUT", "SERVICE_UNAVAILABLE", "TOO_MANY_REQUESTS")
)
"""Codes of errors that say nothing against what was asked."""

_LOST_AFTER = 3  # polls answered with 404
_SHORTEST, _LONGEST = 1.0, 20.0
_NOTABLE = 15.0  # seconds; most operations have ended by then
_AT_ONCE = 0.01  # where there is no limit, as in a simulator


@dataclass(frozen=True, slots=True)
class OperationEnd:
    """How an operation ended; `unknown` says nothing of its effect, nor does `failed` for certain.

    Attributes:
        status: how it ended.
        resource: the id of what it was about, as far as it is named.
        reason: why it is not completed, in the vendor's words.
        is_final: whether it failed for what was asked of it, so that it would fail again.
    """

    status: Status
    resource: str | None = None
    reason: str = ""
    is_final: bool = False


@dataclass(slots=True)
class PollCounter:
    """Counts the polls of one operation; those of a list count in part for each it shows."""

    requests: float = 0.0


@dataclass(slots=True)
class OperationTimings:
    """How long operations were seen to take, by what they did."""

    seen: dict[str, deque[float]] = field(default_factory=dict)

    def add(self, kind: str, seconds: float) -> None:
        """Note how long one took."""
        self.seen.setdefault(kind, deque(maxlen=50)).append(seconds)

    def first_poll(self, kind: str, *, short: bool) -> float:
        """Say when to poll first.

        Args:
            kind: what the operation does.
            short: whether requests are short, so that a poll too many costs more than a late one.
        """
        seen = self.seen.get(kind, ())
        times: list[float] = sorted(seen if len(seen) >= len(_GUESS) else (*_GUESS, *seen))
        place = round((len(times) - 1) * (0.95 if short else 0.5))
        return min(max(times[place] * 1.05, _SHORTEST), _LONGEST * 2)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation to follow.

    Attributes:
        id: its id.
        kind: what it does, as `OperationTimings` knows it.
        what: what it does, in words.
        since: when it was begun; None: now.
        is_late: whether it should have ended by now, so that the first poll need not wait.
    """

    id: str
    kind: str
    what: str = ""
    since: datetime | None = None
    is_late: bool = False

    def __str__(self) -> str:
        return f"operation {self.id}" + (f" ({self.what})" if self.what else "")


async def poll_operation(
    api: Transport,
    operation: Operation,
    urgency: Urgency,
    timing: OperationTimings,
    poll_counter: PollCounter | None = None,
) -> OperationEnd:
    """Poll an operation until it ends, or for five minutes.

    What goes wrong with a poll is not news of the operation: the next poll asks again.

    Args:
        api: the way to the API.
        operation: the operation.
        urgency: how urgent its polls are.
        timing: how long such operations take.
        poll_counter: counts the polls.

    Raises:
        CredentialsMissing: the key is not accepted.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    lost, reason = 0, "it did not end within five minutes"
    shortest = _SHORTEST if api.pace.limit is not None else _AT_ONCE
    wait = _first_wait(api, operation, timing)
    since = operation.since or api.pace.clock()
    request = Request("GET", path_of("operations", operation.id), "operations")
    while (left := began + DEADLINE - loop.time()) > 0:
        await asyncio.sleep(min(wait, left))
        answer = await api.send(request, urgency)
        if poll_counter is not None:
            poll_counter.requests += 1
        wait = min(max((loop.time() - began) / 3, 2 * shortest), _LONGEST)
        if answer.status == 404:
            lost += 1
            if lost == _LOST_AFTER:
                return OperationEnd(
                    "unknown", reason="the API does not know the operation (HTTP 404)"
                )
        elif answer.outcome == "accepted" and isinstance(answer.body, Mapping):
            ended = _read_end(answer.body)
            if ended is not None:
                took = _duration(answer.body)
                if took is not None or not operation.is_late:
                    timing.add(operation.kind, loop.time() - began if took is None else took)
                return ended
        elif answer.outcome == "refused":
            reason = answer.reason
        if (api.pace.clock() - since).total_seconds() >= _NOTABLE:
            left = began + DEADLINE - loop.time()
            api.pace.notify_wait("operation", f"{operation} to end", since, left)
    return OperationEnd("unknown", reason=reason)


def _first_wait(api: Transport, operation: Operation, timing: OperationTimings) -> float:
    """Say how many seconds to wait before the first poll."""
    if operation.is_late:
        return 0.0
    if api.pace.limit is None:
        return _AT_ONCE
    return timing.first_poll(operation.kind, short=api.pace.is_contended)


def _read_end(operation: Mapping[str, Any]) -> OperationEnd | None:
    """Read an operation; None while it is under way.

    A status that is new is no more than unknown.
    """
    status = str(operation.get("status") or "").casefold()
    if status in ("pending", "in_progress"):
        return None
    resource = operation.get("resourceId")
    if status == "completed":
        return OperationEnd(
            "completed", resource if isinstance(resource, str) and resource else None
        )
    fault = error_text(operation.get("error"))
    if status == "failed":
        error = operation.get("error")
        errors = error.get("errors") if isinstance(error, Mapping) else None
        found = (
            [e.get("code") for e in errors if isinstance(e, Mapping)]
            if isinstance(errors, list)
            else []
        )
        codes = {code if isinstance(code, str | None) else str(code) for code in found}
        reason = fault or "the operation failed, and no reason is given"
        return OperationEnd("failed", reason=reason, is_final=not codes <= _PASSING)
    return OperationEnd(
        "unknown", reason=fault or f"the operation's status is {status.upper() or 'missing'}"
    )


def _duration(operation: Mapping[str, Any]) -> float | None:
    try:
        begun, ended = (
            datetime.fromisoformat(str(operation[name]))
            for name in ("createdTime", "completedTime")
        )
        return max((ended - begun).total_seconds(), 0.0)
    except (KeyError, TypeError, ValueError):
        return None
