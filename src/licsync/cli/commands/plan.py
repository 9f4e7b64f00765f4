"""`licsync plan`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options, settings
from licsync.cli import output as console
from licsync.cli.ci_reports import PLAN_FORMATS, WORK_ORDER_FORMATS, Reports
from licsync.cli.help import Command
from licsync.cli.plan_output import (
    has_work_order,
    redacted_if_asked,
    render_plan,
    save_plan,
)
from licsync.cli.sessions import make_session, open_for_command
from licsync.cli.summaries import write_plan_summary
from licsync.diagnostics import Code, InputInvalid, error
from licsync.diagnostics.exit_codes import Exit, of_diagnostics
from licsync.workflows.account import channels_of
from licsync.workflows.plan_archive import archive_plan
from licsync.workflows.planning import PlanRequest, plan_account


@click.command(
    "plan",
    cls=Command,
    examples={
        "licsync plan": "Plan the account in the current directory.",
        "licsync plan --out plan.json": "Save the plan, to apply exactly this one.",
        "licsync plan acme --target users/ada.lopez@acme.example": "Plan one user of DIR acme.",
        "licsync plan --what-if buy x4:US:5": "Find out what five more licenses would change.",
    },
)
@options.directory
@options.formats(*PLAN_FORMATS)
@options.out_dir
@options.summary
@options.redact
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan, for `licsync apply FILE`.",
)
@click.option(
    "--bulk-upload",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Fill the console's template in with the new users, for Home > Users > Bulk upload.",
)
@click.option("--force", is_flag=True, help="Replace the file of --bulk-upload.")
@click.option(
    "--what-if",
    nargs=2,
    type=options.Text(),
    multiple=True,
    metavar="VERB WHAT",
    help="Plan as if this were done, and save nothing: buy TYPE:COUNTRY:N, cancel TYPE:COUNTRY:N, "
    "user NAME=TYPE.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if there are changes.")
@click.option("--verbose", "-v", is_flag=True, help="Show full details of every action.")
@options.scope
@options.jobs
@options.cache
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    directory: Path,
    format_: str,
    out_dir: Path | None,
    out: Path | None,
    bulk_upload: Path | None,
    force: bool,
    what_if: tuple[tuple[str, str], ...],
    detailed_exitcode: bool,
    verbose: bool,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    allow: tuple[tuple[str, int], ...],
    base: str | None,
    allow_loss: bool,
    due: bool,
    require_fresh: bool,
    jobs: int | None,
    cache: bool,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Show the changes that make the account match the files in DIR. Changes nothing."""
    reports = Reports("plan", directory, format_, out_dir)
    with reports.reporting_errors():
        if what_if:
            _refuse_to_save(out, bulk_upload, format_)
            settings.current.read_only = True
        session = make_session(directory, state, now, jobs=jobs, use_cache=cache)
        account = open_for_command(session)
        request = PlanRequest(target, exclude, allow, allow_loss, base, due, require_fresh, what_if)
        loaded, plan = plan_account(account, request)
        console.keep_alive_until_exit(account, loaded, plan)
        archive_plan(account, plan)
        if channels_of(account):
            from licsync.workflows.notifications import notify_of_plan

            notify_of_plan(loaded, plan, request)
        if settings.current.summary:
            write_plan_summary(plan, loaded.inventory)
        # before it is shown: whoever reads may go away
        saved = [save_plan(plan, out)] if out is not None else []
        if bulk_upload is not None:
            from licsync.cli.work_order_output import write_upload

            root = account.directory
            saved += write_upload(plan, loaded.desired, root, bulk_upload, force=force)
    shown, catalog = redacted_if_asked(plan), loaded.desired.catalog
    if has_work_order(plan, format_):
        from licsync.cli.work_order_output import render_work_order

        text = render_work_order(plan, loaded.desired, loaded.inventory, format_, account.directory)
    else:
        text = render_plan(shown, catalog, format_, verbose=verbose)
    console.print_result(text, format_)
    for message in saved:
        console.print_message(message)
    code = of_diagnostics(plan.diagnostics)
    if code is Exit.DONE and detailed_exitcode and plan.actions:
        code = Exit.CHANGES
    reports.publish_plan(shown, catalog, code)
    return code


def _refuse_to_save(out: Path | None, bulk_upload: Path | None, format_: str) -> None:
    """Refuse what would make work of a plan that is only assumed.

    Raises:
        InputInvalid: an option of the command does.
    """
    asked = {
        "--out": out is not None,
        "--bulk-upload": bulk_upload is not None,
        f"--format {format_}": format_ in WORK_ORDER_FORMATS,
    }
    if refused := [name for name, is_given in asked.items() if is_given]:
        names = " and ".join(refused)
        message = f"{names} cannot be used with --what-if: licsync never applies such a plan."
        hint = "Write it to a file to read: licsync plan DIR --what-if … --format html > FILE"
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
