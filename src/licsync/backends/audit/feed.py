"""Reads the audit log: windows of at most 31 days, pages of 100 records, each to its end."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from licsync.backends.audit.transport import AUDIT_KEY, AuditRequest, AuditTransport
from licsync.backends.http.credentials import find_destination
from licsync.backends.http.patience import OPTIONAL
from licsync.backends.http.rate_limit import RateLimiter, Urgency
from licsync.engine.events import Waiting
from licsync.engine.ports import BackendFailed
from licsync.model.license import parse_instant
from licsync.planning.attribution import AuditEvent

URL = "LICSYNC_AUDIT_URL"
"""The environment variable that says where another audit log is, such as that of a simulator."""

VENDOR_URL = "https://api.8x8.com/administration/audit/v1"

WINDOW = timedelta(days=31)
"""The longest window of one request."""

_PAGE = 100
_MOST_PAGES = 500  # of one window


class AuditFeed:
    """The audit log of an account."""

    def __init__(self, transport: AuditTransport):
        self._transport = transport

    async def read(self, since: datetime, until: datetime) -> list[AuditEvent]:
        """Read what was created, updated and deleted in the console, oldest window first.

        A record that two windows share is read once.

        Raises:
            BackendFailed: the log cannot be read.
            CredentialsMissing: the key was not accepted.
        """
        found: dict[str, AuditEvent] = {}
        for start, end in windows(since, until):
            async for item in self._items(start, end):
                event = read_event(item)
                found.setdefault(event.id or f"#{len(found)}", event)
        return list(found.values())

    async def _items(self, start: datetime, end: datetime) -> AsyncIterator[Mapping[str, Any]]:
        query = {
            "startTime": _instant(start),
            "endTime": _instant(end),
            "service": "platform",
            "eventTypes": "create,update,delete",
            "size": str(_PAGE),
        }
        for _ in range(_MOST_PAGES):
            answer = await self._transport.get(AuditRequest(query), Urgency.START)
            if answer.outcome != "accepted":
                raise BackendFailed(f"8x8's audit log cannot be read: {answer.reason}.")
            for item in answer.body["data"]:
                yield item
            if (scroll := answer.body["meta"].get("scrollId")) is None:
                return
            query["scrollId"] = scroll
        raise BackendFailed(f"8x8's audit log has more than {_MOST_PAGES} pages for one month.")

    async def read_and_close(self, since: datetime, until: datetime) -> list[AuditEvent]:
        """Read as `read` does, and close the connections.

        Raises:
            BackendFailed: the log cannot be read.
            CredentialsMissing: the key was not accepted.
        """
        try:
            return await self.read(since, until)
        finally:
            await self._transport.close()


def windows(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Split a time into windows that one request may ask for, oldest first."""
    start = since
    while start < until:
        end = min(start + WINDOW, until)
        yield start, end
        start = end


def _instant(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def read_event(item: Mapping[str, Any]) -> AuditEvent:
    """Read one record; whatever is not as documented is left empty, never refused."""
    old, new, unread = _details(item.get("details"), _text(item.get("eventType")))
    of_user = _text(item.get("correlationType")).casefold() == "user"
    return AuditEvent(
        id=_text(item.get("id")),
        at=_moment(item.get("auditTimestamp")),
        event=_text(item.get("eventType")).casefold(),
        entity=_text(item.get("entityType")).casefold(),
        key=_text(item.get("entityKey")),
        name=_text(item.get("displayName")),
        user_id=_text(item.get("auditUserId")),
        impersonator=_text(item.get("impersonator")),
        old=old,
        new=new,
        unread=unread,
        parent_id=_text(item.get("correlationId")) if of_user else "",
    )


def _details(value: Any, event: str) -> tuple[dict[str, object], dict[str, object], bool]:
    """Read `details`: JSON in a text, with `old` and `new`, or with the attributes alone."""
    if value is None or value == "":
        return {}, {}, False
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return {}, {}, True
    if not isinstance(found, dict):
        return {}, {}, True
    if found.keys() & {"old", "new"}:
        old, new = found.get("old") or {}, found.get("new") or {}
        if not (isinstance(old, dict) and isinstance(new, dict)):
            return {}, {}, True
        return old, new, False
    return (found, {}, False) if event.casefold() == "delete" else ({}, found, False)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: Any) -> str:
    """Spell an instant as one in UTC with milliseconds; empty if it is none."""
    try:
        return _instant(parse_instant(_text(value)))
    except (ValueError, OverflowError):
        return ""


def open_audit_feed(
    environment: Mapping[str, str] = os.environ,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    on_wait: Callable[[Waiting], None] = lambda waiting: None,
) -> AuditFeed | None:
    """Open the audit log, if the environment has a key for it; nothing is sent yet.

    Args:
        environment: where the key is found, and where else than to 8x8 it may go.
        clock: gives the current instant.
        on_wait: gets each wait.

    Raises:
        CredentialsMissing: the key cannot be read, or may not be sent to the address.
    """
    if not AUDIT_KEY.is_set(environment):
        return None
    text = environment.get(URL) or VENDOR_URL
    address, key = find_destination(text, AUDIT_KEY, environment)
    pace = RateLimiter(clock=clock, on_wait=on_wait)
    return AuditFeed(AuditTransport(address, key, pace, patience=OPTIONAL))
