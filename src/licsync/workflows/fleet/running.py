"""Runs commands on the accounts of a fleet, and remembers what came out."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from licsync.diagnostics import Diagnostic, LicsyncError, as_warnings
from licsync.engine.fleet import (
    AccountJob,
    AccountResult,
    FleetRun,
    FleetRunner,
    FleetVerb,
    RunEnd,
    StoredResult,
)
from licsync.engine.fleet_outcome import (
    FleetOutcome,
    FleetRow,
    RowState,
    fleet_digest,
    plan_digests,
)
from licsync.engine.ports import StoreFailed
from licsync.model.fleet import FleetMember
from licsync.model.license import format_instant
from licsync.workflows.fleet.fleet import OpenFleet, make_job
from licsync.workflows.fleet.messages import FleetMessages
from licsync.workflows.fleet.results import prune_results, remember, state_of
from licsync.workflows.session import clock, owner, run_link

if TYPE_CHECKING:
    from licsync.store.fleet_results import FleetResults

Progress = Callable[[AccountResult, int, int], None]
"""Takes each result as it arrives, with its number and the number of jobs."""


_ATTEMPTS, _BETWEEN_ATTEMPTS = 10, 3.0  # seconds, in which a store can restart


@dataclass(slots=True)
class FleetContext:
    """What a command on a fleet works with.

    Attributes:
        fleet: the fleet.
        runner: runs the jobs.
        results: what the fleet remembers; None if nothing may be written.
        arguments: words for the command line of every account.
        scope: further words for the commands that plan.
        is_scope_known: whether these are all. The run of an older licsync may have had `--due`.
        progress: takes each result as it arrives.
        now: the clock.
        wait: waits for a number of seconds.
        warn: shows warnings.
        is_state_given: whether the environment of the runner names the store, and not the file.
        is_brief: whether texts and documents are dropped once they are shown: a large fleet has
            many.
        messages: what the commands have to say, to be sent when they have ended.
    """

    fleet: OpenFleet
    runner: FleetRunner
    results: FleetResults | None = None
    arguments: Sequence[str] = ()
    scope: Sequence[str] = ()
    is_scope_known: bool = True
    progress: Progress = lambda result, number, of: None
    now: Callable[[], datetime] = clock
    wait: Callable[[float], None] = time.sleep
    warn: Callable[[Sequence[Diagnostic]], None] = lambda found: None
    is_state_given: bool = False
    is_brief: bool = False
    messages: FleetMessages = field(default_factory=FleetMessages)

    def instant(self) -> str:
        """Return the current instant, ISO 8601."""
        return format_instant(self.now())


@dataclass(slots=True)
class RunRecord:
    """A run of the fleet that is under way.

    Attributes:
        context: what it works with.
        id: its id; empty for a run that is not recorded.
        found: the last result of each account.
        ending: how it ended; `done` until something else happened.
        digest: the digest of the fleet.
        unrecorded: results that the store did not take yet, in their order.
    """

    context: FleetContext
    id: str
    found: dict[str, StoredResult] = field(default_factory=dict)
    ending: RunEnd = "done"
    digest: str | None = None
    unrecorded: list[AccountResult] = field(default_factory=list)

    def run(
        self,
        jobs: Sequence[AccountJob],
        may_go_on: Callable[[AccountResult], bool] = lambda result: True,
        *,
        is_recorded: bool = True,
    ) -> dict[str, AccountResult]:
        """Run jobs, and record their results.

        Args:
            jobs: the jobs.
            may_go_on: says after each result whether further jobs may start.
            is_recorded: whether the results are the last ones of their accounts.

        Returns:
            the results by account.
        """
        results, context = dict[str, AccountResult](), self.context

        def take(result: AccountResult) -> bool:
            context.messages.take(result)
            stored = replace(result, messages=())
            stored = replace(stored, text="", document=None) if context.is_brief else stored
            results[result.account] = stored
            if is_recorded:
                self.take(stored)
            context.progress(result, len(results), len(jobs))
            return may_go_on(result)

        if jobs:
            ending = context.runner.run(jobs, take)
            self.ending = ending if ending != "done" else self.ending
        return results

    def take(self, result: AccountResult) -> None:
        """Take a result as the last one of its account, and record it.

        A store that cannot be reached for a while costs no account: results wait until it can be.
        """
        self.found[result.account] = StoredResult(result)
        if self.id and self.context.results is not None:
            self.unrecorded.append(result)
            with suppress(StoreFailed):
                self._record(self.context.results)

    def finish(self) -> None:
        """Record what is left, and how the run ended; warn if the store does not take it."""
        results = self.context.results
        if results is None:
            return
        for attempt in range(_ATTEMPTS):
            try:
                self._record(results)
                results.finish_run(self.id, self.ending, self.context.instant(), self.digest)
            except StoreFailed as fault:
                if attempt == _ATTEMPTS - 1:
                    self.context.warn(as_warnings(fault.diagnostics))
                else:
                    self.context.wait(_BETWEEN_ATTEMPTS)
            else:
                return

    def _record(self, results: FleetResults) -> None:
        """Record results in their order.

        Raises:
            StoreFailed: the store does not take one of them.
        """
        while self.unrecorded:
            result = self.unrecorded[0]
            stored = remember(results, result, self.id)
            del self.unrecorded[0]
            if self.found[result.account].result is result:
                self.found[result.account] = replace(stored, result=result)


@contextmanager
def recording(
    context: FleetContext, verb: FleetVerb, jobs: Mapping[str, str], digest: str | None = None
) -> Iterator[RunRecord]:
    """Record a run of the fleet while it lasts.

    Args:
        context: what it works with.
        verb: the command.
        jobs: the accounts that it is for; for an apply with the digests of their plans.
        digest: the digest of the fleet, if it is known.

    Raises:
        StoreFailed: the store of the fleet cannot be written.
    """
    now, results = context.now(), context.results
    record = RunRecord(context, f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", digest=digest)
    if results is not None:
        prune_results(context.fleet, results, now)
        name, started_at, link = (
            context.fleet.fleet["name"],
            format_instant(now),
            run_link(os.environ),
        )
        run = FleetRun(record.id, name, verb, owner(), started_at, jobs, link, digest=digest)
        scope = tuple(context.scope) if context.is_scope_known else None
        results.begin_run(replace(run, scope=scope))
    try:
        yield record
    except BaseException:
        record.ending = "stopped"
        raise
    finally:
        record.finish()


@contextmanager
def sending_messages(context: FleetContext, state: str | None) -> Iterator[None]:
    """Send what the commands of the accounts have to say, when all of them have ended.

    Args:
        context: what the commands work with.
        state: the URL of the store that the command was given.
    """
    try:
        yield
    except LicsyncError:
        _send_messages(context, state)
        raise
    _send_messages(context, state)


def _send_messages(context: FleetContext, state: str | None) -> None:
    if context.messages.found:
        fleet, at = context.fleet, context.instant()
        try:
            faults = context.messages.send(fleet, state_of(fleet, state), at)
        except LicsyncError as fault:
            faults = as_warnings(fault.diagnostics)
        if faults:
            context.warn(faults)


def plan_fleet(context: FleetContext, members: Sequence[FleetMember]) -> FleetOutcome:
    """Plan accounts. The digest covers those that the fleet may apply.

    Raises:
        StoreFailed: the store of the fleet cannot be written.
    """
    with recording(context, "plan", {member.account: "" for member in members}) as record:
        results = record.run(jobs_of(context, members, "plan", ["--jobs", "1"]))
        if record.ending == "done":
            applicable = {member.account for member in members if member.may_apply}
            found = [results[account] for account in sorted(applicable)]
            record.digest = fleet_digest(plan_digests(found))
    return outcome(record, "plan", members)


def check_drift(context: FleetContext, members: Sequence[FleetMember]) -> FleetOutcome:
    """Check accounts for drift since the last apply.

    Raises:
        StoreFailed: the store of the fleet cannot be written.
    """
    with recording(context, "drift", {member.account: "" for member in members}) as record:
        record.run(jobs_of(context, members, "drift"))
    return outcome(record, "drift", members)


def validate_fleet(context: FleetContext, members: Sequence[FleetMember]) -> FleetOutcome:
    """Check the files of accounts. Nothing is recorded."""
    record = RunRecord(context, "")
    record.run(jobs_of(context, members, "validate"))
    return outcome(record, "validate", members)


def jobs_of(
    context: FleetContext,
    members: Sequence[FleetMember],
    verb: FleetVerb,
    arguments: Sequence[str] = (),
) -> list[AccountJob]:
    """Make the jobs of a command on accounts."""
    is_planning = verb in ("plan", "apply") and "--resume" not in arguments
    words = (*arguments, *context.arguments, *(context.scope if is_planning else ()))
    is_state_given = context.is_state_given
    return [
        make_job(context.fleet, member, verb, words, is_state_given=is_state_given)
        for member in members
    ]


def outcome(
    record: RunRecord,
    verb: FleetVerb,
    members: Sequence[FleetMember],
    states: Mapping[str, RowState] | None = None,
) -> FleetOutcome:
    """Give the outcome of a run.

    Args:
        record: the run.
        verb: the command.
        members: its accounts.
        states: what became of accounts whose command did not run.
    """
    rows = []
    for member in members:
        stored = record.found.get(member.account)
        state: RowState = (states or {}).get(member.account, "done" if stored else "not run")
        result, since = (stored.result, stored.drift_since) if stored else (None, None)
        rows.append(FleetRow(member.account, member.labels, state, result, since))
    context = record.context
    return FleetOutcome(
        context.fleet.fleet["name"],
        verb,
        context.instant(),
        rows,
        record.digest or "",
        record.ending,
        record.id if context.results is not None else "",
    )
