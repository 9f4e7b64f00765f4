"""A row of the ledger: what a plan does to the pool of one license type in one country."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class LedgerRow:
    """What the plan does to the pool of one type in one country.

    `owned` counts assigned units, unassigned units and units held by inactive users, after the
    plan; `suspended` counts all suspended units after the plan, removed ones included.
    """

    type: str
    country: str
    owned: int = 0
    assigned_before: int = 0
    assigned_after: int = 0
    suspended_before: int = 0
    suspended: int = 0
    unassigned_before: int = 0
    unassigned_after: int = 0
    short_by: int = 0
    quantity: int | None = None
    price: dict[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the document form."""
        doc: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                "type", "country", "owned", "assigned_before", "assigned_after", "suspended_before",
                "suspended", "unassigned_before", "unassigned_after", "short_by",
            )
        }  # fmt: skip
        return doc | {
            k: v for k, v in (("quantity", self.quantity), ("price", self.price)) if v is not None
        }

    @classmethod
    def from_json(cls, doc: Mapping[str, Any]) -> LedgerRow:
        """Read the document form."""
        return cls(**doc)
