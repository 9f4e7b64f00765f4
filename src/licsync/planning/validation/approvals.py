"""Checks of approvals: each is of a verb or of a rule."""

from __future__ import annotations

from collections.abc import Iterator

from licsync.diagnostics import Code, Diagnostic, did_you_mean, error
from licsync.planning.validation.context import Context


def check_approvals(context: Context) -> Iterator[Diagnostic]:
    """An approval names a verb, or a rule that is declared."""
    rules = context.desired.rules
    for index, approval in enumerate(context.desired.approvals):
        place = context.source("approvals", index)
        is_rule = "rule" in approval
        if is_rule == ("verb" in approval):
            message = "An approval is either of a verb or of a rule."
            yield error(
                Code.INVALID_VALUE,
                message,
                place,
                "Write verb or rule, beside count, reason and expires.",
            )
        elif is_rule and approval["rule"] not in rules:
            message = f"The approval is of the rule '{approval['rule']}', which no file declares."
            yield error(
                Code.UNKNOWN_REFERENCE, message, place, did_you_mean(approval["rule"], rules)
            )
