"""How much a plan may do: limits per verb, and users that nothing bad may happen to (contract, section 1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from licsync.diagnostics import Code, Diagnostic, error
from licsync.model.desired import Desired
from licsync.planning.plan import Action

DESTRUCTIVE = ("suspend", "unassign", "downgrade", "delete")
"""The verbs that protected users are safe from, and that are limited where nothing is declared."""

DEFAULT_SHARE, DEFAULT_FROM = 30, 10
"""Without a declared limit a destructive verb may touch ten users, or this share (%) of all users if more."""


def limit_diagnostics(
    actions: list[Action], desired: Desired, users: int, allow: Mapping[str, int]
) -> Iterator[Diagnostic]:
    """Check each verb's number of actions against its limit.

    Args:
        actions: the plan's actions.
        desired: for `account.limits`.
        users: number of users in the inventory, which shares are of.
        allow: limits raised for this run, by verb.
    """
    declared = desired.account.get("limits", {})
    by_verb: dict[str, list[Action]] = defaultdict(list)
    for action in actions:
        if action.kind in ("user", "license"):
            by_verb[action.verb].append(action)
    for verb, found in by_verb.items():
        if verb in allow:
            limit: int | None = allow[verb]
            stated = f"--allow {verb}={limit}"
        elif verb in declared:
            limit = _number(declared[verb], users)
            stated = f"the limit is {declared[verb]}"
        elif verb in DESTRUCTIVE and len({a.resource for a in found}) > DEFAULT_FROM:
            limit = _number(f"{DEFAULT_SHARE}%", users)
            stated = f"the default limit is {DEFAULT_SHARE}%"
        else:
            continue
        if limit is not None and len(found) > limit:
            yield error(
                Code.LIMIT_EXCEEDED,
                f"The plan would {verb} {len(found)}; {stated}"
                + (f" (of {users} users: {limit})." if "%" in stated else "."),
                desired.where("account", "limits", verb),
                f"Look at the plan; if it is meant, allow it for one run with --allow {verb}={len(found)}.",
            )


def _number(limit: int | str, users: int) -> int:
    return int(limit[:-1]) * users // 100 if isinstance(limit, str) else limit


def protection_diagnostics(actions: list[Action], desired: Desired) -> Iterator[Diagnostic]:
    """Name every action that would suspend, unassign, downgrade or delete a protected user."""
    protected = {name.casefold() for name in desired.account.get("protected_users", ())}
    if not protected:
        return
    former = {a.resource: str(c.before) for a in actions if a.verb == "rename" for c in a.changes if c.path == "name"}
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
