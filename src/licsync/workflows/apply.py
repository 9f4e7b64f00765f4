"""Applies plans: sets up the engine, and plans again after everything is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from licsync.diagnostics import (
    REFUSALS,
    Code,
    Diagnostic,
    InputInvalid,
    LicsyncError,
    Refused,
    as_warnings,
    error,
    errors_of,
    has_errors,
    sort_diagnostics,
    warning,
)
from licsync.engine.apply import apply
from licsync.engine.context import RunContext
from licsync.engine.events import Event, Listener, Outcome, RunFinished
from licsync.model.inventory import Inventory
from licsync.model.license import format_instant
from licsync.planning.calendar import account_day
from licsync.planning.order.conflicts import find_conflicts
from licsync.planning.plan import Plan
from licsync.planning.validation.freshness import freshness_diagnostics
from licsync.workflows.account import Account, channels_of
from licsync.workflows.backends import (
    listen_to_waits,
    open_backend,
    parallelism,
    require_access,
)
from licsync.workflows.identity_binding import bind_identity, refuse_renamed
from licsync.workflows.organization_lease import organization_lock
from licsync.workflows.plan_archive import save_baseline
from licsync.workflows.planning import PlanRequest, plan_account, recheck_guardrails
from licsync.workflows.saved_inventory import save_run_observations
from licsync.workflows.session import Session, owner, run_link
from licsync.workflows.state import file_diagnostics, load_config
from licsync.workflows.unfinished_orders import (
    open_order,
    refuse_unfinished_order,
)

if TYPE_CHECKING:
    from licsync.model.desired import Desired

_SHOWN = 3  # remaining actions that a message names


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How to apply.

    Attributes:
        listener: receives each event of the run.
        stop: tells whether the run should end after the steps in progress.
        parallelism: how many changes may run at once; None for the backend's limit.
    """

    listener: Listener = lambda event: None
    stop: Callable[[], bool] = lambda: False
    parallelism: int | None = None


@dataclass(frozen=True, slots=True)
class RecheckResult:
    """The result of planning again after everything was done.

    Attributes:
        left: the actions of the new plan, in words.
        problem: the diagnostic about them; None if nothing is left.
    """

    left: list[str]
    problem: Diagnostic | None = None


def apply_plan(
    account: Account, plan: Plan, options: ApplyOptions, request: PlanRequest
) -> Outcome:
    """Apply a plan that was just made.

    If the plan covered the whole account, licsync plans again afterwards. If nothing is left, the
    account becomes the baseline of drift.

    Args:
        account: the account.
        plan: its plan.
        options: how to apply it.
        request: the options that the plan was made with.

    Raises:
        Refused: the plan may not be applied. Nothing was changed.
        Locked: another run works on the account or organization.
        CredentialsMissing: 8x8's API key is missing.
        PartlyApplied: a failure ended the run after some actions were done.
        InputInvalid: the backend or the store cannot be used. Nothing was changed.
    """
    return _run_and_notify(account, plan, options, check=partial(_recheck, account, request))


def finish_empty_plan(account: Account, request: PlanRequest) -> None:
    """Save an account that needs no changes as the baseline of drift. No run begins.

    Args:
        account: the account.
        request: the options that its empty plan was made with.
    """
    if not request.is_narrowed:
        save_baseline(account)


def other_plan(plan: Plan, digest: str, hint: str, more: str = "") -> Refused:
    """Refuse a plan that is not the approved one.

    Args:
        plan: the plan.
        digest: the digest of the approved plan.
        hint: what to do.
        more: what else is known of the approved plan.
    """
    message = f"The plan differs from the approved one: its digest is {plan.digest}, not {digest}."
    return Refused(error(Code.PLAN_STALE, message + more, hint=hint))


