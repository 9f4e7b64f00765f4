"""What was looked at, and what came of it: the findings of a validation or of a test, before they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what was looked at.
        faults: what is wrong with it; nothing where it is in order.
        remarks: what is worth knowing, and no fault.
    """

    name: str
    faults: Sequence[str] = ()
    remarks: Sequence[str] = ()
