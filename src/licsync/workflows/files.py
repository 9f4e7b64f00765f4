"""Writes files atomically: a file has its old content or its new one, never half of it."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from licsync.diagnostics import Code, InputInvalid, error


def write_new(
    path: Path, content: str | bytes, *, overwrite: bool = False, private: bool = False
) -> None:
    """Write a file atomically, and create its directories.

    Args:
        path: the file.
        content: its new content.
        overwrite: whether to replace an existing file.
        private: whether only its owner can read the file.

    Raises:
        InputInvalid: the file exists, or cannot be written.
    """
    if not overwrite and os.path.lexists(path):
        raise InputInvalid(
            error(Code.INVALID_VALUE, f"'{path}' exists already; nothing was written.")
        )
    _write(path, content, 0o600 if private else 0o644)


def rewrite(path: Path, content: bytes, *, is_private: bool = False) -> None:
    """Replace the content of a file, and keep its permissions and the links to it.

    Args:
        path: the file.
        content: its new content.
        is_private: whether only its owner can read the file from now on.

    Raises:
        InputInvalid: the file cannot be written.
    """
    target = path.resolve()
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
    _write(target, content, 0o600 if is_private else mode)


def _write(path: Path, content: str | bytes, mode: int) -> None:
    try:
        path.parent.mkdir(0o700 if mode == 0o600 else 0o755, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, mode)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as fault:
        message = f"'{path}' cannot be written: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault
