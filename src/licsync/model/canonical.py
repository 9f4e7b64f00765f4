"""Fast JSON for records and plans. A large account is mostly read from JSON and stored as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A JSON value."""

_READER = msgspec.json.Decoder()
_WRITER = msgspec.json.Encoder()
_IN_ORDER = msgspec.json.Encoder(order="sorted")


JsonObject = Mapping[str, Any]
"""An object of a JSON document that licsync wrote.

`Any`: what reads a field knows its type, and fails on a document of another form.
"""

FieldValue = Any
"""A value of a field of a record. `Any`: whoever reads it knows its type by its path."""


def read_json(text: str | bytes) -> Any:  # each caller knows the type of its document
    """Read JSON that licsync wrote itself.

    Raises:
        ValueError: the text is not JSON.
    """
    try:
        return _READER.decode(text)
    except (msgspec.MsgspecError, UnicodeError):  # half a surrogate pair, or a huge number
        return json.loads(text)


def compact_json(value: object) -> bytes:
    """Write JSON without spaces, with keys in the order of the mappings."""
    try:
        return _WRITER.encode(value)
    except (TypeError, UnicodeError):  # a key that is not text, or half a surrogate pair
        return json.dumps(value, separators=(",", ":")).encode()


def canonical_json(value: object) -> bytes:
    """Write JSON in a form that is the same for equal values: sorted keys, no spaces, UTF-8."""
    try:
        return _IN_ORDER.encode(value)
    except (TypeError, UnicodeError):
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")
