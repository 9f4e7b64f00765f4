"""What a plan costs: lines of the monthly cost, and what applying it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Cost:
    """What the units of one type and country that are bound to one service address cost, before and after the plan.

    Attributes:
        type: a key of the license catalogue.
        country: where the license is valid.
        service_address: slug, or id where no slug is declared; `None` for units that are bound to
            none.
        price: of one unit and month.
        used_before: units that active users have.
        used_after: the same, after the plan.
        unused_before: units that are paid for and nobody uses: unassigned, or kept by an inactive
            user.
        unused_after: the same, after the plan.
    """

    type: str
    country: str
    service_address: str | None
    price: dict[str, str]
    used_before: int = 0
    used_after: int = 0
    unused_before: int = 0
    unused_after: int = 0

    def to_json(self) -> dict[str, Any]:
        """Give the document form."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, doc: Mapping[str, Any]) -> Cost:
        """Read the document form."""
        return cls(**doc)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What applying a plan takes: requests to the vendor's API, and minutes.

    Attributes:
        requests: how many.
        minutes: how long.
        seen: how many operations of this account it goes by; 0: by the completion times that the
            vendor publishes.
    """

    requests: int
    minutes: float
    seen: int = 0

    def to_json(self) -> dict[str, Any]:
        """Give it as the plan document has it."""
        doc = {"requests": self.requests, "minutes": self.minutes}
        return doc | {"seen": self.seen} if self.seen else doc
