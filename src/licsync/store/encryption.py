"""Compresses and encrypts what the store holds of users, with a key that the store has not.

Without a key everything is stored as it is. What was stored so stays readable when a key is
configured later.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from licsync.diagnostics import Code, error
from licsync.engine.ports import StoreFailed
from licsync.model.canonical import read_json

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_MARK = "sealed:"


class Cipher(Struct, frozen=True):
    """Encrypts and decrypts texts with Fernet (AES in CBC mode, authenticated by HMAC).

    Attributes:
        keys: 32 bytes in Base64 each; the first one seals, all of them open. None: texts are stored
            as they are.
        source: where they were given, for messages.
    """

    keys: tuple[str, ...] = ()
    source: str = "LICSYNC_STORE_KEY"

    def encrypt(self, text: str) -> str:
        """Encrypt a text; without a key it stays as it is.

        Raises:
            StoreFailed: a key is invalid.
        """
        return _MARK + self._fernet().encrypt(text.encode()).decode("ascii") if self.keys else text

    def decrypt(self, stored: str) -> str:
        """Decrypt a text; one that is not encrypted stays as it is.

        Raises:
            StoreFailed: the key is missing, invalid, or another one.
        """
        if not stored.startswith(_MARK):
            return stored
        if not self.keys:
            raise _failed(
                "The journal is encrypted.",
                f"Set {self.source}, or {self.source}_FILE, to the key it needs.",
            )
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet().decrypt(stored.removeprefix(_MARK)).decode()
        except InvalidToken as fault:
            hint = (
                "Set the key that encrypted it. After a change of key, set both, the new one "
                "first: NEW,OLD."
            )
            raise _failed(f"The key in {self.source} does not open the journal.", hint) from fault

    def _fernet(self) -> MultiFernet:
        # slow to import, hence only where it is needed
        from cryptography.fernet import Fernet, MultiFernet

        try:
            return MultiFernet([Fernet(key.translate(_URL_SAFE)) for key in self.keys])
        except ValueError as fault:
            hint = "A key is 32 random bytes in Base64. Make one with: openssl rand -base64 32"
            raise _failed(f"What {self.source} holds is not a key.", hint) from fault


_URL_SAFE = str.maketrans("+/", "-_")


def _failed(message: str, hint: str) -> StoreFailed:
    return StoreFailed(error(Code.STORE_FAILED, message, hint=hint))


# --- documents ------------------------------------------------------------------------------------

Doc = dict[str, Any]


def pack(text: bytes, cipher: Cipher) -> str:
    """Compress and encrypt a JSON document.

    Raises:
        StoreFailed: the key is invalid.
    """
    return cipher.encrypt(b64encode(zlib.compress(text, 1)).decode("ascii"))


def unpack(stored: str, cipher: Cipher) -> Doc:
    """Decrypt and decompress a JSON document.

    Raises:
        StoreFailed: the key is missing or another one.
    """
    return dict(read_json(zlib.decompress(b64decode(cipher.decrypt(stored)))))


def plan_row(
    account: str, digest: str, expires_at: str, text: bytes, cipher: Cipher
) -> dict[str, str]:
    """Return the row of a plan for the table of plans.

    Raises:
        StoreFailed: the key is invalid.
    """
    return {
        "account": account,
        "digest": digest,
        "expires_at": expires_at,
        "plan": pack(text, cipher),
    }
