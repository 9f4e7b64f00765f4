"""Lists in pages: by scroll ids, or by page numbers (sites; contradiction C5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from licsync.simulator import rsql
from licsync.simulator.problems import Detail, Problem, invalid
from licsync.simulator.simulation import Simulation

Row = Callable[[], dict[str, Any]]
"""Makes one item of a list, when its page is asked for."""

_MOST_SCROLLS = 1000


@dataclass(frozen=True, slots=True)
class Query:
    """What a list request asks for, beside its page."""

    page_size: int
    filter: str | None
    sort: str | None


@dataclass(frozen=True, slots=True)
class _Scroll:
    resource: str
    rows: Sequence[Row]
    start: int
    query: Query
    expires: datetime


class Scrolls:
    """The scrolls that can be gone on with.

    Each page has an id of its own, which lives some minutes (PG).
    """

    def __init__(self, sim: Simulation):
        self._sim = sim
        self._scrolls: dict[str, _Scroll] = {}

    def expire(self) -> None:
        """Let all of them end."""
        self._scrolls.clear()

    def page(
        self,
        resource: str,
        parameters: Mapping[str, str],
        find: Callable[[Query], Sequence[Row]],
        largest: int = 1000,
    ) -> dict[str, Any]:
        """Give a page: the next one of a scroll, or the first one.

        Args:
            resource: the path of the list.
            parameters: the query parameters.
            find: finds the items, in order.
            largest: the largest page.

        Raises:
            Problem: a parameter is wrong, or the scroll has ended (400).
        """
        if "scrollId" not in parameters:
            query = query_of(parameters, largest)
            return self._show(resource, find(query), 0, query)
        if parameters.keys() & {"pageSize", "filter", "sort"}:
            message = "Cannot use scrollId with other first-page query parameters"
            raise Problem(
                400, "Conflicting query parameters", Detail("CONFLICTING_QUERY_PARAMETER", message)
            )
        scroll = self._scrolls.get(parameters["scrollId"])
        if scroll is None or scroll.resource != resource or scroll.expires <= self._sim.now():
            raise invalid("Invalid scroll identifier", "scrollId")
        return self._show(resource, scroll.rows, scroll.start, scroll.query)

    def _show(self, resource: str, rows: Sequence[Row], start: int, query: Query) -> dict[str, Any]:
        end = start + query.page_size
        page: dict[str, Any] = {"pageSize": query.page_size, "pageNumber": start // query.page_size}
        page |= {"hasMore": end < len(rows)}
        page |= {k: v for k, v in (("filter", query.filter), ("sort", query.sort)) if v is not None}
        base = f"/admin-provisioning/{resource}"
        links = {"self": {"href": f"{base}?{urlencode({'pageSize': query.page_size})}"}}
        if end < len(rows):
            name = self._sim.fresh_id()
            expires = self._sim.now() + timedelta(seconds=self._sim.settings.limits.scroll_seconds)
            while len(self._scrolls) >= _MOST_SCROLLS:
                self._scrolls.pop(next(iter(self._scrolls)))
            self._scrolls[name] = _Scroll(resource, rows, end, query, expires)
            page["nextScrollId"] = name
            links["next"] = {"href": f"{base}?{urlencode({'scrollId': name})}"}
        return {"data": [row() for row in rows[start:end]], "pagination": page, "_links": links}


def numbered_page(
    resource: str, parameters: Mapping[str, str], find: Callable[[Query], Sequence[Row]]
) -> dict[str, Any]:
    """Give a page by its number, from 0.

    Raises:
        Problem: the request is invalid (400).
    """
    query = query_of(parameters, 1000)
    number = whole_number(parameters.get("pageNumber", "0"), "pageNumber", 0, 10**9)
    rows, start = find(query), number * query.page_size
    page: dict[str, Any] = {
        "pageSize": query.page_size,
        "pageNumber": number,
        "hasMore": start + query.page_size < len(rows),
    }
    page |= {k: v for k, v in (("filter", query.filter), ("sort", query.sort)) if v is not None}
    encoded = urlencode({"pageSize": query.page_size, "pageNumber": number})
    href = f"/admin-provisioning/{resource}?{encoded}"
    data = [row() for row in rows[start : start + query.page_size]]
    return {"data": data, "pagination": page, "_links": {"self": {"href": href}}}


def query_of(parameters: Mapping[str, str], largest: int) -> Query:
    """Read what a list request asks for.

    Raises:
        Problem: the request is invalid (400).
    """
    size = whole_number(parameters.get("pageSize", "100"), "pageSize", 1, largest)
    return Query(size, parameters.get("filter"), parameters.get("sort"))


def whole_number(text: str, field: str, least: int, most: int) -> int:
    """Read a number of a query.

    Raises:
        Problem: the request is invalid (400).
    """
    if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
        raise invalid(f"must be a number between {least} and {most}", field)
    return int(text)


def filter_and_sort(
    documents: list[dict[str, Any]],
    query: Query,
    fields: Collection[str],
    sortable: Collection[str] | None = None,
    *,
    one_sort: bool = False,
) -> list[dict[str, Any]]:
    """Filter and sort documents as a request asks.

    Args:
        documents: all there are.
        query: the request.
        fields: what can be filtered by.
        sortable: what can be sorted by, if not by the same.
        one_sort: whether one field only can be sorted by.

    Raises:
        Problem: filter or sort is none (400).
    """
    if query.filter is not None:
        filter_ = rsql.parse_checked(query.filter, fields)
        documents = [d for d in documents if filter_.matches(d)]
    if query.sort is not None:
        rsql.sort(documents, query.sort, sortable or fields, one=one_sort)
    return documents


def as_rows(documents: Sequence[dict[str, Any]]) -> list[Row]:
    """Make rows of documents that are there already."""
    return [lambda document=document: document for document in documents]  # type: ignore[misc]
