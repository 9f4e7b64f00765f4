"""`licsync fleet`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from licsync.cli import fleet_options as fleets
from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.ci_reports import FAULT_FORMATS
from licsync.cli.commands.fleet_worker import command as worker
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
@fleets.fleet_path
@fleets.local_selection
@options.formats(*FAULT_FORMATS)
@options.out_dir
@options.redact
@options.read_only
@fleets.state
@options.now
@options.no_color
def validate(
    path: Path,
    select: tuple[str, ...],
    changed_since: str | None,
    jobs: int | None,
    format_: str,
    out_dir: Path | None,
    state: str | None,
    now: datetime | None,
) -> int:
    """Check the fleet file and the files of its accounts, without network and without keys."""
    from licsync.views.ci.fleet import diagnostics_of
    from licsync.workflows.fleet.running import validate_fleet

    fleet = fleets.open_for_command(path, format_)
    members = fleets.members_for_command(fleet, select, changed_since)
    with fleets.context_for_command(fleet, jobs, state, now, format_, is_recorded=False) as context:
        outcome = validate_fleet(context, members)
    reports = reports_for("validate", fleet.directory, format_, out_dir)
    faults = [*fleet.warnings, *diagnostics_of(outcome.rows, str(fleet.directory))]
    if format_ != "text":
        console.print_result(reports.of_faults(faults), format_)
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
@fleets.fleet_path
@fleets.selection
@options.formats(*FLEET_FORMATS)
@options.out_dir
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if there are changes.")
@fleets.scope
@options.redact
@options.read_only
@fleets.state
@options.now
@options.no_color
def plan(
    path: Path,
    select: tuple[str, ...],
    changed_since: str | None,
    jobs: int | None,
    format_: str,
    out_dir: Path | None,
    detailed_exitcode: bool,
    due: bool,
    require_fresh: bool,
    state: str | None,
    now: datetime | None,
) -> int:
    """Plan the accounts of FLEET, and print one digest for all of their plans.

    A fault in one account does not stop the others. The exit code is the first of 6, 5, 4, 3, 1,
    2, 0 that an account has.
    """
    from licsync.workflows.fleet.running import plan_fleet

    fleet = fleets.open_for_command(path, format_)
    members = fleets.members_for_command(fleet, select, changed_since)
    scope = fleets.scope_words(due=due, require_fresh=require_fresh)
    named = fleets.named(path, select, changed_since, scope)
    is_brief = format_ == "text" and out_dir is None
    with fleets.context_for_command(
        fleet, jobs, state, now, format_, scope, is_brief=is_brief
    ) as context:
        outcome = plan_fleet(context, members)
    has_changes = outcome.exit_code == Exit.DONE and outcome.changes
    code = Exit.CHANGES if has_changes and detailed_exitcode else outcome.exit_code
    report_outcome(outcome, reports_for("plan", fleet.directory, format_, out_dir), named, code)
    return code


@command.command(
    "drift",
    short_help="Check accounts for drift since the last apply.",
    examples={
        "licsync fleet drift": "Check all accounts for drift.",
        "licsync fleet drift --due --format json": "Check those that are due, for a program.",
    },
)
@fleets.fleet_path
@fleets.selection
@options.formats(*FLEET_FORMATS)
@options.out_dir
@click.option("--due", is_flag=True, help="Check only accounts that are due by drift.every.")
@options.redact
@options.read_only
@fleets.state
@options.now
@options.no_color
def drift(
    path: Path,
    select: tuple[str, ...],
    changed_since: str | None,
    jobs: int | None,
    format_: str,
    out_dir: Path | None,
    due: bool,
    state: str | None,
    now: datetime | None,
) -> int:
    """Check the accounts of FLEET for drift since the last apply."""
    from licsync.workflows.fleet.running import check_drift
    from licsync.workflows.fleet.status import due_members

    fleet = fleets.open_for_command(path, format_)
    members = fleets.members_for_command(fleet, select, changed_since)
    is_brief = format_ == "text" and out_dir is None
    with fleets.context_for_command(fleet, jobs, state, now, format_, is_brief=is_brief) as context:
        if due:
            members = due_members(members, context.results, context.now())
        outcome = check_drift(context, members)
    report_outcome(outcome, reports_for("drift", fleet.directory, format_, out_dir), str(path))
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
@fleets.fleet_path
@fleets.selection
@click.option("--digest", metavar="sha256:…", help="Apply only the plans with this digest.")
@click.option(
    "--partial", is_flag=True, help="Apply the accounts whose plans are still the approved ones."
)
@click.option("--resume", is_flag=True, help="Continue the last apply, with what it has left.")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@options.formats(*FLEET_FORMATS)
@options.out_dir
@fleets.scope
@options.redact
@fleets.state
@options.now
@options.no_color
def apply(
    path: Path,
    select: tuple[str, ...],
    changed_since: str | None,
    jobs: int | None,
    digest: str | None,
    partial: bool,
    resume: bool,
    auto_approve: bool,
    format_: str,
    out_dir: Path | None,
    due: bool,
    require_fresh: bool,
    state: str | None,
    now: datetime | None,
) -> int:
    """Plan the accounts of FLEET, ask for approval and apply the plans, in waves.

    With --digest, nothing is applied if the plans are not the approved ones. Ctrl-C ends after the
    steps in flight.
    """
    from licsync.workflows.fleet.applying import ApplyRequest, apply_fleet, resume_fleet

    fleets.refuse_beside_resume(resume, digest, partial, select, changed_since)
    fleets.refuse_partial_alone(partial, digest)
    fleet = fleets.open_for_command(path, format_)
    members = fleets.members_for_command(fleet, select, changed_since)
    scope = fleets.scope_words(due=due, require_fresh=require_fresh)
    with fleets.context_for_command(
        fleet,
        jobs,
        state,
        now,
        format_,
        scope,
        shows_plans=not (digest or resume),
        is_brief=format_ == "text" and out_dir is None,
    ) as context:
        if resume:
            outcome = resume_fleet(context, members)
            if outcome is None:
                console.print_message("Nothing to continue: the fleet has no unfinished apply.")
                return Exit.DONE
        else:
            named = fleets.named(path, select, changed_since, scope)
            confirm = fleets.confirmation(named, format_, is_approved=auto_approve)
            outcome = apply_fleet(context, members, ApplyRequest(digest, partial, confirm))
    if outcome is None:
        console.print_message("Nothing was changed.")
        return Exit.FAILED
    named = fleets.named(path, (), None, scope)
    report_outcome(outcome, reports_for("apply", fleet.directory, format_, out_dir), named)
    return outcome.exit_code


@command.command(
    "status",
    short_help="Show what ran when, what is due and what is stuck.",
    examples={
        "licsync fleet status": "Show what ran on each account and when.",
        "licsync fleet status --select region=emea --format json": "Show some, for a program.",
    },
)
@fleets.fleet_path
@fleets.select
@options.formats("text", "json")
@fleets.state
@options.now
@options.no_color
def status(
    path: Path, select: tuple[str, ...], format_: str, state: str | None, now: datetime | None
) -> Exit:
    """Show what ran on the accounts of FLEET and when, what is due and what is stuck.

    Reads only what the fleet remembers of its runs, and touches no account.
    """
    from licsync.views.fleet_status import status_json, status_text

    found = fleets.status_for_command(path, select, state, now, format_)
    if format_ == "json":
        console.print_result(status_json(found), "json")
    else:
        color, width = console.has_color(sys.stdout), console.table_width()
        console.print_result(status_text(found, str(path), color=color, width=width))
    return Exit.DONE


@command.command(
    "metrics",
    short_help="Write metrics for Prometheus.",
    examples={
        "licsync fleet metrics --textfile licsync.prom": "Write the metrics for a node exporter.",
    },
)
@fleets.fleet_path
@click.option(
    "--textfile",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file, for the textfile collector of Prometheus' node exporter.",
)
@fleets.state
@options.now
def metrics(path: Path, textfile: Path | None, state: str | None, now: datetime | None) -> Exit:
    """Write what FLEET remembers of its accounts as metrics for Prometheus.

    Last success, last exit code, changes, drift, shortage and age of the inventory, by account.
    """
    from licsync.views.fleet_status import status_metrics
    from licsync.workflows.files import write_new

    text = status_metrics(fleets.status_for_command(path, (), state, now))
    if textfile is None:
        console.print_result(text)
    else:
        write_new(textfile, text, overwrite=True)
    return Exit.DONE
