"""The declarations of approvals and of a company's own rules."""

from __future__ import annotations

from typing import Annotated, Literal, Required

from pydantic import ConfigDict, StringConstraints, with_config
from typing_extensions import TypedDict

from licsync.model.fields import NULL_IS_EMPTY, Boolean, Count, Day, Name, described

_STRICT = ConfigDict(extra="forbid")


Expression = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


@with_config(_STRICT)
class Approval(TypedDict, total=False):
    """Consent until a day: to exceed the limit of a verb, or to findings of a rule."""

    verb: Annotated[
        Literal["suspend", "unassign", "downgrade", "delete", "change", "relocate"],
        described("The verb whose limit the approval raises."),
    ]
    rule: Annotated[
        Name, described("The rule whose findings the approval covers, instead of a verb.")
    ]
    count: Required[
        Annotated[Count, described("How many actions of the verb, or findings of the rule.")]
    ]
    reason: Required[Annotated[Name, described("The reason, shown in the plan and the history.")]]
    expires: Required[Annotated[Day, described("The last day of the approval.")]]


@with_config(_STRICT)
class RuleTest(TypedDict, total=False):
    """The findings of a rule in a recorded plan, for `licsync test`."""

    plan: Required[
        Annotated[Name, described("A plan document, relative to the account directory.")]
    ]
    finds: Required[Annotated[Count, described("The number of findings.")]]
    why: Annotated[Name, described("What the plan shows.")]


@with_config(_STRICT)
class Rule(TypedDict, total=False):
    """A check of every plan, as an expression of the Common Expression Language."""

    level: Required[
        Annotated[
            Literal["deny", "approval", "warn"],
            described(
                "deny: apply refuses. approval: apply refuses without an approval. "
                "warn: only a warning."
            ),
        ]
    ]
    each: Annotated[
        Literal["plan", "action", "user", "license"],
        described(
            "What `when` checks: the plan (default), or each of its actions, users or license "
            "pools."
        ),
    ]
    when: Required[Annotated[Expression, described("True if the plan breaks the rule.")]]
    counts: Annotated[
        Expression,
        described(
            "How many changes a finding in the plan concerns, for approvals. Default: all actions."
        ),
    ]
    message: Required[Annotated[Name, described("What is wrong, for people.")]]
    hint: Annotated[Name, described("What to do about it.")]
    enabled: Annotated[Boolean, described("false switches the rule off.")]
    tests: Annotated[
        list[RuleTest], NULL_IS_EMPTY, described("Recorded plans, and what the rule finds in them.")
    ]
