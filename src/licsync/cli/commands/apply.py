"""`licsync apply`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.apply_output import (
    ApplyOptions,
    apply_plan,
    events_as_json,
    exit_of,
    print_history_head,
    print_manual_steps,
    run_context,
)
from licsync.cli.exit_codes import Exit, of_diagnostics
from licsync.diagnostics import (
    Code,
    Diagnostic,
    InputInvalid,
    Refused,
    Severity,
    error,
    has_errors,
    sort_diagnostics,
)
from licsync.model.secret_keys import redact_path
from licsync.profiling import phase
from licsync.workflows.recheck import recheck

if TYPE_CHECKING:
    from licsync.model.desired import Desired
    from licsync.model.inventory import Inventory
    from licsync.planning.plan import Action, Plan
    from licsync.workflows.account import Account
    from licsync.workflows.planning import PlanRequest


_QUESTION = "Do you want to apply this plan?"

_SCOPE = ("target", "exclude", "base", "allow_loss", "due")
"""Options that say what a plan is about: where it is made already, they come too late."""


@click.command("apply")
@click.argument("path", metavar="DIR|PLANFILE", type=click.Path(path_type=Path))
@click.argument(
    "directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False)
)
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option(
    "--digest", metavar="sha256:…", help="Go on only if the plan that comes out has this digest."
)
@click.option(
    "--resume", is_flag=True, help="Go on with the run that was killed, interrupted or failed."
)
@click.option(
    "--abandon",
    is_flag=True,
    help="Close the run that was not finished, as it is; not while it leaves somebody without a license.",
)
@click.option("--json", "as_json", is_flag=True, help="Progress as JSON lines on standard output.")
@click.option(
    "--parallelism",
    type=click.IntRange(1, 10),
    metavar="N",
    help="Changes under way at once.  [default: the backend's]",
)
@options.redact
@options.scope
@options.state
@options.now
@options.no_color
def command(
    path: Path,
    directory: Path | None,
    auto_approve: bool,
    digest: str | None,
    resume: bool,
    abandon: bool,
    as_json: bool,
    parallelism: int | None,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    allow: tuple[tuple[str, int], ...],
    base: str | None,
    allow_loss: bool,
    due: bool,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Plan the account in DIR, show the plan, ask, and do it; or do what the saved PLANFILE says.

    The embedded console does one thing at a time, whatever --parallelism says.
    """
    from licsync.workflows.account import open_valid_account
    from licsync.workflows.planning import PlanRequest

    with events_as_json(as_json) as json_lines:
        options = ApplyOptions(json_lines, parallelism)
        if abandon:
            _refuse(
                ("directory", "resume", "digest", "allow", *_SCOPE),
                "with --abandon",
                "Write: licsync apply DIR --abandon",
            )
            return _abandon(_account_of_run(path, state, now))
        if resume:
            _refuse(
                ("directory", "digest", "allow", *_SCOPE),
                "with --resume",
                "Write: licsync apply DIR --resume",
            )
            return _resume(_account_of_run(path, state, now), options)
        if not path.is_dir():
            return _apply_file(path, directory, digest, dict(allow), state, now, options)
        _refuse(("directory",), "with a directory", "Apply one account after the other.")
        account, desired = open_valid_account(path, state, now)
        account.applies = True
        request = PlanRequest(target, exclude, allow, allow_loss, base, due)
        return _apply_directory(account, desired, request, digest, auto_approve, options)


def _refuse(names: Iterable[str], beside: str, hint: str) -> None:
    """Refuse what stands on the command line and would be ignored."""
    context = click.get_current_context()
    given = [
        parameter.opts[0] if isinstance(parameter, click.Option) else "A second directory"
        for parameter in context.command.params
        if parameter.name in names
        and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    ]
    if given:
        message = f"{' and '.join(given)} cannot be used {beside}."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))


def _account_of_run(path: Path, state: str | None, now: datetime | None) -> Account:
    """Open the account whose run is to be ended: the store knows the plan, so no file is asked for."""
    from licsync.workflows.account import open_valid_account

    if path.is_file():
        message = f"'{path}' is a file; a run is gone on with, or closed, by the directory of its account."
        raise InputInvalid(
            error(Code.INVALID_VALUE, message, hint="Write: licsync apply DIR --resume")
        )
    return open_valid_account(path, state, now)[0]


def _apply_directory(
    account: Account,
    desired: Desired,
    request: PlanRequest,
    digest: str | None,
    auto_approve: bool,
    options: ApplyOptions,
) -> Exit:
    from licsync.cli.plan_output import redacted_if_asked, render_plan
    from licsync.workflows.backends import plan_now
    from licsync.workflows.plan_archive import save_baseline

    plan = plan_now(account, desired, request)
    show = (
        console.print_message if options.json_lines else console.never_failing(console.print_result)
    )
    show(render_plan(redacted_if_asked(plan), desired.catalog, "text"))
    code = of_diagnostics(plan.diagnostics)
    if code is Exit.FAILED:
        return code
    if digest is not None and digest != plan.digest:
        raise _refuse_other_plan(account, desired, digest, plan, show)
    if code is not Exit.DONE:
        return code
    is_whole = not (request.target or request.exclude or request.due)
    if not plan.actions:
        if is_whole:
            save_baseline(account, desired.name)
        return Exit.DONE
    exactly = f"licsync apply {account.directory} --digest {plan.digest}"
    unasked = f"Without a terminal, add --auto-approve; or apply exactly this plan: {exactly}"
    if not (auto_approve or digest is not None) and not console.confirm(_QUESTION, unasked):
        console.print_message("Nothing was changed.")
        return Exit.FAILED
    look = partial(recheck, account, desired, request) if is_whole else None
    return exit_of(apply_plan(account, plan, options, recheck=look))


