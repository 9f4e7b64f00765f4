"""Which accounts of a fleet are due, and what the fleet remembers, without touching an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from licsync.model.fleet import FleetMember
from licsync.model.fleet_schedule import next_due
from licsync.model.license import parse_instant
from licsync.store.fleet_results import FleetResults


def due_members(
    members: Sequence[FleetMember], results: FleetResults | None, now: datetime
) -> list[FleetMember]:
    """List the accounts whose next check for drift is due."""
    latest = results.latest() if results is not None else {}
    due = []
    for member in members:
        last = latest.get((member.account, "drift"))
        at = parse_instant(last.result.started_at) if last else None
        every = member.drift_every
        if every and next_due(member.account, every, at, now) <= now:
            due.append(member)
    return due
