"""Reads secrets from the environment or from a file that it names; never from a flag or from YAML."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from licsync.diagnostics import Code, InputInvalid, error

if TYPE_CHECKING:
    from licsync.store.encryption import Cipher

STORE_KEY = "LICSYNC_STORE_KEY"
"""What encrypts the journal: keys separated by commas, the first one encrypts."""


def read_secret(name: str) -> str | None:
    """Read a secret from the variable `name`, else from the file that `name_FILE` names; None where there is none.

    Raises:
        InputInvalid: the file cannot be read.
    """
    if value := os.environ.get(name, "").strip():
        return value
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeError) as fault:
        reason = getattr(fault, "strerror", None) or "it is not UTF-8"
        # its name may be the secret itself
        message = f"The file that {name}_FILE names cannot be read: {reason}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault


def store_cipher() -> Cipher:
    """Give what encrypts the journal; without a key it encrypts nothing."""
    from licsync.store.encryption import Cipher

    keys = (key.strip() for key in (read_secret(STORE_KEY) or "").split(","))
    return Cipher(tuple(key for key in keys if key), STORE_KEY)
