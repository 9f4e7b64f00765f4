"""Applies a plan, resumes or abandons a run: what is checked and locked beforehand.

`engine.executor` does the work itself, in its own event loop.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

from licsync.diagnostics import Code, Diagnostic, InputInvalid, Locked, Refused, error, has_errors
from licsync.engine.context import RunContext
from licsync.engine.events import Outcome
from licsync.engine.executor import Executor
from licsync.engine.journal_state import remaining_actions, settings_to_restore
from licsync.engine.ports import BackendFailed, Lease, Run, Store, StoreFailed
from licsync.engine.recovery import (
    CONTENT,
    find_external_changes,
    find_resumable_run,
    plan_of_run,
    refuse_other_steps,
    refuse_to_abandon,
    resolve_in_doubt,
)
from licsync.model.inventory import Inventory, Record, digest
from licsync.model.license import format_instant, parse_instant
from licsync.planning.actions import Action
from licsync.planning.plan import Plan

Result = TypeVar("Result")
FindObjections = Callable[[Plan, Sequence[Action], Inventory], Iterable[Diagnostic]]
"""Finds objections to the remaining actions of a plan in the current inventory."""

_NO_LATER = timedelta(days=1)
"""How far in the future a plan may have been made, or the day it was made for."""


def _no_objections(
    plan: Plan, left: Sequence[Action], inventory: Inventory
) -> Iterable[Diagnostic]:
    return ()


def apply(
    plan: Plan,
    context: RunContext,
    *,
    saved: Plan | None = None,
    replan: Callable[[Inventory], Plan] | None = None,
) -> Outcome:
    """Apply a plan.

    Args:
        plan: what to do.
        context: what to do it with.
        saved: the same plan as its file has it, if there is one; it can be applied only once.
        replan: makes the plan again from the current inventory, once the account is locked.

    Raises:
        Refused: nothing was changed. The plan has errors, has expired, was applied already, or
            what it saw has changed; or an earlier run is unfinished.
        Locked: another run works on the account, or took over the lock.
        InputInvalid: the backend cannot be used, and nothing was changed.
        CredentialsMissing: the backend does not accept the credentials, and nothing was changed.
        PartlyApplied: the backend or the store failed meanwhile; what was done is recorded.
    """
    return asyncio.run(
        _run_and_close(context, apply_async(plan, context, saved=saved, replan=replan))
    )


async def apply_async(
    plan: Plan,
    context: RunContext,
    *,
    saved: Plan | None = None,
    replan: Callable[[Inventory], Plan] | None = None,
) -> Outcome:
    """Apply a plan in the event loop that runs: see `apply`.

    Raises:
        Refused: the plan has errors, is expired, altered, stale or applied already.
        Locked: another run works on the account.
        InputInvalid: the backend or the store cannot be used.
    """
    _refuse_expired(plan, context)
    if replan is None and has_errors(plan.diagnostics):
        raise Refused(*plan.diagnostics)
    async with _locked(plan.account, context) as faults:
        if replan is not None:
            plan = replan(await _read_all(context))
        document = plan.to_json()
        # the plan keeps the identity of its file, even if its diagnostics differ by now
        if saved is not None:
            _refuse_tampered(plan.account, context, "Check it with: licsync history verify DIR")
            document |= {CONTENT: document["checksum"]}
            document |= {
                seal: value
                for seal, value in saved.to_json().items()
                if seal in ("digest", "checksum")
            }
        if saved is not None and context.store.is_used(document["checksum"]):
            raise Refused(
                error(Code.PLAN_APPLIED, "This plan was applied already.", hint="Make a new plan.")
            )
        unfinished = context.store.open_run(plan.account)
        if unfinished is not None:
            raise Refused(_unfinished(unfinished))
        context.check_plan(plan)
        records = await _read(context, plan.saw)
        stale = _stale_records(plan, records)
        if stale or has_errors(plan.diagnostics):
            raise Refused(*stale, *plan.diagnostics)
        now = context.clock()
        name = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        run = Run(
            name,
            plan.account,
            document,
            records,
            context.actor,
            format_instant(now),
            link=context.link,
        )
        run.planned_for = context.planned_for
        context.store.begin(run)
        executor = Executor(plan, run, context, faults, dict(records))
        executor.begin(resumed=False)
        return await executor.execute()


def resume(
    account: str, context: RunContext, find_objections: FindObjections = _no_objections
) -> Outcome | None:
    """Resume the run that was killed, interrupted or failed; None if the last run is done.

    Args:
        account: whose run.
        context: what to do it with.
        find_objections: finds objections to its plan; with any, only what is half done is finished.

    Raises:
        Refused: nothing was done. A record to be changed is not as the run left it, a rule
            forbids the change, or the stored run was altered.
        Locked, InputInvalid, CredentialsMissing, PartlyApplied: as `apply`.
    """
    return asyncio.run(_run_and_close(context, resume_async(account, context, find_objections)))


async def resume_async(
    account: str, context: RunContext, find_objections: FindObjections = _no_objections
) -> Outcome | None:
    """Go on with a run in the event loop that runs: see `resume`.

    Raises:
        Refused: the history or the plan of the run was altered, or the steps are those of another
            version.
        Locked: another run works on the account.
        InputInvalid: the backend or the store cannot be used.
    """
    async with _locked(account, context) as faults:
        run = find_resumable_run(account, context.store)
        if run is None:
            return None
        hint = (
            "The run was not resumed. Close it with: licsync apply DIR --abandon. Then plan again."
        )
        _refuse_tampered(account, context, hint)
        plan = plan_of_run(run, hint)
        executor = Executor(plan, run, context, faults)
        groups, state = executor.groups, executor.journal_state
        executor.begin(resumed=True)
        with executor.raising_final_error():
            refuse_other_steps(run, groups)
            await resolve_in_doubt(run, state, context)
            left = remaining_actions(groups, state)
            objections = find_objections(plan, left, await _read_all(context))
            executor.known, executor.stale = await find_external_changes(
                run, groups, state, context.backend, objections
            )
            if run.state == "failed":
                context.store.reopen(run.id)
        return await executor.execute()


def abandon(account: str, context: RunContext) -> str | None:
    """Close the run that is unfinished or failed, without resuming it; give its id.

    Raises:
        Refused: a user is, or may be, without a license that the run took and a resume would
            give back.
        Locked, InputInvalid, CredentialsMissing: as `apply`.
    """
    return asyncio.run(_run_and_close(context, abandon_async(account, context)))


async def abandon_async(account: str, context: RunContext) -> str | None:
    """Close a run in the event loop that runs: see `abandon`.

    Raises:
        Refused: a user would be left without a license, or the plan of the run was altered.
        Locked: another run works on the account.
        InputInvalid: the backend or the store cannot be used.
    """
    async with _locked(account, context) as faults:
        run = find_resumable_run(account, context.store)
        if run is None:
            return None
        plan = Plan.from_json(run.plan)
        executor = Executor(plan, run, context, faults)
        state = executor.journal_state
        with executor.raising_final_error():
            await resolve_in_doubt(run, state, context)
            await refuse_to_abandon(plan, run, state, context.backend)
        context.backend.record_restores(settings_to_restore(plan, state))
        context.store.finish(run.id, "abandoned", format_instant(context.clock()))
        return run.id


async def _run_and_close(context: RunContext, work: Awaitable[Result]) -> Result:
    try:
        return await work
    finally:
        await context.backend.close()


@asynccontextmanager
async def _locked(account: str, context: RunContext) -> AsyncIterator[list[Exception]]:
    """Hold the account's lease, and renew it while steps wait; gives a list that tells of its loss.

    Observations of the account are saved before the lease ends.
    """
    faults: list[Exception] = []
    with context.store.lock(account, context.actor, context.link) as lease:
        heartbeat = asyncio.create_task(_renew(context.store, lease, faults))
        try:
            yield faults
        finally:
            heartbeat.cancel()
            await asyncio.gather(heartbeat, return_exceptions=True)
            context.save_observations()


async def _renew(store: Store, lease: Lease, faults: list[Exception]) -> None:
    while True:
        await asyncio.sleep(lease.seconds / 3)
        try:
            store.renew()
        except StoreFailed:
            continue  # the next attempt may succeed; a write that matters fails by itself
        except Locked as lost:
            faults.append(lost)
            return


def _refuse_expired(plan: Plan, context: RunContext) -> None:
    now = (context.due_clock or context.clock)()
    if now >= parse_instant(plan.expires_at):
        message = f"The plan of {plan.created_at} expired at {plan.expires_at}."
        raise Refused(error(Code.PLAN_EXPIRED, message, hint="Make a new plan."))
    # otherwise a date in the future would extend the life of a plan at will
    if now + _NO_LATER < parse_instant(plan.created_at):
        message = f"The plan was made for {plan.created_at}, but it is only {format_instant(now)}."
        raise Refused(
            error(
                Code.PLAN_EXPIRED,
                message,
                hint="Make a new plan, or apply this one on that day.",
            )
        )


def _refuse_tampered(account: str, context: RunContext, hint: str) -> None:
    """Refuse to rely on a history that was altered.

    Raises:
        Refused: it was altered.
    """
    found = context.store.verify(account)
    if found.faults:
        raise Refused(
            *(
                error(Code.PLAN_ALTERED, f"The history was altered: {fault}", hint=hint)
                for fault in found.faults
            )
        )


def _unfinished(run: Run) -> Diagnostic:
    return error(
        Code.RUN_UNFINISHED,
        f"The run {run.id} of {run.actor}, begun at {run.started_at}, was not finished.",
        hint="Resume it: licsync apply DIR --resume. Or close it: licsync apply DIR --abandon.",
    )


async def _read_all(context: RunContext) -> Inventory:
    try:
        return await context.backend.read()
    except BackendFailed as fault:
        raise InputInvalid(error(Code.BACKEND_FAILED, f"{fault} Nothing was changed.")) from fault


async def _read(context: RunContext, keys: Mapping[str, str | None]) -> dict[str, Record | None]:
    try:
        return await context.backend.fetch(keys)
    except BackendFailed as fault:
        raise InputInvalid(error(Code.BACKEND_FAILED, f"{fault} Nothing was changed.")) from fault


def _stale_records(plan: Plan, records: Mapping[str, Record | None]) -> list[Diagnostic]:
    """Report every record that is not as the plan saw it."""
    found = []
    for key, seen in plan.saw.items():
        record = records[key]
        now = digest(record) if record is not None else None
        if now != seen:
            what = "has changed"
            if now is None:
                what = "is gone"
            elif seen is None:
                what = "has appeared"
            message = (
                f"The plan is stale: {plan.name_of(key)} {what} since {plan.created_at}. "
                "Nothing was changed."
            )
            found.append(error(Code.PLAN_STALE, message, hint="Make a new plan."))
    return found
