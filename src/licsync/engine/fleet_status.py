"""What a fleet remembers, account by account: what ran when, what is due, what is stuck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from licsync.engine.fleet import (
    AccountResult,
    AccountSummary,
    FleetRun,
    FleetVerb,
    LicenseUse,
    StoredResult,
)
from licsync.engine.fleet_outcome import FleetRow, RowState


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What is remembered of one account.

    Attributes:
        account: the account.
        labels: its labels.
        last: its last result of each command.
        successes: when each command last ended without a fault, ISO 8601.
        due_at: when its next check for drift is due; None if it has no schedule.
    """

    account: str
    labels: Mapping[str, str]
    last: Mapping[FleetVerb, StoredResult]
    successes: Mapping[FleetVerb, str]
    due_at: datetime | None = None

    @property
    def newest(self) -> AccountResult | None:
        """The last result of any command."""
        known = [stored.result for stored in self.last.values()]
        return max(known, key=lambda result: result.finished_at, default=None)

    @property
    def licenses(self) -> Sequence[LicenseUse]:
        """The use of licenses, as the last command that looked has found it."""
        known = [s.result for s in self.last.values() if s.result.summary]
        looked = [r for r in known if r.summary and r.summary["licenses"]]
        newest = max(looked, key=lambda result: result.finished_at, default=None)
        return newest.summary["licenses"] if newest and newest.summary else ()

    @property
    def found(self) -> AccountSummary | None:
        """What the last command found, less what it has applied."""
        known = [stored.result for stored in self.last.values() if stored.result.summary]
        newest = max(known, key=lambda result: result.finished_at, default=None)
        if newest is None or newest.summary is None:
            return None
        if newest.verb == "apply" and newest.exit_code == 0:
            return {**newest.summary, "changes": 0, "removals": 0}
        return newest.summary

    @property
    def row(self) -> FleetRow:
        """What became of the account when a command ran last."""
        state: RowState = "done" if self.newest else "not run"
        return FleetRow(self.account, self.labels, state, self.newest, self.drift_since)

    @property
    def drift_since(self) -> str | None:
        """Since when there has been drift, as far as the last check knows."""
        checked = self.last.get("drift")
        return checked.drift_since if checked else None


@dataclass(frozen=True, slots=True)
class StuckRun:
    """A run that has not ended, or has left something.

    Attributes:
        run: the run.
        left: its accounts without a result that ends them.
    """

    run: FleetRun
    left: Sequence[str]


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """The queue of a fleet's workers.

    Attributes:
        workers: the machines on which a worker lives, sorted; one that has two stands there twice.
        running: how many jobs run.
        waiting: how many jobs wait.
        later: those of them that wait for another attempt.
    """

    workers: Sequence[str]
    running: int
    waiting: int
    later: int


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """What a fleet remembers.

    Attributes:
        fleet: the name of the fleet.
        at: the instant.
        accounts: its accounts, sorted.
        running: the runs that have not ended, or have left something, oldest first.
        gone: accounts with results that the fleet no longer has.
        queue: the queue of its workers; None if it has none.
    """

    fleet: str
    at: datetime
    accounts: Sequence[AccountStatus] = field(default_factory=list)
    running: Sequence[StuckRun] = field(default_factory=list)
    gone: Sequence[str] = field(default_factory=list)
    queue: QueueStatus | None = None
