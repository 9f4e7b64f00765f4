"""How many licenses of each type and country are used, as the store remembers it day by day."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from licsync.model.license import Pool, State


class PoolUse(Struct, frozen=True):
    """The use of the licenses of one type in one country.

    Attributes:
        type: key of the license type.
        country: country code.
        assigned: how many users hold.
        inactive: how many inactive users hold.
        unassigned: how many nobody holds.
        removed: how many 8x8 removed.
    """

    type: str
    country: str
    assigned: int = 0
    inactive: int = 0
    unassigned: int = 0
    removed: int = 0

    @property
    def pool(self) -> Pool:
        """Type and country."""
        return self.type, self.country

    @property
    def owned(self) -> int:
        """How many are paid for."""
        return self.assigned + self.inactive + self.unassigned


class DayOfUse(Struct, frozen=True):
    """The use of all licenses of an account at one instant, the last one of its day.

    Attributes:
        at: the instant, ISO 8601.
        pools: the use by type and country.
    """

    at: str
    pools: tuple[PoolUse, ...]


def pools_of(counts: Mapping[tuple[str, str, State], int]) -> tuple[PoolUse, ...]:
    """Give the use of each pool from the number of units by type, country and state."""
    pools = sorted({(type_, country) for type_, country, _ in counts})
    states: tuple[State, ...] = (
        "assigned", "suspended:user_inactive", "unassigned", "suspended:removed",
    )  # fmt: skip
    return tuple(
        PoolUse(*pool, *(counts.get((*pool, state), 0) for state in states)) for pool in pools
    )
