"""Reads whole lists, page by page: all of it, or BackendFailed.

Half a list must never look like a whole one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from licsync.backends.api.responses import CLOSED_SCROLL
from licsync.backends.api.transport import Request, Transport
from licsync.backends.http.rate_limit import Urgency
from licsync.backends.http.responses import Answer
from licsync.engine.ports import BackendFailed

USERS_PER_PAGE = 1000
"""The largest page of users, ring groups and addresses; 100 of numbers (domain.md, 10.2)."""

_RESTARTS = 3
_MAX_PAGES = 10_000
_AT_ONCE = 25
"""Rows that are taken in before the network has its turn: a few milliseconds."""

Document = dict[str, Any]


class ListRefused(BackendFailed):
    """The vendor does not give a list; `status` is that of its answer."""

    def __init__(self, message: str, status: int | None):
        super().__init__(message)
        self.status = status


def id_of(document: Mapping[str, Any]) -> str | None:
    """Give the id of a document: a user's is in `basicInfo`, a phone number is its own."""
    basic = document.get("basicInfo")
    user = basic.get("userId") if isinstance(basic, dict) else None
    found = document.get("id") or user or document.get("phoneNumber")
    return found if isinstance(found, str) else None


async def scroll(
    api: Transport,
    path: str,
    media: str,
    *,
    size: int = USERS_PER_PAGE,
    filter: str | None = None,
    on_page: Callable[[Document], object] = lambda row: None,
) -> list[Document]:
    """Read a list that is paged by scrolling; an expired scroll begins anew, three times.

    A page is asked for as soon as the one before names it, and is on its way while that one is
    looked at.

    Args:
        api: the way to the API.
        path: the list's.
        media: the resource part of its media type.
        size: how many rows a page has.
        filter: which rows.
        on_page: takes every row while the next page is on its way; what it does may turn out to
            be in vain.

    Raises:
        BackendFailed: the list cannot be read in full, or the key may not read it.
    """
    first = {"pageSize": str(size)} | ({"filter": filter} if filter else {})
    for _ in range(_RESTARTS + 1):
        found: dict[str, Document] = {}
        answer = await api.get(Request("GET", path, media, query=first), Urgency.START)
        for number in range(_MAX_PAGES):
            if answer.outcome == "refused" and number and answer.status in CLOSED_SCROLL:
                break  # the scroll expired
            rows, pagination = _page(path, answer)
            token = pagination.get("nextScrollId")
            has_more = bool(pagination.get("hasMore"))
            if has_more and (not isinstance(token, str) or not token):
                raise _incomplete(path, "it says that there is more, but not where")
            # it must stand alone (trap 13)
            following = Request("GET", path, media, query={"scrollId": str(token)})
            async with _prefetching(api, following if has_more else None) as next_page:
                before = len(found)
                for start in range(0, len(rows), _AT_ONCE):
                    for row in _append_new(path, rows[start : start + _AT_ONCE], found):
                        on_page(row)
                    await asyncio.sleep(0)
                if next_page is None:
                    return list(found.values())
                if number and len(found) == before:
                    raise _incomplete(path, "it says that there is more, but not where")
                answer = await next_page
        else:
            raise _incomplete(path, "it does not end")
    raise _incomplete(path, f"its scroll expired {_RESTARTS + 1} times")


@asynccontextmanager
async def _prefetching(
    api: Transport, request: Request | None
) -> AsyncIterator[asyncio.Task[Answer] | None]:
    """Ask for something meanwhile; what is not waited for in the end is given up."""
    task = asyncio.create_task(api.get(request, Urgency.START)) if request is not None else None
    try:
        yield task
    finally:
        if task is not None and not task.done():
            task.cancel()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)


async def list_numbered_pages(
    api: Transport, path: str, media: str, *, size: int = 100
) -> list[Document]:
    """Read a list whose pages are numbered from 0, as that of the sites.

    Raises:
        ListRefused: 8x8 refuses the request.
        BackendFailed: the list cannot be read to its end.
    """
    found: dict[str, Document] = {}
    for number in range(_MAX_PAGES):
        query = {"pageSize": str(size), "pageNumber": str(number)}
        answer = await api.get(Request("GET", path, media, query=query), Urgency.START)
        before = len(found)
        rows, pagination = _page(path, answer)
        _append_new(path, rows, found)
        if not pagination.get("hasMore"):
            return list(found.values())
        if len(found) == before:
            raise _incomplete(path, "a page brings nothing new")
    raise _incomplete(path, "it does not end")


def _page(path: str, answer: Answer) -> tuple[list[Any], Mapping[str, Any]]:
    """Give the rows of a page, which are not looked at yet, and its pagination."""
    if answer.outcome != "accepted":
        raise ListRefused(f"The list {path} cannot be read: {answer.reason}.", answer.status)
    body = answer.body
    rows = body.get("data") if isinstance(body, Mapping) else None
    pagination = body.get("pagination") if isinstance(body, Mapping) else None
    if not isinstance(rows, list) or not isinstance(pagination, Mapping):
        raise _incomplete(path, "a page has no rows or no pagination")
    has_more, token = pagination.get("hasMore"), pagination.get("nextScrollId")
    if (
        not isinstance(has_more, bool | None)
        or not isinstance(token, str | None)
        or (token and has_more is None)
    ):
        raise _incomplete(path, "whether there are more pages is not clear")
    return rows, pagination


def _append_new(path: str, rows: Iterable[Any], found: dict[str, Document]) -> list[Document]:
    """Add rows to what was found, without repeats; give them."""
    added = []
    for row in rows:
        key = id_of(row) if isinstance(row, Mapping) else None
        if key is None:
            raise _incomplete(path, "a row has no id")
        found[key] = row
        added.append(row)
    return added


def _incomplete(path: str, why: str) -> BackendFailed:
    return BackendFailed(
        f"The list {path} cannot be read in full: {why}. Nothing was concluded from what was read."
    )
