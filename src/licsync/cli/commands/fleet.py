"""`licsync fleet`."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path

import click

from licsync.cli import fleet_options, options
from licsync.cli import fleet_sessions as fleets
from licsync.cli import output as console
from licsync.cli.ci_reports import FAULT_FORMATS
from licsync.cli.commands.fleet_worker import command as worker
from licsync.cli.fleet_options import RunOptions
from licsync.cli.fleet_output import FLEET_FORMATS, report_outcome, reports_for
from licsync.cli.help import Group
from licsync.diagnostics.exit_codes import Exit
from licsync.views.fleet import validation_text


@click.group("fleet", cls=Group)
def command() -> None:
    """Plan, apply and watch many accounts together: FLEET is a fleet.yaml, or its directory."""


command.add_command(worker)


@command.command(
    "validate",
    short_help="Check the fleet file and the files of its accounts.",
    examples={
        "licsync fleet validate": "Check the nearest fleet.yaml and its accounts.",
        "licsync fleet validate --changed-since origin/main": "Check what a branch changes.",
    },
)
@fleet_options.run_options(FAULT_FORMATS, options.read_only)
def validate(run: RunOptions) -> int:
    """Check the fleet file and the files of its accounts, without network and without keys."""
    from licsync.views.ci.fleet import diagnostics_of
    from licsync.workflows.fleet.running import validate_fleet

    fleet = fleets.open_for_command(run.path, run.format)
    members = fleets.members_for_command(fleet, run)
    with fleets.context_for_command(fleet, run, is_recorded=False) as context:
        outcome = validate_fleet(context, members)
    reports = reports_for("validate", fleet.directory, run)
    faults = [*fleet.warnings, *diagnostics_of(outcome.rows, str(fleet.directory))]
    if run.format != "text":
        console.print_result(reports.of_faults(faults), run.format)
    else:
        console.print_result(validation_text(outcome))
    code = outcome.exit_code
    reports.publish_faults(faults, code)
    return code


@command.command(
    "plan",
    short_help="Plan accounts, and print one digest for all plans.",
    examples={
        "licsync fleet plan": "Plan all accounts.",
        "licsync fleet plan --select region=emea": "Plan the accounts with a label.",
    },
)
@fleet_options.run_options(
    FLEET_FORMATS,
    fleet_options.workers,
    click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if there are changes."),
    fleet_options.scope,
    options.read_only,
)
def plan(run: RunOptions, detailed_exitcode: bool, due: bool, require_fresh: bool) -> int:
    """Plan the accounts of FLEET, and print one digest for all of their plans.

    A fault in one account does not stop the others. The exit code is the first of 6, 5, 4, 3, 1,
    2, 0 that an account has.
    """
    from licsync.workflows.fleet.running import plan_fleet

    fleet = fleets.open_for_command(run.path, run.format)
    members = fleets.members_for_command(fleet, run)
    scope = fleet_options.scope_words(due=due, require_fresh=require_fresh)
    named = run.command_line(scope)
    with fleets.context_for_command(fleet, run, scope, is_brief=run.is_text_only) as context:
        outcome = plan_fleet(context, members)
    has_changes = outcome.exit_code == Exit.DONE and outcome.changes
    code = Exit.CHANGES if has_changes and detailed_exitcode else outcome.exit_code
    report_outcome(outcome, reports_for("plan", fleet.directory, run), named, code)
    return code


@command.command(
    "drift",
    short_help="Check accounts for drift since the last apply.",
    examples={
        "licsync fleet drift": "Check all accounts for drift.",
        "licsync fleet drift --due --format json": "Check those that are due, for a program.",
    },
)
@fleet_options.run_options(
    FLEET_FORMATS,
    fleet_options.workers,
    click.option("--due", is_flag=True, help="Check only accounts that are due by drift.every."),
    options.read_only,
)
def drift(run: RunOptions, due: bool) -> int:
    """Check the accounts of FLEET for drift since the last apply."""
    from licsync.workflows.fleet.running import check_drift
    from licsync.workflows.fleet.status import due_members

    fleet = fleets.open_for_command(run.path, run.format)
    members = fleets.members_for_command(fleet, run)
    with fleets.context_for_command(fleet, run, is_brief=run.is_text_only) as context:
        if due:
            members = due_members(members, context.results, context.now())
        outcome = check_drift(context, members)
    report_outcome(outcome, reports_for("drift", fleet.directory, run), str(run.path))
    return outcome.exit_code


@command.command(
    "apply",
    short_help="Apply the plans of accounts, in waves.",
    examples={
        "licsync fleet apply": "Plan all accounts, ask, and apply.",
        "licsync fleet apply --select 'acme*' --auto-approve": "Apply some without a question.",
        "licsync fleet apply --resume": "Continue the last apply.",
    },
)
@fleet_options.run_options(
    FLEET_FORMATS,
    fleet_options.workers,
    click.option("--digest", metavar="sha256:…", help="Apply only the plans with this digest."),
    click.option(
        "--partial",
        is_flag=True,
        help="Apply the accounts whose plans are still the approved ones.",
    ),
    click.option("--resume", is_flag=True, help="Continue the last apply where it stopped."),
    click.option("--auto-approve", is_flag=True, help="Do not ask."),
    fleet_options.scope,
)
def apply(
    run: RunOptions,
    digest: str | None,
    partial: bool,
    resume: bool,
    auto_approve: bool,
    due: bool,
    require_fresh: bool,
) -> int:
    """Plan the accounts of FLEET, ask for approval and apply the plans, in waves.

    With --digest, nothing is applied if the plans are not the approved ones. Ctrl-C ends after the
    steps in flight.
    """
    from licsync.workflows.fleet.applying import ApplyRequest, apply_fleet, resume_fleet

    if resume:
        fleets.refuse_beside_resume(run, digest, partial=partial)
    if partial:
        fleets.refuse_partial_alone(digest)
    fleet = fleets.open_for_command(run.path, run.format)
    members = fleets.members_for_command(fleet, run)
    scope = fleet_options.scope_words(due=due, require_fresh=require_fresh)
    with fleets.context_for_command(
        fleet,
        run,
        scope,
        shows_plans=not (digest or resume),
        is_brief=run.is_text_only,
    ) as context:
        if resume:
            outcome = resume_fleet(context, members)
            if outcome is None:
                console.print_message("Nothing to continue: the fleet has no unfinished apply.")
                return Exit.DONE
        else:
            named = run.command_line(scope)
            confirm = fleets.confirmation(named, run.format, is_approved=auto_approve)
            outcome = apply_fleet(context, members, ApplyRequest(digest, partial, confirm))
    if outcome is None:
        console.print_message("Nothing was changed.")
        return Exit.FAILED
    named = shlex.join([str(run.path), *scope])
    report_outcome(outcome, reports_for("apply", fleet.directory, run), named)
    return outcome.exit_code


@command.command(
    "status",
    short_help="Show what ran when, what is due and what is stuck.",
    examples={
        "licsync fleet status": "Show what ran on each account and when.",
        "licsync fleet status --select region=emea --format json": "Show some, for a program.",
    },
)
@fleet_options.fleet_path
@fleet_options.select
@options.formats("text", "json")
@fleet_options.state
@options.now
@options.no_color
def status(
    path: Path, select: tuple[str, ...], format_: str, state: str | None, now: datetime | None
) -> Exit:
    """Show what ran on the accounts of FLEET and when, what is due and what is stuck.

    Reads only the records of the fleet, and no account.
    """
    from licsync.views.fleet_status import status_json, status_text

    found = fleets.status_for_command(path, select, state, now, format_)
    if format_ == "json":
        console.print_result(status_json(found), "json")
    else:
        text = status_text(found, shlex.quote(str(path)), options=console.render_options())
        console.print_result(text)
    return Exit.DONE


@command.command(
    "metrics",
    short_help="Write metrics for Prometheus.",
    examples={
        "licsync fleet metrics --textfile licsync.prom": "Write the metrics for a node exporter.",
    },
)
@fleet_options.fleet_path
@click.option(
    "--textfile",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file, for the textfile collector of Prometheus' node exporter.",
)
@fleet_options.state
@options.now
def metrics(path: Path, textfile: Path | None, state: str | None, now: datetime | None) -> Exit:
    """Write the records of the accounts of FLEET as metrics for Prometheus.

    Last success, last exit code, changes, drift, shortage and age of the inventory, by account.
    """
    from licsync.views.fleet_status import status_metrics
    from licsync.workflows.files import write_new

    text = status_metrics(fleets.status_for_command(path, (), state, now))
    if textfile is None:
        console.print_result(text, "metrics")
    else:
        write_new(textfile, text, overwrite=True)
    return Exit.DONE
