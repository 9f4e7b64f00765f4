"""The declaration of the fleet file: which accounts belong together, and how they are run."""

from __future__ import annotations

from typing import Annotated, Literal, Required

from typing_extensions import TypedDict

from licsync.model.account_declarations import Limits
from licsync.model.fields import Count, Duration, Interval, Name, Positive
from licsync.model.notify_declarations import Channel
from licsync.model.schema_markers import Bounds, Decoded, Described, closed


def _label(value: object) -> str:
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_LABEL and "," not in value:
        return str(value)
    raise ValueError(f"must be text of at most {_LONGEST_LABEL} characters without a comma")


_LONGEST_LABEL = 100
Label = Annotated[
    str,
    Decoded(_label, {"type": ["string", "number", "boolean"], "pattern": "^[^,]{1,100}$"}),
]
"""A text that may look like a number, such as 2."""


@closed
class SecretReference(TypedDict, total=False):
    """Where a secret is: one of these three, and never the secret itself.

    In each, `{account}` stands for the name of the account's directory, `{ACCOUNT}` for the same in
    capitals with `_` for all but letters and digits, and `{path}` for its path below the fleet
    file.
    """

    command: Annotated[
        list[Name], Bounds(min_length=1), Described("A command that prints the secret, as a list.")
    ]
    env: Annotated[Name, Described("An environment variable that holds the secret.")]
    file: Annotated[Name, Described("A file that holds the secret, relative to the fleet file.")]


@closed
class DriftSchedule(TypedDict, total=False):
    """When the account is checked for drift."""

    every: Required[Annotated[Interval, Described("The interval of the checks, such as 6h.")]]


@closed
class FleetEntry(TypedDict, total=False):
    """What holds for the accounts that match a pattern. A later entry overrides an earlier one."""

    labels: Annotated[
        dict[str, Label],
        Described("Labels for --select. `wave` says when the account is applied."),
    ]
    key: Annotated[SecretReference | None, Described("Where the API key is. null: nowhere.")]
    scim_token: Annotated[
        SecretReference | None, Described("Where the token of the SCIM API is. null: nowhere.")
    ]
    audit_key: Annotated[
        SecretReference | None, Described("Where the key of the audit log is. null: nowhere.")
    ]
    limits: Annotated[
        Limits,
        Described(
            "The most actions of each verb in one plan. The lower of this and the account's own "
            "limit counts; no approval and no --allow raises it."
        ),
    ]
    drift: Annotated[DriftSchedule, Described("When the account is checked for drift.")]
    mode: Annotated[
        Literal["apply", "plan-only"],
        Described("plan-only: `licsync fleet apply` leaves the account out. Default: apply."),
    ]


@closed
class FleetConcurrency(TypedDict, total=False):
    """How many accounts run at once. Accounts of one organization run one at a time."""

    accounts: Annotated[Positive, Described("Accounts at once on one machine. Default: 4.")]


@closed
class FleetApply(TypedDict, total=False):
    """How the fleet is applied."""

    waves: Annotated[
        list[Label],
        Described(
            "Values of the label `wave`, in the order in which they are applied. Accounts without "
            "the label follow. Default: all accounts at once."
        ),
    ]
    stop_after_failed: Annotated[
        Positive,
        Described("After this many failed accounts, licsync starts no more. Default: no limit."),
    ]
    approval: Annotated[
        Literal["ask", "digest"],
        Described(
            "digest: an apply needs the --digest of a plan of the fleet. ask: it may also show "
            "the plans and ask. Default: ask."
        ),
    ]


@closed
class Fleet(TypedDict, total=False):
    """Many accounts that are planned, applied and watched together."""

    name: Required[Annotated[Name, Described("Short name of the fleet.")]]
    min_accounts: Annotated[
        Count,
        Described(
            "licsync refuses to run if fewer accounts match: the checkout may be empty. Default: 1."
        ),
    ]
    state: Annotated[
        Name,
        Described(
            "The store of the fleet and of all its accounts: env:VARIABLE, or a URL without a "
            "password. Default: SQLite beside the fleet file and in each account."
        ),
    ]
    accounts: Required[
        Annotated[
            dict[str, FleetEntry | None],
            Described(
                "Directories of accounts, relative to the fleet file; `*` and `**` match several."
            ),
        ]
    ]
    concurrency: Annotated[FleetConcurrency, Described("How many accounts run at once.")]
    apply: Annotated[FleetApply, Described("How the fleet is applied.")]
    notify: Annotated[
        dict[str, Channel],
        Described(
            "Channels for notifications about every account, one message for each command. A "
            "channel of the account with the same name replaces it."
        ),
    ]
    keep: Annotated[
        Duration, Described("How long results are kept. The last of each kind stays. Default: 90d.")
    ]


@closed
class FleetTree(TypedDict):
    """The fleet file."""

    fleet: Annotated[Fleet, Described("The fleet.")]
