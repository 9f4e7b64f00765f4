"""What a period of an account shows: movements with their days, licenses by day, and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from licsync.model.desired import Desired
from licsync.model.pool_use import DayOfUse
from licsync.planning.costs import Dimension
from licsync.planning.period.days import Period
from licsync.planning.period.month_costs import PeriodCosts
from licsync.planning.period.movements import Flow, Movement

OriginKind = Literal["run", "by hand", "outside"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Who did something.

    Attributes:
        kind: a run of licsync, people by hand for a work order, or somebody else.
        name: of the run or work order; empty for somebody else.
        actor: who started the run, or answered the item; empty for somebody else.
    """

    kind: OriginKind
    name: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class DatedMovement:
    """A movement with its day.

    Attributes:
        movement: what happened.
        day: the day on which the run ended, or on which the change was first seen.
        since: the day on which the user was last known to be as before; the day of a run.
        at: the instant of `day`, ISO 8601.
        origin: who did it.
        cost_center: of the user, in the files of today; empty if they do not say it.
        identity: the same number for all movements of one user, also after a rename.
    """

    movement: Movement
    day: date
    since: date
    at: str
    origin: Origin
    cost_center: str = ""
    identity: int = 0


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """The report of a period.

    Attributes:
        desired: the files of today.
        period: the days.
        now: the instant of the report.
        today: the day of it in the account.
        as_of: when the inventory was last seen.
        known_since: the earliest instant of which users are known; None if nothing is.
        movements: who came, moved and left, by day.
        later: movements that were seen after the period, and may have happened in it.
        recorded: the recorded use of licenses by day, also outside the period.
        costs: the costs of the months that the period touches.
        unreadable: the runs in the period whose records are not there any more: name and day.
        unfinished: the runs in the period that were not finished: name and day.
    """

    desired: Desired
    period: Period
    now: datetime
    today: date
    as_of: str
    known_since: datetime | None
    movements: Sequence[DatedMovement]
    later: Sequence[DatedMovement]
    recorded: Mapping[date, DayOfUse]
    costs: PeriodCosts
    unreadable: Sequence[tuple[str, date]] = field(default=())
    unfinished: Sequence[tuple[str, date]] = field(default=())

    @property
    def payer(self) -> Dimension:
        """Who pays: cost centers, if the files have any, else departments."""
        has_centers = any("cost_center" in user for user in self.desired.users.values())
        return "cost_center" if has_centers else "department"

    def of(self, flow: Flow) -> list[DatedMovement]:
        """List the movements of those who came, moved or left."""
        return [one for one in self.movements if one.movement.flow == flow]

    def count(self, flow: Flow) -> int:
        """Count the users who came, moved or left; each once."""
        return len({one.identity for one in self.of(flow)})
