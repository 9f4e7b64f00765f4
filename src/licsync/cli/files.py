"""Writes files: each is the old one or the new one, never half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from licsync.diagnostics import Code, InputInvalid, error


def write_new(path: Path, text: str, *, overwrite: bool = False, private: bool = False) -> None:
    """Write a file at once, with the directories it needs.

    Args:
        path: where.
        text: what.
        overwrite: whether a file that is there is replaced.
        private: whether only its owner can read it.

    Raises:
        InputInvalid: it is there already, or cannot be written.
    """
    try:
        if not overwrite and path.exists():
            raise InputInvalid(error(Code.INVALID_VALUE, f"'{path}' exists already; nothing was written."))
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o600 if private else 0o644)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as fault:
        message = f"'{path}' cannot be written: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault
