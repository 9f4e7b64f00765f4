"""The results of `licsync doctor`: one line per item, and what to do about problems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One examined item.

    Attributes:
        about: the name of the item.
        is_fine: whether it is in order.
        message: the result, as text.
        advice: what to do if it is not in order.
        is_credential: whether the problem is with the credentials.
    """

    about: str
    is_fine: bool
    message: str
    advice: str | None = None
    is_credential: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the document form."""
        found = {"about": self.about, "ok": self.is_fine, "message": self.message}
        return found | ({"advice": self.advice} if self.advice else {})


def all_fine(findings: Iterable[Finding]) -> bool:
    """Return whether all items are in order."""
    return all(finding.is_fine for finding in findings)
