"""The settings of the command that runs: what its options say, and what it has printed so far.

There is one record, which all threads of a command share. Each command begins with a new one, so
that nothing of an earlier command in the process is left.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from licsync.diagnostics import Diagnostic
    from licsync.workflows.session import Session


class CommandSettings(Struct):
    """The settings of a command.

    Attributes:
        color: what `--no-color` says; None to decide by the environment.
        redact: what `--redact` says.
        read_only: what `--read-only` says.
        state: the URL of `--state`, to repeat it in printed commands; None if the environment
            names the store, for printed commands, too.
        summary: the file of `--summary`.
        directory: the directory of the account or fleet, once it is known.
        session: the session of the command, once it has begun one.
        output_failure: why results can no longer be written.
        output_failure_is_shown: whether that was shown.
        explain_is_shown: whether the way to learn more about an error was shown.
        source_lines: the lines of files that diagnostics quote.
    """

    color: bool | None = None
    redact: bool = False
    read_only: bool = False
    state: str | None = None
    summary: Path | None = None
    directory: Path | None = None
    session: Session | None = None
    output_failure: Diagnostic | None = None
    output_failure_is_shown: bool = False
    explain_is_shown: bool = False
    source_lines: dict[tuple[Path, str], tuple[str, ...]] = {}


current = CommandSettings()
"""The settings of the command that runs. `main` replaces them for each command."""
