"""The overview: pool usage, unassigned licenses and their tax location, drift, runs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from licsync.diagnostics import has_errors
from licsync.model.inventory_document import InventoryAddress
from licsync.model.license import Pool, parse_instant
from licsync.planning.calendar import account_day
from licsync.planning.drift import Drift
from licsync.planning.usage import usage_advice
from licsync.views import phrases as words
from licsync.views.audit import author_text, other_rows
from licsync.views.drift import TITLES, cells
from licsync.views.licenses import Group, UnitRow
from licsync.views.usage import HEADINGS, SMALLER_HEADINGS, cost_line, idle_cells, smaller_cells
from licsync.web.account_index import AccountIndex
from licsync.web.charts import Curve, Use, bars, curve
from licsync.web.list_columns import STATUSES, run_columns
from licsync.web.query_params import (
    NOWHERE,
    LicensesQuery,
    OverviewQuery,
    PlanQuery,
    Query,
    UsersQuery,
    WorkQuery,
)
from licsync.web.ranking import Column, natural
from licsync.web.small_tables import cell_columns, cell_key, small_table
from licsync.web.use_page import first_instant, pool_history

AGES = ((7, "up to 7 days"), (30, "8 to 30 days"), (90, "31 to 90 days"))
MOST_MOVED = 50
"""How many drifted values of each kind are listed."""

MOVED_HEADINGS = ("resource", "setting", "last applied", "files", "console", "declared at")

OLDER = "more than 90 days"
LEFT = ((7, "up to 7 days left"), (14, "8 to 14 days left"), (30, "15 to 30 days left"))


@dataclass(frozen=True, slots=True)
class PoolCard:
    """The use of one pool, now and over time."""

    group: Group
    assigned: int
    suspended: int
    curve: Curve | None


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that leads to the rows that it counts.

    Attributes:
        number: the figure.
        text: what it counts.
        page: the page that it leads to.
        query: the query of that page.
        kind: its color: a state of licenses or a tone of the plan.
        whole: the number that the figure is a part of; None if it is none.
    """

    number: int
    text: str
    page: str
    query: Query
    kind: str = ""
    whole: int | None = None


def tiles(index: AccountIndex) -> list[Tile]:
    """Give the figures at the top: each is the number of rows that it leads to."""
    states = Counter(row.status for row in index.units)
    removed = sum(group.removed for group in index.pools)
    users, contacts = index.people, sum(not person.types for person in index.people)
    inactive = sum(person.cells["status"] == "inactive" for person in users)
    actions, order = len(index.plan.actions), index.reviewed.order
    is_refused = has_errors(index.plan.diagnostics)
    held = f"licenses, {removed:,} of them removed by 8x8" if removed else "licenses owned"
    found = [
        Tile(len(index.units), held, "licenses", LicensesQuery()),
        *(
            Tile(states[state], state, "licenses", LicensesQuery(status=(state,)), state)
            for state in STATUSES
        ),
        Tile(len(users), "users", "users", UsersQuery()),
        Tile(inactive, "inactive", "users", UsersQuery(status="inactive"), "suspended"),
        Tile(contacts, "contacts", "users", UsersQuery(license=NOWHERE)),
    ]
    if order is not None and order.state in ("open", "done"):
        done, items = order.progress.count("done"), len(order.order.items)
        found.append(Tile(done, "work items done", "work", WorkQuery(), "changes", items))
    label = "actions: the plan has errors" if is_refused else "actions planned"
    found.append(Tile(actions, label, "plan", PlanQuery(), "takes" if is_refused else "changes"))
    return [
        replace(tile, text=_singular(tile.text)) if tile.number == 1 else tile for tile in found
    ]


def _singular(text: str) -> str:
    noun, _, more = text.partition(" ")
    return " ".join(filter(None, (noun.removesuffix(":").removesuffix("s"), more)))


@dataclass(frozen=True, slots=True)
class Idle:
    """The unassigned units at one service address.

    Attributes:
        address_id: its id; empty for units without an address.
        address: its postal text.
        sites: the sites at the address.
        types: the number of units of each type.
        number: the number of units.
        cost: their monthly cost, as far as the files have prices.
        tax: where they are taxed, and why that may be wrong.
        is_risk: whether that may be wrong.
    """

    address_id: str
    address: str
    sites: list[str]
    types: list[tuple[str, int]]
    number: int
    cost: str
    tax: str
    is_risk: bool


