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


MEANINGS = {
    Exit.DONE: "Done. The plan may or may not contain changes.",
    Exit.FAILED: "The input or the run failed: invalid YAML, an unknown option, an unusable "
    "backend. Nothing was changed.",
    Exit.CHANGES: "`plan --detailed-exitcode`: the plan contains changes. `drift`: the account "
    "changed outside licsync.",
    Exit.REFUSED: "Refused: a shortage, a limit, a protected user, half a swap of numbers, a loss "
    "without consent; or a plan that is stale, expired, altered or already applied.",
    Exit.PARTLY: "Partly applied: `licsync apply DIR --resume` continues; or manual steps remain.",
    Exit.LOCKED: "Another run holds the lock.",
    Exit.CREDENTIALS: "The credentials are missing or were rejected.",
    Exit.INTERRUPTED: "Interrupted. licsync finished and recorded the steps in progress.",
}
"""What each exit code means."""

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
