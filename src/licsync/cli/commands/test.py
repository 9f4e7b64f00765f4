"""`licsync test`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.at_hand import split_words
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import InputInvalid, has_errors
from licsync.diagnostics.exit_codes import Exit
from licsync.planning.calendar import account_day
from licsync.rules.testing import rules_on_plans, tests_of_rules
from licsync.views.checks import checks_text
from licsync.views.ci.junit import junit
from licsync.workflows.state import declared_state


@click.command(
    "test",
    cls=Command,
    examples={
        "licsync test": "Test the rules on the recorded plans that the files name.",
        "licsync test --format junit plan.json": "Check a plan, for a CI system.",
    },
)
@click.argument("first", metavar="[DIR]", required=False, type=click.Path(), help=options.AT_HAND)
@click.argument("plans", metavar="[PLANFILE]...", nargs=-1, type=click.Path(), help="Saved plans.")
@options.formats("text", "junit")
@options.now
@options.no_color
def command(first: str | None, plans: tuple[str, ...], format_: str, now: datetime | None) -> Exit:
    """Test the rules of the account in DIR on PLANFILEs, or on the plans under their `tests`.

    Record plans with `licsync plan --format json` or --out. With `tests`, exits 1 if a rule does
    not find what it should. With PLANFILEs, exits 3 if apply would refuse one.
    """
    directory, names = split_words(first, plans)
    files = [Path(name) for name in names]
    account = open_for_command(make_session(directory, now=now))
    desired, faults = declared_state(account)
    if has_errors(faults):
        raise InputInvalid(*faults)
    today = account_day(desired, account.session.now())
    checks = (
        rules_on_plans(desired, files, today)
        if files
        else tests_of_rules(desired, directory, today)
    )
    console.print_result(
        junit("licsync test", checks) if format_ == "junit" else checks_text(checks), format_
    )
    if any(check.faults for check in checks):
        return Exit.REFUSED if files else Exit.FAILED
    return Exit.DONE
