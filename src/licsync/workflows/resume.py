"""Resumes the unfinished run of an account, or closes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from licsync.diagnostics import Code, Diagnostic, errors_of
from licsync.engine.apply import abandon, resume
from licsync.engine.events import Outcome
from licsync.model.inventory import Inventory
from licsync.planning.actions import Action, blocked_by_manual
from licsync.planning.calendar import account_day
from licsync.planning.order.conflicts import find_conflicts
from licsync.planning.plan import Plan
from licsync.workflows.account import Account
from licsync.workflows.apply import ApplyOptions, files_now, notifying, run_context
from licsync.workflows.planning import recheck_guardrails
from licsync.workflows.unfinished_orders import unfinished_order


def has_run_to_resume(account: Account) -> bool:
    """Tell whether a resume has to look at the last run, beside going on with its work order.

    A run whose remaining actions all wait for people has nothing to resume.
    """
    order = unfinished_order(account)
    if order is None:
        return True
    store = account.storage.runs()
    run = store.run(order.run) if order.run else None
    if run is None or store.open_run(account.name) is not None:
        return True
    late = {action.id for action in blocked_by_manual(Plan.from_json(run.plan).actions)}
    return not order.progress.waiting <= late


def resume_run(account: Account, options: ApplyOptions) -> Outcome | None:
    """Resume the unfinished run; return its outcome, or None if there is no such run.

    Raises:
        Refused: the run cannot be resumed.
        Locked: another run works on the account or organization.
        CredentialsMissing: 8x8's API key is missing.
        PartlyApplied: a failure ended the run again.
        InputInvalid: the backend or the store cannot be used.
    """
    with notifying(account) as outcomes, run_context(account, options) as context:
        outcome = resume(account.name, context, partial(_objections, account))
        outcomes += [outcome] if outcome is not None else []
    return outcome


def abandon_run(account: Account) -> str | None:
    """Close the unfinished run as it is; return its id, or None if there is no such run.

    Raises:
        Refused: a user would be left without a license.
        Locked: another run works on the account or organization.
        CredentialsMissing: 8x8's API key is missing.
        InputInvalid: the backend or the store cannot be used.
    """
    with run_context(account, ApplyOptions()) as context:
        return abandon(account.name, context)


def _objections(
    account: Account, plan: Plan, left: Sequence[Action], inventory: Inventory
) -> list[Diagnostic]:
    """List the reasons against resuming a run today.

    These are errors of the files, denials of their rules, and conflicts that would fail again.
    """
    desired, faults = files_now(account)
    if errors := errors_of(faults):
        return errors
    day = account_day(desired, account.session.due_time())
    found = recheck_guardrails(plan, desired, {}, day, account.session.limits).diagnostics
    denied = [d for d in errors_of(found) if d.code is Code.RULE_BROKEN]
    hint = (
        "Fix it in the console, or close the run with: licsync apply DIR --abandon, and plan again."
    )
    return [*denied, *(replace(d, hint=hint) for d in find_conflicts(left, desired, inventory))]
