"""Compresses and encrypts what the store holds of users, with a key that the store has not.

Without a key everything is stored as it is, unless the account has encrypted records: then nothing
is stored beside them in the clear. What was stored without a key stays readable when one is
configured later.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
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


# what was recorded last of an account, and is kept until newer records replace it
_ENCRYPTED = " UNION ALL ".join(
    f"SELECT 1 FROM {table} WHERE account = :account AND substr({column}, 1, {len(_MARK)}) = :mark"
    for table, column in (
        (
            "(SELECT account, preimages FROM licsync_runs WHERE account = :account"
            " ORDER BY number DESC LIMIT 1) AS last_run",
            "preimages",
        ),
        ("licsync_applied", "inventory"),
        ("licsync_usage", "document"),
        ("licsync_plans", "plan"),
    )
)


def has_encrypted_records(
    execute: Callable[[str, Mapping[str, str]], Iterable[Any]], account: str
) -> bool:
    """Tell whether the newest records of an account are encrypted.

    Args:
        execute: runs a statement with named parameters.
        account: whose records.
    """
    return any(True for _ in execute(_ENCRYPTED, {"account": account, "mark": _MARK}))


def is_exposed(
    execute: Callable[[str, Mapping[str, str]], Iterable[Any]], row: Mapping[str, str]
) -> bool:
    """Tell whether the row of a plan would be readable beside encrypted records."""
    is_readable = not row["plan"].startswith(_MARK)
    return is_readable and has_encrypted_records(execute, row["account"])


def require_key(
    execute: Callable[[str, Mapping[str, str]], Iterable[Any]], account: str, cipher: Cipher
) -> None:
    """Refuse to write in the clear where the newest records of an account are encrypted.

    Raises:
        StoreFailed: they are, and the key is missing.
    """
    if not cipher.keys and has_encrypted_records(execute, account):
        raise _failed(
            f"The journal of {account} is encrypted, and {cipher.source} is not set: what is "
            "recorded now could be read by anybody who reads the store. Nothing was changed.",
            f"Set {cipher.source}, or {cipher.source}_FILE, to the key it needs.",
        )


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
