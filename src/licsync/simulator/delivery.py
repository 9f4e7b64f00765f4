"""Sends an answer, or does to it what a fault says: cut off, broken, slow, without end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.types import Receive, Send

from licsync.simulator.exchange import Answer


class AnswerLost(Exception):
    """The connection was closed instead of an answer.

    Only in process: a server really closes it.
    """


async def deliver(
    answer: Answer,
    fired: Sequence[Any],
    sleep: Callable[[float], Awaitable[None]],
    receive: Receive,
    send: Send,
) -> None:
    """Send an answer as the faults of its request say."""
    for rule in fired:
        if rule.kind == "slow":
            await sleep(rule.seconds)
    if any(rule.kind == "cut" for rule in fired):
        _close(receive)
        return
    garble = next((rule.body for rule in fired if rule.kind == "garble"), None)
    body, kind = answer.content(), answer.type
    length: int | None = len(body)
    if garble == "truncated":
        body = body[: len(body) // 2]
    elif garble == "no-json":
        body = body[: len(body) // 2]
        length = len(body)
    elif garble == "html":
        body, kind = b"<html><body>Bad gateway</body></html>", "text/html"
        length = len(body)
    elif garble == "empty":
        body, length = b"", 0
    elif garble in ("huge", "endless"):
        length = None
    headers = {**answer.headers, "Content-Type": kind} if answer.status != 204 else answer.headers
    if length is not None and answer.status != 204:
        headers = {**headers, "Content-Length": str(length)}
    raw = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    if garble == "huge":
        for _ in range(HUGE // len(_CHUNK)):
            await send({"type": "http.response.body", "body": _CHUNK, "more_body": True})
    while garble == "endless":
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await sleep(1)
    await send({"type": "http.response.body", "body": body, "more_body": garble == "truncated"})
    if garble == "truncated":
        _close(receive)


HUGE = 50_000_000
"""The size of a huge body: much more than any answer has."""

_CHUNK = b" " * 100_000


def _close(receive: Receive) -> None:
    """Close the connection: uvicorn's `receive` belongs to the request, which has the transport."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise AnswerLost
    transport.abort()
