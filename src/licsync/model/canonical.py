"""JSON of records and plans as text, quickly: most of what a large account is read from and remembered as."""

from __future__ import annotations

import json
from typing import Any

import msgspec

_READER = msgspec.json.Decoder()
_WRITER = msgspec.json.Encoder()
_IN_ORDER = msgspec.json.Encoder(order="sorted")


def read_json(text: str | bytes) -> Any:
    """Read what licsync wrote itself. Raises ValueError where it is not JSON."""
    try:
        return _READER.decode(text)
    except (
        msgspec.MsgspecError,
        UnicodeError,
    ):  # halves of surrogate pairs, numbers beyond all bounds
        return json.loads(text)


def compact_json(value: Any) -> bytes:
    """Write JSON without anything between its parts, keys as they come."""
    try:
        return _WRITER.encode(value)
    except (TypeError, UnicodeError):  # keys that are no text, halves of surrogate pairs
        return json.dumps(value, separators=(",", ":")).encode()


def canonical_json(value: Any) -> bytes:
    """Write JSON in the one form that equal values have: keys in order, nothing between the parts, UTF-8."""
    try:
        return _IN_ORDER.encode(value)
    except (TypeError, UnicodeError):
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")
