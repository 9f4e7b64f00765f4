"""The declarations of approvals and of a company's own rules."""

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
    """Consent until a day: to exceed the limit of a verb, or to findings of a rule."""

    verb: Annotated[
        Literal["suspend", "unassign", "downgrade", "delete", "change", "relocate"],
        _about("The verb whose limit the approval raises."),
    ]
    rule: Annotated[Name, _about("The rule whose findings the approval covers, instead of a verb.")]
    count: Required[
        Annotated[Count, _about("How many actions of the verb, or findings of the rule.")]
    ]
    reason: Required[Annotated[Name, _about("The reason, shown in the plan and the history.")]]
    expires: Required[Annotated[Day, _about("The last day of the approval.")]]


@with_config(_STRICT)
class RuleTest(TypedDict, total=False):
    """The findings of a rule in a recorded plan, for `licsync test`."""

    plan: Required[Annotated[Name, _about("A plan document, relative to the account directory.")]]
    finds: Required[Annotated[Count, _about("The number of findings.")]]
    why: Annotated[Name, _about("What the plan shows.")]


@with_config(_STRICT)
class Rule(TypedDict, total=False):
    """A check of every plan, as an expression of the Common Expression Language."""

    level: Required[
        Annotated[
            Literal["deny", "approval", "warn"],
            _about(
                "deny: apply refuses. approval: apply refuses without an approval. warn: only a warning."
            ),
        ]
    ]
    each: Annotated[
        Literal["plan", "action", "user", "license"],
        _about(
            "What `when` checks: the plan (default), or each of its actions, users or license pools."
        ),
    ]
    when: Required[Annotated[Expression, _about("True if the plan breaks the rule.")]]
    counts: Annotated[
        Expression,
        _about(
            "How many changes a finding in the plan concerns, for approvals. Default: all actions."
        ),
    ]
    message: Required[Annotated[Name, _about("What is wrong, for people.")]]
    hint: Annotated[Name, _about("What to do about it.")]
    enabled: Annotated[Boolean, _about("false switches the rule off.")]
    tests: Annotated[
        list[RuleTest], NULL_IS_EMPTY, _about("Recorded plans, and what the rule finds in them.")
    ]
