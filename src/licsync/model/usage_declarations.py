"""The declaration of usage: of the command that prints it, and of its JSON."""

from __future__ import annotations

from typing import Annotated, Literal, Required

from typing_extensions import TypedDict

from licsync.model.fields import Count, Day, Positive
from licsync.model.schema_markers import Described, closed


@closed
class UsageSettings(TypedDict, total=False):
    """Where licsync learns who uses their licenses."""

    command: Required[
        Annotated[
            list[str],
            Described(
                "The program, and its arguments, that prints the usage (`usage.schema.json`). "
                "Only `licsync licenses --idle` runs it."
            ),
        ]
    ]


@closed
class PrintedUse(TypedDict, total=False):
    """What one user, or one extension, did in the counted days."""

    user: Annotated[str | None, Described("The user name or e-mail address.")]
    extension: Annotated[str | None, Described("The extension number, instead of the user.")]
    last_call: Annotated[
        Day | None, Described("The day of the last call. null: no call in the counted days.")
    ]
    no_call_after: Annotated[
        Day | None,
        Described(
            "The last call was on this day or before, where its day is not known exactly. Instead "
            "of `last_call`."
        ),
    ]
    calls: Annotated[Count | None, Described("How many calls in the counted days.")]
    features: Annotated[
        list[str] | None,
        Described("Every feature that was used in the counted days. Absent: unknown."),
    ]


@closed
class PrintedUsage(TypedDict, total=False):
    """The usage that a command prints."""

    format_version: Annotated[Literal["1"], Described("The version of this format.")]
    until: Required[Annotated[Day, Described("The last day that is counted.")]]
    days: Required[Annotated[Positive, Described("How many days are counted.")]]
    usage: Required[Annotated[list[PrintedUse], Described("Users and extensions.")]]
