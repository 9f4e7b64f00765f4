"""The report of a period as tables of text and remarks, for terminals, Markdown and pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from licsync.model.catalog import Catalog
from licsync.model.pool_use import PoolUse
from licsync.planning.calendar import account_day
from licsync.planning.costs import Costs, Dimension
from licsync.planning.period.days import PoolDays, days_in_state, days_of_pools, together
from licsync.planning.period.movements import FLOWS, Event, Flow, Movement
from licsync.planning.period.report import DatedMovement, Origin, PeriodReport
from licsync.views import phrases as words
from licsync.views.costs import TITLES as COST_TITLES
from licsync.views.costs import cost_cells, recorded_line, unpriced_line

Cells = list[list[str]]

TITLES: dict[Flow, str] = {"came": "Came", "moved": "Moved", "left": "Left"}

EVENTS: dict[Event, str] = {
    "last license": "last license removed",
    "license change": "license changed",
    "upgrade": "license upgraded",
    "downgrade": "license downgraded",
}
"""Events whose names say too little by themselves."""

COST_RULE = (
    "Each owned license costs the price that is valid on the first day of the month, for the whole "
    "month. Nothing is divided by days."
)

_MOVED = ("user", "what", "before", "after")
_WHERE = ("department", "site", "cost center", "by")
HEADINGS: dict[Flow, tuple[str, ...]] = {
    "came": ("day", "user", "what", "licenses", *_WHERE),
    "moved": ("day", *_MOVED, *_WHERE),
    "left": ("day", "user", "what", "had", *_WHERE),
}
DAYS = ("license", "days", "owned", "assigned", "suspended", "free", "removed by 8x8")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of text.

    Attributes:
        cells: the rows, headings first.
        first_number: the first of the columns whose cells are numbers; None if none are.
        has_sums: whether the last row adds up the others.
    """

    cells: Cells
    first_number: int | None = None
    has_sums: bool = False

    @property
    def align(self) -> str:
        """`l` or `r` for each column."""
        width = len(self.cells[0])
        texts = width if self.first_number is None else self.first_number
        return "l" * texts + "r" * (width - texts)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report.

    Attributes:
        title: its heading.
        tables: its tables.
        notes: remarks.
        empty: what stands in place of tables, if there are none.
        flow: for people, which of them the only table lists; None for other parts.
    """

    title: str
    tables: Sequence[Grid]
    notes: Sequence[str] = ()
    empty: str = ""
    flow: Flow | None = None


def sections(report: PeriodReport) -> list[Section]:
    """Give all parts of the report."""
    catalog = report.desired.catalog
    return [
        *(_people(report, flow) for flow in FLOWS),
        _days(report, catalog),
        _costs(report, catalog),
    ]


def head_line(report: PeriodReport) -> list[str]:
    """Give account, period and age of the inventory."""
    return [report.desired.name, report.period.title, f"inventory {words.as_of(report.as_of)}"]


def summary_line(report: PeriodReport) -> str:
    """Count the users who came, moved and left."""
    parts = [f"{report.count(flow):,} {flow}" for flow in FLOWS]
    return f"Users: {', '.join(parts)}."


def notes(report: PeriodReport) -> list[str]:
    """Say what the store does not know of the period."""
    return [note for note in _notes(report) if note]


def _notes(report: PeriodReport) -> Iterator[str]:
    period, since = report.period, report.known_since
    if period.first > report.today:
        yield f"The period has not begun: today is {words.day(report.today)}."
        return
    if period.last > report.today:
        yield f"The period has not ended: today is {words.day(report.today)}."
    elif period.last == report.today:
        yield f"The last day of the period has not ended: {words.day(report.today)}."
    if since is None:
        yield "Nothing is recorded of this account's users."
    elif account_day(report.desired, since) > period.first:
        yield f"Nothing is recorded of users before {_instant(since)}."
    for name, day in report.unreadable:
        yield (
            f"What the run {name} of {words.day(day)} changed is not in this report: its records "
            "were pruned, or cannot be decrypted."
        )
    for name, day in report.unfinished:
        yield f"The run {name} of {words.day(day)} is not finished; what it has done is listed."
    if any(one.origin.kind != "run" for one in report.movements):
        yield (
            "What licsync did not do itself has the day on which licsync saw it; 'since' is the "
            "day on which it was still as before."
        )
    if report.later:
        events = Counter(one.movement.flow for one in report.later)
        parts = [f"{events[flow]:,} {flow}" for flow in FLOWS if events[flow]]
        days = sorted({one.day for one in report.later})
        yield (
            f"Changes that licsync saw after the period may have been made in it: "
            f"{', '.join(parts)}, seen {_range(days[0], days[-1])}."
        )
    yield (
        "Cost centers are those of the files of today. A change of a cost center alone is not "
        "recorded."
    )


# --- people ---------------------------------------------------------------------------------------


def _people(report: PeriodReport, flow: Flow) -> Section:
    catalog = report.desired.catalog
    rows = [[*HEADINGS[flow]], *(movement_cells(one, catalog) for one in report.of(flow))]
    tables = [Grid(rows)] if len(rows) > 1 else []
    return Section(TITLES[flow], tables, empty="Nobody is recorded.", flow=flow)


def movement_cells(dated: DatedMovement, catalog: Catalog) -> list[str]:
    """Give the cells of a movement; see `HEADINGS`."""
    movement = dated.movement
    before, after = (value_text(movement, side, catalog) for side in ("before", "after"))
    values = {"came": [after], "moved": [before, after], "left": [before]}[movement.flow]
    name = f"{movement.user} ({movement.person})" if movement.person else movement.user
    where = (movement.department, movement.site, dated.cost_center)
    return [
        words.day(dated.day), name, event_text(movement), *values,
        *(text or words.NONE for text in where), origin_text(dated),
    ]  # fmt: skip


def event_text(movement: Movement) -> str:
    """Say what happened to a user."""
    if movement.event == "changed":
        return words.label(movement.path)
    return EVENTS.get(movement.event, movement.event)


def value_text(movement: Movement, side: str, catalog: Catalog) -> str:
    """Write the value before or after a movement; of a status, the licenses that stay."""
    content = movement.licenses if movement.path == "status" else getattr(movement, side)
    if movement.path not in ("licenses", "exists", "status"):
        return words.value(movement.path, content)
    pools = [str(pool).partition(":") for pool in content or ()]
    return ", ".join(catalog.pool_name(kind, country) for kind, _, country in pools) or "none"


def origin_text(dated: DatedMovement) -> str:
    """Say who did it, and in which run."""
    origin = dated.origin
    since = f", since {words.day(dated.since)}" if dated.since != dated.day else ""
    return f"{actor_text(origin)}{since}"


def actor_text(origin: Origin) -> str:
    """Name the run and who started it, or the author of a change without a run."""
    if origin.kind == "outside":
        return "not by licsync"
    by_hand = " by hand" if origin.kind == "by hand" else ""
    return f"{origin.actor}{by_hand}, {origin.name}"


# --- licenses by day ------------------------------------------------------------------------------


def _days(report: PeriodReport, catalog: Catalog) -> Section:
    states = days_of_pools(report.period, report.recorded, report.today)
    rows = [_pool_cells(one, one.use, catalog) for one in together(states) if one.use]
    missing = days_in_state(report.period, report.recorded, report.today, "not recorded")
    note = f"Not recorded: {days_text(missing)}." if missing and rows else ""
    empty = "No day of the period is recorded."
    table = [Grid([[*DAYS], *rows], 2)] if rows else []
    return Section("Licenses by day", table, [note] if note else [], empty)


def _pool_cells(days: PoolDays, use: PoolUse, catalog: Catalog) -> list[str]:
    title = catalog.pool_name(*days.pool)
    numbers = (use.owned, use.assigned, use.inactive, use.unassigned, use.removed)
    return [title, _range(days.first, days.last), *(f"{number:,}" for number in numbers)]


def days_text(days: Sequence[date]) -> str:
    """List days; those that follow each other as a range."""
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and (day - ranges[-1][1]).days == 1:
            ranges[-1] = ranges[-1][0], day
        else:
            ranges.append((day, day))
    return ", ".join(_range(*one) for one in ranges)


def _range(first: date, last: date) -> str:
    if first == last:
        return words.day(first)
    begin = words.day(first)
    if first.year == last.year:
        begin = begin.removesuffix(f" {first.year}")
    if (first.year, first.month) == (last.year, last.month):
        begin = str(first.day)
    return f"{begin} - {words.day(last)}"


def _instant(moment: datetime) -> str:
    return words.instant(moment.isoformat())


# --- costs ----------------------------------------------------------------------------------------


def _costs(report: PeriodReport, catalog: Catalog) -> Section:
    costs = report.costs
    tables = [
        *_grids(costs.by_pool, ("month", "type", "country"), catalog),
        *_grids(costs.by_user, ("month", report.payer), catalog),
    ]
    lines = [COST_RULE, *counted_lines(report), unpriced_line(costs.by_pool, catalog)]
    empty = "The files have no price, so nothing can be added up."
    if not costs.months:
        return Section("Cost", [], empty="No month of the period has begun.")
    return Section("Cost", tables, [line for line in lines if line], empty)


def _grids(costs: Costs, by: Sequence[Dimension], catalog: Catalog) -> Iterator[Grid]:
    for cells in cost_cells(costs.groups, by, catalog):
        yield Grid(cells, len(by), has_sums=True)


def counted_lines(report: PeriodReport) -> Iterator[str]:
    """Say from what the licenses of each month were counted."""
    for month in report.costs.months:
        name = month.first.isoformat()[:7]
        if month.source == "recorded":
            yield recorded_line(month)
        else:
            yield (
                f"Licenses of {name}: nothing was recorded in that month, so they are those of the "
                f"inventory {words.as_of(month.at)}."
            )
    if report.costs.months:
        yield (
            f"By {COST_TITLES[report.payer]}: licenses and users of the inventory "
            f"{words.as_of(report.as_of)}. "
            "It is not recorded who had which license in earlier months."
        )
