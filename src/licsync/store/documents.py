"""Documents as the store keeps them: compressed, and sealed where there is a key."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from typing import Any

from licsync.model.canonical import read_json
from licsync.store.encryption import Cipher

Doc = dict[str, Any]


def pack(text: bytes, cipher: Cipher) -> str:
    """Give what is stored of a document that is written as JSON.

    Raises StoreFailed where the key is none.
    """
    return cipher.encrypt(b64encode(zlib.compress(text, 1)).decode("ascii"))


def unpack(stored: str, cipher: Cipher) -> Doc:
    """Give the document back. Raises StoreFailed where the key is missing or another one."""
    return dict(read_json(zlib.decompress(b64decode(cipher.decrypt(stored)))))


def plan_row(
    account: str, digest: str, expires_at: str, text: bytes, cipher: Cipher
) -> dict[str, str]:
    """Give what the table of plans holds of a plan and its document.

    Raises StoreFailed where the key is none.
    """
    return {
        "account": account,
        "digest": digest,
        "expires_at": expires_at,
        "plan": pack(text, cipher),
    }
