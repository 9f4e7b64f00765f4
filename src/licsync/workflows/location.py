"""Finds the account or the fleet at hand: in the current directory or the nearest one above it."""

from __future__ import annotations

import os
from pathlib import Path

from licsync.config.files import ACCOUNT_FILE
from licsync.diagnostics import Code, InputInvalid, error
from licsync.model.fleet import FLEET_FILE
from licsync.model.secret_keys import redact_path
from licsync.version import address_of
from licsync.views.phrases import first_few


def find_upward(name: str) -> Path | None:
    """Find the nearest directory that has a file: the current one, or one above it.

    Returns:
        The directory, relative to the current one; None if there is none.
    """
    here = Path.cwd()
    for steps, folder in enumerate((here, *here.parents)):
        if os.path.isfile(folder / name):
            return Path(*[os.pardir] * steps)
    return None


def account_at_hand() -> Path:
    """Find the directory of the account at hand.

    Raises:
        InputInvalid: there is none, or it is another person's.
    """
    found = find_upward(ACCOUNT_FILE)
    if found is None:
        hint = (
            f"{_nearby()}Name the directory of the account as DIR, or work in it. "
            "To create an account: licsync init DIR"
        )
        raise InputInvalid(error(Code.INVALID_VALUE, _missing(ACCOUNT_FILE), hint=hint))
    return _own(found, ACCOUNT_FILE, "DIR")


def fleet_at_hand() -> Path:
    """Find the directory of the fleet at hand.

    Raises:
        InputInvalid: there is none, or it is another person's.
    """
    found = find_upward(FLEET_FILE)
    if found is None:
        where = address_of("how-to/fleet")
        hint = f"Name the fleet file or its directory as FLEET. See {where}."
        raise InputInvalid(error(Code.INVALID_VALUE, _missing(FLEET_FILE), hint=hint))
    return _own(found, FLEET_FILE, "FLEET")


def _missing(name: str) -> str:
    here = redact_path(Path.cwd())
    return f"There is no {name} in '{here}', and none in a directory above it."


def _own(found: Path, name: str, argument: str) -> Path:
    """Refuse what another person placed above: files of an account can name programs to run.

    Raises:
        InputInvalid: the file belongs to neither this user nor root.
    """
    user = getattr(os, "getuid", lambda: None)()
    if not found.parts or user is None or os.stat(found / name).st_uid in (user, 0):
        return found
    message = f"'{redact_path(found / name)}' belongs to another user."
    hint = f"If you trust it, name its directory as {argument}: {redact_path(found)}"
    raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))


def _nearby() -> str:
    """Name the accounts directly below the current directory, and the fleet."""
    below = sorted(path.parent.name for path in Path().glob(f"*/{ACCOUNT_FILE}"))
    text = f"Accounts here: {first_few(below, 3)}. " if below else ""
    if find_upward(FLEET_FILE) is not None:
        text += "For all accounts of the fleet: licsync fleet --help. "
    return text
