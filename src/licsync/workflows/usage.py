"""Learns who uses their licenses: from a command of the account, or from 8x8.

Only `licsync licenses --idle` asks. Plans and pages know the last answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

from licsync.coroutines import run_coroutine
from licsync.diagnostics import Code, Diagnostic, InputInvalid, Span, error, has_errors
from licsync.model.license import format_instant
from licsync.version import address_of
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
    """Learn who called, and remember it: from a command of the account, else from 8x8.

    Args:
        account: the account.
        least: how many days the usage has to cover.

    Raises:
        BackendFailed: 8x8 does not say who called.
        CredentialsMissing: 8x8 did not accept the key or the user.
        InputInvalid: the files have errors, nobody says who called, the command fails, or it
            prints something else.
    """
    from licsync.planning.calendar import account_day
    from licsync.planning.usage import usage_faults, usage_of

    state = load_priced_state(account)
    inventory = state.inventory or empty_inventory(account)
    today = account_day(state.desired, account.session.now())
    place = state.desired.where("account", "usage", "command")
    if state.desired.account.get("usage"):
        printed = _run_command(state, place)
    else:
        printed = _ask_vendor(state, inventory, today, least)
    faults = usage_faults(printed, state.desired.catalog, place, today)
    if printed["days"] < least and not all(one.get("last_call") for one in printed["usage"]):
        days = printed["days"]
        message = f"The usage counts {days} days, so who never called is not known for {least}."
        hint = f"Let the command count at least {least} days, or ask for --idle {days}d."
        faults.append(error(Code.INVALID_VALUE, message, place, hint))
    if has_errors(faults):
        raise InputInvalid(*faults)
    if not account.session.read_only:
        at = format_instant(account.session.record_time())
        account.storage.plan_archive().save_usage(account.name, dict(printed), at)
    return UsageReport(state, inventory, usage_of(printed, inventory), today, faults)


def _run_command(state: State, place: Span | None) -> PrintedUsage:
    """Run the command of the account that prints the usage."""
    from licsync.config.printed_documents import read_printed_document
    from licsync.model.usage_declarations import PrintedUsage, PrintedUse
    from licsync.workflows.commands import run_json

    command = state.desired.account["usage"]["command"]
    document = run_json(command, state.account.directory, place)
    printed: PrintedUsage = read_printed_document(
        PrintedUsage, PrintedUse, document, "usage", place
    )
    return printed


def _ask_vendor(state: State, inventory: Inventory, today: date, least: int) -> PrintedUsage:
    """Ask 8x8's Analytics for Work, up to yesterday."""
    from licsync.backends.usage.feed import LONGEST, open_usage_feed
    from licsync.planning.usage import names_of

    feed = open_usage_feed(clock=state.account.session.now)
    if feed is None:
        message = "No source says who uses their licenses."
        hint = (
            "Set LICSYNC_USAGE_KEY to ask 8x8, or add usage: {command: [PROGRAM]} to the account."
            f" See {address_of('how-to/usage')}."
        )
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    if least > LONGEST:
        message = f"8x8 keeps the calls of {LONGEST} days, so --idle {least}d cannot be answered."
        raise InputInvalid(error(Code.INVALID_VALUE, message))
    zone = state.desired.account.get("timezone", "UTC")
    until = today - timedelta(days=1)
    return run_coroutine(feed.read(until, least, zone, names_of(inventory)))


def last_usage(account: Account, inventory: Inventory) -> Usage | None:
    """Give the usage that was learned last; None if there is none.

    Raises:
        StoreFailed: the store cannot be read.
    """
    from licsync.planning.usage import usage_of

    if not account.storage.exists():
        return None
    found = account.storage.plan_archive().usage(account.name)
    return usage_of(cast("PrintedUsage", found), inventory) if found is not None else None


def with_last_usage(plan: Plan, state: State) -> Plan:
    """Say of the users of a plan since when they have not called, for rules.

    Raises:
        StoreFailed: the store cannot be read.
    """
    from licsync.planning.resolver import Resolver
    from licsync.planning.usage import with_idle_since

    if state.inventory is None:
        return plan
    usage = last_usage(state.account, state.inventory)
    resolver = Resolver(state.desired, state.inventory)
    return with_idle_since(plan, usage, resolver) if usage else plan
