"""`licsync doctor`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics.exit_codes import Exit
from licsync.diagnostics.findings import all_fine
from licsync.views.findings import findings_json, findings_text
from licsync.workflows.diagnosis import diagnose


@click.command(
    "doctor",
    cls=Command,
    examples={
        "licsync doctor": "Check the account in the current directory.",
        "licsync doctor --redact": "Mask numbers and addresses, to show it to others.",
        "licsync doctor --format json": "Write the findings for a program.",
    },
)
@options.directory
@options.formats("text", "json")
@options.redact
@options.read_only
@options.state
@options.now
@options.no_color
def command(directory: Path, format_: str, state: str | None, now: datetime | None) -> Exit:
    """Check everything that a run on the account in DIR depends on, and suggest fixes.

    Changes nothing. Exits 0 if all checks pass, 1 if one fails, 6 if 8x8 rejects the API key or
    the key is missing.
    """
    findings = diagnose(open_for_command(make_session(directory, state, now)))
    if console.is_redacting():
        from licsync.views.redaction import redact_findings

        findings = redact_findings(findings)
    if format_ == "json":
        console.print_result(findings_json(findings), format_)
    else:
        # before lines are broken
        findings = [
            replace(
                one,
                message=console.complete(one.message),
                advice=console.complete(one.advice or ""),
            )
            for one in findings
        ]
        console.print_result(findings_text(findings, options=console.render_options()))
    if any(finding.is_credential and not finding.is_fine for finding in findings):
        return Exit.CREDENTIALS
    return Exit.DONE if all_fine(findings) else Exit.FAILED
