"""Errors as 8x8 answers them: RFC 7807 documents in one of two vocabularies (domain.md, 10.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licsync.model.license import format_instant
from licsync.simulator.settings import Vocabulary


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of a problem's `errors`."""

    code: str
    message: str
    field: str | None = None


class Problem(Exception):
    """A request, or an operation, that fails.

    Args:
        status: the HTTP status.
        title: the summary.
        errors: what is wrong, one by one.
        detail: the explanation, where the vendor gives one.
        headers: more headers of the answer.
    """

    def __init__(
        self,
        status: int,
        title: str,
        *errors: Detail,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
    ):
        super().__init__(title)
        self.status = status
        self.title = title
        self.errors = errors
        self.detail = detail
        self.headers = dict(headers or {})

    def document(
        self, path: str, now: datetime, vocabulary: Vocabulary = "openapi"
    ) -> dict[str, Any]:
        """Give the document that is sent."""
        document: dict[str, Any] = {
            "status": self.status,
            "instance": path,
            "time": format_instant(now),
        }
        document["title"] = self.title
        if self.detail:
            document["detail"] = self.detail
        if self.errors:
            document["errors"] = [_entry(error, vocabulary) for error in self.errors]
        return document


_GUIDE = {
    ("VALIDATION_ERROR", "filter"): "INVALID_FILTER",
    ("VALIDATION_ERROR", "sort"): "INVALID_SORT",
    ("VALIDATION_ERROR", "pageSize"): "INVALID_PAGE_SIZE",
    ("TOO_MANY_REQUESTS", None): "RATE_LIMIT_EXCEEDED",
}
"""What the guide calls some of the codes of the OpenAPI files."""


def _entry(error: Detail, vocabulary: Vocabulary) -> dict[str, Any]:
    code = (
        _GUIDE.get((error.code, error.field), error.code) if vocabulary == "guide" else error.code
    )
    entry = {"field": error.field} if error.field else {}
    return {**entry, "code": code, "message": error.message}


def invalid(message: str, field: str | None = None, title: str = "Validation error") -> Problem:
    """Refuse a request for one thing that is wrong with it."""
    return Problem(400, title, Detail("VALIDATION_ERROR", message, field))


def not_found(message: str, title: str = "Not Found", field: str | None = None) -> Problem:
    """Say that there is no such resource."""
    return Problem(404, title, Detail("NOT_FOUND", message, field))


UNAUTHORIZED = (401, "Unauthorized", "Valid authentication credentials required")
"""Status, title and detail of a key that is missing or wrong: the vendor lists no errors here."""


def unauthorized() -> Problem:
    """Refuse a key."""
    status, title, detail = UNAUTHORIZED
    return Problem(status, title, detail=detail)


_STANDARD = {
    400: ("Bad Request", "BAD_REQUEST", "Bad request"),
    403: ("Forbidden", "FORBIDDEN", "Access denied to this resource"),
    404: ("Not Found", "NOT_FOUND", "Resource not found"),
    405: ("Method Not Allowed", "UNKNOWN", "Request method is not supported"),
    408: ("Request Timeout", "REQUEST_TIMEOUT", "Request to downstream service timed out"),
    409: ("Conflict", "CONFLICT", "The resource was modified concurrently"),
    424: ("Failed Dependency", "UNKNOWN", "Downstream service failure"),
    429: ("Too Many Requests", "TOO_MANY_REQUESTS", "Rate limit exceeded, please try again later"),
    500: ("Internal Server Error", "UNKNOWN", "An unexpected error occurred"),
    501: ("Not Implemented", "UNKNOWN", "This operation is not implemented"),
    502: ("Bad Gateway", "UNKNOWN", "Bad gateway"),
    503: ("Service Unavailable", "SERVICE_UNAVAILABLE", "Service is temporarily unavailable"),
    504: ("Gateway Timeout", "UNKNOWN", "Gateway timeout"),
}


def standard(status: int) -> Problem:
    """Give the problem that a status stands for when there is nothing more to say."""
    if status == 401:
        return unauthorized()
    title, code, message = _STANDARD.get(
        status, ("Error", "UNKNOWN", "An unexpected error occurred")
    )
    return Problem(status, title, Detail(code, message))
