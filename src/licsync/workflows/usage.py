"""Learns who uses their licenses: from a command of the account, or from what it printed last.

Only `licsync licenses --idle` runs the command. Plans and pages know what it printed last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, cast

from licsync.diagnostics import Code, Diagnostic, InputInvalid, error, has_errors
from licsync.model.license import format_instant
from licsync.workflows.account import Account
from licsync.workflows.costs import load_priced_state
from licsync.workflows.inventory import empty_inventory
from licsync.workflows.state import State

if TYPE_CHECKING:
    from licsync.model.inventory import Inventory
    from licsync.model.usage_declarations import PrintedUsage
    from licsync.planning.plan import Plan
    from licsync.planning.usage import Usage


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Who uses their licenses.

    Attributes:
        state: the state of the account.
        inventory: its inventory.
        usage: what its users did.
        today: the day of the account.
        warnings: what is worth knowing of the usage.
    """

    state: State
    inventory: Inventory
    usage: Usage
    today: date
    warnings: Sequence[Diagnostic] = ()


def load_usage(account: Account, least: int) -> UsageReport:
    """Run the command of an account that prints the usage, and remember what it printed.

    Args:
        account: the account.
        least: how many days the usage has to cover.

    Raises:
        InputInvalid: the files have errors or name no command, the command fails, or it prints
            something else.
    """
    from licsync.config.printed_documents import read_printed_document
    from licsync.model.usage_declarations import PrintedUsage, PrintedUse
    from licsync.planning.calendar import account_day
    from licsync.planning.usage import usage_faults, usage_of
    from licsync.workflows.commands import run_json

    state = load_priced_state(account)
    command = state.desired.account.get("usage", {}).get("command")
    place = state.desired.where("account", "usage", "command")
    if not command:
        hint = "Add it: usage: {command: [PROGRAM, ARGUMENT]}. docs/how-to/usage.md explains it."
        message = "The files name no command that prints who uses their licenses."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    document = run_json(command, account.directory, place)
    printed: PrintedUsage = read_printed_document(
        PrintedUsage, PrintedUse, document, "usage", place
    )
    today = account_day(state.desired, account.session.now())
    faults = usage_faults(printed, state.desired.catalog, place, today)
    if printed["days"] < least and not all(one.get("last_call") for one in printed["usage"]):
        days = printed["days"]
        message = f"The usage counts {days} days, so who never called is not known for {least}."
        hint = f"Let the command count at least {least} days, or ask for --idle {days}d."
        faults.append(error(Code.INVALID_VALUE, message, place, hint))
    if has_errors(faults):
        raise InputInvalid(*faults)
    if not account.session.read_only:
        at = format_instant(account.session.real_now())
        account.storage.plan_archive().save_usage(account.name, dict(printed), at)
    inventory = state.inventory or empty_inventory(account)
    return UsageReport(state, inventory, usage_of(printed, inventory), today, faults)


def last_usage(account: Account, inventory: Inventory) -> Usage | None:
    """Give what the command printed last; None if it was never run.

    Raises:
        StoreFailed: the store cannot be read.
    """
    from licsync.planning.usage import usage_of

    if not account.desired.account.get("usage") or not account.storage.exists():
        return None
    found = account.storage.plan_archive().usage(account.name)
    return usage_of(cast("PrintedUsage", found), inventory) if found is not None else None


def with_last_usage(plan: Plan, state: State) -> Plan:
    """Say of the users of a plan since when they have not called, for rules."""
    from licsync.planning.resolver import Resolver
    from licsync.planning.usage import with_idle_since

    if state.inventory is None:
        return plan
    usage = last_usage(state.account, state.inventory)
    resolver = Resolver(state.desired, state.inventory)
    return with_idle_since(plan, usage, resolver) if usage else plan
