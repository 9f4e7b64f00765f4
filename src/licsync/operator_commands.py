"""Runs commands that the operator of licsync names, and takes what they print.

They get no input and limited time. Whoever calls reports the failure: only the caller knows whether
what the command wrote may be shown.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class CommandFailed(Exception):
    """A command did not print what it was run for.

    Attributes:
        reason: why, after "The command …".
        is_started: whether the command could be run at all.
        stderr: what it wrote to standard error.
    """

    def __init__(self, reason: str, *, is_started: bool = True, stderr: bytes = b""):
        super().__init__(reason)
        self.reason = reason
        self.is_started = is_started
        self.stderr = stderr


def printed_by(
    command: Sequence[str],
    timeout: float,
    *,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """Run a command, and return what it printed.

    Args:
        command: the program and its arguments.
        timeout: how many seconds it may take.
        directory: the directory that it runs in.
        environment: its environment variables; by default those of licsync.

    Raises:
        CommandFailed: the command cannot be run, takes too long, or has an exit code.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"did not end within {timeout:.0f} seconds") from None
    except (OSError, ValueError) as fault:
        reason = (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
        raise CommandFailed(f"cannot be run: {reason}", is_started=False) from fault
    if done.returncode:
        raise CommandFailed(f"ended with exit code {done.returncode}", stderr=done.stderr)
    return done.stdout


def without_licsync_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Take licsync's variables out of an environment: its secrets are not for other programs."""
    return {name: value for name, value in environment.items() if not name.startswith("LICSYNC_")}
