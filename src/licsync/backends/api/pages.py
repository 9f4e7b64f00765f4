"""Reads whole lists, page by page: all of it, or BackendFailed. Half a list must never look like a whole one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from licsync.backends.api.answers import CLOSED_SCROLL, Answer
from licsync.backends.api.pacing import Urgency
from licsync.backends.api.transport import Request, Transport
from licsync.engine.ports import BackendFailed

USERS_A_PAGE = 1000
"""The most that the vendor gives at once of users, ring groups and addresses; 100 of numbers (domain.md, 10.2)."""

_RESTARTS = 3
_MOST_PAGES = 10_000

Document = dict[str, Any]


def id_of(document: Mapping[str, Any]) -> str | None:
    """Give the id of a document; a user's stands in its basic information."""
    found = document.get("id") or (document.get("basicInfo") or {}).get("userId")
    return found if isinstance(found, str) else None


async def scroll(
    api: Transport, path: str, media: str, *, size: int = USERS_A_PAGE, filter: str | None = None
) -> list[Document]:
    """Read a list that is paged by scrolling; an expired scroll begins anew, three times.

    Raises:
        BackendFailed: the list cannot be read in full, or the key may not read it.
    """
    first = {"pageSize": str(size)} | ({"filter": filter} if filter else {})
    for _ in range(_RESTARTS + 1):
        found: dict[str, Document] = {}
        query: dict[str, str] = first
        for _ in range(_MOST_PAGES):
            answer = await api.get(Request("GET", path, media, query=query), Urgency.START)
            if answer.outcome == "refused" and query is not first and answer.status in CLOSED_SCROLL:
                break  # the scroll expired
            fresh, pagination = _page(path, answer, found)
            if not pagination.get("hasMore"):
                return list(found.values())
            token = pagination.get("nextScrollId")
            if not isinstance(token, str) or not token or (query is not first and not fresh):
                raise _incomplete(path, "it says that there is more, but not where")
            query = {"scrollId": token}  # it must stand alone (trap 13)
        else:
            raise _incomplete(path, "it does not end")
    raise _incomplete(path, f"its scroll expired {_RESTARTS + 1} times")


async def numbered(api: Transport, path: str, media: str, *, size: int = 100) -> list[Document]:
    """Read a list whose pages are numbered from 0, as that of the sites. Raises BackendFailed."""
    found: dict[str, Document] = {}
    for number in range(_MOST_PAGES):
        query = {"pageSize": str(size), "pageNumber": str(number)}
        answer = await api.get(Request("GET", path, media, query=query), Urgency.START)
        fresh, pagination = _page(path, answer, found)
        if not pagination.get("hasMore"):
            return list(found.values())
        if not fresh:
            raise _incomplete(path, "a page brings nothing new")
    raise _incomplete(path, "it does not end")


def _page(path: str, answer: Answer, found: dict[str, Document]) -> tuple[bool, Mapping[str, Any]]:
    """Add a page to what was found, without repeats; say whether it brought anything, and give its pagination."""
    if answer.outcome != "accepted":
        raise BackendFailed(f"The list {path} cannot be read: {answer.reason}.")
    body = answer.body
    rows = body.get("data") if isinstance(body, Mapping) else None
    pagination = body.get("pagination") if isinstance(body, Mapping) else None
    if not isinstance(rows, list) or not isinstance(pagination, Mapping):
        raise _incomplete(path, "a page has no rows or no pagination")
    before = len(found)
    for row in rows:
        key = id_of(row) if isinstance(row, Mapping) else None
        if key is None:
            raise _incomplete(path, "a row has no id")
        found[key] = row
    return len(found) > before, pagination


def _incomplete(path: str, why: str) -> BackendFailed:
    return BackendFailed(f"The list {path} cannot be read in full: {why}. Nothing was concluded from what was read.")
