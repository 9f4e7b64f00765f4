"""`licsync history`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Group
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.ports import AuditResult
from licsync.store.audit_log import verify as verify_chain
from licsync.views.history import audit_json, audit_text, history_json, history_table
from licsync.workflows.unfinished_orders import work_orders_of


class _History(Group):
    """Reads `history DIR` as `history list DIR`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert the default subcommand."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group("history", cls=_History)
def command() -> None:
    """List the applied runs of the account in DIR, or verify that the history is unaltered.

    `licsync history DIR` is short for `licsync history list DIR`.
    """


@command.command(
    "list",
    examples={
        "licsync history": "List the runs of the account in the current directory.",
        "licsync history list acme --format json": "List those of another account, for a program.",
    },
)
@options.directory
@options.formats("table", "json")
@options.read_only
@options.state
@options.no_color
def runs(directory: Path, format_: str, state: str | None) -> Exit:
    """List the applied runs of the account in DIR, newest first: when, by whom, what, result.

    Work orders follow, with who answered each item and what the inventory showed.
    """
    account = open_for_command(make_session(directory, state))
    found = account.storage.runs().runs(account.name) if account.storage.exists() else []
    orders = work_orders_of(account)
    if format_ == "json":
        text = history_json(found, orders)
    else:
        text = history_table(found, orders, options=console.render_options())
    console.print_result(text, format_)
    return Exit.DONE


@command.command(
    "verify",
    examples={
        "licsync history verify": "Check that nobody has altered the history.",
    },
)
@options.directory
@click.option(
    "--head",
    metavar="sha256:…",
    help="A hash from an earlier apply or verify that the history must contain.",
)
@options.formats("text", "json")
@options.read_only
@options.state
@options.no_color
def verify(directory: Path, head: str | None, format_: str, state: str | None) -> Exit:
    """Verify that the history of the account in DIR is unaltered.

    Each entry contains the hash of the one before it. Exits 1 if an entry was changed, removed or
    inserted.
    """
    account = open_for_command(make_session(directory, state))
    if account.storage.exists():
        found = verify_chain(account.storage.engine(), account.name, head)
    else:
        found = AuditResult(has_head=None if head is None else False)
    console.print_result(audit_json(found) if format_ == "json" else audit_text(found), format_)
    return Exit.DONE if found.is_sound else Exit.FAILED
