"""`licsync refresh`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import dates, options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics.exit_codes import Exit
from licsync.views.refresh import RefreshView, redact_refresh, refresh_json, refresh_text
from licsync.workflows.importing import Sources
from licsync.workflows.refresh import KINDS, RefreshRequest, attribute_refresh, refresh


@click.command(
    "refresh",
    cls=Command,
    examples={
        "licsync refresh --from exports --dry-run": "Show what exports of the console change.",
        "licsync refresh --from users.csv --only users": "Read only the list of users.",
        "licsync refresh --scim": "Read the users over SCIM.",
    },
)
@options.directory
@click.option(
    "--from",
    "exports",
    multiple=True,
    metavar="EXPORT",
    type=click.Path(path_type=Path, exists=True),
    help="A CSV or Excel file that the console exported, or a folder of them.",
)
@click.option(
    "--scim",
    "is_scim",
    is_flag=True,
    help="Read the users over SCIM instead, as far as SCIM shows them.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([kind.replace("_", "-") for kind in KINDS]),
    help="Read only tables of this kind; everything else is kept.",
)
@click.option(
    "--partial",
    "is_partial",
    is_flag=True,
    help="The lists are incomplete: keep users and licenses that they do not name.",
)
@click.option(
    "--allow-missing",
    type=click.IntRange(min=0),
    metavar="N",
    help="How many users and licenses may be missing.  [default: 10%, or up to 3 in a small "
    "account]",
)
@click.option(
    "--as-of",
    type=dates.Instant(),
    metavar="ISO8601",
    help="The instant or day of the exports.  [default: now]",
)
@click.option(
    "--allow-older", is_flag=True, help="Accept exports that are older than the inventory."
)
@click.option(
    "--dry-run", "is_dry_run", is_flag=True, help="Show what would change; write nothing."
)
@options.tables
@options.formats("text", "json")
@options.redact
@options.state
@options.now
@options.no_color
def command(
    directory: Path,
    exports: tuple[Path, ...],
    is_scim: bool,
    only: tuple[str, ...],
    is_partial: bool,
    allow_missing: int | None,
    as_of: datetime | None,
    allow_older: bool,
    is_dry_run: bool,
    encoding: str | None,
    ignored: tuple[str, ...],
    country: str | None,
    format_: str,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Update the inventory of the account in DIR from exports of the console, or over SCIM.

    Values that no table has stay as they are. licsync shows how it read each column, what changed,
    and how old the values are that stay. If an export is faulty or incomplete, it changes nothing.
    With a key for 8x8's audit log in LICSYNC_AUDIT_KEY, it also says who made the changes.
    """
    if is_scim == bool(exports):
        raise click.UsageError("Pass either --from EXPORT or --scim.")
    account = open_for_command(make_session(directory, state, now))
    if is_scim:
        # the network is slow to import
        from licsync.workflows.refresh_scim import refresh_from_scim

        result = refresh_from_scim(account, is_dry_run=is_dry_run)
    else:
        kinds = tuple(kind.replace("-", "_") for kind in only)
        sources = Sources(exports, encoding, ignored, country, only=kinds)
        request = RefreshRequest(sources, as_of, is_partial, allow_missing, allow_older, is_dry_run)
        result = refresh(account, request)
    attribution, warnings = attribute_refresh(account, result)
    shown = RefreshView(
        account.name,
        result.before,
        result.after,
        result.changes,
        result.pools,
        result.merged.observation.kept,
        result.merged.observation.reported,
        account.desired.catalog,
        result.backup,
        result.is_dry_run,
        attribution,
    )
    warnings = console.redacted(warnings)
    shown = redact_refresh(shown) if console.is_redacting() else shown
    if format_ == "json":
        text = refresh_json(shown, warnings)
        console.print_outcome(text, format_, has_changed=not is_dry_run)
    else:
        text = refresh_text(shown, account.session.now(), options=console.render_options())
        console.print_outcome(text, has_changed=not is_dry_run)
        console.show_diagnostics(warnings)
    return Exit.DONE
