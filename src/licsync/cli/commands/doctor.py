"""`licsync doctor`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.exit_codes import Exit
from licsync.diagnostics import Code, CredentialsMissing, InputInvalid, Locked, Refused, Severity
from licsync.diagnostics.findings import Finding, all_fine

if TYPE_CHECKING:
    from licsync.engine.ports import Run
    from licsync.workflows.account import Account


@click.command("doctor")
@options.directory
@options.formats("text", "json")
@options.read_only
@options.state
@options.now
@options.no_color
def command(directory: Path, format_: str, state: str | None, now: datetime | None) -> Exit:
    """Look at everything that a run on the account in DIR depends on, and say what to do; nothing is changed.

    Exit 0: all is fine. 1: something is not. 6: the API key is missing or not accepted.
    """
    from licsync.views.findings import findings_json, findings_text
    from licsync.workflows.account import open_valid_account

    account, _ = open_valid_account(directory, state, now)
    findings = [
        *_files(account),
        *(_api(account) if account.backend_type == "8x8" else ()),
        *_store(account),
        *_dates(account),
    ]
    color = console.has_color(sys.stdout)
    console.print_result(
        findings_json(findings) if format_ == "json" else findings_text(findings, color=color),
        format_,
    )
    if any(finding.is_credential and not finding.is_fine for finding in findings):
        return Exit.CREDENTIALS
    return Exit.DONE if all_fine(findings) else Exit.FAILED


def _files(account: Account) -> Iterator[Finding]:
    from licsync.views.phrases import count

    errors = [d for d in account.diagnostics if d.severity is Severity.ERROR]
    if errors:
        advice = f"licsync validate {account.directory}"
        yield Finding(
            "files", False, f"{count(len(errors), 'error')}, the first: {errors[0].message}", advice
        )
    else:
        yield Finding("files", True, "they can be read")


def _api(account: Account) -> list[Finding]:
    from licsync.backends.api.factory import open_transport

    try:
        api = open_transport(account.settings, os.environ)
    except CredentialsMissing as fault:
        (problem,) = fault.diagnostics
        about = "base_url" if problem.code is Code.ADDRESS_NOT_ALLOWED else "key"
        return [Finding(about, False, problem.message, problem.hint, is_credential=True)]
    except InputInvalid as fault:
        (problem,) = fault.diagnostics
        return [Finding("operations_at_once", False, problem.message, problem.hint)]

    async def main() -> list[Finding]:
        from licsync.backends.api.diagnose import examine
        from licsync.workflows.storage import clock

        try:
            return [finding async for finding in examine(api, clock)]
        finally:
            await api.close()

    return [Finding("key", True, "there is one"), *asyncio.run(main()), *_units(account)]


def _units(account: Account) -> Iterator[Finding]:
    """The API shows no license that nobody holds, so a list of them has to come from the console (domain.md, 10.1)."""
    inventory, faults = account.last_seen()
    if faults:
        yield Finding("licenses", False, faults[0].message, faults[0].hint)
        return
    known = len(inventory.licenses) if inventory is not None else 0
    if known:
        yield Finding("licenses", True, f"{known} are known from the inventory last seen or loaded")
    else:
        advice = f"Load a list of the licenses, from the console: licsync inventory load {account.directory} FILE"
        yield Finding(
            "licenses",
            False,
            "none is known, and the API shows only those that somebody holds",
            advice,
        )


def _dates(account: Account) -> Iterator[Finding]:
    """Say what a date has asked for on a day before today, and what the inventory last seen still lacks."""
    from licsync.views.phrases import count
    from licsync.workflows.planning import PlanRequest, plan_account

    inventory, faults = account.last_seen()
    if faults or inventory is None or account.desired is None:
        return
    plan = plan_account(account, account.desired, PlanRequest(due=True), inventory)
    overdue = [d for d in plan.diagnostics if d.code is Code.OVERDUE]
    if overdue:
        said = f"{count(len(overdue), 'user')} overdue, the first: {overdue[0].message}"
        yield Finding("dates", False, said, f"licsync apply {account.directory} --due")
    else:
        yield Finding("dates", True, "nothing is overdue by the inventory last seen")


def _store(account: Account) -> Iterator[Finding]:
    from licsync.workflows.environment import owner

    assert account.desired is not None
    name = account.desired.name
    try:
        if account.read_only and not account.has_store():
            yield Finding(
                "store", True, "there is none yet, and nothing may be written to make one"
            )
            return
        store = account.store()
        if account.read_only:
            run = store.open_run(name)
            yield Finding("store", True, "it can be read; whether it can be written was not tried")
        else:
            with store.lock(name, owner()):
                yield Finding("store", True, "it can be written")
            run = store.open_run(name)
    except (InputInvalid, Locked, Refused) as fault:
        (problem,) = fault.diagnostics
        yield Finding("store", False, problem.message, problem.hint)
        return
    yield _open_run(account, run)


def _open_run(account: Account, run: Run | None) -> Finding:
    from licsync.views.phrases import count

    if run is None:
        return Finding("open run", True, "there is none")
    open_ = [entry for entry in run.entries if entry.state == "intended"]
    what = (
        f", {count(len(open_), 'step')} of unknown end, the oldest: {open_[0].step.op} of {open_[0].step.name}"
        if open_
        else ""
    )
    said = f"the run {run.id} of {run.actor}, begun at {run.started_at}, was not finished{what}"
    advice = f"licsync apply {account.directory} --resume; or close it as it is: --abandon"
    return Finding("open run", False, said, advice)
