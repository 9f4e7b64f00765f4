"""Documents as the store keeps them: compressed, and sealed where there is a key."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from licsync.model.jsontext import compact_json, read_json
from licsync.store.sealing import Seal

Doc = dict[str, Any]


def packed(document: Mapping[str, Any], seal: Seal) -> str:
    """Give what is stored of a document. Raises StoreFailed where the key is none."""
    return seal.seal(b64encode(zlib.compress(compact_json(document), 1)).decode("ascii"))


def unpacked(stored: str, seal: Seal) -> Doc:
    """Give the document back. Raises StoreFailed where the key is missing or another one."""
    return dict(read_json(zlib.decompress(b64decode(seal.open(stored)))))


def plan_row(document: Mapping[str, Any], seal: Seal) -> dict[str, str]:
    """Give what the table of plans holds of a plan's document. Raises StoreFailed where the key is none."""
    row = {name: str(document[name]) for name in ("account", "digest", "expires_at")}
    return row | {"plan": packed(document, seal)}
