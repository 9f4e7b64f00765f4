"""What the store remembers of plans and of what was applied: for `apply --digest` and for `drift`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Protocol

from licsync.cli import output as console
from licsync.diagnostics import LicsyncError, Locked, Severity
from licsync.engine.ports import Run, StoreFailed
from licsync.engine.replay import last_applied
from licsync.forking import ForkedTask
from licsync.model.inventory import Inventory
from licsync.model.license import format_instant
from licsync.planning.plan import Action, Plan
from licsync.profiling import phase
from licsync.store.encryption import plan_row
from licsync.workflows.account import Account
from licsync.workflows.planning import MANY
from licsync.workflows.secrets import store_cipher


@dataclass(frozen=True, slots=True)
class ApprovedPlan:
    """A plan that the store knows, and what became of it, for people."""

    plan: Plan
    state_text: str = ""


class PendingResult(Protocol):
    """What somebody finds out meanwhile."""

    def result(self) -> str:
        """Wait for it."""
        ...


@dataclass(slots=True)
class ArchivedPlan(Plan):
    """A plan that is being remembered, perhaps meanwhile; its digest is found out with that."""

    pending_digest: PendingResult = field(kw_only=True, compare=False, repr=False)

    @property
    def digest(self) -> str:
        """Name what will happen, once it is remembered; what prevents that is told to whoever waits for it."""
        try:
            return self.pending_digest.result()
        except LicsyncError:
            return self.digest_of(self.canonical_parts())


@phase("saving the plan")
def archive_plan(account: Account, plan: Plan) -> ArchivedPlan:
    """Remember a plan, where the account has a store already; planning needs none, so its failure is none either.

    Of a long plan only the writing is done at once; hashing, packing and storing it leaves Python
    free, in a thread.
    """
    values = {name: getattr(plan, name) for name in Plan.__dataclass_fields__}
    return ArchivedPlan(**values, pending_digest=_start_archiving(account, plan))


def _start_archiving(account: Account, plan: Plan) -> PendingResult:
    if not plan.actions or account.read_only or not account.has_store():
        return ForkedTask(lambda: plan.digest, 1)
    texts = plan.canonical_parts()
    if len(plan.actions) <= MANY or account.jobs == 1:
        return ForkedTask(lambda: _archive(account, plan, texts), 1)
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1).submit(_archive, account.detached(), plan, texts)


def _archive(account: Account, plan: Plan, texts: Mapping[str, bytes]) -> str:
    digest, at = plan.digest_of(texts), format_instant(account.now())
    try:
        row = plan_row(
            plan.account, digest, plan.expires_at, plan.document_of(texts), store_cipher()
        )
        if not account.fast_path().save_plan(row, at):
            account.plan_archive().save_plan(row, at)
    except StoreFailed as fault:
        console.show_diagnostics(
            replace(problem, severity=Severity.WARNING) for problem in fault.diagnostics
        )
    return digest


def approved_plan(account: Account, name: str, digest: str) -> ApprovedPlan | None:
    """Give the plan with a digest, where the account's store knows it; None where it does not."""
    if not account.has_store():
        return None
    document = account.plan_archive().plan(name, digest)
    store = account.store()
    run = next((run for run in store.runs(name) if run.plan.get("digest") == digest), None)
    if document is None and run is not None and not run.pruned_at:
        found = store.run(run.id)
        document = found.plan if found else None
    if document is None:
        return None
    became = f" It was applied already, by {run.actor} at {run.started_at}." if run else ""
    return ApprovedPlan(Plan.from_json(document), became)


@phase("saving the baseline")
def save_baseline(account: Account, name: str) -> None:
    """Remember what the account looks like, now that it is as its files say: the baseline of drift.

    While somebody else works on the account nothing is remembered: whoever does will remember it.
    """
    from licsync.store.plan_archive import AppliedSnapshot
    from licsync.workflows.environment import owner

    if account.read_only:
        return
    if account.backend_type == "local":
        account.local_backend()  # a new store is filled from the seed
    with suppress(Locked), account.store().lock(name, owner()):
        inventory = account.detached().inventory()
        if inventory is not None:
            run = next(iter(account.store().runs(name)), None)
            at = format_instant(account.real_now())
            snapshot = AppliedSnapshot(run.id if run else None, at, inventory.to_document())
            account.plan_archive().save_applied(name, snapshot)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was applied last.

    Attributes:
        inventory: the account as it was then.
        run: the last run; None where there was none.
        at: when all the files were applied or adopted; None where they never were.
        manual_actions: what the runs since then left to people.
        touched_keys: the resources that the runs since then have changed.
    """

    inventory: Inventory
    run: Run | None
    at: str | None
    manual_actions: list[Action] = field(default_factory=list)
    touched_keys: frozenset[str] = frozenset()


def load_baseline(account: Account, name: str, seen: Inventory) -> Baseline:
    """Give the account as it was when it was applied last, as far as the store knows."""
    if not account.has_store():
        return Baseline(seen, None, None)
    store, snapshot = account.store(), account.plan_archive().last_applied(name)
    runs = store.runs(name)
    last = snapshot.run if snapshot else None
    since = [store.run(run.id) for run in takewhile(lambda run: run.id != last, runs)]
    journals = [run for run in reversed(since) if run is not None]
    inventory = last_applied(snapshot.inventory if snapshot else None, journals, seen)
    by_hand = [a for run in journals for a in Plan.from_json(run.plan).actions if a.manual]
    touched = frozenset(
        key for run in journals for entry in run.entries for key in entry.after or ()
    )
    at = snapshot.at if snapshot else None
    return Baseline(inventory, runs[0] if runs else None, at, by_hand, touched)
