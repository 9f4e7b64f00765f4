"""Takes what commands print, and what files hold, that the operator of licsync names.

Commands get no input. Both get limited time, for a file may be a pipe. Whoever calls reports the
failure: only the caller knows whether what the command wrote may be shown.
"""

from __future__ import annotations

import os
import select
import stat
import subprocess
from collections.abc import Callable, Mapping, Sequence
from errno import EFBIG, ETIMEDOUT
from pathlib import Path
from time import monotonic

_LOOK = 0.1
"""Seconds between two looks at whether the answer is still wanted."""

_MOST_BYTES = 1_000_000


def _always() -> bool:
    return True


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
    is_wanted: Callable[[], bool] = _always,
) -> bytes:
    """Run a command, and return what it printed.

    Args:
        command: the program and its arguments.
        timeout: how many seconds it may take.
        directory: the directory that it runs in.
        environment: its environment variables; by default those of licsync.
        is_wanted: tells, again and again, whether anybody wants the answer. If not, the command is
            ended at once.

    Raises:
        CommandFailed: the command cannot be run, takes too long, has an exit code, or is unwanted.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except (OSError, ValueError) as fault:
        reason = (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
        raise CommandFailed(f"cannot be run: {reason}", is_started=False) from fault
    with process:
        try:
            output, errors = _answer(process, timeout, is_wanted)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise CommandFailed(f"ended with exit code {process.returncode}", stderr=errors)
    return output


def _answer(
    process: subprocess.Popen[bytes], timeout: float, is_wanted: Callable[[], bool]
) -> tuple[bytes, bytes]:
    """Wait for what a command writes.

    Raises:
        CommandFailed: it takes too long, or nobody wants it any more.
    """
    deadline = monotonic() + timeout
    while True:
        try:
            return process.communicate(timeout=min(_LOOK, timeout))
        except subprocess.TimeoutExpired:
            if not is_wanted():
                raise CommandFailed("was interrupted") from None
            if monotonic() >= deadline:
                raise CommandFailed(f"did not end within {timeout:.0f} seconds") from None


def content_of(
    path: str | Path, timeout: float = 60, is_wanted: Callable[[], bool] = _always
) -> bytes:
    """Read a small file. It may be a pipe, such as that of `<(command)` in a shell.

    Args:
        path: the file.
        timeout: how many seconds a pipe may take.
        is_wanted: tells, again and again, whether anybody wants the content.

    Raises:
        OSError: it cannot be read, takes too long, is too large, or is unwanted.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode) or os.name == "nt"
        content, deadline = b"", monotonic() + timeout
        while len(content) <= _MOST_BYTES:
            if is_file or select.select((stream,), (), (), _LOOK)[0]:
                part = stream.read(_MOST_BYTES)
                if part == b"":
                    return content
                content += part or b""  # None: another reader was faster
            elif not is_wanted():
                raise OSError(ETIMEDOUT, "it was interrupted")
            elif monotonic() >= deadline:
                raise OSError(ETIMEDOUT, f"it did not end within {timeout:.0f} seconds")
    raise OSError(EFBIG, "it is too large")


def without_licsync_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Take licsync's variables out of an environment: its secrets are not for other programs."""
    return {name: value for name, value in environment.items() if not name.startswith("LICSYNC_")}
