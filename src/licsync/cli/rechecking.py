"""Looks again once everything is carried out: the account should be as the files say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from licsync.cli import console
from licsync.cli.exits import Exit
from licsync.diagnostics import Code, LicsyncError, error, warning

if TYPE_CHECKING:
    from licsync.cli.account import Account
    from licsync.cli.planning import Request
    from licsync.model.desired import Desired

_SHOWN = 3  # actions that are named where some are left


def looked_again(account: Account, desired: Desired, request: Request) -> Exit:
    """Plan again, and tell what is left; where nothing is, what was applied becomes the baseline.

    Args:
        account: the account.
        desired: what its files say.
        request: what the plan was asked for.

    Returns:
        what the run ends with.
    """
    from licsync.cli.approved import remember_applied
    from licsync.cli.backends import plan_now

    show = f"licsync plan {account.directory}"
    try:
        left = plan_now(account, desired, request).actions
    except LicsyncError as fault:
        why = "; ".join(d.message.removesuffix(" Nothing was changed.") for d in fault.diagnostics)
        message = f"Everything was carried out, but whether it is as the files say could not be checked: {why}"
        console.show_diagnostics([warning(Code.BACKEND_FAILED, message, hint=f"Look with: {show}")])
        return Exit.DONE
    if not left:
        remember_applied(account, desired.name)
        return Exit.DONE
    said = [f"{action.verb} {action.resource}" for action in left[:_SHOWN]]
    what = ", ".join([*said, *([f"{len(left) - _SHOWN:,} more"] if len(left) > _SHOWN else [])])
    message = f"Everything was carried out, and yet the account is not as the files say: {what}."
    console.show_diagnostics([error(Code.ACTIONS_LEFT, message, hint=f"Look at what is left with: {show}")])
    return Exit.PARTLY
