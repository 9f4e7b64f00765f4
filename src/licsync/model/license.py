"""The state machine of a license: one table, which the console and the planner both use.

The table is that of domain.md, section 4. Each license id has a state. `suspended` has two causes
with different guards and exits, so they are two states here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:  # the commands read times without the declarations
    from licsync.model.inventory_document import Suspension, Unit

State = Literal["none", "unassigned", "assigned", "suspended:user_inactive", "suspended:removed"]
Event = Literal[
    "order",
    "assign",
    "unassign",
    "suspend",
    "reactivate",
    "remove",
    "reinstate",
    "expire",
    "relocate",
    "follow",
]

Pool = tuple[str, str]
"""A license type and a country: the units of one pool are interchangeable."""

REINSTATE_WITHIN = timedelta(days=30)
"""The time for which a removed license can be reinstated (SEED). Then it is gone."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: from `before`, `event` leads to `after`, with a guard and an effect."""

    id: str
    before: State
    event: Event
    after: State
    guard: str
    effect: str
    source: str


TRANSITIONS = (
    Transition("T1", "none", "order", "unassigned",
        guard="a sales order",
        effect="bound to the order's address; country fixed",
        source="SEED"),
    Transition("T2", "unassigned", "assign", "assigned",
        guard="the user is active and has a site",
        effect="bound to the user's address; extension created; "
        "local numbers come with phone numbers",
        source="SEED, AADOPT, UG"),
    Transition("T3", "assigned", "unassign", "unassigned",
        guard="the user is active",
        effect="phone numbers become available and local numbers go with them, "
        "extension deleted; keeps its address",
        source="NUMRET, LIC-2025"),
    Transition("T5", "assigned", "suspend", "suspended:user_inactive",
        guard="the user is deactivated",
        effect="holder, number and extension kept",
        source="SEED, DEACT"),
    Transition("T6", "suspended:user_inactive", "reactivate", "assigned",
        guard="the user is reactivated",
        effect="usable again, nothing changed",
        source="SEED"),
    Transition("T9", "unassigned", "remove", "suspended:removed",
        guard="8x8 processes a cancellation",
        effect="30 days to reinstate",
        source="SEED, CANCEL"),
    Transition("T10", "suspended:removed", "reinstate", "unassigned",
        guard="less than 30 days since the removal",
        effect="usable again",
        source="SEED, FAILSAVE"),
    Transition("T11", "suspended:removed", "expire", "none",
        guard="30 days since the removal",
        effect="gone",
        source="SEED"),
    Transition("T12", "unassigned", "relocate", "unassigned",
        guard="the address exists",
        effect="bound to the chosen address",
        source="SEED"),
    Transition("T13", "assigned", "follow", "assigned",
        guard="the user's place changes on the same PBX",
        effect="follows the user",
        source="SITECHG"),
)  # fmt: skip
"""T4 (another license in the drop-down) is T3 and T2 at once; T7 (reclaim) is T6, T3 and T5.

T8 (delete the user) requires T3. X1 (assign a suspended license) has no row, so the console always
refuses it.
"""

_NEXT = {(t.before, t.event): t for t in TRANSITIONS}


def has_console_id(unit: Unit) -> bool:
    """Tell whether the console shows the id of a unit; otherwise licsync made the id up."""
    return not unit.get("unnamed")


def state_of(unit: Unit | None) -> State:
    """Give the state of a unit."""
    if unit is None:
        return "none"
    if unit["status"] == "suspended":
        is_removed = _suspension(unit)["reason"] == "removed"
        return "suspended:removed" if is_removed else "suspended:user_inactive"
    return "assigned" if unit["status"] == "assigned" else "unassigned"


def _suspension(unit: Unit) -> Suspension:
    return cast("Suspension", unit["suspended"])  # a suspended unit has it: the document is checked


def transition(unit: Unit | None, event: Event) -> Transition | None:
    """Find the transition of a unit for an event. None if the console refuses the event."""
    return _NEXT.get((state_of(unit), event))


FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9000, 12, 31)
"""The days that a person can ask about: date arithmetic with them stays within the calendar."""

_DAY_LENGTH = len("2026-11-24")
_DAY_EVERYWHERE = timedelta(hours=10)


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant. Without an offset it is UTC.

    Raises:
        ValueError: the text is not an instant.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_day_or_instant(text: str) -> datetime:
    """Read an ISO 8601 instant, or a day as 10:00 UTC.

    At 10:00 UTC the day has begun in all time zones from Hawaii to New Zealand.

    Raises:
        ValueError: the text is neither.
        OverflowError: the time is out of range.
    """
    instant = parse_instant(text)
    return instant + _DAY_EVERYWHERE if len(text.strip()) == _DAY_LENGTH else instant


def format_instant(moment: datetime) -> str:
    """Write an instant in the form of the inventory document."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def removed_since(unit: Unit) -> datetime | None:
    """Give the time at which a unit was removed. None for any other unit."""
    if state_of(unit) != "suspended:removed":
        return None
    return parse_instant(_suspension(unit)["at"])


def can_reinstate(unit: Unit, now: datetime) -> bool:
    """Tell whether T10 is possible: the unit was removed less than thirty days ago."""
    since = removed_since(unit)
    return since is not None and now - since < REINSTATE_WITHIN


def is_gone(unit: Unit, now: datetime) -> bool:
    """Tell whether T11 has happened: the unit was removed at least thirty days ago."""
    since = removed_since(unit)
    return since is not None and now - since >= REINSTATE_WITHIN
