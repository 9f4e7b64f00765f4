"""The declarations of approvals and of a company's own rules."""

from __future__ import annotations

from typing import Annotated, Literal, Required

from typing_extensions import TypedDict

from licsync.model.fields import NULL_IS_EMPTY, Boolean, Count, Day, Name
from licsync.model.schema_markers import Bounds, Described, closed

Expression = Annotated[str, Bounds(min_length=1, max_length=2000)]


@closed
class Approval(TypedDict, total=False):
    """Consent until a day: to exceed the limit of a verb, or to findings of a rule."""

    verb: Annotated[
        Literal["suspend", "unassign", "downgrade", "delete", "change", "relocate"],
        Described("The verb whose limit the approval raises."),
    ]
    rule: Annotated[
        Name, Described("The rule whose findings the approval covers, instead of a verb.")
    ]
    count: Required[
        Annotated[Count, Described("How many actions of the verb, or findings of the rule.")]
    ]
    reason: Required[Annotated[Name, Described("The reason, shown in the plan and the history.")]]
    expires: Required[Annotated[Day, Described("The last day of the approval.")]]


@closed
class RuleTest(TypedDict, total=False):
    """The findings of a rule in a recorded plan, for `licsync test`."""

    plan: Required[
        Annotated[Name, Described("A plan document, relative to the account directory.")]
    ]
    finds: Required[Annotated[Count, Described("The number of findings.")]]
    why: Annotated[Name, Described("What the plan shows.")]


@closed
class Rule(TypedDict, total=False):
    """A check of every plan, as an expression of the Common Expression Language."""

    level: Required[
        Annotated[
            Literal["deny", "approval", "warn"],
            Described(
                "deny: apply refuses. approval: apply refuses without an approval. "
                "warn: only a warning."
            ),
        ]
    ]
    each: Annotated[
        Literal["plan", "action", "user", "license"],
        Described(
            "What `when` checks: the plan (default), or each of its actions, users or license "
            "pools."
        ),
    ]
    when: Required[Annotated[Expression, Described("True if the plan breaks the rule.")]]
    counts: Annotated[
        Expression,
        Described(
            "How many changes a finding in the plan concerns, for approvals. Default: all actions."
        ),
    ]
    message: Required[Annotated[Name, Described("What is wrong, for people.")]]
    hint: Annotated[Name, Described("What to do about it.")]
    enabled: Annotated[Boolean, Described("false switches the rule off.")]
    tests: Annotated[
        list[RuleTest], NULL_IS_EMPTY, Described("Recorded plans, and what the rule finds in them.")
    ]
