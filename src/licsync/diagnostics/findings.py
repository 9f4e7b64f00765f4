"""What an examination finds: one line for each thing that was looked at, and what to do where it is not fine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: what, in a word or two.
        is_fine: whether it is as it should be.
        said: what was found.
        advice: what to do, where it is not fine.
        is_credential: whether it is the credentials that are not fine.
    """

    about: str
    is_fine: bool
    said: str
    advice: str | None = None
    is_credential: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give it as a document."""
        found = {"about": self.about, "ok": self.is_fine, "message": self.said}
        return found | ({"advice": self.advice} if self.advice else {})


def all_fine(findings: Iterable[Finding]) -> bool:
    """Tell whether there is nothing to do."""
    return all(finding.is_fine for finding in findings)
