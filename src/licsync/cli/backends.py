"""Opens the backend that an account names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from licsync.cli.account import Account
from licsync.diagnostics import Code, InputInvalid, error

if TYPE_CHECKING:
    from licsync.engine.ports import Backend

PARALLELISM = {"local": 1}
"""How many groups of steps may be under way at once, by the backend's type."""


def open_backend(account: Account) -> Backend:
    """Give the backend of an account.

    Raises:
        InputInvalid: this version cannot use it.
    """
    if account.backend_type == "local":
        return account.local_console()
    message = f"The backend '{account.backend_type}' cannot be used yet."
    raise InputInvalid(error(Code.BACKEND_FAILED, message, hint="Use backend: {type: local}."))


def parallelism(account: Account, asked: int | None) -> int:
    """Say how many changes may be under way at once: what is asked for, as far as the backend bears it."""
    most = PARALLELISM[account.backend_type]
    return min(asked or most, most)
