"""Checks everything that a run depends on: files, key, store, open run, overdue dates."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from licsync.coroutines import run_coroutine
from licsync.diagnostics import Code, CredentialsMissing, InputInvalid, Locked, Refused, errors_of
from licsync.diagnostics.findings import Finding
from licsync.engine.ports import BackendFailed
from licsync.model.backend_types import CONSOLE, UNKNOWN
from licsync.views.phrases import count, instant
from licsync.views.printed_commands import complete_commands
from licsync.workflows.account import Account, reach_of
from licsync.workflows.planning import PlanRequest, plan_state
from licsync.workflows.session import clock, owner
from licsync.workflows.state import State, load_state
from licsync.workflows.storage import store_cipher

if TYPE_CHECKING:
    from licsync.engine.ports import Run, Store


def diagnose(account: Account) -> list[Finding]:
    """Check everything that a run on an account depends on. Nothing is changed."""
    directory = str(account.directory)
    return [
        replace(
            finding,
            message=complete_commands(finding.message, directory),
            advice=complete_commands(finding.advice or "", directory) or None,
        )
        for finding in _findings(account)
    ]


def _findings(account: Account) -> Iterator[Finding]:
    state = load_state(account)
    yield from (
        Finding("backend", account.backend_type != UNKNOWN.name, reach_of(account)),
        *_files(state),
        *(_api(state) if account.backend_type == "8x8" else ()),
        *(_exports(state) if account.backend_type == CONSOLE.name else ()),
        *(_scim(state) if account.settings.get("scim") else ()),
        *_audit_log(account),
        *_store(account),
        *_dates(state),
    )


def _exports(state: State) -> Iterator[Finding]:
    """Say how old the exports of the console are. Only without any, nothing can be planned."""
    from licsync.planning.validation.freshness import freshness_diagnostics

    inventory, now = state.inventory, state.account.session.now()
    if state.failure is not None:
        problem = state.failure.diagnostics[0]
        yield Finding("exports", False, problem.message, problem.hint)
        return
    for problem in freshness_diagnostics(state.desired, inventory, now):
        advice = problem.hint
        is_known = inventory is not None and bool(inventory.as_of or inventory.observed)
        yield Finding("exports", is_known, problem.message, advice)
        return
    last = instant(inventory.as_of) if inventory is not None else ""
    yield Finding("exports", True, f"the inventory was last exported on {last}")


def _files(state: State) -> Iterator[Finding]:
    errors = errors_of(state.diagnostics)
    if errors:
        advice = "licsync validate DIR"
        yield Finding(
            "files", False, f"{count(len(errors), 'error')}, the first: {errors[0].message}", advice
        )
    else:
        yield Finding("files", True, "they can be read")


def _api(state: State) -> list[Finding]:
    from licsync.backends.api.factory import open_transport
    from licsync.backends.http.patience import READING

    try:
        api = open_transport(state.account.settings, os.environ, patience=READING)
    except CredentialsMissing as fault:
        (problem,) = fault.diagnostics
        about = "base_url" if problem.code is Code.ADDRESS_NOT_ALLOWED else "key"
        return [Finding(about, False, problem.message, problem.hint, is_credential=True)]
    except InputInvalid as fault:
        (problem,) = fault.diagnostics
        return [Finding("operations_at_once", False, problem.message, problem.hint)]

    async def main() -> list[Finding]:
        from licsync.backends.api.diagnose import examine

        try:
            return [finding async for finding in examine(api, clock)]
        finally:
            await api.close()

    return [Finding("key", True, "there is one"), *run_coroutine(main()), *_units(state)]


def _audit_log(account: Account) -> list[Finding]:
    """Read the last hour of 8x8's audit log, if there is a key for it."""
    from licsync.backends.audit.feed import open_audit_feed

    title = "audit log"
    try:
        feed = open_audit_feed(clock=account.session.now)
        if feed is None:
            return []
        until = account.session.now()
        run_coroutine(feed.read_and_close(until - timedelta(hours=1), until))
    except CredentialsMissing as fault:
        (problem,) = fault.diagnostics
        return [Finding(title, False, problem.message, problem.hint, is_credential=True)]
    except BackendFailed as fault:
        return [Finding(title, False, str(fault), "Try again later; drift works without it.")]
    return [Finding(title, True, "it can be read")]