def _refuse_other_plan(
    account: Account, desired: Desired, digest: str, plan: Plan, show: Callable[[str], None]
) -> Refused:
    """Refuse a plan that is not the approved one, and show what differs where the approved one is known."""
    from licsync.cli.plan_output import redacted_if_asked
    from licsync.views.plan.diff import plan_diff
    from licsync.workflows.plan_archive import approved_plan

    approved = approved_plan(account, desired.name, digest)
    if approved is not None:
        plans = redacted_if_asked(approved.plan), redacted_if_asked(plan)
        show(plan_diff(*plans, desired.catalog, color=console.has_color(sys.stdout)))
    known = (
        "What differs stands above"
        if approved
        else "The store does not know that plan, so look at the one above"
    )
    message = (
        f"The plan is not the one that was approved: its digest is {plan.digest}, not {digest}."
    )
    message += approved.state_text if approved else ""
    return Refused(
        error(Code.PLAN_STALE, message, hint=f"{known}; approve the new one, or plan again.")
    )


def _apply_file(
    path: Path,
    directory: Path | None,
    digest: str | None,
    allow: Mapping[str, int],
    state: str | None,
    now: datetime | None,
    options: ApplyOptions,
) -> Exit:
    from licsync.cli.plan_output import read_plan
    from licsync.planning.calendar import account_day
    from licsync.planning.order.conflicts import find_conflicts
    from licsync.workflows.account import open_valid_account
    from licsync.workflows.planning import recheck_guardrails

    if not path.exists():
        hint = f"Make an account to start from with: licsync init {redact_path(path)}"
        raise InputInvalid(
            error(Code.INVALID_VALUE, f"There is no '{redact_path(path)}'.", hint=hint)
        )
    _refuse(
        _SCOPE,
        "with a saved plan, which is applied as it is",
        "Narrow it when planning: licsync plan DIR --out FILE",
    )
    saved = read_plan(path)
    if digest is not None and digest != saved.digest:
        message = f"'{path}' is not the plan that was approved: its digest is {saved.digest}, not {digest}."
        hint = (
            f"Look at it with: licsync show {path}. Approve it, or apply the one that was approved."
        )
        raise Refused(error(Code.PLAN_STALE, message, hint=hint))
    if directory is None and not Path(saved.directory).is_dir():
        message = f"The plan was made of '{saved.directory}', and there is no such directory here."
        hint = f"Name the account's directory: licsync apply {path} DIR"
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    account, desired = open_valid_account(directory or Path(saved.directory), state, now)
    account.applies = True
    if (desired.name, account.backend_type) != (saved.account, saved.backend):
        message = f"The plan is for {saved.account} ({saved.backend}), not for {desired.name} ({account.backend_type})."
        raise Refused(
            error(
                Code.PLAN_STALE,
                message,
                hint="Name the account's directory: licsync apply PLANFILE DIR",
            )
        )
    faults = account.file_faults()
    if has_errors(faults):  # whether they allow the plan cannot be told
        raise InputInvalid(*faults)

    if not saved.actions:
        console.print_message("The plan has no actions: nothing was changed.")
        return of_diagnostics(saved.diagnostics)

    def replan(inventory: Inventory) -> Plan:
        day = account_day(desired, account.effective_now())
        plan = recheck_guardrails(replace(saved, users=inventory.user_count), desired, allow, day)
        return replace(
            plan,
            diagnostics=sort_diagnostics(
                [*plan.diagnostics, *find_conflicts(saved.actions, desired, inventory)]
            ),
        )

    return exit_of(apply_plan(account, saved, options, replan))


def _resume(account: Account, options: ApplyOptions) -> Exit:
    from licsync.engine.apply import resume
    from licsync.planning.plan import Plan

    assert account.desired is not None
    account.applies = True
    with phase("applying"), run_context(account, options) as context:
        outcome = resume(account.desired.name, context, partial(_objections, account))
        run = context.store.run(outcome.run) if outcome is not None else None
    if outcome is None or run is None:
        console.print_message("There is no run to go on with.")
        return Exit.DONE
    print_manual_steps(Plan.from_json(run.plan), account.desired, outcome)
    print_history_head(account)
    return exit_of(outcome)


def _objections(
    account: Account, plan: Plan, left: Sequence[Action], inventory: Inventory
) -> list[Diagnostic]:
    """Say what speaks against going on with a plan today.

    That are the rules of the files, or faults for which these cannot be asked; and what would be
    refused again.
    """
    from licsync.planning.calendar import account_day
    from licsync.planning.order.conflicts import find_conflicts
    from licsync.workflows.planning import recheck_guardrails

    assert account.desired is not None
    if has_errors(faults := account.file_faults()):
        return [d for d in faults if d.severity is Severity.ERROR]
    day = account_day(account.desired, account.effective_now())
    found = recheck_guardrails(plan, account.desired, {}, day).diagnostics
    denied = [d for d in found if d.code is Code.RULE_BROKEN and d.severity is Severity.ERROR]
    close = "Mend it in the console, or close the run with: licsync apply DIR --abandon, and plan again."
    return [
        *denied,
        *(replace(d, hint=close) for d in find_conflicts(left, account.desired, inventory)),
    ]


def _abandon(account: Account) -> Exit:
    from licsync.engine.apply import abandon

    assert account.desired is not None
    with run_context(account, ApplyOptions()) as context:
        run = abandon(account.desired.name, context)
    console.print_message(
        f"Closed the run {run} as it is." if run else "There is no run that was not finished."
    )
    return Exit.DONE
