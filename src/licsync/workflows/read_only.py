"""Whether a command may write to the store and the caches: `--read-only`, and LICSYNC_READ_ONLY for every command."""

from __future__ import annotations

import os
from collections.abc import Mapping

from licsync.diagnostics import Code, InputInvalid, error

VARIABLE = "LICSYNC_READ_ONLY"

_YES = frozenset(("1", "true", "yes", "on"))
_NO = frozenset(("", "0", "false", "no", "off"))
_asked = {"read_only": False}


def use_read_only(choice: bool) -> None:
    """Remember what `--read-only` says."""
    _asked["read_only"] = choice


def is_read_only(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether nothing may be written.

    Raises:
        InputInvalid: the variable says neither yes nor no.
    """
    said = environ.get(VARIABLE, "").strip().casefold()
    if said not in _YES | _NO:
        message = f"{VARIABLE} says neither yes nor no: {environ[VARIABLE]!r}."
        raise InputInvalid(
            error(Code.INVALID_VALUE, message, hint=f"Write {VARIABLE}=1, or unset it.")
        )
    return _asked["read_only"] or said in _YES
