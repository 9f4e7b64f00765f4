"""What stops a run, and the error that it ends with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from licsync.diagnostics import (
    Code,
    CredentialsMissing,
    Diagnostic,
    InputInvalid,
    LicsyncError,
    PartlyApplied,
    Refused,
    error,
)
from licsync.engine.ports import BackendFailed, StoreFailed

_GO_ON = "Fix the cause, then resume with: licsync apply DIR --resume"


class ManualRepairNeeded(Exception):
    """A record is in a state that neither the plan nor a compensation can leave."""


class Stale(Exception):
    """Somebody else changed records that are still to be changed."""

    def __init__(self, diagnostics: Sequence[Diagnostic]):
        super().__init__(*diagnostics)
        self.diagnostics = diagnostics


def final_error(faults: Sequence[Exception], *, partly: bool) -> Exception:
    """Make the error that a run ends with; the run stays open.

    Args:
        faults: what stopped it; at least one.
        partly: whether something was done, or may have been.
    """
    for fault in faults:
        if not isinstance(
            fault, BackendFailed | StoreFailed | CredentialsMissing | ManualRepairNeeded | Stale
        ):
            return fault
    found = (d for fault in faults for d in _diagnostics_of(fault))
    # report a refused key once
    diagnostics = list({d.code if d.code is Code.CREDENTIALS else d: d for d in found}.values())
    if partly or any(isinstance(fault, ManualRepairNeeded) for fault in faults):
        return PartlyApplied(*diagnostics)
    if any(isinstance(fault, Stale) for fault in faults):
        return Refused(*diagnostics)
    missing = any(isinstance(fault, CredentialsMissing) for fault in faults)
    return (CredentialsMissing if missing else InputInvalid)(*diagnostics)


def _diagnostics_of(fault: Exception) -> list[Diagnostic]:
    if isinstance(fault, Stale):
        return list(fault.diagnostics)
    if isinstance(fault, LicsyncError):
        return [replace(d, hint=_hint(d.hint)) for d in fault.diagnostics]
    if isinstance(fault, ManualRepairNeeded):
        hint = (
            "Repair it in the console, close the run with: licsync apply DIR --abandon, "
            "and plan again."
        )
        return [error(Code.BACKEND_FAILED, str(fault), hint=hint)]
    return [error(Code.BACKEND_FAILED, str(fault), hint=_GO_ON)]


def _hint(hint: str | None) -> str:
    if hint is None or "--resume" in hint:
        return hint or _GO_ON
    return f"{hint.removesuffix('.')}. Then resume with: licsync apply DIR --resume"
