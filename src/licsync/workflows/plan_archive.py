"""Saves plans and baselines in the store: for `apply --digest` and `drift`."""

from __future__ import annotations

from contextlib import suppress
from itertools import takewhile

from msgspec import Struct, field

from licsync.diagnostics import Locked, as_warnings
from licsync.engine.ports import Run, StoreFailed
from licsync.model.inventory import Inventory
from licsync.model.license import format_instant
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.profiling import phase
from licsync.store.encryption import plan_row
from licsync.workflows.account import Account
from licsync.workflows.inventory import last_seen, local_backend
from licsync.workflows.storage import store_cipher


class ApprovedPlan(Struct, frozen=True):
    """A plan from the store, and a sentence about its run."""

    plan: Plan
    state_text: str = ""


@phase("saving the plan")
def archive_plan(account: Account, plan: Plan) -> None:
    """Save a plan for `apply --digest`, if the account has a store.

    Planning needs no store, so a failure is only a warning.

    Raises:
        InputInvalid: the file with the key of the store cannot be read.
    """
    if not plan.actions or account.session.read_only or not account.storage.exists():
        return
    at = format_instant(account.session.now())
    try:
        row = plan_row(plan.account, plan.digest, plan.expires_at, plan.document(), store_cipher())
        if not account.storage.fast_path().save_plan(row, at):
            account.storage.plan_archive().save_plan(row, at)
    except StoreFailed as fault:
        account.session.output.diagnostics(as_warnings(fault.diagnostics))


def approved_plan(account: Account, digest: str) -> ApprovedPlan | None:
    """Return the plan with a digest; None if the account's store does not have it."""
    if not account.storage.exists():
        return None
    name, store = account.name, account.storage.runs()
    document = account.storage.plan_archive().plan(name, digest)
    run = next((run for run in store.runs(name) if run.plan.get("digest") == digest), None)
    if document is None and run is not None and not run.pruned_at:
        found = store.run(run.id)
        document = found.plan if found else None
    if document is None:
        return None
    state_text = f" It was applied already, by {run.actor} at {run.started_at}." if run else ""
    return ApprovedPlan(Plan.from_json(document), state_text)


@phase("saving the baseline")
def save_baseline(account: Account) -> None:
    """Save the inventory last seen as the baseline of drift, because it matches the files.

    If another run works on the account, nothing is saved: that run saves its own baseline.

    Raises:
        InputInvalid: the inventory last seen or the store cannot be used.
    """
    from licsync.store.plan_archive import AppliedSnapshot
    from licsync.workflows.session import owner

    session, name = account.session, account.name
    if session.read_only:
        return
    if account.is_stored:
        local_backend(account)  # a new store is filled from the seed
    store = account.storage.runs()
    with suppress(Locked), store.lock(name, owner()):
        inventory = last_seen(account)
        if inventory is not None:
            run = next(iter(store.runs(name)), None)
            at = format_instant(session.record_time())
            snapshot = AppliedSnapshot(run.id if run else None, at, inventory.to_document())
            account.storage.plan_archive().save_applied(name, snapshot)


class Baseline(Struct, frozen=True):
    """The baseline of drift.

    Attributes:
        inventory: the account when it last matched the files.
        run: the last run; None if there was none.
        at: when all files were applied or adopted; None if they never were.
        manual_actions: the manual steps of the runs since then.
        touched_keys: the resources that the runs since then have changed.
    """

    inventory: Inventory
    run: Run | None
    at: str | None
    manual_actions: list[Action] = field(default_factory=list)
    touched_keys: frozenset[str] = frozenset()


def load_baseline(account: Account, current: Inventory) -> Baseline:
    """Return the baseline of an account, as far as the store knows it."""
    if not account.storage.exists():
        return Baseline(current, None, None)
    from licsync.engine.replay import last_applied

    name, store = account.name, account.storage.runs()
    snapshot = account.storage.plan_archive().last_applied(name)
    runs = store.runs(name)
    last = snapshot.run if snapshot else None
    since = [store.run(run.id) for run in takewhile(lambda run: run.id != last, runs)]
    journals = [run for run in reversed(since) if run is not None]
    inventory = last_applied(snapshot.inventory if snapshot else None, journals, current)
    manual: list[Action] = []
    touched: set[str] = set()
    for run in journals:
        manual += [action for action in Plan.from_json(run.plan).actions if action.manual]
        touched.update(key for entry in run.entries for key in entry.after or ())
    at = snapshot.at if snapshot else None
    return Baseline(inventory, runs[0] if runs else None, at, manual, frozenset(touched))
