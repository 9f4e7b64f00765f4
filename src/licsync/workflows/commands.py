"""Runs the commands of an account's files that print JSON."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from licsync.diagnostics import Code, InputInvalid, Span, error
from licsync.workflows.inventory_files import without_repeats

TIMEOUT = 300.0
"""How many seconds a command may take."""

MAX_BYTES = 100_000_000
"""How much JSON a command may print."""

_SHOWN = 300
"""How many characters of what a failed command said are shown."""


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

    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            cwd=directory,
            env=_environment(os.environ),
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise failed(f"did not end within {TIMEOUT:.0f} seconds") from None
    except (OSError, ValueError) as fault:
        reason = (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
        hint = "Write the program and each argument as one item of the list."
        raise failed(f"cannot be run: {reason}", hint) from fault
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()[-_SHOWN:]
        raise failed(
            f"ended with exit code {done.returncode}", f"It said: {said}" if said else None
        )
    if len(done.stdout) > MAX_BYTES:
        raise failed(f"printed more than {MAX_BYTES // 1_000_000} MB")
    try:
        return json.loads(done.stdout.decode("utf-8-sig"), object_pairs_hook=without_repeats)
    except (ValueError, RecursionError) as fault:
        where = (
            f" (line {fault.lineno}, column {fault.colno}: {fault.msg})"
            if isinstance(fault, json.JSONDecodeError)
            else f": {fault}"
        )
        raise failed(f"did not print JSON in UTF-8{where}") from fault


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("LICSYNC_")}
