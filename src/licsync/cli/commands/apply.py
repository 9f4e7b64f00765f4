"""`licsync apply`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import click
from click.core import ParameterSource

from licsync.cli import options, settings
from licsync.cli import output as console
from licsync.cli.apply_output import (
    apply_options,
    events_as_json,
    exit_of,
    print_history_head,
)
from licsync.cli.at_hand import account_at_hand
from licsync.cli.help import Command
from licsync.cli.plan_output import redacted_if_asked, render_plan
from licsync.cli.sessions import make_session, open_for_command
from licsync.cli.summaries import write_ending_summary, write_plan_summary, write_run_summary
from licsync.cli.work_by_hand import work_by_hand
from licsync.diagnostics import Code, InputInvalid, Refused, error
from licsync.diagnostics.exit_codes import Exit, of_diagnostics
from licsync.engine.events import Listener, Outcome
from licsync.model.secret_keys import redact_path
from licsync.planning.plan import Plan
from licsync.profiling import phase
from licsync.views.plan.diff import plan_diff
from licsync.views.work_orders import progress_line
from licsync.workflows.account import Account, channels_of, reach_of
from licsync.workflows.apply import (
    apply_plan,
    apply_saved_plan,
    finish_empty_plan,
    other_plan,
)
from licsync.workflows.plan_archive import approved_plan
from licsync.workflows.plan_files import read_plan
from licsync.workflows.planning import PlanRequest, plan_account
from licsync.workflows.resume import abandon_run, has_run_to_resume, resume_run
from licsync.workflows.session import Session
from licsync.workflows.unfinished_orders import (
    abandon_order,
    refuse_unfinished_order,
    unfinished_order,
)
from licsync.workflows.work_orders import verify_from_backend


@dataclass(frozen=True, slots=True)
class _RunFlags:
    """The options of every kind of apply.

    Attributes:
        json_listener: writes progress as JSON lines; None if progress is for people.
        parallelism: how many changes may be under way at once.
    """

    json_listener: Listener | None = None
    parallelism: int | None = None


_QUESTION = "Do you want to apply this plan?"

_SCOPE = ("target", "exclude", "base", "allow_loss", "due")
"""Options that say what a plan is about: where it is made already, they come too late."""


@click.command(
    "apply",
    cls=Command,
    examples={
        "licsync apply": "Plan the account in the current directory, ask, and apply.",
        "licsync apply plan.json": "Apply a saved plan.",
        "licsync apply --resume": "Continue after an interrupt or a failure.",
        "licsync apply --allow delete=2 --due": "Apply what is due, with up to two deletions.",
    },
)
@click.argument(
    "path",
    metavar="[DIR|PLANFILE]",
    required=False,
    type=click.Path(path_type=Path),
    help=f"A saved plan, or {options.AT_HAND_LATER}",
)
@click.argument(
    "directory",
    metavar="[DIR]",
    required=False,
    type=click.Path(path_type=Path, file_okay=False),
    help="Beside PLANFILE: the directory of the account.  [default: the one that was planned]",
)
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--digest", metavar="sha256:…", help="Apply only if the new plan has this digest.")
@click.option(
    "--resume", is_flag=True, help="Continue a run that was killed, interrupted or failed."
)
@click.option(
    "--abandon",
    is_flag=True,
    help="Close an unfinished run as it is, unless a user would be left without a license.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print progress as JSON lines to standard output."
)
@click.option(
    "--parallelism",
    type=click.IntRange(1, 10),
    metavar="N",
    help="Concurrent changes.  [default: set by the backend]",
)
@options.summary
@options.redact
@options.scope
@options.state
@options.now
@options.no_color
def command(
    path: Path | None,
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
    require_fresh: bool,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Plan the account in DIR, ask for approval and apply the plan, or apply a saved PLANFILE.

    The first line says whether changes reach your account at 8x8. A sandbox never reaches it, and
    makes one change at a time, whatever --parallelism says.
    """
    with events_as_json(as_json) as json_listener:
        path = path or account_at_hand()
        open_session = partial(make_session, state=state, now=now, is_apply=True)
        flags = _RunFlags(json_listener, parallelism)
        if abandon:
            _refuse(
                ("directory", "resume", "digest", "allow", "require_fresh", *_SCOPE),
                "with --abandon",
                "Write: licsync apply DIR --abandon",
            )
            return _abandon(_account_of_run(path, open_session))
        if resume:
            _refuse(
                ("directory", "digest", "allow", "require_fresh", *_SCOPE),
                "with --resume",
                "Write: licsync apply DIR --resume",
            )
            return _resume(_account_of_run(path, open_session), flags)
        if not path.is_dir():
            asked = PlanRequest(allow=allow, require_fresh=require_fresh)
            return _apply_file(path, directory, digest, asked, open_session, flags)
        _refuse(("directory",), "with a directory", "Apply one account after the other.")
        request = PlanRequest(target, exclude, allow, allow_loss, base, due, require_fresh)
        account = open_for_command(open_session(path))
        return _apply_directory(account, request, digest, auto_approve, flags)


