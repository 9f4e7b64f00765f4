"""How much a plan may do: limits per verb, and users that nothing bad may happen to (contract, section 1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from licsync.diagnostics import Code, Diagnostic, Span, error, has_errors, info
from licsync.model.desired import Desired
from licsync.model.license import REINSTATE_WITHIN, format_instant
from licsync.model.rules import Approval
from licsync.planning.plan import Action, Plan

DESTRUCTIVE = ("suspend", "unassign", "downgrade", "delete")
"""The verbs that protected users are safe from, and that are limited where nothing is declared."""

DEFAULT_SHARE, DEFAULT_FROM = 30, 10
"""Without a declared limit a destructive verb may touch ten users, or this share (%) of all users if more."""


def limit_diagnostics(
    actions: list[Action],
    desired: Desired,
    users: int,
    allow: Mapping[str, int],
    today: date,
    used: list[Approval],
) -> Iterator[Diagnostic]:
    """Check each verb's number of actions against its limit.

    Args:
        actions: the plan's actions.
        desired: for `account.limits` and `approvals`.
        users: number of users in the inventory, which shares are of.
        allow: limits raised for this run, by verb.
        today: the day that approvals must not have expired before.
        used: the approvals that the plan makes use of are added to it.
    """
    limits: Mapping[str, object] = desired.account.get("limits", {})
    by_verb: dict[str, list[Action]] = defaultdict(list)
    for action in actions:
        if action.kind in ("user", "license"):
            by_verb[action.verb].append(action)
    for verb, found in by_verb.items():
        if verb in allow:
            limit = allow[verb]
            stated = f"--allow {verb}={limit}"
        elif isinstance(declared := limits.get(verb), int | str):
            limit = _number(declared, users)
            stated = f"the limit is {declared}"
        elif verb in DESTRUCTIVE and len({a.resource for a in found}) > DEFAULT_FROM:
            limit = _number(f"{DEFAULT_SHARE}%", users)
            stated = f"the default limit is {DEFAULT_SHARE}%"
        else:
            continue
        if len(found) <= limit:
            continue
        message = f"The plan would {verb} {len(found)}; {stated}"
        message += (
            f" (of {users} {'user' if users == 1 else 'users'}: {limit})." if "%" in stated else "."
        )
        approval = None if verb in allow else approval_of(desired, today, "verb", verb, len(found))
        if approval is not None:
            used.append(approval)
            yield info(
                Code.APPROVED,
                f"{message} {approval_text(approval)}",
                approval_source(desired, approval),
            )
            continue
        hint = "Look at the plan; if it is meant, approve it in the files, or allow it for one run with "
        hint += f"--allow {verb}={len(found)}."
        yield error(Code.LIMIT_EXCEEDED, message, desired.where("account", "limits", verb), hint)


def approval_of(desired: Desired, today: date, key: str, name: str, count: int) -> Approval | None:
    """Find the approval of the files that holds today, for so many of a verb or so much of what a rule finds."""
    valid = (
        a
        for a in desired.approvals
        if a.get(key) == name and a["count"] >= count and date.fromisoformat(a["expires"]) >= today
    )
    return next(valid, None)


def granted_approvals(
    plan: Plan, desired: Desired, allow: Mapping[str, int], today: date
) -> Iterator[Mapping[str, Any]]:
    """Give what the command line allows as approvals, where the files would have refused it.

    Such an approval is of the run: unlike one of the files it expires no day.
    """
    for verb, count in allow.items():
        actions = [action for action in plan.actions if action.verb == verb]
        if has_errors(limit_diagnostics(actions, desired, plan.users, {}, today, [])):
            yield {"verb": verb, "count": count, "reason": f"--allow {verb}={count}"}


def granted_limits(plan: Plan) -> dict[str, int]:
    """Give what the command line allowed when a plan was made: its limits, by verb."""
    return {
        approval["verb"]: approval["count"]
        for approval in plan.approvals
        if "expires" not in approval
    }


def approval_text(approval: Approval) -> str:
    """Say what is approved, until when, and why."""
    are = "is" if approval["count"] == 1 else "are"
    return f"{approval['count']} {are} approved until {approval['expires']}: {approval['reason']}"


def plan_expiry(
    expires_at: str, approvals: Iterable[Mapping[str, Any]], removed: Iterable[datetime] = ()
) -> str:
    """Say until when a plan holds: no longer than what approves it, and than what it reinstates can be.

    Args:
        expires_at: until when any plan does.
        approvals: those that it makes use of.
        removed: when the units were removed that it reinstates.
    """
    approved = (f"{approval['expires']}T23:59:59Z" for approval in approvals)
    return min(
        [expires_at, *approved, *(format_instant(since + REINSTATE_WITHIN) for since in removed)]
    )


def approval_source(desired: Desired, approval: Approval) -> Span | None:
    """Give the place of an approval in the files."""
    return desired.where(
        "approvals", next(i for i, other in enumerate(desired.approvals) if other is approval)
    )


def _number(limit: int | str, users: int) -> int:
    return int(limit[:-1]) * users // 100 if isinstance(limit, str) else limit


def protection_diagnostics(actions: list[Action], desired: Desired) -> Iterator[Diagnostic]:
    """Name every action that would suspend, unassign, downgrade or delete a protected user."""
    protected = {name.casefold() for name in desired.account.get("protected_users", ())}
    if not protected:
        return
    former = {
        a.resource: str(c.before)
        for a in actions
        if a.verb == "rename"
        for c in a.changes
        if c.path == "name"
    }
    for action in actions:
        if action.verb not in DESTRUCTIVE or not action.resource.startswith("users/"):
            continue
        for name in (action.name, former.get(action.resource, action.name)):
            if name.casefold() in protected:
                yield error(
                    Code.PROTECTED_USER,
                    f"{name} is protected, and the plan would {action.verb} it.",
                    action.source,
                    f"Leave it out with --exclude {action.resource}, or take it off account.protected_users.",
                )
                break
