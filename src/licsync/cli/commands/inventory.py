"""`licsync inventory`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.exit_codes import Exit


@click.group("inventory")
def command() -> None:
    """Load or dump the inventory document of an account, or note in it what was done by hand."""


@command.command("dump")
@options.directory
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
@options.read_only
@options.state
@options.now
def dump(directory: Path, out: Path | None, state: str | None, now: datetime | None) -> Exit:
    """Write the inventory of the account in DIR as one JSON document."""
    from licsync.views.json_documents import inventory_json
    from licsync.workflows.account import open_valid_account
    from licsync.workflows.files import write_new

    account, _ = open_valid_account(directory, state, now)
    text = inventory_json(account.document())
    if out is None:
        console.print_result(text, "json")
    else:
        write_new(out, text, overwrite=True, private=True)
        console.print_message(f"Wrote {out}")
    return Exit.DONE


@command.command("load")
@options.directory
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@options.state
@options.now
@options.no_color
def load(directory: Path, file: Path, state: str | None, now: datetime | None) -> Exit:
    """Replace the inventory of the account in DIR by the document in FILE.

    A document that breaks a rule is refused with every fault named, and nothing is changed. What
    was there is kept in DIR/.licsync/replaced-….json.
    """
    from licsync.planning.validation.validate import other_account
    from licsync.views.phrases import count
    from licsync.workflows.account import open_valid_account
    from licsync.workflows.environment import owner
    from licsync.workflows.identity import check_document
    from licsync.workflows.inventory_files import read_document
    from licsync.workflows.saved_inventory import replace_inventory

    account, desired = open_valid_account(directory, state, now)
    document = read_document(file, str(file), desired.catalog)
    check_document(document, account, str(file))
    console.show_diagnostics(other_account(document["account"], desired))
    with account.store().lock(desired.name, owner()):
        kept = replace_inventory(account, document)
    users, units = (
        count(len(document.get(key) or {}), key.removesuffix("s")) for key in ("users", "licenses")
    )
    console.print_message(
        f"Loaded {users} and {units}." + (f" What was there is in {kept}." if kept else "")
    )
    return Exit.DONE


@command.command("confirm")
@options.directory
@click.option(
    "--target",
    type=options.Text(),
    multiple=True,
    metavar="RESOURCE",
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
    """Note that what DIR's plan leaves to do by hand was done, where the backend does not show it.

    What was noted before is kept in DIR/.licsync/replaced-….json.
    """
    from licsync.diagnostics import InputInvalid, has_errors
    from licsync.engine.manual_steps import confirm_manual_actions, confirmable
    from licsync.model.inventory import Inventory
    from licsync.views.phrases import count
    from licsync.views.plan.runbook import confirmation
    from licsync.workflows.account import open_valid_account
    from licsync.workflows.drift import adopt_baseline
    from licsync.workflows.environment import owner
    from licsync.workflows.planning import PlanRequest, plan_account
    from licsync.workflows.saved_inventory import replace_inventory

    opened, desired = open_valid_account(directory, state, now)
    account = opened.detached()  # what it has read already may be out of date once it is locked
    opened.close()
    store = account.store()
    with store.lock(desired.name, owner()):
        inventory = account.inventory() or Inventory.from_document(account.empty_document())
        plan = plan_account(account, desired, PlanRequest(target), inventory)
        if not plan.actions and has_errors(plan.diagnostics):
            raise InputInvalid(*plan.diagnostics)
        found = confirmable(plan)
        if not found:
            console.print_message("There is nothing to confirm.")
            return Exit.DONE
        console.print_result("\n".join(confirmation(plan, found, desired.catalog)))
        if not auto_approve and not console.confirm(
            "Was all of this done in the vendor's console?"
        ):
            console.print_message("Nothing was noted.")
            return Exit.FAILED
        store.renew()  # whoever was asked may have taken longer than the lock lasts
        kept = replace_inventory(account, confirm_manual_actions(plan, inventory, account.now()))
    adopt_baseline(opened.detached(), desired)
    console.print_message(
        f"Noted {count(len(found), 'action')}." + (f" What was there is in {kept}." if kept else "")
    )
    return Exit.DONE
