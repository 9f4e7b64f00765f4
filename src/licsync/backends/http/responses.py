"""What an answer of a server means: strict reading, and the one table of outcomes.

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


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a request.

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


def classify_status(status: int, *, readable: bool) -> Outcome:
    """Classify an HTTP status: accepted, refused or ambiguous.

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
        ValueError: it is not JSON in UTF-8, has a key twice, NaN or Infinity, or nests too deep.
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
    raise ValueError(f"{name} is not JSON")


def one_line(value: Any) -> str:
    """Make one short line of a server's text or number; empty for any other value."""
    return " ".join(str(value).split())[:500] if isinstance(value, str | int) else ""
