"""The declaration of a license type, for the built-in catalog and an account's `catalog:`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from licsync.model.fields import Boolean, Count, described

_STRICT = ConfigDict(extra="forbid")


Plane = Literal["uc", "cc", "uc+cc", "number", "addon"]
"""What a license is for: phone, contact center, both, a local number, or an add-on."""

Support = Literal["yes", "no", "unknown", "grandfathered"]
"""Whether a type has a feature. `grandfathered`: only extensions that have it keep it."""


@with_config(_STRICT)
class LicenseType(TypedDict, total=False):
    """A license type of the catalog (domain.md, sections 1 to 3 and 7)."""

    title: Annotated[str, described("Display name.")]
    plane: Annotated[
        Plane,
        described(
            "What the license is for: phone, contact center, both, a local number, or an add-on."
        ),
    ]
    family: Annotated[str, described("Product family.")]
    ranks: Annotated[
        dict[str, Count],
        described("Rank in each ranked family. A higher rank is an upgrade."),
    ]
    features: Annotated[
        dict[str, Support], described("yes, no, unknown or grandfathered, by feature.")
    ]
    analytics: Annotated[
        dict[Literal["essentials", "supervisor"], Support],
        described("yes, no, unknown or grandfathered, by level of Analytics for Work."),
    ]
    calling_plan: Annotated[str, described("internal, metered, unlimited, …, or unknown.")]
    recording_days: Annotated[
        Count | None, described("Days of hot call recording storage. null: unknown.")
    ]
    vendor_names: Annotated[
        list[str], described("8x8's names for the type, matched without case and punctuation.")
    ]
    vendor_prefixes: Annotated[list[str], described("First words of further names that 8x8 uses.")]
    requires: Annotated[list[str], described("The user must also hold one of these types.")]
    excludes: Annotated[
        list[str], described("Types or families that the user must not hold as well.")
    ]
    counts: Annotated[dict[str, Count], described("Counts per unit, such as named_users: 5.")]
    automatic: Annotated[
        Boolean, described("licsync adds and removes units with phone numbers (DID licenses).")
    ]
    enforced: Annotated[
        Literal["where_owned", "always", "never"],
        described(
            "For an automatic type: where phone numbers beyond the included ones need a unit."
        ),
    ]
    uncertain: Annotated[dict[str, str], described("The reason for doubt, by fact.")]
    note: Annotated[str, described("Further information.")]
