"""Makes the session of a command out of its options, and opens its account."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from licsync.cli import output
from licsync.diagnostics import Diagnostic
from licsync.model.environment import FLEET_CHANNELS
from licsync.workflows.session import Session, is_read_only, stopped_clock

if TYPE_CHECKING:
    from licsync.workflows.account import Account

_latest: list[Session] = []
_settings = {"read_only": False}
_summary: list[Path] = []


class TerminalOutput:
    """An `Output` (`workflows.output`) on standard error."""

    def message(self, text: str) -> None:
        """Print a message."""
        output.print_message(text)

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """Print diagnostics."""
        output.show_diagnostics(found)

    def confirm(self, question: str, otherwise: str = "") -> bool:
        """Ask a question, and take nothing but 'yes' for a yes."""
        return output.confirm(question, otherwise)


def use_read_only(choice: bool) -> None:
    """Remember what `--read-only` says."""
    _settings["read_only"] = choice


def use_summary(file: Path | None) -> None:
    """Remember what `--summary` says."""
    _summary[:] = [file] if file is not None else []


def summary_file() -> Path | None:
    """Give the file of `--summary`."""
    return _summary[0] if _summary else None


def is_reading_only() -> bool:
    """Tell whether `--read-only` was given."""
    return _settings["read_only"]


def forget() -> None:
    """Forget the options and the session of a command before this one."""
    _settings["read_only"] = False
    _summary.clear()
    _latest.clear()


def latest() -> Session | None:
    """Give the session of the command that runs, if it has begun one."""
    return _latest[-1] if _latest else None


def make_session(
    directory: Path,
    state: str | None = None,
    now: datetime | None = None,
    *,
    jobs: int | None = None,
    use_cache: bool = True,
    is_apply: bool = False,
) -> Session:
    """Make the session of a command.

    Raises:
        InputInvalid: LICSYNC_READ_ONLY says neither yes nor no.
    """
    session = Session(
        directory,
        state,
        now or stopped_clock(),
        jobs,
        use_cache=use_cache,
        read_only=is_read_only() or _settings["read_only"],
        is_apply=is_apply,
        output=TerminalOutput(),
        outbox=[] if FLEET_CHANNELS in os.environ and summary_file() else None,
    )
    output.use_directory(directory)
    _latest[:] = [session]
    return session


def open_for_command(session: Session) -> Account:
    """Open an account until the command ends.

    Raises:
        InputInvalid: there is no account directory, or it cannot be read.
        Locked: another process changes the files.
    """
    from licsync.workflows.account import open_account  # `--version` needs no account

    account = open_account(session)
    output.call_at_exit(account.close)
    return account
