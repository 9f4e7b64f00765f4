"""Plans an account: what `plan`, `apply` and the views of a plan have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING

from licsync.diagnostics import (
    Code,
    Diagnostic,
    InputInvalid,
    did_you_mean,
    error,
    has_errors,
    sort_diagnostics,
)
from licsync.forking import ForkedTask, can_fork
from licsync.model.declarations import KINDS
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.rules import Approval
from licsync.planning.plan import Plan
from licsync.profiling import phase
from licsync.workflows.account import Account

if TYPE_CHECKING:
    from licsync.planning.planner import PlanOptions

MANY = 1000
"""Users from which on another process is worth its start."""


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What the command line asks of a plan."""

    target: Sequence[str] = ()
    exclude: Sequence[str] = ()
    allow: Sequence[tuple[str, int]] = ()
    allow_loss: bool = False
    base: str | None = None
    due: bool = False


@phase("planning")
def plan_account(
    account: Account, desired: Desired, request: PlanRequest, inventory: Inventory | None
) -> Plan:
    """Plan an account against an inventory.

    Where the files are at fault the plan has no actions, for it would not be what they mean.
    """
    from licsync.planning.calendar import account_day
    from licsync.planning.planner import empty_plan, make_plan

    now, options = account.now(), options_of(account, desired, request, inventory)
    more = _missing_commits(account, request.base)
    seen = inventory or Inventory(desired.name, "")
    if has_errors(account.diagnostics):
        return empty_plan(
            desired,
            seen,
            now=now,
            options=options,
            diagnostics=[*account.validate(inventory), *more],
        )
    jobs = account.jobs if len(desired.users) > MANY else 1
    apart = can_fork(jobs)
    found = ForkedTask(lambda: (account.validate(inventory), seen.digests() if apart else {}), jobs)
    late = chain(_lazily(found), more)
    plan = make_plan(
        desired, seen, now=now, options=options, diagnostics=late, digests=lambda: found.result()[1]
    )
    return apply_guardrails(
        plan, desired, dict(request.allow), account_day(desired, account.effective_now())
    )


def options_of(
    account: Account, desired: Desired, request: PlanRequest, inventory: Inventory | None
) -> PlanOptions:
    """Give the options of planning. Raises InputInvalid where what is asked for names nothing."""
    from licsync.planning.planner import PlanOptions

    return PlanOptions(
        backend=account.backend_type,
        capabilities=account.capabilities,
        targets=_resolve_resources(request.target, desired, inventory),
        excludes=_resolve_resources(request.exclude, desired, inventory),
        allow=dict(request.allow),
        due=request.due,
        allow_loss=request.allow_loss,
        directory=str(account.directory),
        effective_now=account.effective_now(),
    )


_GUARDRAIL_CODES = frozenset(
    (Code.LIMIT_EXCEEDED, Code.PROTECTED_USER, Code.RULE_BROKEN, Code.APPROVED)
)
"""What limits, protected users, rules and approvals say of a plan."""


def apply_guardrails(plan: Plan, desired: Desired, allow: Mapping[str, int], today: date) -> Plan:
    """Check a new plan by the rules of the files, and note in it the limits that it was allowed to exceed."""
    from licsync.planning.guardrails import granted_approvals

    plan = _apply_rules(plan, desired, today)
    plan.approvals = [*plan.approvals, *granted_approvals(plan, desired, allow, today)]
    return plan


def recheck_guardrails(plan: Plan, desired: Desired, allow: Mapping[str, int], today: date) -> Plan:
    """Check a saved plan by the limits, protected users, rules and approvals of the files as they are by now.

    What was found when it was planned counts no longer, but for what the command line allowed then.
    """
    from licsync.planning.guardrails import (
        granted_limits,
        limit_diagnostics,
        protection_diagnostics,
    )

    used: list[Approval] = []
    allow = {**granted_limits(plan), **allow}
    found = [d for d in plan.diagnostics if d.code not in _GUARDRAIL_CODES]
    found += limit_diagnostics(plan.actions, desired, plan.users, allow, today, used)
    found += protection_diagnostics(plan.actions, desired)
    return apply_guardrails(
        replace(plan, diagnostics=sort_diagnostics(found), approvals=[*used]), desired, allow, today
    )


@phase("evaluating the rules")
def _apply_rules(plan: Plan, desired: Desired, today: date) -> Plan:
    """Check a plan by the rules of the files, where there are any: what reads expressions takes time to load."""
    if not desired.rules:
        return plan
    from licsync.rules.checking import apply_rules

    return apply_rules(plan, desired, today)


def _lazily(found: ForkedTask[tuple[list[Diagnostic], dict[str, str]]]) -> Iterator[Diagnostic]:
    """Ask for the result when the first is wanted."""
    yield from found.result()[0]


def _missing_commits(account: Account, base: str | None) -> list[Diagnostic]:
    if base is None:
        return []
    from licsync.workflows.git import missing_commits

    return missing_commits(account.directory, base)


def _resolve_resources(
    resources: Sequence[str], desired: Desired, inventory: Inventory | None
) -> frozenset[str]:
    """Find what resources mean, written without regard to case, and users also by their previous name.

    Raises:
        InputInvalid: one names nothing.
    """
    if not resources:
        return frozenset()
    sections = [kind.section for kind in KINDS.values()]
    known = {
        f"{s}/{name}"
        for side in (desired, inventory)
        for s in sections
        for name in getattr(side, s, ())
    }
    meant: dict[str, set[str]] = defaultdict(set)
    for name in known:
        meant[name.casefold()].add(name)
    for name, user in desired.users.items():
        if user.get("previously"):
            meant[f"users/{user['previously']}".casefold()].add(f"users/{name}")
    faults, found = [], set[str]()
    for resource in resources:
        if resource.casefold() not in meant:
            message = f"'{resource}' is no resource of this account."
            hint = (
                did_you_mean(resource, known)
                or "Write it as the plan does: users/NAME, licenses/ID, policies/NAME."
            )
            faults.append(error(Code.UNKNOWN_REFERENCE, message, hint=hint))
        found |= meant.get(resource.casefold(), set())
    if faults:
        raise InputInvalid(*faults)
    return frozenset(found)
