"""Runs the commands of an account's files that print JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from licsync.diagnostics import Code, InputInvalid, Span, error
from licsync.operator_commands import CommandFailed, printed_by, without_licsync_variables
from licsync.workflows.inventory_files import without_repeats

TIMEOUT = 300.0
"""How many seconds a command may take."""

MAX_BYTES = 100_000_000
"""How much JSON a command may print."""

_SHOWN = 300
"""How many characters of what a failed command wrote are shown."""


def run_json(command: Sequence[str], directory: Path, place: Span | None) -> Any:
    """Run a command in the account directory, and parse the JSON that it prints.

    The command gets the environment without the variables of licsync: its secrets are not for it.

    Args:
        command: the program and its arguments.
        directory: the account directory, in which the command runs.
        place: where the files say the command.

    Raises:
        InputInvalid: the command fails, or prints something else.
    """
    shown = " ".join(command)

    def failed(reason: str, hint: str | None = None) -> InputInvalid:
        return InputInvalid(
            error(Code.INVALID_VALUE, f"The command '{shown}' {reason}.", place, hint)
        )

    environment = without_licsync_variables(os.environ)
    try:
        printed = printed_by(command, TIMEOUT, directory=directory, environment=environment)
    except CommandFailed as fault:
        raise failed(fault.reason, _hint(fault)) from fault
    if len(printed) > MAX_BYTES:
        raise failed(f"printed more than {MAX_BYTES // 1_000_000} MB")
    try:
        return json.loads(printed.decode("utf-8-sig"), object_pairs_hook=without_repeats)
    except (ValueError, RecursionError) as fault:
        where = (
            f" (line {fault.lineno}, column {fault.colno}: {fault.msg})"
            if isinstance(fault, json.JSONDecodeError)
            else f": {fault}"
        )
        raise failed(f"did not print JSON in UTF-8{where}") from fault


def _hint(fault: CommandFailed) -> str | None:
    if not fault.is_started:
        return "Write the program and each argument as one item of the list."
    shown = fault.stderr.decode("utf-8", "replace").strip()[-_SHOWN:]
    return f"It wrote: {shown}" if shown else None