def overview(index: AccountIndex, query: OverviewQuery) -> dict[str, Any]:
    """Give the variables of the overview template."""
    sort, authors = query.sort, index.reviewed.authors
    headings = MOVED_HEADINGS if authors is None else (*MOVED_HEADINGS, "changed by")
    runs, moved = index.reviewed.runs, index.reviewed.drift
    history = pool_history(index.pools, runs, index.reviewed.now, index.reviewed.pool_use)
    users = index.inventory.users
    return {
        "pools": _pools(index, history),
        "since": first_instant(history, index.reviewed.now),
        "inactive_held": bars(held_by_age(index.units, index.reviewed.now)),
        "removed": bars(removed_by_days(index.units)),
        "idle": small_table(idle_units(index), _idle_columns(), sort),
        "usage": _usage(index, sort),
        "people": {
            "all": len(users),
            "inactive": sum(user.get("status") == "inactive" for user in users.values()),
            "contacts": sum(not user.get("services") for user in users.values()),
        },
        "contacts": [person for person in index.people if not person.types],
        "holders": [p for p in index.people if p.cells["status"] == "inactive" and p.types],
        "tiles": tiles(index),
        "last": runs[0] if runs else None,
        "drift": None
        if moved is None
        else [
            (
                TITLES[key],
                small_table(
                    _moved(index, moved, key), cell_columns(key, headings, itemgetter(1)), sort
                ),
            )
            for key in ("console", "both")
        ],
        "has_authors": authors is not None,
        "notes": index.reviewed.notes,
        "others": small_table(
            other_rows(authors) if authors is not None else [],
            cell_columns("others", ("changed by", "what", "values")),
            sort,
        ),
        "in_files": sum(item.moved == "files" for item in moved or ()),
        "most_moved": MOST_MOVED,
        "runs": small_table(runs[:8], run_columns(index.ending_of), sort),
    }


# --- the use of the pools -------------------------------------------------------------------------


def _pools(index: AccountIndex, history: Mapping[Pool, list[Use]]) -> list[PoolCard]:
    now = index.reviewed.now
    first = first_instant(history, now)
    has_past = now - first > timedelta(0)
    return [
        PoolCard(
            group,
            sum(row.status == "assigned" for row in group.units),
            sum(row.status == "suspended" and row.days_left is None for row in group.units),
            curve(history[group.type, group.country], first, now) if has_past else None,
        )
        for group in index.pools
    ]


# --- what nobody uses -----------------------------------------------------------------------------

IDLE_DAYS = 90
"""From how many days without a call on a license is shown as idle."""


def _usage(index: AccountIndex, sort: str) -> dict[str, Any] | None:
    usage, inventory = index.reviewed.usage, index.inventory
    if usage is None:
        return None
    today = account_day(index.desired, index.reviewed.now)
    advice = usage_advice(usage, index.desired, inventory, today, IDLE_DAYS)
    calls = idle_cells(advice.idle, index.catalog)
    less = smaller_cells(advice.smaller, index.catalog)
    return {
        "until": usage.until,
        "days": IDLE_DAYS,
        "cost": cost_line(advice),
        "tables": [
            (title, small_table(cells, cell_columns(name, headings), sort))
            for name, title, headings, cells in (
                ("calls", f"No call for {IDLE_DAYS} days", HEADINGS, calls),
                ("smaller", "A smaller type would do", SMALLER_HEADINGS, less),
            )
            if cells
        ],
    }


# --- what cannot be used --------------------------------------------------------------------------


def held_by_age(units: Iterable[UnitRow], now: datetime) -> list[tuple[str, int]]:
    """Count the units of inactive users by the duration of the inactivity."""
    found: Counter[str] = Counter()
    for row in units:
        if row.status == "suspended" and row.days_left is None:
            found[_bucket(_days(row.since, now), AGES, OLDER)] += 1
    return [(label, found[label]) for label in (*(label for _, label in AGES), OLDER)]


