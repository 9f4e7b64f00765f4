"""The output of commands on a fleet: on the screen, for programs, and for CI systems."""

from __future__ import annotations

import os
from pathlib import Path

from licsync.cli import output as console
from licsync.cli.ci_reports import Reports
from licsync.cli.fleet_options import RunOptions
from licsync.engine.fleet_outcome import FleetOutcome
from licsync.workflows.session import run_link

FLEET_FORMATS = ("text", "json", "markdown", "github", "gitlab", "sarif", "junit")


def report_outcome(
    outcome: FleetOutcome, reports: Reports, path: str, code: int | None = None
) -> None:
    """Print the outcome of a command, and publish it to the CI system.

    Args:
        outcome: the outcome.
        reports: the format, and the directory of the fleet.
        path: the fleet as the command line named it, with the selection of accounts.
        code: the exit code; by default that of the outcome.

    Raises:
        InputInvalid: a report cannot be written.
    """
    text = outcome_report(outcome, reports, path, reports.format)
    if outcome.verb == "apply":  # its exit code is about what was applied, whoever can read it
        console.never_failing(lambda one: console.print_result(one, reports.format))(text)
    else:
        console.print_result(text, reports.format)
    if reports.out_dir is not None:
        for name, format_ in (
            ("comment.md", "github"),
            ("terraform.json", "gitlab"),
            ("codequality.json", "codequality"),
            ("licsync.sarif", "sarif"),
            ("junit.xml", "junit"),
        ):
            reports.write(name, outcome_report(outcome, reports, path, format_))
        values = {"CHANGES": outcome.changes, "DIGEST": outcome.digest}
        reports.write("licsync.env", "".join(f"LICSYNC_{k}={v}\n" for k, v in values.items()))
    if reports.format == "github":
        from licsync.views.ci.fleet import diagnostics_of, fleet_markdown
        from licsync.views.ci.github import SUMMARY_LIMIT
        from licsync.views.escaping import byte_length

        if found := diagnostics_of(outcome.rows, str(reports.directory)):
            console.print_message(reports.of_faults(found))
        summary = fleet_markdown(outcome, path, limit=SUMMARY_LIMIT, size=byte_length)
        reports.publish_fleet(
            summary,
            {
                "changes": outcome.changes,
                "digest": outcome.digest,
                "exit-code": outcome.exit_code if code is None else code,
            },
        )


def outcome_report(outcome: FleetOutcome, reports: Reports, path: str, format_: str) -> str:
    """Write the outcome in one of `FLEET_FORMATS`, or as `codequality`."""
    from licsync.views import fleet as views

    if format_ == "json":
        return views.outcome_json(outcome)
    if format_ == "text":
        return views.outcome_text(outcome, path, options=console.render_options())
    from licsync.views.ci import fleet as reporting

    if format_ in ("markdown", "github"):
        return reporting.fleet_markdown(outcome, path, link=run_link(os.environ) or "")
    if format_ == "gitlab":
        return reporting.fleet_terraform_report(outcome.rows)
    if format_ == "junit":
        from licsync.views.ci.junit import junit

        return junit(f"licsync fleet {outcome.verb}", reporting.fleet_checks(outcome.rows))
    found = reporting.diagnostics_of(outcome.rows, str(reports.directory))
    return reports.of_faults(found, "gitlab" if format_ == "codequality" else format_)


def reports_for(verb: str, directory: Path, run: RunOptions) -> Reports:
    """Say what a command on a fleet reports."""
    return Reports(f"fleet {verb}", directory, run.format, run.out_dir)
