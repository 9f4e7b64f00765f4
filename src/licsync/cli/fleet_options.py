"""Arguments, options and the context of the commands on a fleet."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from licsync.cli import output as console
from licsync.cli import sessions
from licsync.cli.at_hand import fleet_at_hand
from licsync.cli.ci_reports import Reports
from licsync.diagnostics import Code, InputInvalid, error
from licsync.engine.fleet import AccountResult, FleetRunner
from licsync.engine.fleet_outcome import FleetOutcome
from licsync.engine.fleet_status import FleetStatus
from licsync.model.fleet import FleetMember
from licsync.model.license import format_instant
from licsync.views.fleet import block_text, outcome_text, progress_line
from licsync.workflows.fleet.fleet import OpenFleet, open_fleet, select_members
from licsync.workflows.fleet.results import open_results, reading_results
from licsync.workflows.fleet.running import FleetContext
from licsync.workflows.session import clock, is_read_only

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_WORKERS = "licsync workers"
_QUESTION = "Do you want to apply these plans?"


def _or_at_hand(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    return value if value is not None or ctx.resilient_parsing else fleet_at_hand()


fleet_path = click.argument(
    "path",
    metavar="[FLEET]",
    required=False,
    type=click.Path(path_type=Path),
    callback=_or_at_hand,
    help="A fleet.yaml, or its directory.  [default: the nearest fleet.yaml, from here up]",
)


state = click.option(
    "--state",
    metavar="URL",
    envvar="LICSYNC_STATE",
    help="The store of the fleet and of all its accounts.  [default: state of the fleet file, else "
    "SQLite beside it and in each account]",
)

select = click.option(
    "--select",
    multiple=True,
    metavar="LABEL=VALUE|GLOB",
    help="Only accounts with this label, or that match this pattern; commas mean and.",
)


def _remember_workers(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta[_WORKERS] = value


def local_selection(function: Decorated) -> Decorated:
    """Add the options that select accounts, and say how many run at once."""
    for option in (
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            metavar="N",
            help="Accounts at once.  [default: concurrency.accounts of the fleet file]",
        ),
        click.option(
            "--changed-since",
            metavar="REF",
            help="Only accounts whose files the commits since REF touch (git).",
        ),
        select,
    ):
        function = option(function)
    return function


def selection(function: Decorated) -> Decorated:
    """Add the options of `local_selection`, and the one that says where the accounts run."""
    workers = click.option(
        "--workers",
        is_flag=True,
        expose_value=False,
        callback=_remember_workers,
        help="Let the fleet's workers run the accounts (licsync fleet worker).",
    )
    return local_selection(workers(function))


def scope(function: Decorated) -> Decorated:
    """Add the options that the plans of all accounts take."""
    for option in (
        click.option(
            "--require-fresh",
            is_flag=True,
            help="Refuse accounts whose exported inventory is older than inventory_max_age.",
        ),
        click.option("--due", is_flag=True, help="Plan only changes that are due by date."),
    ):
        function = option(function)
    return function


def scope_words(*, due: bool, require_fresh: bool) -> list[str]:
    """Write the options of `scope` for the command line of an account."""
    return [*(["--due"] if due else []), *(["--require-fresh"] if require_fresh else [])]


def open_for_command(path: Path, format_: str = "text", *, is_complete: bool = True) -> OpenFleet:
    """Open the fleet of a command; its faults are reported in the format of the command.

    Raises:
        LicsyncError: the fleet file has faults, or too few accounts match.
    """
    directory = path if path.is_dir() else path.parent
    console.use_directory(directory)
    with Reports("fleet", directory, format_).reporting_errors():
        fleet = open_fleet(path, is_complete=is_complete)
    console.show_diagnostics(fleet.warnings)
    return fleet


def members_for_command(
    fleet: OpenFleet, select: Sequence[str], changed_since: str | None
) -> list[FleetMember]:
    """Select the accounts of a command.

    Raises:
        InputInvalid: a selection matches nothing, or git cannot be asked.
    """
    members = select_members(fleet, select)
    if changed_since is not None:
        from licsync.workflows.fleet.changed import changed_members

        members = changed_members(fleet, members, changed_since)
        if not members:
            console.print_message(f"No commit since {changed_since} touches a selected account.")
    return members


@contextmanager
def context_for_command(
    fleet: OpenFleet,
    jobs: int | None,
    state: str | None,
    now: datetime | None,
    format_: str,
    scope: Sequence[str] = (),
    *,
    shows_plans: bool = True,
    is_recorded: bool = True,
    is_brief: bool = False,
) -> Iterator[FleetContext]:
    """Make what a command works with, and close it afterwards.

    Args:
        fleet: the fleet.
        jobs: how many accounts run at once; by default what the fleet file says.
        state: the URL of the store that the command was given.
        now: the instant to plan and act by; None for the current one.
        format_: the format of the result, which decides on what is shown of each account.
        scope: further words for the commands that plan.
        shows_plans: whether the plan of each account is shown.
        is_recorded: whether the fleet remembers what comes out.
        is_brief: whether nothing but text is shown, and no report is written.

    Raises:
        LicsyncError: the store cannot be opened.
    """
    environ = dict(os.environ)
    if state is not None:
        environ["LICSYNC_STATE"] = state
    if (columns := console.table_width()) is not None:
        environ["COLUMNS"] = str(columns)
    arguments = [*(["--redact"] if console.is_redacting() else [])]
    if now is not None:
        arguments += ["--now", format_instant(now)]
    reads_only = is_read_only() or sessions.is_reading_only()
    runner = _runner(fleet, jobs or fleet.at_once, environ, state, reads_only=reads_only)
    with ExitStack() as held:
        results = None
        if is_recorded and not reads_only:
            results = held.enter_context(open_results(fleet, state))
        if reads_only:
            environ["LICSYNC_READ_ONLY"] = "1"
        yield FleetContext(
            fleet,
            runner,
            results,
            arguments,
            scope,
            _progress(format_, shows_plans=shows_plans),
            lambda: now or clock(),
            warn=console.show_diagnostics,
            is_state_given=state is not None,
            is_brief=is_brief,
        )


def _runner(
    fleet: OpenFleet,
    at_once: int,
    environ: Mapping[str, str],
    state: str | None,
    *,
    reads_only: bool,
) -> FleetRunner:
    """Choose what runs the accounts: this machine, or the workers of the fleet.

    Raises:
        InputInvalid: workers cannot do what is asked, or the fleet can have none.
    """
    if not click.get_current_context().meta.get(_WORKERS):
        from licsync.workflows.fleet.local_runner import LocalRunner

        return LocalRunner(at_once, environ, say=console.print_message)
    if reads_only:
        message = "--read-only cannot be used with --workers: they write to the store of the fleet."
        raise InputInvalid(error(Code.INVALID_VALUE, message))
    from licsync.workflows.fleet.worker import queue_runner

    return queue_runner(fleet, state, at_once, console.print_message)


def _progress(format_: str, *, shows_plans: bool) -> Callable[[AccountResult, int, int], None]:
    """Show a block for each account where the result is text, and one line elsewhere."""
    color = console.has_color(sys.stdout)

    def show_block(result: AccountResult, number: int, of: int) -> None:
        with suppress(InputInvalid):  # the other accounts run, and the table at the end fails
            console.print_result(block_text(result, number, of, color=color) + "\n")

    def show_line(result: AccountResult, number: int, of: int) -> None:
        console.print_message(progress_line(result, number, of))

    def show(result: AccountResult, number: int, of: int) -> None:
        if result.verb == "validate" and not result.exit_code and not result.error.strip():
            return  # it is valid
        is_shown = format_ == "text" and (shows_plans or result.verb != "plan")
        (show_block if is_shown else show_line)(result, number, of)

    return show


def named(
    path: Path, select: Sequence[str], changed_since: str | None, scope: Sequence[str]
) -> str:
    """Write the fleet and the selection of accounts for another command line."""
    words = [str(path), *scope]
    for one in select:
        words += ["--select", one]
    words += ["--changed-since", changed_since] if changed_since is not None else []
    return shlex.join(words)


def confirmation(path: str, format_: str, *, is_approved: bool) -> Callable[[FleetOutcome], bool]:
    """Show the plans of a fleet, and ask whether to apply them."""

    def confirm(plans: FleetOutcome) -> bool:
        text = outcome_text(
            plans, path, color=console.has_color(sys.stdout), width=console.table_width()
        )
        write = console.print_result if format_ == "text" else console.print_message
        (console.never_failing(write) if is_approved else write)(text)
        if not plans.changes or is_approved:
            return True
        exactly = f"licsync fleet apply {path} --digest {plans.digest}"
        unasked = f"Without a terminal, add --auto-approve; or apply only these plans: {exactly}"
        return console.confirm(_QUESTION, unasked)

    return confirm


def refuse_beside_resume(
    resume: bool,
    digest: str | None,
    partial: bool,
    select: Sequence[str],
    changed_since: str | None,
) -> None:
    """Refuse options that say what to apply, where that is known already.

    Raises:
        InputInvalid: there are such options.
    """
    given = {
        "--digest": digest is not None,
        "--partial": partial,
        "--select": bool(select),
        "--changed-since": changed_since is not None,
    }
    if resume and any(given.values()):
        names = " and ".join(name for name, is_given in given.items() if is_given)
        message = f"{names} cannot be used with --resume."
        hint = "Write: licsync fleet apply FLEET --resume"
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))


def refuse_partial_alone(partial: bool, digest: str | None) -> None:
    """Refuse `--partial` without a digest.

    Raises:
        InputInvalid: there is no digest.
    """
    if partial and digest is None:
        message = "--partial needs --digest: it applies the accounts that are still as approved."
        raise InputInvalid(error(Code.INVALID_VALUE, message))


def status_for_command(
    path: Path,
    select: Sequence[str],
    state: str | None,
    now: datetime | None,
    format_: str = "text",
) -> FleetStatus:
    """Collect what a fleet remembers. A fleet with too few accounts can be looked at.

    Raises:
        LicsyncError: the fleet file has faults, or the store cannot be read.
    """
    from licsync.workflows.fleet.status import status_of
    from licsync.workflows.fleet.worker import queue_status

    fleet = open_for_command(path, format_, is_complete=False)
    with reading_results(fleet, state) as results:
        found = status_of(fleet, select_members(fleet, select), results, now or clock())
    return replace(found, queue=queue_status(fleet, state))