def apply_approved(
    account: Account, digest: str, options: ApplyOptions, request: PlanRequest
) -> Outcome:
    """Plan an account, and apply the plan if its digest is the approved one.

    Raises:
        InputInvalid: the plan has errors.
        Refused: the digest of the plan differs, or limits forbid the plan.
    """
    _, plan = plan_account(account, request)
    errors = errors_of(plan.diagnostics)
    if any(d.code not in REFUSALS for d in errors):
        raise InputInvalid(*errors)
    if digest != plan.digest:
        raise other_plan(plan, digest, "Approve the new plan, or plan again.")
    if errors:
        raise Refused(*errors)
    if not plan.actions:
        finish_empty_plan(account, request)
        return Outcome("")
    return apply_plan(account, plan, options, request)


def apply_saved_plan(
    account: Account, plan: Plan, options: ApplyOptions, request: PlanRequest
) -> Outcome | None:
    """Apply a saved plan, after checking it by today's files and inventory.

    Args:
        account: the account that the plan is for.
        plan: the plan.
        options: how to apply it.
        request: the limits that are raised for this run, and whether the inventory must be fresh.

    Returns:
        the outcome; None if the plan has no actions.

    Raises:
        InputInvalid: the files have errors, so their limits and rules are unknown.
        Refused: the plan is for another account, or only assumed.
    """
    if plan.what_if:
        message = "The plan assumes changes (--what-if), so licsync cannot apply it."
        hint = "Plan without --what-if: licsync plan DIR --out FILE"
        raise Refused(error(Code.WHAT_IF, message, hint=hint))
    desired = account.desired
    if (account.name, account.backend_type) != (plan.account, plan.backend):
        message = (
            f"The plan is for {plan.account} ({plan.backend}), "
            f"not for {account.name} ({account.backend_type})."
        )
        hint = "Name the account's directory: licsync apply PLANFILE DIR"
        raise Refused(error(Code.PLAN_STALE, message, hint=hint))
    desired, faults = files_now(account)
    if has_errors(faults):
        raise InputInvalid(*faults)
    if not plan.actions:
        return None

    def replan(inventory: Inventory) -> Plan:
        day = account_day(desired, account.session.due_time())
        current = replace(plan, users=inventory.user_count)
        checked = recheck_guardrails(
            current, desired, dict(request.allow), day, account.session.limits
        )
        old = freshness_diagnostics(
            desired, inventory, account.session.now(), is_required=request.require_fresh
        )
        conflicts = find_conflicts(plan.actions, desired, inventory)
        was_old = Code.INVENTORY_STALE
        found = [*(d for d in checked.diagnostics if d.code is not was_old), *old, *conflicts]
        return replace(checked, diagnostics=sort_diagnostics(found))

    return _run_and_notify(account, plan, options, replan=replan)


@contextmanager
def run_context(account: Account, options: ApplyOptions) -> Iterator[RunContext]:
    """Set up what the engine works with: backend, store, clocks, owner and options.

    Raises:
        Refused: a run of this directory is open under another account name.
        Locked: another run works on the organization.
        CredentialsMissing: 8x8's API key is missing.
    """
    refuse_renamed(account)
    bind_identity(account)
    session = account.session
    with organization_lock(account):
        backend, store = open_backend(account), account.storage.runs()
        listen_to_waits(backend, options.listener)
        context = RunContext(
            backend,
            store,
            session.record_time,
            owner(),
            listener=options.listener,
            stop=options.stop,
            parallelism=max(backend.batch_size, parallelism(account, options.parallelism)),
            link=run_link(os.environ),
            due_clock=session.due_time,
            planned_for=_planned_for(session),
            save_observations=lambda: save_run_observations(account, store),
        )
        if not account.is_sandbox:  # there people do a part of some plans
            context = replace(
                context,
                check_plan=partial(refuse_unfinished_order, account),
                before_end=partial(open_order, account, store),
            )
        yield context


