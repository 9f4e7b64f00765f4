"""Looks again once everything is carried out: the account should be as the files say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from licsync.diagnostics import Code, Diagnostic, LicsyncError, error, warning

if TYPE_CHECKING:
    from licsync.model.desired import Desired
    from licsync.workflows.account import Account
    from licsync.workflows.planning import PlanRequest

_SHOWN = 3  # actions that are named where some are left


@dataclass(frozen=True, slots=True)
class RecheckResult:
    """What came of looking again.

    Attributes:
        left: the actions of the new plan, in words.
        problem: what to say of it; None where nothing is left.
    """

    left: list[str]
    problem: Diagnostic | None = None


def recheck(account: Account, desired: Desired, request: PlanRequest) -> RecheckResult:
    """Plan again, and say what is left; where nothing is, what was applied becomes the baseline.

    Args:
        account: the account.
        desired: what its files say.
        request: what the plan was asked for.
    """
    from licsync.workflows.backends import plan_now
    from licsync.workflows.plan_archive import save_baseline

    show = f"licsync plan {account.directory}"
    try:
        left = plan_now(account, desired, request).actions
    except LicsyncError as fault:
        why = "; ".join(d.message.removesuffix(" Nothing was changed.") for d in fault.diagnostics)
        message = f"Everything was carried out, but whether it is as the files say could not be checked: {why}"
        return RecheckResult([], warning(Code.BACKEND_FAILED, message, hint=f"Look with: {show}"))
    if not left:
        save_baseline(account, desired.name)
        return RecheckResult([])
    said = [f"{action.verb} {action.resource}" for action in left]
    what = ", ".join(
        [*said[:_SHOWN], *([f"{len(left) - _SHOWN:,} more"] if len(left) > _SHOWN else [])]
    )
    message = f"Everything was carried out, and yet the account is not as the files say: {what}."
    return RecheckResult(
        said, error(Code.ACTIONS_LEFT, message, hint=f"Look at what is left with: {show}")
    )
