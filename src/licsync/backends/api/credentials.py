"""The API key: where it comes from, and how it stays secret.

It comes from the environment, a file or a command, never from YAML or an option, and nothing that
licsync writes shows it.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from licsync.diagnostics import Code, CredentialsMissing, error

VARIABLE, FILE, COMMAND = "LICSYNC_API_KEY", "LICSYNC_API_KEY_FILE", "LICSYNC_API_KEY_COMMAND"

_HINT = (
    f"Set {VARIABLE}, or {FILE} to a file that holds the key, "
    f"or {COMMAND} to a command that prints it."
)


class Secret:
    """A text that shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str):
        self._value = value

    def reveal(self) -> str:
        """Give the text itself, for the one header that it is sent in."""
        return self._value

    def redact(self, text: str) -> str:
        """Take the secret out of a text that is about to be shown."""
        return text.replace(self._value, "…") if self._value else text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not stored")


def _run_command(command: Sequence[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=True, stdin=subprocess.DEVNULL
    )
    return done.stdout


def find_key(
    environment: Mapping[str, str], run_command: Callable[[Sequence[str]], str] = _run_command
) -> Secret:
    """Find the API key: the variable, else the file, else the command.

    Args:
        environment: the environment variables.
        run_command: runs a command and gives what it printed.

    Raises:
        CredentialsMissing: there is none, or it cannot be read, or is no key.
    """
    if environment.get(VARIABLE):
        return _validated_key(environment[VARIABLE], VARIABLE)
    if path := environment.get(FILE):
        try:
            return _validated_key(Path(path).read_text("utf-8"), f"the file of {FILE}")
        except (OSError, UnicodeDecodeError) as fault:
            reason = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8"
            raise _credentials_missing(
                f"The file that {FILE} names cannot be read: {reason}."
            ) from fault
    if command := environment.get(COMMAND):
        try:
            return _validated_key(
                run_command(shlex.split(command)), f"what the command of {COMMAND} printed"
            )
        except (OSError, ValueError, subprocess.SubprocessError) as fault:
            raise _credentials_missing(
                f"The command of {COMMAND} failed: {_failure_reason(fault)}."
            ) from None
    raise _credentials_missing("There is no API key.")


def _failure_reason(fault: Exception) -> str:
    """Say why a command failed, without what it printed."""
    if isinstance(fault, subprocess.CalledProcessError):
        return f"it ended with exit code {fault.returncode}"
    if isinstance(fault, subprocess.TimeoutExpired):
        return f"it did not end within {fault.timeout:.0f} seconds"
    return (
        (fault.strerror or "it cannot be run")
        if isinstance(fault, OSError)
        else "it is no command line"
    )


def _validated_key(text: str, source: str) -> Secret:
    key = text.strip()
    if not key:
        raise _credentials_missing(f"The API key is empty: {source}.")
    if not all("!" <= character <= "~" for character in key):
        raise _credentials_missing(f"The API key has characters that no key has: {source}.")
    return Secret(key)


def _credentials_missing(message: str) -> CredentialsMissing:
    return CredentialsMissing(error(Code.CREDENTIALS, message, hint=_HINT))