def _scim(state: State) -> list[Finding]:
    from licsync.backends.http.patience import READING
    from licsync.backends.scim.diagnose import examine
    from licsync.backends.scim.factory import open_scim

    try:
        users = open_scim(state.account.settings, os.environ, patience=READING)
    except CredentialsMissing as fault:
        (problem,) = fault.diagnostics
        return [Finding("SCIM", False, problem.message, problem.hint, is_credential=True)]
    known = state.inventory.user_count if state.inventory is not None else 0

    async def main() -> list[Finding]:
        try:
            return [finding async for finding in examine(users.client, known)]
        finally:
            await users.close()

    return run_coroutine(main())


def _units(state: State) -> Iterator[Finding]:
    """Check that unassigned licenses are known.

    8x8's API shows only assigned licenses. A list of the others has to come from the console
    (domain.md, 10.1).
    """
    if state.failure is not None:
        problem = state.failure.diagnostics[0]
        yield Finding("licenses", False, problem.message, problem.hint)
        return
    inventory = state.inventory
    known = inventory.unit_count if inventory is not None else 0
    if inventory is not None and inventory.lists_licenses:
        what = count(known, "license")
        yield Finding("licenses", True, f"{what} known from the inventory last seen or loaded")
    else:
        advice = "Load a list of the licenses, from the console: licsync inventory load DIR FILE"
        which = "only those that users hold are known" if known else "no license is known"
        yield Finding(
            "licenses", False, f"{which}, and the API shows only assigned licenses", advice
        )


def _dates(state: State) -> Iterator[Finding]:
    """Report actions that a past date asked for and that the inventory last seen still lacks."""
    if state.failure is not None or state.inventory is None:
        return
    plan = plan_state(state, PlanRequest(due=True))
    overdue = [d for d in plan.diagnostics if d.code is Code.OVERDUE]
    if overdue:
        problem = f"{count(len(overdue), 'user')} overdue, the first: {overdue[0].message}"
        yield Finding("dates", False, problem, "licsync apply DIR --due")
    else:
        yield Finding("dates", True, "nothing is overdue by the inventory last seen")


def _store(account: Account) -> Iterator[Finding]:
    name, read_only = account.name, account.session.read_only
    try:
        if read_only and not account.storage.exists():
            yield Finding("store", True, "it does not exist yet, and licsync may not write it")
            return
        store = account.storage.runs()
        if read_only:
            run = store.open_run(name)
            yield Finding("store", True, "it can be read; whether it can be written was not tried")
        else:
            with store.lock(name, owner()):
                yield Finding("store", True, "it can be written")
            run = store.open_run(name)
        yield from _journal(store, name)
    except (InputInvalid, Locked, Refused) as fault:
        (problem,) = fault.diagnostics
        yield Finding("store", False, problem.message, problem.hint)
        return
    yield _open_run(account, run)
    yield from _work_order(account)


def _journal(store: Store, name: str) -> Iterator[Finding]:
    """Try the key on the last run that was encrypted.

    Raises:
        StoreFailed: the key is missing, invalid, or another one.
    """
    store_cipher().encrypt("")
    encrypted = next((run for run in store.runs(name) if "sealed" in run.plan), None)
    if encrypted is not None:
        store.run(encrypted.id)
        yield Finding("store", True, "the key opens the journal")


def _work_order(account: Account) -> Iterator[Finding]:
    """Tell of work in the console that is not finished or not verified: no problem by itself."""
    from licsync.views.work_orders import progress_line
    from licsync.workflows.unfinished_orders import unfinished_order

    order = unfinished_order(account)
    if order is not None:
        what = f"{order.state}; {progress_line(order.progress)}"
        to_continue = "to continue: licsync apply DIR --resume"
        to_verify = "to verify it: licsync refresh DIR --from EXPORT"
        yield Finding(
            "work order", True, f"{what}; {to_continue if order.state == 'open' else to_verify}"
        )


def _open_run(account: Account, run: Run | None) -> Finding:
    if run is None:
        return Finding("open run", True, "there is none")
    open_ = [entry for entry in run.entries if entry.state == "intended"]
    what = ""
    if open_:
        oldest = f"{open_[0].step.op} of {open_[0].step.name}"
        what = f", {count(len(open_), 'step')} of unknown end, the oldest: {oldest}"
    problem = f"the run {run.id} of {run.actor}, begun at {run.started_at}, was not finished{what}"
    advice = "licsync apply DIR --resume; or close it as it is: --abandon"
    return Finding("open run", False, problem, advice)
