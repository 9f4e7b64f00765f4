"""The exit codes of all commands."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from licsync.diagnostics import (
    REFUSALS,
    CredentialsMissing,
    Diagnostic,
    LicsyncError,
    Locked,
    PartlyApplied,
    Refused,
    Severity,
)


class Exit(IntEnum):
    """What a command ends with."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    REFUSED = 3
    PARTLY = 4
    LOCKED = 5
    CREDENTIALS = 6
    INTERRUPTED = 130


_OF_ERROR: tuple[tuple[type[LicsyncError], Exit], ...] = (
    (Refused, Exit.REFUSED),
    (PartlyApplied, Exit.PARTLY),
    (Locked, Exit.LOCKED),
    (CredentialsMissing, Exit.CREDENTIALS),
)


def of_error(error: LicsyncError) -> Exit:
    """Say what an error ends with."""
    return next((code for kind, code in _OF_ERROR if isinstance(error, kind)), Exit.FAILED)


def of_diagnostics(diagnostics: Iterable[Diagnostic]) -> Exit:
    """Say what diagnostics end with: invalid input before a refusal before nothing."""
    errors = {d.code for d in diagnostics if d.severity is Severity.ERROR}
    if errors - REFUSALS:
        return Exit.FAILED
    return Exit.REFUSED if errors else Exit.DONE
