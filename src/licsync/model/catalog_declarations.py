"""The declaration of a license type, as the catalogue and an account's own `catalog:` have it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from licsync.model.fields import Boolean, Count

_STRICT = ConfigDict(extra="forbid")


def _about(text: str) -> Any:
    return Field(description=text)


Plane = Literal["uc", "cc", "uc+cc", "number", "addon"]
"""What slot of a user a license fills."""

Support = Literal["yes", "no", "unknown", "grandfathered"]
"""Whether a type has a feature; `grandfathered`: only extensions that already have it keep it."""


@with_config(_STRICT)
class LicenseType(TypedDict, total=False):
    """One type of license, as the catalogue knows it (domain.md, sections 1 to 3 and 7)."""

    title: Annotated[str, _about("Name for people.")]
    plane: Annotated[Plane, _about("What slot of a user it fills.")]
    family: Annotated[str, _about("Family for grouping.")]
    ranks: Annotated[
        dict[str, Count],
        _about("Place in each ranked family; types that share one are ordered by it."),
    ]
    features: Annotated[dict[str, Support], _about("Feature to yes, no, unknown or grandfathered.")]
    analytics: Annotated[
        dict[Literal["essentials", "supervisor"], Support],
        _about("Level of Analytics for Work to support."),
    ]
    calling_plan: Annotated[str, _about("internal, metered, unlimited, …, or unknown.")]
    recording_days: Annotated[
        Count | None, _about("Days of hot call recording storage; null: unknown.")
    ]
    vendor_names: Annotated[
        list[str], _about("Names the vendor uses, matched without case and punctuation.")
    ]
    vendor_prefixes: Annotated[
        list[str], _about("First words of further names that the vendor uses.")
    ]
    requires: Annotated[list[str], _about("One of these types must stand beside it.")]
    excludes: Annotated[list[str], _about("Types or families that must not stand beside it.")]
    counts: Annotated[dict[str, Count], _about("Counting rules, such as named_users: 5 a unit.")]
    automatic: Annotated[Boolean, _about("Comes and goes with phone numbers (DID licenses).")]
    enforced: Annotated[
        Literal["where_owned", "always", "never"],
        _about(
            "Of an automatic type: in which countries phone numbers beyond those included need a unit of it each."
        ),
    ]
    uncertain: Annotated[dict[str, str], _about("Fact to why it is uncertain.")]
    note: Annotated[str, _about("Anything else worth knowing.")]
