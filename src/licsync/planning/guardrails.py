"""What a plan may do: limits per verb, protected users, consent to losses, and what rules look at.

Source: contract, section 1. Rules look at users as they are after the plan (`resulting_users`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import repeat
from operator import itemgetter
from typing import NamedTuple

from licsync.diagnostics import Code, Diagnostic, Span, error, has_errors, info
from licsync.model.capabilities import Capabilities
from licsync.model.declarations import UserAttributes
from licsync.model.desired import Desired
from licsync.model.environment import CEILINGS
from licsync.model.fields import SENSITIVE, fields_of
from licsync.model.inventory import Inventory
from licsync.model.labels import label
from licsync.model.license import REINSTATE_WITHIN, format_instant
from licsync.model.rules import Approval
from licsync.planning.actions import Action, Consent, former_name
from licsync.planning.plan import Plan
from licsync.planning.resolver import Resolver
from licsync.planning.user_effects import HeldLicense, attributes_after, licenses_after
from licsync.planning.users import PlannedUser

DESTRUCTIVE = ("suspend", "unassign", "downgrade", "delete")
"""Verbs that never touch protected users, and that have a limit even if none is declared."""

DEFAULT_SHARE, DEFAULT_FROM = 30, 10
"""Default limit of a destructive verb: ten users, or this percentage of all users if more."""


class LimitCheck(NamedTuple):
    """What the limits say of a plan, and the approvals that let it exceed them."""

    diagnostics: list[Diagnostic]
    approvals: list[Approval]


def check_limits(
    actions: Sequence[Action],
    desired: Desired,
    users: int,
    allow: Mapping[str, int],
    today: date,
    subject: str = "plan",
) -> LimitCheck:
    """Compare each verb's number of actions with its limit.

    Args:
        actions: the plan's actions.
        desired: for `account.limits` and `approvals`.
        users: number of users in the inventory, the base of percentages.
        allow: limits raised for this run, by verb.
        today: approvals that expired before this day do not count.
        subject: what asks for the actions.
    """
    limits: Mapping[str, object] = desired.account.get("limits", {})
    result = LimitCheck([], [])
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
        message = f"The {subject} would {verb} {len(found)}; {stated}"
        if "%" in stated:
            message += f" (of {users} {'user' if users == 1 else 'users'}: {limit})."
        else:
            message += "."
        approval = None if verb in allow else approval_of(desired, today, "verb", verb, len(found))
        if approval is not None:
            result.approvals.append(approval)
            text = f"{message} {approval_text(approval)}"
            source = approval_source(desired, approval)
            result.diagnostics.append(info(Code.APPROVED, text, source))
            continue
        hint = f"Review the {subject}. If it is intended, add an approval to the files, or allow it"
        hint += f" for this run with --allow {verb}={len(found)}."
        source = desired.where("account", "limits", verb)
        result.diagnostics.append(error(Code.LIMIT_EXCEEDED, message, source, hint))
    return result


def ceiling_diagnostics(
    actions: Iterable[Action], users: int, ceilings: Iterable[tuple[str, int | str]]
) -> Iterator[Diagnostic]:
    """Report every verb with more actions than the operator allows, whatever the files say.

    Args:
        actions: the plan's actions.
        users: number of users in the inventory, the base of percentages.
        ceilings: verbs with their most actions: a number, or a share of the users.
    """
    counts = Counter(a.verb for a in actions if a.kind in ("user", "license"))
    for verb, ceiling in ceilings:
        most = _number(ceiling, users)
        if counts[verb] > most:
            share = f" (of {users}: {most})" if isinstance(ceiling, str) else ""
            message = (
                f"The plan would {verb} {counts[verb]}; "
                f"{CEILINGS} allows {ceiling}{share}, whatever the files say."
            )
            hint = (
                f"Raise it where {CEILINGS} is set. licsync fleet takes it from the limits of the "
                "fleet file."
            )
            yield error(Code.LIMIT_EXCEEDED, message, hint=hint)


def approval_of(desired: Desired, today: date, key: str, name: str, count: int) -> Approval | None:
    """Find a valid approval in the files, of a verb or of a rule, for at least this count.

    Args:
        desired: the files.
        today: the day on which the approval must not have expired.
        key: `verb` or `rule`.
        name: the verb or the rule.
        count: how many actions or findings the approval must cover.
    """
    valid = (
        a
        for a in desired.approvals
        if a.get(key) == name and a["count"] >= count and date.fromisoformat(a["expires"]) >= today
    )
    return next(valid, None)


def granted_approvals(
    plan: Plan, desired: Desired, allow: Mapping[str, int], today: date
) -> Iterator[Mapping[str, object]]:
    """Return the limits that the command line raises as approvals, if the files refuse them.

    Such an approval is for one run. Unlike one of the files it has no day of expiry.
    """
    for verb, count in allow.items():
        actions = [action for action in plan.actions if action.verb == verb]
        if has_errors(check_limits(actions, desired, plan.users, {}, today).diagnostics):
            yield {"verb": verb, "count": count, "reason": f"--allow {verb}={count}"}


def granted_limits(plan: Plan) -> dict[str, int]:
    """Return the limits that the command line allowed when a plan was made, by verb."""
    return {
        approval["verb"]: approval["count"]
        for approval in plan.approvals
        if "expires" not in approval
    }


def approval_text(approval: Approval) -> str:
    """Describe an approval: the count, the last day, the reason."""
    are = "is" if approval["count"] == 1 else "are"
    return f"{approval['count']} {are} approved until {approval['expires']}: {approval['reason']}"


def plan_expiry(
    expires_at: str, approvals: Iterable[Mapping[str, object]], removed: Iterable[datetime] = ()
) -> str:
    """Return when a plan expires: no later than its approvals and its reinstatable units.

    Args:
        expires_at: when any plan made now expires.
        approvals: the approvals that the plan uses.
        removed: when 8x8 removed the units that the plan reinstates.
    """
    approved = (f"{approval['expires']}T23:59:59Z" for approval in approvals)
    return min(
        [expires_at, *approved, *(format_instant(since + REINSTATE_WITHIN) for since in removed)]
    )


def approval_source(desired: Desired, approval: Approval) -> Span | None:
    """Return the place of an approval in the files."""
    return desired.where(
        "approvals", next(i for i, other in enumerate(desired.approvals) if other is approval)
    )


def _number(limit: int | str, users: int) -> int:
    return int(limit[:-1]) * users // 100 if isinstance(limit, str) else limit


def protection_diagnostics(actions: list[Action], desired: Desired) -> Iterator[Diagnostic]:
    """Report every action that would suspend, unassign, downgrade or delete a protected user."""
    protected = {name.casefold() for name in desired.account.get("protected_users", ())}
    if not protected:
        return
    former = {a.resource: former_name(a) for a in actions if a.verb == "rename"}
    for action in actions:
        if action.verb not in DESTRUCTIVE or not action.resource.startswith("users/"):
            continue
        for name in (action.name, former.get(action.resource, action.name)):
            if name.casefold() in protected:
                yield error(
                    Code.PROTECTED_USER,
                    f"The plan would {action.verb} the protected user '{name}'.",
                    action.source,
                    f"Exclude it with --exclude {action.resource}, or remove it from "
                    "account.protected_users.",
                )
                break


def with_consent(
    actions: Iterable[Action], planned_users: Iterable[PlannedUser], *, is_allowed: bool
) -> list[Action]:
    """Say of each action that needs consent for a loss who gives it.

    Args:
        actions: the plan's actions.
        planned_users: whom the plan is about: what the files say of them may allow it.
        is_allowed: whether the run allows every loss.
    """
    by_resource = {p.resource: p for p in planned_users}
    consent: Consent = "run" if is_allowed else "needed"
    return [_with_consent(action, by_resource, consent) for action in actions]


def _with_consent(
    action: Action, by_resource: Mapping[str, PlannedUser], consent: Consent
) -> Action:
    if not action.consent:
        return action
    return replace(action, consent=consent if _not_allowed(by_resource, action) else "file")


def loss_diagnostics(
    actions: Iterable[Action],
    planned_users: Iterable[PlannedUser],
    resolver: Resolver,
    capabilities: Capabilities,
) -> Iterator[Diagnostic]:
    """Report the losses that nobody allows.

    Args:
        actions: the plan's actions, with their consent.
        planned_users: the users of the plan, whose files may allow losses.
        resolver: names license types and places in the files.
        capabilities: describes each loss in words.
    """
    by_resource = {p.resource: p for p in planned_users}
    losses = {loss.name: loss.words for loss in capabilities.lost}
    title = resolver.desired.catalog.title
    for action in actions:
        if action.consent != "needed":
            continue
        planned = by_resource[action.resource]
        left = _not_allowed(by_resource, action)
        types = [title(ref.type) for ref in (action.origin, action.license) if ref]
        lost = ", ".join(losses.get(name, label(name)) for name in action.lost)
        some = left if len(left) < len(action.lost) else []
        hint = f"allow_loss does not name {', '.join(some)}. " if some else ""
        yield error(
            Code.LOSS_NOT_ALLOWED,
            f"{action.name}: {action.verb} {' → '.join(types)} replaces the license "
            f"and loses {lost}.",
            planned.where("users", planned.declared_name or "", "allow_loss")
            if some
            else action.source,
            f"{hint}Allow the loss with allow_loss: true in the file, or with --allow-loss for "
            "this run. Or change the license in the console, which keeps what both types share.",
        )


def _not_allowed(planned_users: Mapping[str, PlannedUser], action: Action) -> list[str]:
    """List what an action loses and the files do not allow it to."""
    allowed = planned_users[action.resource].declared.get("allow_loss") or ()
    names = [name.rpartition(".")[2] for name in action.lost]
    return [] if allowed is True else [name for name in names if name not in allowed]


_ATTRIBUTES = tuple(
    name for name, marks in fields_of(UserAttributes).items() if SENSITIVE not in marks
)


def resulting_users(
    actions: Iterable[Action], inventory: Inventory
) -> dict[str, dict[str, object]]:
    """Return each touched user as it is after the plan, by its new name, without deleted users.

    Every attribute is present, as an empty text if the user has none. `licenses` lists type and
    country of each license.
    """
    by_user: dict[str, list[Action]] = defaultdict(list)
    for action in actions:
        if action.resource.startswith("users/"):
            by_user[action.name].append(action)
    return {
        name: _resulting_attributes(own, inventory)
        for name, own in sorted(by_user.items(), key=itemgetter(0))
        if all(action.verb != "delete" for action in own)
    }


def _resulting_attributes(actions: list[Action], inventory: Inventory) -> dict[str, object]:
    former = (former_name(action) for action in actions if action.verb == "rename")
    record = inventory.users.get(next(former, actions[0].name))
    held = {}
    for service in (record or {}).get("services") or ():
        unit = inventory.licenses[service["license"]]
        held[service["license"]] = HeldLicense(unit["type"], unit["country"], {})
    attributes = attributes_after(record, actions) or {}
    values: dict[str, object] = dict(
        zip(_ATTRIBUTES, map(attributes.get, _ATTRIBUTES, repeat("")), strict=True)
    )
    if None in values.values():
        values = {name: "" if value is None else value for name, value in values.items()}
    values["status"] = values["status"] or "active"
    licenses = sorted((one.type, one.country) for one in licenses_after(held, actions).values())
    values["licenses"] = [{"type": kind, "country": country} for kind, country in licenses]
    return values
