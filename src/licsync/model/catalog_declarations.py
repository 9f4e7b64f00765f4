"""The declaration of a license type, for the built-in catalog and an account's `catalog:`."""

from __future__ import annotations

from typing import Annotated, Literal

from typing_extensions import TypedDict

from licsync.model.fields import Boolean, Count
from licsync.model.schema_markers import Described, closed

Plane = Literal["uc", "cc", "uc+cc", "number", "addon"]
"""What a license is for: phone, contact center, both, a local number, or an add-on."""

Support = Literal["yes", "no", "unknown", "grandfathered"]
"""Whether a type has a feature. `grandfathered`: only extensions that have it keep it."""


@closed
class LicenseType(TypedDict, total=False):
    """A license type of the catalog (domain.md, sections 1 to 3 and 7)."""

    title: Annotated[str, Described("Display name.")]
    plane: Annotated[
        Plane,
        Described(
            "What the license is for: phone, contact center, both, a local number, or an add-on."
        ),
    ]
    family: Annotated[str, Described("Product family.")]
    ranks: Annotated[
        dict[str, Count],
        Described("Rank in each ranked family. A higher rank is an upgrade."),
    ]
    features: Annotated[
        dict[str, Support], Described("yes, no, unknown or grandfathered, by feature.")
    ]
    analytics: Annotated[
        dict[Literal["essentials", "supervisor"], Support],
        Described("yes, no, unknown or grandfathered, by level of Analytics for Work."),
    ]
    calling_plan: Annotated[str, Described("internal, metered, unlimited, …, or unknown.")]
    recording_days: Annotated[
        Count | None, Described("Days of hot call recording storage. null: unknown.")
    ]
    vendor_names: Annotated[
        list[str], Described("8x8's names for the type, matched without case and punctuation.")
    ]
    vendor_prefixes: Annotated[list[str], Described("First words of further names that 8x8 uses.")]
    requires: Annotated[list[str], Described("The user must also hold one of these types.")]
    excludes: Annotated[
        list[str], Described("Types or families that the user must not hold as well.")
    ]
    counts: Annotated[dict[str, Count], Described("Counts per unit, such as named_users: 5.")]
    automatic: Annotated[
        Boolean, Described("licsync adds and removes units with phone numbers (DID licenses).")
    ]
    enforced: Annotated[
        Literal["where_owned", "always", "never"],
        Described(
            "For an automatic type: where phone numbers beyond the included ones need a unit."
        ),
    ]
    uncertain: Annotated[dict[str, str], Described("The reason for doubt, by fact.")]
    note: Annotated[str, Described("Further information.")]
