"""Secrets: where they come from, and how they stay secret.

They come from the environment, a file or a command, never from YAML or an option, and nothing that
licsync writes shows them.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from licsync.diagnostics import Code, CredentialsMissing, Span, error
from licsync.model.secret_origins import Address, allowed_address
from licsync.operator_commands import CommandFailed, content_of, printed_by

_SHORTEST_PART = 4
"""Fewer characters at the end of a text are no part of a secret that anybody could use."""

_TIMEOUT = 60.0
"""How many seconds the command or the file of a secret may take."""


class Secret:
    """A secret text. `str` and `repr` hide it; only `reveal` returns it."""

    __slots__ = ("_value",)

    def __init__(self, value: str):
        self._value = value

    def reveal(self) -> str:
        """Return the text, for the header that it is sent in."""
        return self._value

    def redact(self, text: str) -> str:
        """Replace the secret in a text that will be shown.

        Texts of a server are cut before they come here, perhaps within the secret.
        """
        if not self._value:
            return text
        masked = text.replace(self._value, "…")
        for length in range(len(self._value) - 1, _SHORTEST_PART - 1, -1):
            if masked.endswith(self._value[:length]):
                return f"{masked[:-length]}…"
        return masked

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not stored")


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret is found: the variable, else the file, else the command.

    Attributes:
        variable: the environment variable that holds it.
        name: what it is called (`API key`); its last word is its short name.
    """

    variable: str
    name: str

    @property
    def file(self) -> str:
        """The variable that names a file that holds the secret."""
        return f"{self.variable}_FILE"

    @property
    def command(self) -> str:
        """The variable that has a command that prints the secret."""
        return f"{self.variable}_COMMAND"

    @property
    def short_name(self) -> str:
        """The last word of the name: `key`, `token`."""
        return self.name.split()[-1]

    @property
    def hint(self) -> str:
        """Say how to set it."""
        return (
            f"Set {self.variable}, or {self.file} to a file that holds the {self.short_name}, "
            f"or {self.command} to a command that prints it."
        )

    def is_set(self, environment: Mapping[str, str]) -> bool:
        """Tell whether the environment says where the secret is."""
        return any(environment.get(name) for name in (self.variable, self.file, self.command))


def find_secret(
    source: SecretSource,
    environment: Mapping[str, str],
    is_wanted: Callable[[], bool] = lambda: True,
) -> Secret:
    """Find a secret: the variable, else the file, else the command.

    Args:
        source: the names of the variables.
        environment: the environment variables.
        is_wanted: tells, again and again, whether anybody wants the secret. If not, its command is
            ended at once.

    Raises:
        CredentialsMissing: there is none, or it cannot be read, or is not a secret of this kind.
    """
    if environment.get(source.variable):
        return _validated(source, environment[source.variable], source.variable)
    if path := environment.get(source.file):
        try:
            content = content_of(path, _TIMEOUT, is_wanted).decode("utf-8")
            return _validated(source, content, f"the file of {source.file}")
        except (OSError, UnicodeDecodeError) as fault:
            reason = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8"
            raise _missing(
                source, f"The file that {source.file} names cannot be read: {reason}."
            ) from fault
    if command := environment.get(source.command):
        printed = _printed_by(command, source, is_wanted)
        return _validated(source, printed, f"what the command of {source.command} printed")
    raise _missing(source, f"There is no {source.name}.")


def find_destination(
    text: str, source: SecretSource, environment: Mapping[str, str], place: Span | None = None
) -> tuple[Address, Secret]:
    """Find the address that a secret is sent to, and the secret.

    No command is run for a secret that may not be sent to the address.

    Args:
        text: the address.
        source: where the secret is found.
        environment: the environment, which lists the other addresses than 8x8's.
        place: where the files state the address.

    Raises:
        CredentialsMissing: the secret may not be sent to the address, or cannot be found.
    """
    address = allowed_address(text, environment, source.name, place)
    return address, find_secret(source, environment)


def _printed_by(command: str, source: SecretSource, is_wanted: Callable[[], bool]) -> str:
    """Run the command of a secret. What it printed is never shown."""
    try:
        words = shlex.split(command)
        return printed_by(words, _TIMEOUT, is_wanted=is_wanted).decode("utf-8")
    except CommandFailed as failed:
        reason = failed.reason
    except UnicodeDecodeError:
        reason = "did not print UTF-8"
    except ValueError:  # a quotation mark is missing
        reason = "is not a command line"
    raise _missing(source, f"The command of {source.command} {reason}.")


def _validated(source: SecretSource, text: str, place: str) -> Secret:
    found = text.strip()
    if not found:
        raise _missing(source, f"The {source.name} is empty: {place}.")
    if not all("!" <= character <= "~" for character in found):
        raise _missing(
            source,
            f"The {source.name} has characters that no {source.short_name} has: {place}.",
        )
    return Secret(found)


def _missing(source: SecretSource, message: str) -> CredentialsMissing:
    return CredentialsMissing(error(Code.CREDENTIALS, message, hint=source.hint))
