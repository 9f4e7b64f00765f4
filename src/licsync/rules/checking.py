"""Checks plans against the rules of the files, and accepts approved findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from licsync.diagnostics import Code, Diagnostic, Severity, Span, cap_diagnostics, sort_diagnostics
from licsync.model.catalog import Catalog
from licsync.model.desired import Desired, SourceLookup
from licsync.model.rules import Approval
from licsync.planning.guardrails import approval_of, approval_text, plan_expiry
from licsync.planning.plan import Plan
from licsync.rules.evaluation import Doc, rule_failed
from licsync.rules.worker import RuleResult, evaluate_rules, validate_rules

_MOST = 20


def apply_rules(plan: Plan, desired: Desired, today: date) -> Plan:
    """Add the findings of all enabled rules to a plan, and record the approvals it uses."""
    document, reported = plan.to_json(), list(plan.diagnostics)
    approvals = [*plan.approvals]
    asked = {name: rule for name, rule in desired.rules.items() if rule.get("enabled", True)}
    for name, result in evaluate_rules(asked, document, desired.catalog, today.isoformat()).items():
        used: list[Approval] = []

        def approval(count: int, name: str = name, used: list[Approval] = used) -> Approval | None:
            found = approval_of(desired, today, "rule", name, count)
            used += [found] if found else []
            return found

        reported += _result_diagnostics(
            name, asked[name], result, desired.where("rules", name), approval
        )
        approvals += used
    return replace(
        plan,
        approvals=approvals,
        expires_at=plan_expiry(plan.expires_at, approvals),
        diagnostics=sort_diagnostics(reported),
    )


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
    """Evaluate one rule on a plan.

    Args:
        name: the name of the rule.
        rule: its declaration.
        plan: the plan document.
        catalog: ranks the license types.
        today: the date, as YYYY-MM-DD.
        place: the position of the rule.
        approval: finds the approval for a number of findings, or for a finding about so many
            changes.
    """
    yield from _result_diagnostics(
        name, rule, evaluate_rules({name: rule}, plan, catalog, today)[name], place, approval
    )


def unreadable(rules: Mapping[str, Doc], where: SourceLookup) -> list[Diagnostic]:
    """Report rules whose expressions cannot be parsed, or use unknown names."""
    results = validate_rules(rules).items()
    return cap_diagnostics(
        rule_failed(name, result.failure, where("rules", name, "when"))
        for name, result in results
        if result.failure
    )


def _result_diagnostics(
    name: str,
    rule: Doc,
    result: RuleResult,
    place: Span | None,
    approval: Callable[[int], Approval | None],
) -> Iterator[Diagnostic]:
    if result.is_invalid:
        return  # reported when the files are validated
    if result.failure:
        yield rule_failed(name, result.failure, place)
        return
    needs_one, found = rule["level"] == "approval", result.findings
    level = Severity.WARNING if rule["level"] == "warn" else Severity.ERROR
    hint = rule.get("hint")
    if needs_one and found:
        consent = approval(result.count)
        if consent is not None:
            yield Diagnostic(
                Severity.INFO,
                Code.APPROVED,
                f"{rule['message']} (rule {name}) {approval_text(consent)}",
                place,
            )
            return
        asked = (
            f"It needs an approval: approvals: [{{rule: {name}, count: {result.count},"
            " reason: …, expires: …}]."
        )
        hint = f"{hint} {asked}" if hint else asked
    for one in found[:_MOST]:
        about = "" if one.about == "the plan" else f" ({one.about})"
        message = f"{rule['message']}{about} (rule {name})"
        yield Diagnostic(
            level,
            Code.RULE_BROKEN,
            message,
            one.span or place,
            hint,
            (place,) if place and one.span else (),
        )
    if len(found) > _MOST:
        message = f"{rule['message']}: and {len(found) - _MOST:,} more (rule {name})"
        yield Diagnostic(level, Code.RULE_BROKEN, message, place, hint)
