"""What a fleet remembers, and which accounts are due, without touching an account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from licsync.engine.fleet import FleetVerb, StoredResult
from licsync.engine.fleet_status import AccountStatus, FleetStatus, StuckRun
from licsync.model.fleet import FleetMember
from licsync.model.fleet_schedule import next_due
from licsync.model.license import parse_instant
from licsync.workflows.fleet.applying import is_left
from licsync.workflows.fleet.fleet import OpenFleet

if TYPE_CHECKING:
    from licsync.store.fleet_results import FleetResults

_NOTHING: Mapping[tuple[str, FleetVerb], StoredResult] = {}


def status_of(
    fleet: OpenFleet,
    members: Sequence[FleetMember],
    results: FleetResults | None,
    now: datetime,
) -> FleetStatus:
    """Collect what a fleet remembers.

    Args:
        fleet: the fleet.
        members: the accounts to tell of.
        results: what it remembers; None if nothing has run yet.
        now: the current instant.

    Raises:
        StoreFailed: the store cannot be read.
    """
    latest = results.latest() if results is not None else _NOTHING
    last: dict[str, dict[FleetVerb, StoredResult]] = defaultdict(dict)
    for (account, verb), stored in latest.items():
        last[account][verb] = stored
    successes: dict[str, dict[FleetVerb, str]] = defaultdict(dict)
    for (account, verb), at in (results.last_success() if results is not None else {}).items():
        successes[account][verb] = at
    accounts = [
        AccountStatus(
            member.account,
            member.labels,
            last[member.account],
            successes[member.account],
            _due_at(member, latest, now),
        )
        for member in members
    ]
    known = {member.account for member in fleet.members}
    gone = sorted({account for account, _ in latest} - known)
    running = _runs(results) if results is not None else []
    return FleetStatus(fleet.fleet["name"], now, accounts, running, gone)


def _runs(results: FleetResults) -> list[StuckRun]:
    """List the runs that have not ended, and the last apply if it has left something.

    A run that died is of no interest any more once the same command has run again.
    """
    verbs: Sequence[FleetVerb] = ("plan", "apply", "drift")
    newest = {verb: results.last_run(verb) for verb in verbs}
    found = [
        StuckRun(run, _left(results, run.id, run.jobs))
        for run in results.unfinished_runs()
        if run.is_alive or run == newest[run.verb]
    ]
    last = newest["apply"]
    if last is not None and last.finished_at is not None:
        left = _left(results, last.id, last.jobs)
        found += [StuckRun(last, left)] if left else []
    return found


def _left(results: FleetResults, run: str, jobs: Mapping[str, str]) -> list[str]:
    ended = {a for a, stored in results.results_of(run).items() if not is_left(stored.result)}
    return sorted(jobs.keys() - ended)


def due_members(
    members: Sequence[FleetMember], results: FleetResults | None, now: datetime
) -> list[FleetMember]:
    """List the accounts whose next check for drift is due."""
    latest = results.latest() if results is not None else _NOTHING
    return [m for m in members if (at := _due_at(m, latest, now)) is not None and at <= now]


def _due_at(
    member: FleetMember, latest: Mapping[tuple[str, FleetVerb], StoredResult], now: datetime
) -> datetime | None:
    """Say when the next check for drift of an account is due; None if it has no schedule."""
    if not member.drift_every:
        return None
    last = latest.get((member.account, "drift"))
    at = parse_instant(last.result.started_at) if last else None
    return next_due(member.account, member.drift_every, at, now)
