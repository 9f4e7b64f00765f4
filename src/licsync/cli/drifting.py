"""Finds out what moved since an account was applied last."""

from __future__ import annotations

from dataclasses import dataclass

from licsync.cli.account import Account
from licsync.cli.approved import Applied, applied
from licsync.cli.backends import plan_now
from licsync.cli.planning import Request, plan_account
from licsync.diagnostics import InputInvalid, has_errors
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.license import parse_instant
from licsync.planning.drift import Drift, drift


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved since an account was applied last, and when that was."""

    found: list[Drift]
    last: Applied


def moved(account: Account, desired: Desired) -> Moved:
    """Compare three ways: what was applied last, the files, and the inventory as it is now.

    Raises:
        CredentialsMissing: there is no key, or it is not accepted.
        InputInvalid: the files or the inventory cannot be read.
    """
    if has_errors(account.diagnostics):
        raise InputInvalid(*account.diagnostics)
    plan = plan_now(account, desired, Request())
    seen = account.inventory() or Inventory.from_document(account.empty_document())
    last = applied(account, desired.name, seen)
    if last.at is not None:  # what is due by date since then has moved nobody
        account = account.at(parse_instant(last.at))
        plan = plan_account(account, desired, Request(), seen)
    return Moved(drift(plan_account(account, desired, Request(), last.inventory), plan), last)
