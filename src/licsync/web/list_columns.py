"""The columns of the lists of licenses, users and runs: what they are sorted by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from licsync.engine.ports import Run
from licsync.views.history import ENDINGS
from licsync.views.licenses import UnitRow, natural_key
from licsync.views.plan.entry import Entry, reading_order
from licsync.web.ranking import Column, natural

STATUSES = ("assigned", "unassigned", "suspended")
"""The states of a license, in their order."""


@dataclass(frozen=True, slots=True)
class UserListItem:
    """One user of the list.

    Attributes:
        name: the user name.
        cells: the cells of the list, by column.
        types: keys of the user's license types.
        licenses: the number of the user's licenses.
        more: further search text: job title, ids of the units, phone numbers.
        text: the whole search text, folded.
        entry: the user's entry in the plan.
    """

    name: str
    cells: Mapping[str, str]
    types: frozenset[str]
    licenses: int
    more: str
    text: str
    entry: Entry | None


def unit_columns(pools: Sequence[tuple[str, str]]) -> list[Column[UnitRow]]:
    """Give the columns of licenses.

    Args:
        pools: types with countries, in the order of the catalog.
    """
    places = {pool: place for place, pool in enumerate(pools)}
    return [
        Column("id", "ID", lambda row: natural_key(row.id) if row.has_id else None),
        Column("license", "License", lambda row: places[row.type, row.country]),
        Column("status", "Status", _status),
        Column("holder", "Assigned to", lambda row: natural(row.held_by)),
        Column("address", "Service address", lambda row: natural(row.address)),
    ]


def _status(row: UnitRow) -> tuple[int, int]:
    """Order states, and those that 8x8 removed by the days that are left."""
    place = STATUSES.index(row.status) if row.status in STATUSES else len(STATUSES)
    return place, -1 if row.days_left is None else row.days_left


def user_columns() -> list[Column[UserListItem]]:
    """Give the columns of users."""

    def by_cell(name: str, title: str) -> Column[UserListItem]:
        return Column(name, title, lambda person: natural(person.cells[name]))

    return [
        Column("user", "User", lambda person: natural(person.cells["person"] or person.name)),
        Column(
            "licenses",
            "Licenses",
            lambda person: natural(person.cells["licenses"]) if person.types else None,
        ),
        by_cell("extension", "Extension"),
        by_cell("phone_number", "Phone number"),
        by_cell("site", "Site"),
        by_cell("department", "Department"),
        Column("status", "Status", _status_and_plan),
    ]


def _status_and_plan(person: UserListItem) -> tuple[bool, tuple[int, ...]]:
    """Order active users before inactive ones, and among them those that the plan changes first."""
    entry = person.entry
    return person.cells["status"] != "active", reading_order(entry) if entry else (99,)


def run_columns(ending_of: Callable[[Run], str]) -> list[Column[Run]]:
    """Give the columns of runs.

    Args:
        ending_of: says how a run ended.
    """
    return [
        Column("run", "Run", lambda run: run.id),
        Column("started", "Started", lambda run: run.started_at),
        Column("by", "By", lambda run: natural(run.actor)),
        Column("state", "Ended", lambda run: ENDINGS.index(ending_of(run))),
        Column("actions", "Actions", lambda run: sum((run.plan.get("summary") or {}).values())),
    ]
