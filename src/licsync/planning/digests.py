"""The content of a document in an order of its own, and digests, of which several have most in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from licsync.model.canonical import canonical_json
from licsync.model.inventory import digest_of_texts

_BESIDE = frozenset(
    ("created_at", "expires_at", "forecast", "scheduled", "narrowed_by", "config_digest")
)
"""Parts of a document that are outside its digest: when, how long it takes, and which bytes of files it was made of."""

_PLACE = frozenset(("source", "file", "line", "column", "related"))
"""Where in the files an action or a diagnostic stands: outside the digest, too."""


def canonical(value: Any) -> Any:
    """Copy a JSON value with the keys of its mappings in order."""
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return {k: canonical(value[k]) for k in sorted(value)} if isinstance(value, dict) else value


def canonical_parts(content: Mapping[str, Any]) -> dict[str, bytes]:
    """Write each part of a document as canonical JSON: what several digests have in common is written once."""
    return {key: canonical_json(value) for key, value in content.items()}


def digest_of_parts(texts: Mapping[str, bytes]) -> str:
    """Give the digest of the document that has these parts: that of `model.inventory.digest`."""
    return digest_of_texts(_pieces(texts))


def digest_of_effect(
    texts: Mapping[str, bytes],
    actions: Iterable[dict[str, Any]],
    diagnostics: Iterable[dict[str, Any]],
) -> str:
    """Give the digest of what a plan does, wherever in the files it stands and however it is commented there.

    Args:
        texts: the parts of its document.
        actions: its actions as the document has them; their places are taken out.
        diagnostics: what is said of it, likewise; the document has it in the order of the places.
    """
    found = {key: texts[key] for key in texts.keys() - _BESIDE}
    found["actions"] = canonical_json([_without_place(action) for action in actions])
    said = sorted(canonical_json(_without_place(diagnostic)) for diagnostic in diagnostics)
    return digest_of_parts(found | {"diagnostics": b"[%b]" % b",".join(said)})


def _without_place(doc: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in doc.items() if key not in _PLACE}


def join_parts(texts: Mapping[str, bytes]) -> bytes:
    """Write the document that has these parts."""
    return b"".join(_pieces(texts))


def _pieces(texts: Mapping[str, bytes]) -> Iterator[bytes]:
    for number, key in enumerate(sorted(texts)):
        yield b"%b%b:" % (b"," if number else b"{", canonical_json(key))
        yield texts[key]
    yield b"}" if texts else b"{}"
