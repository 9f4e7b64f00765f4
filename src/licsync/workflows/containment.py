"""Checks that an account directory, and what licsync keeps in it, lie where they seem to.

Whoever writes a branch can commit symbolic links. One in place of the account directory shows files
of the machine, and one in place of the store is another account's store. Links inside the account
are followed (`config.files`).
"""

from __future__ import annotations

import os
from pathlib import Path

from licsync.diagnostics import Code, InputInvalid, error
from licsync.model.secret_keys import redact_path
from licsync.store import STATE


def expect_contained(directory: Path) -> None:
    """Refuse an account directory that is elsewhere, or whose store is.

    Raises:
        InputInvalid: it is a link out of the repository that it is named in, or what licsync keeps
            in it is a link.
    """
    real = Path(os.path.realpath(directory))
    named = Path(os.path.abspath(directory))
    top = next(
        (place for place in (named, *named.parents) if os.path.lexists(place / ".git")), None
    )
    if top is not None and not real.is_relative_to(os.path.realpath(top)):
        message = f"'{redact_path(directory)}' is a symbolic link that leads out of the repository, to '{real}'."
        hint = f"If that is the account directory you mean, name it itself: {redact_path(real)}"
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    for path in _state_files(directory / STATE.parent):
        if path.is_symlink():
            message = (
                f"'{redact_path(path)}' is a symbolic link: the store of an account is its own."
            )
            hint = "Remove the link. A store in another place is named by --state or LICSYNC_STATE."
            raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))


def _state_files(folder: Path) -> list[Path]:
    """List the folder that licsync keeps in an account directory, and what is in it."""
    try:
        return [folder, *sorted(folder.iterdir())]
    except OSError:  # it is not there, or whoever opens the store says why not
        return [folder]
