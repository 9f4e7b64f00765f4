"""The result of a validation or rule test, before it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One checked item.

    Attributes:
        name: the name of the item.
        faults: everything wrong with it; empty if it passes.
        remarks: notes that are not faults.
    """

    name: str
    faults: Sequence[str] = ()
    remarks: Sequence[str] = ()
