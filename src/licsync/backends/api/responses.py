"""What the API's answers say: the operation that one began, and errors in one line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from licsync.backends.http.responses import Answer, one_line

NOT_IMPLEMENTED = frozenset((405, 501))
"""Statuses that say that the API has no such operation."""

CLOSED_SCROLL = frozenset((400, 404, 410))
"""Statuses of a scroll that expired."""


def operation_of(answer: Answer) -> str | None:
    """Give the id of the operation that an answer began."""
    found = answer.body.get("operationId") if isinstance(answer.body, Mapping) else None
    return found if isinstance(found, str) and found else None


def error_text(body: Any) -> str:
    """Put an error body (RFC 7807, both vocabularies) into one line: messages, fields, codes."""
    if not isinstance(body, Mapping):
        return ""
    found = body.get("errors")
    errors = [e for e in found if isinstance(e, Mapping)] if isinstance(found, list) else []
    lines = [_one_error(e) for e in errors]
    text = "; ".join(line for line in lines if line)
    return (
        text
        or one_line(body.get("detail"))
        or one_line(body.get("title"))
        or one_line(body.get("message"))
    )


def _one_error(error: Mapping[str, Any]) -> str:
    field_, code, message = (one_line(error.get(name)) for name in ("field", "code", "message"))
    text = f"{field_}: {message}" if field_ and message else message or field_
    return f"{text} [{code}]" if code and text else text or code
