"""Charts as geometry, which the templates draw as SVG without style or script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT = 240, 56
"""The size of a usage chart, in units of the SVG."""


@dataclass(frozen=True, slots=True)
class Use:
    """The use of a pool at one instant: assigned and owned units, and those of inactive users."""

    at: datetime
    assigned: int
    owned: int
    inactive: int = 0

    @property
    def unassigned(self) -> int:
        """The units that nobody holds."""
        return self.owned - self.assigned - self.inactive


@dataclass(frozen=True, slots=True)
class Curve:
    """A usage chart: areas of assigned and of held units, the line of assigned and of owned units.

    Held units are the assigned ones and those of inactive users.
    """

    area: str
    held: str
    line: str
    owned: str


def curve(points: Sequence[Use], first: datetime, last: datetime) -> Curve:
    """Draw use over time as steps, from the first to the last instant of the axis.

    Args:
        points: in order of time; before the first point, its values apply.
        first: where the axis begins.
        last: where it ends.
    """
    span = max((last - first).total_seconds(), 1)
    most = max((max(point.assigned, point.owned) for point in points), default=0) or 1

    def x(at: datetime) -> float:
        return round(WIDTH * (at - first).total_seconds() / span, 1)

    def y(number: int) -> float:
        return round(2 + (HEIGHT - 3) * (1 - number / most), 1)

    def steps(numbers: Sequence[int]) -> str:
        parts = [f"M0 {y(numbers[0])}"]
        for point, number in zip(points[1:], numbers[1:], strict=True):
            parts.append(f"H{x(point.at)}V{y(number)}")
        return "".join((*parts, f"H{WIDTH}"))

    line = steps([point.assigned for point in points])
    held = steps([point.assigned + point.inactive for point in points])
    owned = steps([point.owned for point in points])
    return Curve(f"{line}V{HEIGHT}H0z", f"{held}V{HEIGHT}H0z", line, owned)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: label, number and width (percent of the longest bar)."""

    label: str
    number: int
    width: str


def bars(numbers: Sequence[tuple[str, int]]) -> list[Bar]:
    """Draw numbers as bars."""
    most = max((number for _, number in numbers), default=0) or 1
    return [Bar(label, number, f"{100 * number / most:.1f}%") for label, number in numbers]
