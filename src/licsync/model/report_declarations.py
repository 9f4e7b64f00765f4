"""The declaration of the report of a period as JSON (`licsync report --month`)."""

from __future__ import annotations

from typing import Annotated, Literal

from typing_extensions import TypedDict

from licsync.model.fields import Day
from licsync.model.schema_markers import Bounds, Described, closed

Month = Annotated[str, Bounds(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Amount = Annotated[str, Bounds(pattern=r"^\d+(\.\d+)?$")]
"""An amount of money. It is text, so that no program rounds it."""

Way = Literal["run", "by hand", "not by licsync"]
DayState = Literal["recorded", "not recorded", "to come"]


@closed
class MovementRow(TypedDict):
    """One thing that happened to a user."""

    day: Annotated[Day, Described("When the run ended, or when licsync saw the change.")]
    user: Annotated[str, Described("User name, after a rename the new one.")]
    name: Annotated[str, Described("First and last name; empty if unknown.")]
    what: Annotated[str, Described("What happened, such as `created`, or which field changed.")]
    before: Annotated[str, Described("The value before, as people read it.")]
    after: Annotated[str, Described("The value after, as people read it.")]
    department: str
    site: str
    cost_center: Annotated[str, Described("That of the files of today; empty without one.")]
    by: Annotated[str, Described("Who started the run or did it by hand; empty if unknown.")]
    run: Annotated[str, Described("The run or work order; empty if it was not by licsync.")]
    how: Annotated[Way, Described("By a run, by hand for a work order, or by somebody else.")]
    since: Annotated[
        Day | None,
        Described("The last day on which it was still as before. null: the day is exact."),
    ]


@closed
class DayRow(TypedDict):
    """The licenses of one type and country on one day. Numbers are null without a record."""

    day: Day
    type: Annotated[str, Described("Key of the license type.")]
    title: Annotated[str, Described("Name of the license type.")]
    country: str
    state: DayState
    owned: Annotated[int | None, Described("Assigned, suspended and free ones.")]
    assigned: int | None
    suspended: Annotated[int | None, Described("Those that inactive users keep.")]
    free: Annotated[int | None, Described("Those that nobody has.")]
    removed: Annotated[int | None, Described("Those that 8x8 removed; not owned.")]
    recorded_at: Annotated[str | None, Described("The instant of the record, ISO 8601.")]


@closed
class CostSum(TypedDict):
    """The cost of some licenses in one month and one currency."""

    month: Month
    currency: str
    licenses: Annotated[int, Described("How many licenses are counted.")]
    used: Annotated[Amount, Described("Of licenses that active users have.")]
    inactive: Annotated[Amount, Described("Of licenses that inactive users keep.")]
    unassigned: Annotated[Amount, Described("Of licenses that nobody has.")]
    total: Amount


@closed
class TypeCost(CostSum):
    """The cost of the licenses of one type and country."""

    type: str
    country: str


@closed
class CostCenterCost(CostSum):
    """The cost of the licenses of one cost center."""

    cost_center: Annotated[str, Described("Empty: users without one, and unassigned licenses.")]


@closed
class DepartmentCost(CostSum):
    """The cost of the licenses of one department."""

    department: Annotated[str, Described("Empty: users without one, and unassigned licenses.")]


@closed
class MonthSource(TypedDict):
    """From what the licenses of a month are counted."""

    month: Month
    licenses: Annotated[
        Literal["recorded", "inventory"],
        Described("The last record of the month, or the inventory last seen."),
    ]
    at: Annotated[str, Described("The instant of it, ISO 8601; empty if nothing was ever seen.")]


@closed
class UnpricedLicenses(TypedDict):
    """Owned licenses without a price."""

    type: str
    country: str
    month: Month
    licenses: int


@closed
class PeriodCostsDocument(TypedDict):
    """The cost of the months that the period touches."""

    months: list[MonthSource]
    by_type: list[TypeCost]
    by_cost_center: Annotated[list[CostCenterCost], Described("Always of the inventory last seen.")]
    by_department: Annotated[list[DepartmentCost], Described("Always of the inventory last seen.")]
    totals: list[CostSum]
    unpriced: list[UnpricedLicenses]


@closed
class RunOfDay(TypedDict):
    """A run, and the day on which it ended."""

    run: str
    day: Day


_Days = TypedDict(
    "_Days",
    {
        "from": Annotated[Day, Described("The first day.")],
        "until": Annotated[Day, Described("The last day.")],
    },
)


@closed
class PeriodDocument(_Days):
    """The report of a period: who came, moved and left, licenses by day, and their cost."""

    format_version: Annotated[Literal["1"], Described("The version of this format.")]
    account: Annotated[str, Described("Name of the account.")]
    today: Annotated[Day, Described("The day of the report in the account.")]
    as_of: Annotated[str, Described("When the inventory was last seen; empty if never.")]
    known_since: Annotated[
        str | None, Described("The earliest instant of which users are known, ISO 8601.")
    ]
    came: list[MovementRow]
    moved: list[MovementRow]
    left: list[MovementRow]
    seen_later: Annotated[
        list[MovementRow],
        Described("What was seen after the period, and may have happened in it."),
    ]
    licenses_by_day: list[DayRow]
    costs: PeriodCostsDocument
    unreadable_runs: Annotated[
        list[RunOfDay], Described("Runs whose records are not there any more.")
    ]
    unfinished_runs: list[RunOfDay]
    notes: Annotated[list[str], Described("What the store does not know.")]