def _run_and_notify(
    account: Account,
    plan: Plan,
    options: ApplyOptions,
    *,
    replan: Callable[[Inventory], Plan] | None = None,
    check: Callable[[], RecheckResult | None] = lambda: None,
) -> Outcome:
    """Apply a plan, and tell people if not everything was done."""
    with notifying(account) as outcomes:
        outcomes.append(_run_and_check(account, plan, options, replan, check))
    return outcomes[0]


@contextmanager
def notifying(account: Account) -> Iterator[list[Outcome]]:
    """Notify people how a run ended.

    Yields:
        a list for its outcome. An error is notified as well.

    Raises:
        LicsyncError: what ended the run.
    """
    outcomes: list[Outcome] = []
    try:
        yield outcomes
    except LicsyncError as fault:
        _notify(account, [fault])
        raise
    _notify(account, outcomes)


def _notify(account: Account, endings: Sequence[Outcome | LicsyncError]) -> None:
    if channels_of(account):
        from licsync.workflows.notifications import notify_of_run

        for ending in endings:
            notify_of_run(account, ending)


def _run_and_check(
    account: Account,
    plan: Plan,
    options: ApplyOptions,
    replan: Callable[[Inventory], Plan] | None,
    check: Callable[[], RecheckResult | None],
) -> Outcome:
    """Apply a plan. The end of the run is reported after the check for remaining actions."""
    require_access(account, plan.actions)
    ends: list[RunFinished] = []
    found = None
    with run_context(account, options) as context:

        def listener(event: Event) -> None:
            if isinstance(event, RunFinished):
                ends.append(event)
            else:
                context.listener(event)

        try:
            run = replace(context, listener=listener)
            outcome = apply(plan, run, saved=plan if replan else None, replan=replan)
            if outcome.is_complete and not outcome.manual and (found := check()) is not None:
                outcome.left = found.left
                outcome.is_checked = bool(found.left) or found.problem is None
        finally:
            for end in ends:
                context.listener(end)
    if found is not None and found.problem is not None:
        account.session.output.diagnostics([found.problem])
    return outcome


def _recheck(account: Account, request: PlanRequest) -> RecheckResult | None:
    """Plan again; if nothing is left, save the account as the baseline of drift."""
    if request.is_narrowed:
        return None
    show = "licsync plan DIR"
    try:
        _, plan = plan_account(account, request)
    except LicsyncError as fault:
        why = "; ".join(d.message.removesuffix(" Nothing was changed.") for d in fault.diagnostics)
        message = (
            "Everything was carried out, but whether it is as the files say could not be "
            f"checked: {why}"
        )
        hint = f"Look with: {show}"
        return RecheckResult([], warning(Code.BACKEND_FAILED, message, hint=hint))
    if not plan.actions:
        try:
            save_baseline(account)
        except InputInvalid as fault:  # the run has ended as it did
            account.session.output.diagnostics(as_warnings(fault.diagnostics))
        return RecheckResult([])
    left = [f"{action.verb} {plan.name_of(action.resource)}" for action in plan.actions]
    more = [f"{len(left) - _SHOWN:,} more"] if len(left) > _SHOWN else []
    message = (
        "Everything was carried out, and yet the account is not as the files say: "
        f"{', '.join([*left[:_SHOWN], *more])}."
    )
    hint = f"Look at what is left with: {show}"
    return RecheckResult(left, error(Code.ACTIONS_LEFT, message, hint=hint))


def files_now(account: Account) -> tuple[Desired, list[Diagnostic]]:
    """Load the files: the desired state, and the diagnostics of the files by themselves."""
    config = load_config(account)
    desired = config.required()
    return desired, file_diagnostics(desired, config.diagnostics)


def _planned_for(session: Session) -> str | None:
    """Return the instant of `--now` if it is not the clock's, and report what ignores it."""
    real = session.record_time()
    planned_for = session.planned_for(real)
    if planned_for is None:
        return None
    if planned_for < real:
        session.output.message(
            f"Expiry, approvals and offboarding go by the clock, {format_instant(real)}, "
            "not by --now."
        )
    return format_instant(planned_for)
