"""The page of the use of licenses over time: by type, from the first refresh or apply on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from licsync.engine.ports import Run
from licsync.model.license import Pool, parse_instant
from licsync.model.pool_use import DayOfUse
from licsync.planning.plan_document import LedgerRow
from licsync.views.licenses import Group
from licsync.web.account_index import AccountIndex
from licsync.web.charts import Curve, Use, curve
from licsync.web.query_params import UseQuery

MOST_DAYS = 400
"""How many days the table lists."""


@dataclass(frozen=True, slots=True)
class TypeUse:
    """The use of all licenses of one type: now, and over time if there is a past."""

    key: str
    now: Use
    curve: Curve | None


def content(index: AccountIndex, query: UseQuery) -> dict[str, Any]:
    """Give the variables of the template."""
    reviewed = index.reviewed
    now = reviewed.now
    history = pool_history(index.pools, reviewed.runs, now, reviewed.pool_use)
    by_type: dict[str, list[list[Use]]] = defaultdict(list)
    for (type_, _), points in history.items():
        by_type[type_].append(points)
    since = first_instant(history, now)
    sums = {key: summed(several) for key, several in by_type.items()}
    order = [key for key in index.catalog.types if key in sums]
    chosen = sums.get(query.type) or summed(list(history.values()))
    return {
        "since": since,
        "uses": [
            TypeUse(
                key,
                sums[key][-1],
                curve(sums[key], since, now) if since < now else None,
            )
            for key in [*order, *sorted(sums.keys() - set(order))]
        ],
        "days": days_of(chosen)[:MOST_DAYS],
    }


def pool_history(
    pools: Iterable[Group], runs: Sequence[Run], now: datetime, days: Iterable[DayOfUse] = ()
) -> dict[Pool, list[Use]]:
    """Give the use of each pool over time: as recorded, before and after each run, and now.

    Args:
        pools: the current state.
        runs: with their plans; runs with encrypted or pruned plans are skipped.
        now: the instant of `pools`.
        days: what the store recorded.
    """
    found: dict[Pool, list[Use]] = defaultdict(list)
    for run in runs:
        for document in run.plan.get("licenses", ()):
            row = LedgerRow.from_json(document)
            with suppress(ValueError):
                points = found[row.type, row.country]
                began = parse_instant(run.started_at)
                points.append(_in_ledger(row, began, row.assigned_before, row.unassigned_before))
                if run.state == "done" and run.finished_at:
                    ended = parse_instant(run.finished_at)
                    points.append(_in_ledger(row, ended, row.assigned_after, row.unassigned_after))
    current = {(group.type, group.country): _now(group, now) for group in pools}
    recorded = [(parse_instant(day.at), day.pools) for day in days]
    known = {*found, *current, *((p.type, p.country) for _, some in recorded for p in some)}
    for at, some in recorded:
        counts = {(p.type, p.country): Use(at, p.assigned, p.owned, p.inactive) for p in some}
        for pool in known:
            found[pool].append(counts.get(pool, Use(at, 0, 0)))
    for pool in known:
        found[pool].append(current.get(pool, Use(now, 0, 0)))
    return {
        pool: sorted((point for point in points if point.at <= now), key=lambda point: point.at)
        for pool, points in found.items()
    }


def _in_ledger(row: LedgerRow, at: datetime, assigned: int, unassigned: int) -> Use:
    return Use(at, assigned, row.owned, max(0, row.owned - assigned - unassigned))


def _now(group: Group, now: datetime) -> Use:
    assigned = sum(row.status == "assigned" for row in group.units)
    return Use(now, assigned, group.total, group.total - assigned - group.unassigned)


def first_instant(history: Mapping[Pool, Sequence[Use]], now: datetime) -> datetime:
    """Give the first instant of which anything is known."""
    return min((points[0].at for points in history.values() if points), default=now)


def summed(histories: Sequence[Sequence[Use]]) -> list[Use]:
    """Add the use of several pools; each counts as at its last point, or its first one before."""
    instants = sorted({point.at for points in histories for point in points})
    places = [0] * len(histories)
    found = []
    for at in instants:
        for number, points in enumerate(histories):
            while places[number] + 1 < len(points) and points[places[number] + 1].at <= at:
                places[number] += 1
        current = [points[place] for points, place in zip(histories, places, strict=True)]
        totals = (
            sum(getattr(use, name) for use in current) for name in ("assigned", "owned", "inactive")
        )
        found.append(Use(at, *totals))
    return found


def days_of(points: Sequence[Use]) -> list[tuple[date, Use]]:
    """List the days with the use at the end of each, newest first."""
    return list({point.at.date(): point for point in points}.items())[::-1]
