"""What use cases say while they work: a port, which the command line and Python programs fill."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from licsync.diagnostics import Diagnostic


class Output(Protocol):
    """Shows people what a use case has to say besides its result."""

    def message(self, text: str) -> None:
        """Show one line or paragraph."""
        ...

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """Show diagnostics, most of them warnings: errors are raised."""
        ...

    def confirm(self, question: str, otherwise: str = "") -> bool:
        """Ask a question. `otherwise` is shown where nobody is there to answer."""
        ...


class Silent:
    """An `Output` for programs: it shows nothing and confirms nothing."""

    def message(self, text: str) -> None:
        """Show nothing."""

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """Show nothing."""

    def confirm(self, question: str, otherwise: str = "") -> bool:
        """Decline."""
        return False