def _refuse(names: Iterable[str], beside: str, hint: str) -> None:
    """Refuse what stands on the command line and would be ignored."""
    context = click.get_current_context()
    used = [
        parameter.opts[0] if isinstance(parameter, click.Option) else "A second directory"
        for parameter in context.command.params
        if parameter.name in names
        and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    ]
    if used:
        message = f"{' and '.join(used)} cannot be used {beside}."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))


def _account_of_run(path: Path, open_session: Callable[[Path], Session]) -> Account:
    """Open the account of an unfinished run; its plan is in the store, so no file is read."""
    if path.is_file():
        message = f"'{path}' is a file. To resume or close a run, name its account's directory."
        hint = "Write: licsync apply DIR --resume"
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    return open_for_command(open_session(path))


def _apply_directory(
    account: Account, request: PlanRequest, digest: str | None, auto_approve: bool, flags: _RunFlags
) -> Exit:
    show = console.print_message if flags.json_listener else _print_result
    show(reach_of(account))
    state, plan = plan_account(account, request)
    if channels_of(account):
        from licsync.workflows.notifications import notify_of_plan

        notify_of_plan(state, plan, request)
    catalog = state.desired.catalog
    show(render_plan(redacted_if_asked(plan), catalog, "text", says_how=False))
    if settings.current.summary:
        write_plan_summary(plan, state.inventory)
    code = of_diagnostics(plan.diagnostics)
    if code is Exit.FAILED:
        return code
    if digest is not None and digest != plan.digest:
        raise _refuse_other_plan(account, digest, plan, show)
    if code is not Exit.DONE:
        return code
    if not account.is_sandbox and unfinished_order(account) is not None:
        verify_from_backend(account)
        refuse_unfinished_order(account, plan)
    if not plan.actions:
        finish_empty_plan(account, request)
        return Exit.DONE
    from licsync.views.plan.text import apply_command

    exactly = apply_command(plan)
    unasked = f"Without a terminal, add --auto-approve; or apply only this plan: {exactly}"
    # where people do everything, nothing is sent: they read the work order before they begin
    is_by_hand = all(action.manual for action in plan.actions)
    if not (auto_approve or digest is not None) and not console.confirm(
        _QUESTION, unasked, unanswered=is_by_hand
    ):
        console.print_message("Nothing was changed.")
        return Exit.FAILED
    applying = apply_options(catalog, flags.json_listener, flags.parallelism)
    with phase("applying"), applying as options:
        outcome = apply_plan(account, plan, options, request)
    if settings.current.summary:
        write_plan_summary(plan, state.inventory, outcome)
    return _end(account, outcome, flags)


def _end(account: Account, outcome: Outcome, flags: _RunFlags) -> Exit:
    """End the command after a run: go on with what people do, if they do anything."""
    print_history_head(account)
    code = exit_of(outcome)
    if account.is_sandbox:
        return code
    return work_by_hand(account, code, may_ask=flags.json_listener is None)


