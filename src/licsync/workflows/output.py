"""The port for messages of use cases. The command line and Python programs implement it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from licsync.diagnostics import Diagnostic


class Output(Protocol):
    """Shows what a use case reports besides its result."""

    def message(self, text: str) -> None:
        """Show one line or paragraph."""
        ...

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """Show diagnostics. Most are warnings, because use cases raise errors."""
        ...

    def confirm(self, question: str, otherwise: str = "") -> bool:
        """Ask a question. `otherwise` is shown if nobody can answer."""
        ...


class Silent:
    """An `Output` for programs: it shows nothing and declines every question."""

    def message(self, text: str) -> None:
        """Show nothing."""

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """Show nothing."""

    def confirm(self, question: str, otherwise: str = "") -> bool:
        """Decline."""
        return False
