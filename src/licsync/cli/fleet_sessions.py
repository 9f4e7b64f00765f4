"""What the commands on a fleet work with: the fleet, its accounts and the store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from licsync.cli import output as console
from licsync.cli import settings
from licsync.cli.ci_reports import Reports
from licsync.cli.fleet_options import RunOptions, is_for_workers
from licsync.diagnostics import Code, InputInvalid, error, warning
from licsync.engine.fleet import AccountResult, FleetRunner
from licsync.engine.fleet_outcome import FleetOutcome
from licsync.engine.fleet_status import FleetStatus
from licsync.model.fleet import FleetMember
from licsync.model.license import format_instant
from licsync.views.fleet import block_text, outcome_text, progress_line
from licsync.views.phrases import first_few
from licsync.workflows.fleet.fleet import OpenFleet, open_fleet, select_members
from licsync.workflows.fleet.results import open_results, reading_results
from licsync.workflows.fleet.running import FleetContext, sending_messages
from licsync.workflows.session import clock, is_read_only

_QUESTION = "Do you want to apply these plans?"


def open_for_command(path: Path, format_: str = "text", *, is_complete: bool = True) -> OpenFleet:
    """Open the fleet of a command; its faults are reported in the format of the command.

    Raises:
        LicsyncError: the fleet file has faults, or too few accounts match.
    """
    directory = path if path.is_dir() else path.parent
    settings.current.directory = directory
    with Reports("fleet", directory, format_).reporting_errors():
        fleet = open_fleet(path, is_complete=is_complete)
    console.show_diagnostics(fleet.warnings)
    return fleet


def members_for_command(fleet: OpenFleet, run: RunOptions) -> list[FleetMember]:
    """Select the accounts of a command.

    Raises:
        InputInvalid: a selection matches nothing, or git cannot be asked.
    """
    members = select_members(fleet, run.select)
    if (base := run.changed_since) is not None:
        from licsync.workflows.fleet.changed import changed_accounts

        found = changed_accounts(fleet, members, base)
        members = found.members
        if found.gone:
            gone = first_few(sorted(found.gone), 10)
            message = f"No longer in the fleet since {base}, and left as they are: {gone}."
            console.show_diagnostics([warning(Code.LEFT_OUT, message)])
        if not members:
            console.print_message(f"No commit since {base} touches a selected account.")
    return members


@contextmanager
def context_for_command(
    fleet: OpenFleet,
    run: RunOptions,
    scope: Sequence[str] = (),
    *,
    shows_plans: bool = True,
    is_recorded: bool = True,
    is_brief: bool = False,
) -> Iterator[FleetContext]:
    """Make what a command works with, and close it afterwards.

    Args:
        fleet: the fleet.
        run: the options of the command.
        scope: further words for the commands that plan.
        shows_plans: whether the plan of each account is shown.
        is_recorded: whether the fleet remembers what comes out.
        is_brief: whether nobody needs the text and the document of a result once it is shown.

    Raises:
        LicsyncError: the store cannot be opened.
    """
    environ = dict(os.environ)
    if run.state is not None:
        environ["LICSYNC_STATE"] = run.state
    if (columns := console.render_options().table_width) is not None:
        environ["COLUMNS"] = str(columns)
    arguments = [*(["--redact"] if console.is_redacting() else [])]
    if run.now is not None:
        arguments += ["--now", format_instant(run.now)]
    reads_only = is_read_only() or settings.current.read_only
    with ExitStack() as held:
        runner = _runner(fleet, run, environ, held, reads_only=reads_only)
        results = None
        if is_recorded and not reads_only:
            results = held.enter_context(open_results(fleet, run.state))
        if reads_only:
            environ["LICSYNC_READ_ONLY"] = "1"
        context = FleetContext(
            fleet,
            runner,
            results,
            arguments,
            scope,
            progress=_progress(run.format, shows_plans=shows_plans),
            now=lambda: run.now or clock(),
            warn=console.show_diagnostics,
            is_state_given=run.state is not None,
            is_brief=is_brief,
        )
        with sending_messages(context, run.state):
            yield context


def _runner(
    fleet: OpenFleet,
    run: RunOptions,
    environ: Mapping[str, str],
    held: ExitStack,
    *,
    reads_only: bool,
) -> FleetRunner:
    """Choose what runs the accounts: this machine, or the workers of the fleet.

    Args:
        fleet: the fleet.
        run: the options of the command.
        environ: the environment variables of the accounts.
        held: ends what the runner needs.
        reads_only: whether nothing may be written.

    Raises:
        InputInvalid: workers cannot do what is asked, or the fleet can have none.
    """
    at_once = run.jobs or fleet.at_once
    if not is_for_workers():
        from licsync.workflows.fleet.local_runner import LocalRunner
        from licsync.workflows.fleet.processes import ForkedProcesses

        processes = held.enter_context(closing(ForkedProcesses()))
        return LocalRunner(at_once, environ, processes, console.print_message)
    if reads_only:
        message = "--read-only cannot be used with --workers: they write to the store of the fleet."
        raise InputInvalid(error(Code.INVALID_VALUE, message))
    from licsync.workflows.fleet.worker import queue_runner

    return queue_runner(fleet, run.state, at_once, console.print_message)


def _progress(format_: str, *, shows_plans: bool) -> Callable[[AccountResult, int, int], None]:
    """Show a block for each account where the result is text, and one line elsewhere."""
    rendering = console.render_options()

    def show_block(result: AccountResult, number: int, of: int) -> None:
        with suppress(InputInvalid):  # the other accounts run, and the table at the end fails
            console.print_result(block_text(result, number, of, options=rendering) + "\n")

    def show_line(result: AccountResult, number: int, of: int) -> None:
        console.print_message(progress_line(result, number, of))

    def show(result: AccountResult, number: int, of: int) -> None:
        if result.verb == "validate" and not result.exit_code and not result.error.strip():
            return  # it is valid
        is_shown = format_ == "text" and (shows_plans or result.verb != "plan")
        (show_block if is_shown else show_line)(result, number, of)

    return show


def confirmation(path: str, format_: str, *, is_approved: bool) -> Callable[[FleetOutcome], bool]:
    """Show the plans of a fleet, and ask whether to apply them."""

    def confirm(plans: FleetOutcome) -> bool:
        text = outcome_text(plans, path, options=console.render_options())
        write = console.print_result if format_ == "text" else console.print_message
        (console.never_failing(write) if is_approved else write)(text)
        if not plans.changes or is_approved:
            return True
        exactly = f"licsync fleet apply {path} --digest {plans.digest}"
        unasked = f"Without a terminal, add --auto-approve; or apply only these plans: {exactly}"
        return console.confirm(_QUESTION, unasked)

    return confirm


def refuse_beside_resume(run: RunOptions, digest: str | None, *, partial: bool) -> None:
    """Refuse options that say what to apply, where that is known already.

    Raises:
        InputInvalid: there are such options.
    """
    options = {
        "--digest": digest is not None,
        "--partial": partial,
        "--select": bool(run.select),
        "--changed-since": run.changed_since is not None,
    }
    if any(options.values()):
        names = " and ".join(name for name, is_given in options.items() if is_given)
        message = f"{names} cannot be used with --resume."
        hint = "Write: licsync fleet apply FLEET --resume"
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))


def refuse_partial_alone(digest: str | None) -> None:
    """Refuse `--partial` without a digest.

    Raises:
        InputInvalid: there is no digest.
    """
    if digest is None:
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
