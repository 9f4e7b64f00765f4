"""The form of an explanation."""

from __future__ import annotations

from dataclasses import dataclass

from licsync.diagnostics import Severity
from licsync.diagnostics.exit_codes import Exit

ERROR = (Severity.ERROR,)
WARNING = (Severity.WARNING,)
INFO = (Severity.INFO,)
ERROR_OR_WARNING = (Severity.ERROR, Severity.WARNING)
ERROR_OR_INFO = (Severity.ERROR, Severity.INFO)
WARNING_OR_INFO = (Severity.WARNING, Severity.INFO)
ANY = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a diagnostic code means.

    Attributes:
        meaning: what is wrong or worth knowing, in one or two sentences.
        causes: what leads to it.
        remedies: what to do.
        severities: how licsync reports it.
        exits: what a command that stops because of it ends with. Empty: it stops no command.
        example: lines of a file or of the output that show it; empty if words say enough.
    """

    meaning: str
    causes: tuple[str, ...]
    remedies: tuple[str, ...]
    severities: tuple[Severity, ...]
    exits: tuple[Exit, ...] = ()
    example: str = ""

    @property
    def reported_as(self) -> str:
        """How licsync reports it, in words."""
        *others, last = map(str, self.severities)
        return f"{', '.join(others)} or {last}" if others else last
