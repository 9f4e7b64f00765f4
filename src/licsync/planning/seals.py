"""The content of a document in an order of its own, and digests, of which several have most in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from licsync.model.inventory import digest_of_texts
from licsync.model.jsontext import canonical_json


def canonical(value: Any) -> Any:
    """Copy a JSON value with the keys of its mappings in order."""
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return {k: canonical(value[k]) for k in sorted(value)} if isinstance(value, dict) else value


def texts_of(content: Mapping[str, Any]) -> dict[str, bytes]:
    """Write each part of a document as canonical JSON: what several digests have in common is written once."""
    return {key: canonical_json(value) for key, value in content.items()}


def joined_digest(texts: Mapping[str, bytes]) -> str:
    """Give the digest of the document that has these parts: that of `model.inventory.digest`."""
    return digest_of_texts(_pieces(texts))


def joined(texts: Mapping[str, bytes]) -> bytes:
    """Write the document that has these parts."""
    return b"".join(_pieces(texts))


def _pieces(texts: Mapping[str, bytes]) -> Iterator[bytes]:
    for number, key in enumerate(sorted(texts)):
        yield b"%b%b:" % (b"," if number else b"{", canonical_json(key))
        yield texts[key]
    yield b"}" if texts else b"{}"
