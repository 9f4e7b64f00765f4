"""Checks plans by the rules of the files, and lets pass what is approved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from licsync.diagnostics import Code, Diagnostic, Severity, Span, ordered
from licsync.model.catalog import Catalog
from licsync.model.desired import Desired
from licsync.planning.limits import Approval, approval_of, approved, expiry
from licsync.planning.plan import Plan
from licsync.rules.evaluation import Doc, RuleFailed, compiled, extent, failed, findings

_MOST = 20


def with_rules(plan: Plan, desired: Desired, today: date) -> Plan:
    """Say what the rules of the files find in a plan, and note the approvals that it makes use of."""
    document, said = plan.to_json(), list(plan.diagnostics)
    for name, rule in desired.rules.items():
        if rule.get("enabled", True):
            used: list[Approval] = []

            def approval(count: int, name: str = name, used: list[Approval] = used) -> Approval | None:
                found = approval_of(desired, today, "rule", name, count)
                used += [found] if found else []
                return found

            place = desired.where("rules", name)
            said += rule_diagnostics(name, rule, document, desired.catalog, today.isoformat(), place, approval)
            plan.approvals += used
    plan.expires_at = expiry(plan.expires_at, plan.approvals)
    plan.diagnostics = ordered(said)
    return plan


def _unapproved(count: int) -> Approval | None:
    return None


def rule_diagnostics(
    name: str,
    rule: Doc,
    plan: Doc,
    catalog: Catalog,
    today: str,
    place: Span | None,
    approval: Callable[[int], Approval | None] = _unapproved,
) -> Iterator[Diagnostic]:
    """Say what a rule finds in a plan.

    Args:
        name: the rule's.
        rule: its declaration.
        plan: the plan document.
        catalog: ranks the license types.
        today: the day.
        place: where the rule stands.
        approval: finds what approves so many findings, or a finding that is about so many changes.
    """
    try:
        compiled(rule)
    except RuleFailed:
        return  # said where the files are checked
    needs_one = rule["level"] == "approval"
    try:
        found = findings(rule, plan, catalog, today)
        count = extent(rule, found, plan, catalog, today) if needs_one else 0
    except RuleFailed as fault:
        yield failed(name, str(fault), place)
        return
    level = Severity.WARNING if rule["level"] == "warn" else Severity.ERROR
    hint = rule.get("hint")
    if needs_one and found:
        consent = approval(count)
        if consent is not None:
            yield Diagnostic(
                Severity.INFO, Code.APPROVED, f"{rule['message']} (rule {name}) {approved(consent)}", place
            )
            return
        asked = f"It needs an approval: approvals: [{{rule: {name}, count: {count}, reason: …, expires: …}}]."
        hint = f"{hint} {asked}" if hint else asked
    for one in found[:_MOST]:
        about = "" if one.about == "the plan" else f" ({one.about})"
        message = f"{rule['message']}{about} (rule {name})"
        yield Diagnostic(
            level, Code.RULE_BROKEN, message, one.span or place, hint, (place,) if place and one.span else ()
        )
    if len(found) > _MOST:
        message = f"{rule['message']}: and {len(found) - _MOST:,} more (rule {name})"
        yield Diagnostic(level, Code.RULE_BROKEN, message, place, hint)
