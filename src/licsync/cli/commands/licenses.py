"""`licsync licenses`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click

from licsync.cli import dates, options
from licsync.cli import output as console
from licsync.cli.at_hand import split_words
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import InputInvalid
from licsync.diagnostics.exit_codes import Exit
from licsync.planning.resolver import Resolver
from licsync.views.finding import Wanted, find_units, nobody_found, unknown_values
from licsync.views.licenses import LicenseFilter, licenses_table, unit_groups
from licsync.workflows.account import Account
from licsync.workflows.inventory import empty_inventory, last_seen


@click.command(
    "licenses",
    cls=Command,
    examples={
        "licsync licenses": "List all licenses.",
        "licsync licenses lopez": "Find the licenses of a person, or one by its id.",
        "licsync licenses --type x4 --unassigned": "Find free X4 licenses.",
        "licsync licenses --idle 90d": "Find licenses without a call for 90 days.",
        "licsync licenses --format csv > licenses.csv": "Open them in a spreadsheet.",
    },
)
@options.directory_or_word
@options.words
@options.by_place("licenses of users")
@click.option(
    "--type",
    "type_",
    metavar="TYPE",
    shell_complete=options.completing("type"),
    help="Only this type: a catalog key or 8x8's name.",
)
@click.option(
    "--country",
    metavar="CC",
    shell_complete=options.completing("country"),
    help="Only this country.",
)
@click.option(
    "--status", type=click.Choice(["assigned", "unassigned", "suspended"]), help="Only this status."
)
@click.option("--unassigned", "status", flag_value="unassigned", help="Like --status unassigned.")
@click.option(
    "--search", type=options.Text(), metavar="ID", help="Only ids that contain this text."
)
@click.option(
    "--address",
    type=options.Text(),
    help="Only this service address: slug, id or part of its text.",
)
@click.option(
    "--idle",
    type=dates.Age(),
    metavar="AGE",
    help="List licenses without a call for this long, such as 90d, and smaller types that would "
    "do.",
)
@options.formats("table", "json", "csv")
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    first: str | None,
    words: tuple[str, ...],
    site: str | None,
    department: str | None,
    type_: str | None,
    status: str | None,
    idle: timedelta | None,
    format_: Any,
    state: str | None,
    now: datetime | None,
    **by: Any,
) -> Exit:
    """List the licenses of the account in DIR by type and country, with the holder of each.

    Each WORD is a part of the holder's user name, name, e-mail address or number, or of the id of
    a license, in any case and without accents. A license must match all words and
    options.

    With --idle, the command under `usage:` of the account reports the calls. Without one, licsync
    asks 8x8's Analytics for Work, with the key in LICSYNC_USAGE_KEY.
    """
    directory, words = split_words(first, words)
    wanted = Wanted(words, site, department, type_, by["country"])
    account = open_for_command(make_session(directory, state, now))
    catalog, inventory = account.desired.catalog, last_seen(account) or empty_inventory(account)
    if faults := unknown_values(inventory, catalog, wanted):
        raise InputInvalid(*faults)
    ids = find_units(inventory, wanted) if words or site or department else None
    if words and not find_units(inventory, Wanted(words)):
        raise InputInvalid(nobody_found(inventory, words, "license"))
    statuses = frozenset((status,) if status else ())
    chosen = LicenseFilter(type_, statuses=statuses, ids=ids, **by)
    if idle is not None:
        return _show_idle(account, idle, chosen, format_)
    slugs = Resolver(account.desired, inventory).labels
    groups = unit_groups(inventory, catalog, account.session.now(), chosen, slugs)
    text = licenses_table(
        inventory, catalog, groups, format=format_, options=console.render_options()
    )
    console.print_result(text, format_)
    return Exit.DONE


def _show_idle(account: Account, least: timedelta, chosen: LicenseFilter, format_: Any) -> Exit:
    """List idle licenses; the account or 8x8 says who uses theirs."""
    from licsync.planning.usage import usage_advice
    from licsync.views.usage import usage_notes, usage_table
    from licsync.workflows.usage import load_usage

    report = load_usage(account, least.days)
    desired, inventory = report.state.desired, report.inventory
    advice = usage_advice(report.usage, desired, inventory, report.today, least.days)
    shown = {
        row.id
        for group in unit_groups(inventory, desired.catalog, account.session.now(), chosen)
        for row in group.units
    }
    text = usage_table(
        advice.of_units(shown),
        inventory,
        desired.catalog,
        format=format_,
        options=console.render_options(),
    )
    console.print_result(text, format_)
    for note in usage_notes(report.usage, inventory) if format_ == "csv" else ():
        console.print_message(note)
    console.show_diagnostics(report.warnings)
    return Exit.DONE
