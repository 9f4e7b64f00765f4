"""`licsync users`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.at_hand import split_words
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import InputInvalid
from licsync.diagnostics.exit_codes import Exit
from licsync.views.finding import Wanted, find_users, nobody_found, unknown_values
from licsync.views.users import user_page, users_table
from licsync.workflows.inventory import empty_inventory, last_seen


@click.command(
    "users",
    cls=Command,
    examples={
        "licsync users": "List all users.",
        "licsync users ada.lopez@acme.example": "Show one user in full.",
        "licsync users lopez": "Find users by a part of a name, e-mail address or number.",
        "licsync users --site Seattle --license x4": "Find users by site and license.",
        "licsync users --unlicensed --format csv > contacts.csv": "List contacts as a table.",
    },
)
@options.directory_or_word
@options.words
@options.by_place("users")
@click.option(
    "--license",
    "type",
    metavar="TYPE",
    shell_complete=options.completing("type"),
    help="Only users with a license of this type.",
)
@click.option(
    "--country",
    metavar="CC",
    shell_complete=options.completing("country"),
    help="Only users with a license of this country.",
)
@click.option("--status", type=click.Choice(["active", "inactive"]), help="Only this status.")
@click.option("--unlicensed", is_flag=True, help="Only users without a license.")
@options.formats("table", "json", "csv")
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    first: str | None,
    words: tuple[str, ...],
    format_: Any,
    state: str | None,
    now: datetime | None,
    **by: Any,
) -> Exit:
    """List the users of the account in DIR, find some, or show the details of one.

    Each WORD is a part of a user name, a name, an e-mail address, a number or the id of a license,
    in any case and without accents. A whole user name shows the details. A user must match all
    words and options.
    """
    directory, words = split_words(first, words)
    words = tuple(word.removeprefix("users/") for word in words)
    wanted = Wanted(words, **by)
    account = open_for_command(make_session(directory, state, now))
    desired, inventory = account.desired, last_seen(account) or empty_inventory(account)
    about = (inventory, desired.catalog)
    rendering = console.render_options()
    if wanted == Wanted(words) and " ".join(words).casefold() in inventory.user_names:
        text = user_page(*about, " ".join(words), format=format_, options=rendering)
        console.print_result(text, format_)
        return Exit.DONE
    if faults := unknown_values(*about, wanted):
        raise InputInvalid(*faults)
    text = users_table(*about, wanted=wanted, format=format_, options=rendering)
    if words and not find_users(*about, Wanted(words)):
        raise InputInvalid(nobody_found(inventory, words))
    console.print_result(text, format_)
    return Exit.DONE
