"""`licsync validate`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options, settings
from licsync.cli import output as console
from licsync.cli.ci_reports import FAULT_FORMATS, Reports
from licsync.cli.help import Command
from licsync.cli.sessions import make_session
from licsync.cli.summaries import write_fault_summary
from licsync.diagnostics import has_errors
from licsync.diagnostics.exit_codes import Exit
from licsync.workflows.validation import validate


@click.command(
    "validate",
    cls=Command,
    examples={
        "licsync validate": "Check the account in the current directory.",
        "licsync validate acme --format sarif > faults.sarif": "Report to a code scanner.",
    },
)
@options.directory
@options.formats(*FAULT_FORMATS)
@options.out_dir
@options.summary
@options.redact
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    directory: Path, format_: str, out_dir: Path | None, state: str | None, now: datetime | None
) -> Exit:
    """Check the files of the account in DIR, and report all errors together.

    Looks up references in the last read inventory. Never uses the network.
    """
    reports = Reports("validate", directory, format_, out_dir)
    with reports.reporting_errors():
        found = validate(make_session(directory, state, now))
    faults = found.diagnostics
    if settings.current.summary:
        write_fault_summary(faults)
    code = Exit.FAILED if has_errors(faults) else Exit.DONE
    if format_ != "text":
        console.print_result(reports.of_faults(faults), format_)
    else:
        console.show_diagnostics(faults)
        if code is Exit.DONE and found.desired is not None:
            users = len(found.desired.users)
            console.print_result(f"Valid: {users} user{'s' * (users != 1)} declared, no errors.")
    reports.publish_faults(faults, code)
    return code