def _print_result(text: str) -> None:
    console.never_failing(console.print_result)(text)


def _refuse_other_plan(
    account: Account, digest: str, plan: Plan, show: Callable[[str], None]
) -> Refused:
    """Refuse a plan that is not the approved one; show the difference where that one is known."""
    approved = approved_plan(account, digest)
    if approved is not None:
        plans = redacted_if_asked(approved.plan), redacted_if_asked(plan)
        show(plan_diff(*plans, account.desired.catalog, options=console.render_options()))
    known = (
        "What differs stands above"
        if approved
        else "The store does not know that plan, so look at the one above"
    )
    hint = f"{known}; approve the new one, or plan again."
    return other_plan(plan, digest, hint, approved.state_text if approved else "")


def _apply_file(
    path: Path,
    directory: Path | None,
    digest: str | None,
    request: PlanRequest,
    open_session: Callable[[Path], Session],
    flags: _RunFlags,
) -> Exit:
    if not path.exists():
        hint = "Save a plan with: licsync plan DIR --out FILE"
        if path.suffix != ".json":
            hint = f"Create an account with: licsync init {shlex.quote(redact_path(path))}"
        message = f"There is no '{redact_path(path)}'."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    _refuse(
        _SCOPE,
        "with a saved plan, which is applied as it is",
        "Narrow it when planning: licsync plan DIR --out FILE",
    )
    plan = read_plan(path, to_apply=True)
    if digest is not None and digest != plan.digest:
        message = (
            f"'{path}' is not the plan that was approved: its digest is {plan.digest}, "
            f"not {digest}."
        )
        hint = (
            f"Look at it with: licsync show {shlex.quote(str(path))}. "
            "Approve it, or apply the one that was approved."
        )
        raise Refused(error(Code.PLAN_STALE, message, hint=hint))
    if directory is None and not Path(plan.directory).is_dir():
        message = f"The plan was made of '{plan.directory}', and there is no such directory here."
        hint = f"Name the account's directory: licsync apply {shlex.quote(str(path))} DIR"
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    account = open_for_command(open_session(directory or Path(plan.directory)))
    console.print_message(reach_of(account))
    catalog = account.desired.catalog
    applying = apply_options(catalog, flags.json_listener, flags.parallelism)
    with phase("applying"), applying as options:
        outcome = apply_saved_plan(account, plan, options, request)
    if settings.current.summary:
        write_plan_summary(plan, None, outcome)
    if outcome is None:
        console.print_message("The plan has no actions: nothing was changed.")
        return of_diagnostics(plan.diagnostics)
    return _end(account, outcome, flags)


def _resume(account: Account, flags: _RunFlags) -> Exit:
    console.print_message(reach_of(account))
    catalog, code = account.desired.catalog, None
    if has_run_to_resume(account):
        applying = apply_options(catalog, flags.json_listener, flags.parallelism)
        with phase("applying"), applying as options:
            outcome = resume_run(account, options)
        if outcome is not None:
            if settings.current.summary:
                write_run_summary(outcome)
            print_history_head(account)
            code = exit_of(outcome)
    if code is None and settings.current.summary:
        write_ending_summary({"run": None})
    if code is None and unfinished_order(account) is None:
        console.print_message("There is no unfinished run to resume.")
        return Exit.DONE
    may_ask = flags.json_listener is None
    return work_by_hand(account, code or Exit.DONE, may_ask=may_ask, is_new=False)


def _abandon(account: Account) -> Exit:
    run = abandon_run(account)
    order = abandon_order(account)
    if settings.current.summary:
        write_ending_summary({"abandoned": {"run": run, "work_order": order and order.id}})
    if run:
        console.print_message(f"Closed the run {run} as it is.")
    if order:
        console.print_message(f"Closed the work order as it is: {progress_line(order.progress)}.")
    if not (run or order):
        console.print_message("There is no run that was not finished.")
    return Exit.DONE
