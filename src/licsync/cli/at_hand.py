"""Finds the account or the fleet of a command that names none."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from licsync.cli import output as console
from licsync.config.files import ACCOUNT_FILE
from licsync.model.text_normalization import compose
from licsync.workflows import location


def account_at_hand() -> Path:
    """Find the account at hand, and say which it is unless it is the current directory.

    Raises:
        InputInvalid: there is none.
    """
    return _announced("account", location.account_at_hand())


def fleet_at_hand() -> Path:
    """Find the fleet at hand, and say which it is unless it is the current directory.

    Raises:
        InputInvalid: there is none.
    """
    return _announced("fleet", location.fleet_at_hand())


def _announced(what: str, found: Path) -> Path:
    if found.parts:
        console.print_message(f"Using the {what} in '{found}'.")
    return found


def split_words(first: str | None, words: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
    """Separate `[DIR]`, which may be left out, from the words after it.

    The first word is a directory if it is written as one, if it has an account.yaml, or if no
    account is at hand that the words could be about.

    Raises:
        InputInvalid: no directory is named, and there is no account at hand.
    """
    if first is not None and _is_account(Path(first), first):
        return Path(first), tuple(words)
    return account_at_hand(), tuple(words) if first is None else (compose(first), *words)


def _is_account(path: Path, word: str) -> bool:
    is_written_so = word in (".", "..") or (os.sep in word and not word.startswith("users/"))
    if is_written_so or (path / ACCOUNT_FILE).is_file():
        return True
    return path.is_dir() and location.find_upward(ACCOUNT_FILE) is None