def removed_by_days(units: Iterable[UnitRow]) -> list[tuple[str, int]]:
    """Count the units that 8x8 removed by the days left to reinstate (SEED: thirty days)."""
    found = Counter(
        _bucket(row.days_left, LEFT, LEFT[-1][1]) for row in units if row.days_left is not None
    )
    return [(label, found[label]) for _, label in LEFT]


def _bucket(days: int, limits: Sequence[tuple[int, str]], beyond: str) -> str:
    return next((label for limit, label in limits if days <= limit), beyond)


def _days(since: str | None, now: datetime) -> int:
    try:
        return (now - parse_instant(since or "")).days
    except ValueError:
        return AGES[-1][0] + 1


# --- what lies idle -------------------------------------------------------------------------------


def idle_units(index: AccountIndex) -> list[Idle]:
    """List the unassigned units by service address, which determines their tax (SEED)."""
    at: dict[str, list[UnitRow]] = defaultdict(list)
    used: dict[Pool, Counter[str]] = defaultdict(Counter)
    for row in index.units:
        if row.status == "unassigned":
            at[row.address_id or ""].append(row)
        elif row.status == "assigned" and row.address_id:
            used[row.type, row.country][
                _region(index.inventory.service_addresses.get(row.address_id))
            ] += 1
    prices = index.prices
    return sorted(
        (_idle(index, key, rows, used, prices) for key, rows in at.items()), key=lambda i: -i.number
    )


def _idle_columns() -> list[Column[Idle]]:
    return [
        Column("idle.address", "service address", lambda row: cell_key(row.address)),
        Column("idle.site", "site", lambda row: natural(", ".join(row.sites))),
        Column("idle.licenses", "licenses", lambda row: row.number),
        Column("idle.cost", "monthly cost", lambda row: cell_key(row.cost)),
        Column("idle.tax", "tax", lambda row: cell_key(row.tax)),
    ]


def _idle(
    index: AccountIndex,
    address_id: str,
    rows: list[UnitRow],
    used: Mapping[Pool, Counter[str]],
    prices: Mapping[Pool, words.Money],
) -> Idle:
    sites = index.sites_at.get(address_id, [])
    types = Counter(index.catalog.pool_name(row.type, row.country) for row in rows)
    known = [prices[row.type, row.country] for row in rows if (row.type, row.country) in prices]
    cost = words.total(known)
    region = _region(index.inventory.service_addresses.get(address_id))
    pools = {(row.type, row.country) for row in rows}
    in_use: Counter[str] = sum((used[pool] for pool in pools if pool in used), Counter())
    tax, is_risk = _tax(region, in_use, bool(sites))
    return Idle(
        address_id,
        rows[0].address or words.NONE,
        sites,
        types.most_common(),
        len(rows),
        cost,
        tax,
        is_risk,
    )


def _tax(region: str, in_use: Counter[str], has_site: bool) -> tuple[str, bool]:
    """Describe where unassigned units are taxed, and whether that is probably wrong."""
    if not region:
        return "tax location unknown", True
    others = Counter({other: number for other, number in in_use.items() if other != region})
    if others.total() > in_use[region]:
        top, _ = others.most_common(1)[0]
        where = f"are in {top}" if len(others) == 1 else f"are elsewhere, mostly in {top}"
        return (
            f"taxed in {region}; {others.total():,} of {in_use.total():,} in use {where}",
            True,
        )
    if not has_site:
        return f"taxed in {region}, which has no site", True
    return (
        f"taxed in {region}, like most licenses in use" if in_use else f"taxed in {region}",
        False,
    )


def _region(address: InventoryAddress | None) -> str:
    if not address:
        return ""
    return ", ".join(str(part) for part in (address.get("state"), address.get("country")) if part)


def _moved(
    index: AccountIndex, found: Sequence[Drift], moved: str
) -> list[tuple[str, tuple[str, ...]]]:
    """List the drift of one origin: the linked user, if any, and the cells of its row."""
    authors = index.reviewed.authors.authors if index.reviewed.authors is not None else {}
    return [
        (
            index.user_of(item.resource),
            (*cells(item), author_text(authors.get((item.resource, item.path)))),
        )
        for item in found
        if item.moved == moved
    ]
