"""Makes the session of a command out of its options, and opens its account."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from licsync.cli import output, settings
from licsync.diagnostics import Diagnostic
from licsync.model.environment import FLEET_CHANNELS
from licsync.workflows.session import Session, is_read_only, stopped_clock

if TYPE_CHECKING:
    from licsync.workflows.account import Account


class TerminalOutput:
    """An `Output` (`workflows.output`) on standard error."""

    def __init__(self) -> None:
        self._shown: list[Diagnostic] = []

    def message(self, text: str) -> None:
        """Print a message."""
        output.print_message(text)

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """Print diagnostics, each once, however often a use case reads what it is about."""
        new = [diagnostic for diagnostic in found if diagnostic not in self._shown]
        self._shown += new
        output.show_diagnostics(new)

    def confirm(self, question: str, otherwise: str = "") -> bool:
        """Ask a question. Only 'yes' means yes."""
        return output.confirm(question, otherwise)


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
        read_only=is_read_only() or settings.current.read_only,
        is_apply=is_apply,
        output=TerminalOutput(),
        outbox=[] if FLEET_CHANNELS in os.environ and settings.current.summary else None,
    )
    settings.current.directory = directory
    settings.current.session = session
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
