"""`licsync inventory`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Group
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics.exit_codes import Exit
from licsync.model.inventory import Inventory
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.views.json_documents import inventory_json
from licsync.views.phrases import count
from licsync.views.plan.manual_steps import confirmation, nothing_to_confirm
from licsync.workflows.files import write_new
from licsync.workflows.inventory import inventory_document
from licsync.workflows.manual_steps import confirm_manual_steps
from licsync.workflows.saved_inventory import load_inventory
from licsync.workflows.work_orders import verify_work_orders


@click.group("inventory", cls=Group)
def command() -> None:
    """Load or dump the inventory document of an account, or confirm manual steps."""


@command.command(
    "dump",
    examples={
        "licsync inventory dump --out inventory.json": "Write the inventory to a file.",
    },
)
@options.directory
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
@options.read_only
@options.state
@options.now
def dump(directory: Path, out: Path | None, state: str | None, now: datetime | None) -> Exit:
    """Write the inventory of the account in DIR as one JSON document."""
    account = open_for_command(make_session(directory, state, now))
    text = inventory_json(inventory_document(account))
    if out is None:
        console.print_result(text, "json")
    else:
        write_new(out, text, overwrite=True, private=True)
        console.print_message(f"Wrote {out}")
    return Exit.DONE


@command.command(
    "load",
    examples={
        "licsync inventory load inventory.json": "Replace the inventory.",
        "licsync inventory load acme inventory.json": "Replace that of another account.",
    },
)
@options.directory_before
@click.argument(
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The inventory document.",
)
@options.state
@options.now
@options.no_color
def load(directory: Path, file: Path, state: str | None, now: datetime | None) -> Exit:
    """Replace the inventory of the account in DIR with the document in FILE.

    If the document breaks a rule, licsync lists all errors and changes nothing. It keeps the old
    inventory in DIR/.licsync/replaced-….json.
    """
    account = open_for_command(make_session(directory, state, now))
    document, backup = load_inventory(account, file)
    users, units = (
        count(len(document.get(key) or {}), key.removesuffix("s")) for key in ("users", "licenses")
    )
    console.print_message(
        f"Loaded {users} and {units}." + (f" The old inventory is in {backup}." if backup else "")
    )
    verify_work_orders(account, Inventory.from_document(document))
    return Exit.DONE


@command.command(
    "confirm",
    examples={
        "licsync inventory confirm": "List the manual steps, ask, and confirm them.",
        "licsync inventory confirm --target users/ada@acme.example": "Confirm one user.",
    },
)
@options.directory
@click.option(
    "--target",
    type=options.Text(),
    multiple=True,
    metavar="RESOURCE",
    shell_complete=options.completing("resource"),
    help="Only this resource, such as users/NAME.",
)
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@options.state
@options.now
@options.no_color
def confirm(
    directory: Path,
    target: tuple[str, ...],
    auto_approve: bool,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Confirm that manual steps of DIR's plan are done, if the backend does not show them.

    licsync keeps the old inventory in DIR/.licsync/replaced-….json.
    """
    account = open_for_command(make_session(directory, state, now))

    def agree(plan: Plan, actions: Sequence[Action]) -> bool:
        console.print_result("\n".join(confirmation(plan, actions, account.desired.catalog)))
        return auto_approve or console.confirm("Are all of these done in the console?")

    confirmed = confirm_manual_steps(account, target, agree)
    if not confirmed.actions:
        console.print_message("\n".join(nothing_to_confirm(confirmed.others, account.is_stored)))
        return Exit.DONE
    if not confirmed.is_agreed:
        console.print_message("Nothing was confirmed.")
        return Exit.FAILED
    backup = confirmed.backup
    console.print_message(
        f"Confirmed {count(len(confirmed.actions), 'action')}."
        + (f" The old inventory is in {backup}." if backup else "")
    )
    return Exit.DONE
