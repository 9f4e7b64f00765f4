"""Documents as the store keeps them: compressed, and sealed where there is a key."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from typing import Any

from licsync.model.canonical import read_json
from licsync.store.encryption import Seal

Doc = dict[str, Any]


def packed(text: bytes, seal: Seal) -> str:
    """Give what is stored of a document that is written as JSON.

    Raises StoreFailed where the key is none.
    """
    return seal.seal(b64encode(zlib.compress(text, 1)).decode("ascii"))


def unpacked(stored: str, seal: Seal) -> Doc:
    """Give the document back. Raises StoreFailed where the key is missing or another one."""
    return dict(read_json(zlib.decompress(b64decode(seal.open(stored)))))


def plan_row(account: str, digest: str, expires_at: str, text: bytes, seal: Seal) -> dict[str, str]:
    """Give what the table of plans holds of a plan and its document.

    Raises StoreFailed where the key is none.
    """
    return {
        "account": account,
        "digest": digest,
        "expires_at": expires_at,
        "plan": packed(text, seal),
    }
