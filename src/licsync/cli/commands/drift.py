"""`licsync drift`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options, settings
from licsync.cli import output as console
from licsync.cli.ci_reports import Reports
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.cli.summaries import write_drift_summary
from licsync.diagnostics import Code
from licsync.diagnostics.exit_codes import Exit
from licsync.views.audit import redact_attribution
from licsync.views.drift import drift_json, drift_markdown, drift_text
from licsync.views.phrases import instant
from licsync.views.redaction import redact_drift
from licsync.workflows.drift import attribute_drift, drift_now
from licsync.workflows.notifications import notify_of_drift


@click.command(
    "drift",
    cls=Command,
    examples={
        "licsync drift": "Show what has changed since the last apply.",
        "licsync drift --format markdown > drift.md": "Write it for a ticket.",
    },
)
@options.directory
@options.formats("text", "json", "markdown")
@options.summary
@options.redact
@options.read_only
@options.state
@options.now
@options.no_color
def command(directory: Path, format_: str, state: str | None, now: datetime | None) -> Exit:
    """Show drift of the account in DIR since the last apply: in the console, the files, or both.

    Compares only what the files manage. Exits 2 if the console has changed. With a key for 8x8's
    audit log in LICSYNC_AUDIT_KEY, it also says who made the changes.
    """
    with Reports("drift", directory, format_).reporting_errors():
        account = open_for_command(make_session(directory, state, now))
        drift = drift_now(account)
        attribution, warnings = attribute_drift(account, drift)
        notify_of_drift(account, drift.values)
        if settings.current.summary:
            write_drift_summary(drift)
    found, last = drift.values, drift.baseline
    notes_of_plan = (
        d for d in drift.plan.diagnostics if d.code in (Code.OVERDUE, Code.INVENTORY_STALE)
    )
    notes = console.redacted((*notes_of_plan, *warnings))
    if console.is_redacting():
        found = redact_drift(found)
        attribution = redact_attribution(attribution) if attribution else None
    never = "not fully applied yet" if last.run else "nothing applied yet"
    last_known = "last applied" if last.run else "nothing applied yet, in sync on"
    since = f"{last_known} {instant(last.at)}" if last.at else never
    if last.run is not None:
        since += f", last run {last.run.id} by {last.run.actor}"
    if format_ == "json":
        run = last.run.id if last.run else None
        console.print_result(
            drift_json(found, account.name, last.at, run, notes, attribution), format_
        )
    elif format_ == "markdown":
        console.print_result(drift_markdown(found, account.name, since, attribution), format_)
    else:
        text = drift_text(
            found, account.name, since, options=console.render_options(), attribution=attribution
        )
        console.print_result(text)
    if format_ != "json":
        console.show_diagnostics(notes)
    return Exit.CHANGES if drift.in_console else Exit.DONE
