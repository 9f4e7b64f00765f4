"""What an answer of the API means: strict reading, and the one table of outcomes.

Pure. Every exchange ends as exactly one of `not_sent`, `refused`, `accepted` and `ambiguous`; only
the last may have had an effect that is not known, which must be looked for before anything is sent
again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from licsync.model.text_normalization import compose_all, is_surely_composed

Outcome = Literal["not_sent", "refused", "accepted", "ambiguous"]

DOWNSTREAM = frozenset((408, 424))
"""Statuses below 500 that speak of something behind the API, so that the effect is not known."""

NOT_IMPLEMENTED = frozenset((405, 501))
"""Statuses that say that the API has no such operation."""

CLOSED_SCROLL = frozenset((400, 404, 410))
"""Statuses of a scroll that expired."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How an exchange ended.

    Attributes:
        outcome: what it means.
        status: the HTTP status; None where none was received.
        body: the JSON of the body, if it has one.
        reason: for people, what went wrong; the vendor's words where there are any.
        headers: the headers of the answer, names in lower case.
    """

    outcome: Outcome
    status: int | None = None
    body: Any = None
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def operation(self) -> str | None:
        """The id of the operation that the answer began."""
        found = self.body.get("operationId") if isinstance(self.body, Mapping) else None
        return found if isinstance(found, str) and found else None


def classify_status(status: int, *, readable: bool) -> Outcome:
    """Look an HTTP status up.

    Args:
        status: the status of the final answer.
        readable: whether the body is what such an answer has: JSON in full, with an operation where
            one begins.
    """
    if status in DOWNSTREAM or (status >= 500 and status != 501):
        return "ambiguous"
    if 200 <= status < 300:
        return "accepted" if readable else "ambiguous"
    return "refused" if status >= 300 else "ambiguous"


def strict_json(data: bytes) -> Any:
    """Read JSON, its text composed, and refuse what readers understand differently.

    Raises:
        ValueError: it is no JSON in UTF-8, has a key twice, NaN or Infinity, or is nested too deep.
    """
    try:
        found = json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant
        )
        return found if is_surely_composed(data) else compose_all(found)
    except RecursionError as fault:
        raise ValueError("it is nested too deep") from fault


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def error_text(body: Any) -> str:
    """Put an error body (RFC 7807, both vocabularies) into one line: messages, fields, codes."""
    if not isinstance(body, Mapping):
        return ""
    found = body.get("errors")
    errors = [e for e in found if isinstance(e, Mapping)] if isinstance(found, list) else []
    lines = [_one_error(e) for e in errors]
    said = "; ".join(line for line in lines if line)
    return (
        said or _text(body.get("detail")) or _text(body.get("title")) or _text(body.get("message"))
    )


def _one_error(error: Mapping[str, Any]) -> str:
    field_, code, message = (_text(error.get(name)) for name in ("field", "code", "message"))
    said = f"{field_}: {message}" if field_ and message else message or field_
    return f"{said} [{code}]" if code and said else said or code


def _text(value: Any) -> str:
    """Make one short line of a value that the vendor sent."""
    return " ".join(str(value).split())[:500] if isinstance(value, str | int) else ""
