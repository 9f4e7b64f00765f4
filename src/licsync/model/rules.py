"""The declarations of what a plan may do beyond its limits: approvals, and rules of the company's own."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Required

from pydantic import ConfigDict, Field, StringConstraints, with_config
from typing_extensions import TypedDict

from licsync.model.fields import NULL_IS_EMPTY, Boolean, Count, Day, Name

_STRICT = ConfigDict(extra="forbid")


Expression = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


def _about(text: str) -> Any:
    return Field(description=text)


@with_config(_STRICT)
class Approval(TypedDict, total=False):
    """Somebody's consent until a day: to more of a verb than its limit allows, or to what a rule wants approved."""

    verb: Annotated[
        Literal["suspend", "unassign", "downgrade", "delete", "change", "relocate"],
        _about("Whose limit is raised."),
    ]
    rule: Annotated[Name, _about("The rule whose findings are approved; instead of the verb.")]
    count: Required[
        Annotated[Count, _about("How many of the verb, or how much of what the rule finds.")]
    ]
    reason: Required[Annotated[Name, _about("Why, for whoever reads the plan or the history.")]]
    expires: Required[Annotated[Day, _about("The last day on which it holds.")]]


@with_config(_STRICT)
class RuleTest(TypedDict, total=False):
    """What a rule finds in a recorded plan; `licsync test` looks whether it does."""

    plan: Required[Annotated[Name, _about("A plan document, relative to the account's directory.")]]
    finds: Required[Annotated[Count, _about("How much the rule finds in it.")]]
    why: Annotated[Name, _about("What the plan is an example of.")]


@with_config(_STRICT)
class Rule(TypedDict, total=False):
    """A rule that every plan is checked by, as an expression of the Common Expression Language."""

    level: Required[
        Annotated[
            Literal["deny", "approval", "warn"],
            _about(
                "deny: apply refuses; approval: apply refuses without an approval; warn: it is only said."
            ),
        ]
    ]
    each: Annotated[
        Literal["plan", "action", "user", "license"],
        _about(
            "What `when` is asked of: the plan (the default), or each of its actions, users, pools of licenses."
        ),
    ]
    when: Required[Annotated[Expression, _about("True where the rule is broken.")]]
    counts: Annotated[
        Expression,
        _about(
            "How many changes a finding in the whole plan is about, which an approval must cover; else all."
        ),
    ]
    message: Required[Annotated[Name, _about("What is wrong then, for people.")]]
    hint: Annotated[Name, _about("What to do about it.")]
    enabled: Annotated[Boolean, _about("false switches the rule off.")]
    tests: Annotated[
        list[RuleTest], NULL_IS_EMPTY, _about("Recorded plans, and what the rule finds in them.")
    ]
