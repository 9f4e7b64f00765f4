"""8x8's audit log as one of the APIs that the server serves (domain.md, 10.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from licsync.model.license import format_instant, parse_instant
from licsync.simulator.audit_log import find_records
from licsync.simulator.exchange import Answer, Incoming
from licsync.simulator.problems import Problem, invalid, not_found, standard
from licsync.simulator.simulation import Simulation

_WINDOW = timedelta(days=31)
_LARGEST = 100
_DEFAULT = 20
_MOST_SCROLLS = 1000


class Audit:
    """The audit log: an `interfaces.Interface`. Requests to it are not limited."""

    base = "/administration/audit/v1"

    def __init__(self, sim: Simulation):
        self._sim = sim
        self._scrolls: dict[str, list[dict[str, Any]]] = {}

    def has_credential(self, incoming: Incoming) -> bool:
        """Tell whether a request has the key of the audit log."""
        return incoming.headers.get("x-api-key") == self._sim.settings.audit_key

    def limits(self, now: datetime) -> dict[str, str]:
        """Give no headers: no limit is known."""
        return {}

    def spend(self, now: datetime) -> dict[str, str]:
        """Count nothing."""
        return {}

    def answer(self, incoming: Incoming) -> Answer:
        """Give a page of records.

        Raises:
            Problem: the request is refused.
        """
        if incoming.path != "/audits":
            raise not_found("Resource not found")
        if incoming.method != "GET":
            raise standard(405)
        query = incoming.query
        start, end = _window(query)
        if query.get("service") != "platform":
            raise invalid("Required parameter 'service' must be 'platform'.")
        size = _size(query)
        if (scroll := query.get("scrollId")) is None:
            rows = find_records(self._sim, start, end, query)
        elif scroll in self._scrolls:
            rows = self._scrolls[scroll]
        else:
            raise invalid("Invalid scrollId.")
        page, rest = rows[:size], rows[size:]
        meta = {"totalRecordCount": len(page), "scrollId": self._keep(rest) if rest else None}
        return Answer(200, {"meta": meta, "data": page})

    def _keep(self, rows: list[dict[str, Any]]) -> str:
        while len(self._scrolls) >= _MOST_SCROLLS:
            self._scrolls.pop(next(iter(self._scrolls)))
        name = self._sim.fresh_id()
        self._scrolls[name] = rows
        return name

    def refusal(self, incoming: Incoming, problem: Problem) -> Answer:
        """Answer a request with a problem, in the form of the audit log's errors."""
        message = problem.errors[0].message if problem.errors else problem.detail or problem.title
        body = {
            "timestamp": format_instant(self._sim.now()),
            "status": problem.status,
            "error": problem.title if problem.status != 400 else "Bad Request",
            "message": message,
            "path": f"/v1{incoming.path}",
        }
        return Answer(problem.status, body, dict(problem.headers))


def _window(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    try:
        start, end = (parse_instant(query[name]) for name in ("startTime", "endTime"))
    except (KeyError, ValueError, OverflowError) as fault:
        raise invalid("Provide both startTime and endTime.") from fault
    if not start < end or end - start > _WINDOW:
        raise invalid(
            "Provide both startTime and endTime within range of 31 days, "
            "with startTime less than endTime."
        )
    return start.astimezone(UTC), end.astimezone(UTC)


def _size(query: Mapping[str, str]) -> int:
    text = query.get("size", str(_DEFAULT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _LARGEST):
        raise invalid(f"size must be between 1 and {_LARGEST}.")
    return int(text)
