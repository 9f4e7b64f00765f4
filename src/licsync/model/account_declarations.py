"""The declaration of the account as a whole: backend, defaults, limits, offboarding."""

from __future__ import annotations

from typing import Annotated, Literal, Required

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from licsync.model.fields import (
    DIRECTIVE,
    NULL_IS_EMPTY,
    Boolean,
    Count,
    CountOrShare,
    Country,
    Duration,
    Name,
    Ref,
    described,
)
from licsync.model.people_declarations import PeopleSettings

_STRICT = ConfigDict(extra="forbid")

Acknowledgements = list[dict[str, Name]]
"""Diagnostics that somebody accepts: code to reason."""

SILENCES = "Warnings to silence: a list of `code: reason`."
"""The description of acknowledgements."""


@with_config(_STRICT)
class ScimSettings(TypedDict, total=False):
    """Where 8x8's SCIM API is. The token comes from the environment, never from YAML."""

    url: Required[
        Annotated[Name, described("The '8x8 URL' of Home > Identity and Security in the console.")]
    ]


@with_config(_STRICT)
class UploadSettings(TypedDict, total=False):
    """The console's bulk upload of new users."""

    template: Required[
        Annotated[
            Name,
            described(
                "The template that the console gives (Download .CSV template), in the account "
                "directory."
            ),
        ]
    ]
    licenses: Annotated[
        dict[Name, Name],
        described(
            "What the upload calls each license, by type and country: "
            "x2/US: 'X Series - X2-VOSVC0216-02-US'. Without it people assign the license."
        ),
    ]


@with_config(_STRICT)
class EffortFigures(TypedDict, total=False):
    """What one thing in the console takes."""

    clicks: Annotated[Count, described("Clicks.")]
    seconds: Annotated[Count, described("Seconds.")]


@with_config(_STRICT)
class EffortSettings(TypedDict, total=False):
    """What work in the console takes, where the account has figures of its own."""

    visit: Annotated[EffortFigures, described("To open and save the page of a user.")]
    field: Annotated[EffortFigures, described("To set one field there.")]
    license: Annotated[EffortFigures, described("To select or remove one license there.")]
    menu: Annotated[EffortFigures, described("To activate, deactivate or delete a user.")]
    create: Annotated[EffortFigures, described("To open and save the page of a new user.")]
    bulk_edit: Annotated[EffortFigures, described("To open, review and confirm a bulk edit.")]
    bulk_field: Annotated[EffortFigures, described("To set one field in a bulk edit.")]
    tick: Annotated[EffortFigures, described("To tick the name of one user.")]
    filter: Annotated[EffortFigures, described("To set one filter of the list of users.")]
    upload: Annotated[EffortFigures, described("To upload one file of new users.")]
    row: Annotated[EffortFigures, described("One row of that file.")]
    page: Annotated[EffortFigures, described("To open and save anything else.")]
    request: Annotated[EffortFigures, described("To ask 8x8 for something.")]


@with_config(_STRICT)
class BulkEditSettings(TypedDict, total=False):
    """Whether the console's bulk edit sets a field. Without a statement, what 8x8 says holds."""

    site: Annotated[Boolean, described("The site.")]
    job_title: Annotated[Boolean, described("The job title.")]
    department: Annotated[Boolean, described("The department.")]
    locale: Annotated[Boolean, described("The locale.")]
    timezone: Annotated[Boolean, described("The time zone.")]
    policy: Annotated[Boolean, described("The policy profile.")]
    recording_mode: Annotated[Boolean, described("The recording mode.")]


@with_config(_STRICT)
class BackendSettings(TypedDict, total=False):
    """The backend of the account. Keys and tokens come from the environment, never from YAML."""

    type: Annotated[
        Literal["local", "console", "8x8"],
        described(
            "local: a sandbox, nothing reaches 8x8. console: 8x8's Admin Console, in which people "
            "make the changes. 8x8: 8x8's Administration API."
        ),
    ]
    seed: Annotated[
        Name,
        described(
            "local, console: the inventory document, in the account directory, that seeds a new "
            "store."
        ),
    ]
    scim: Annotated[
        Boolean | ScimSettings,
        described(
            "console: whether licsync changes users over 8x8's SCIM API. true: at the address in "
            "LICSYNC_SCIM_URL. Default: false."
        ),
    ]
    bulk_upload: Annotated[
        Name | UploadSettings,
        described(
            "console: the template of the console's bulk upload (Download .CSV template), in the "
            "account directory; or the template, and what the upload calls licenses."
        ),
    ]
    inventory_max_age: Annotated[
        Duration,
        described("console: from which age of the inventory on plans warn. Default: 7d."),
    ]
    customer_id: Annotated[Name, described("8x8, console: the customer id.")]
    base_url: Annotated[Name, described("8x8: the URL of the Administration API.")]
    settle_seconds: Annotated[
        Count,
        described(
            "8x8: how long licsync looks for the effect of a request before it retries. "
            "Default: 300."
        ),
    ]
    operations_at_once: Annotated[
        Count,
        described(
            "8x8: how many of the organization's ten concurrent operations licsync may use. "
            "Default: 9."
        ),
    ]
    changes_users: Annotated[
        Boolean,
        described(
            "8x8: whether the API can change users. Default: true. 'licsync doctor' checks it."
        ),
    ]
    effort: Annotated[EffortSettings, described("What work in the console takes, for work orders.")]
    bulk_edit: Annotated[
        BulkEditSettings, described("What the console's bulk edit can set, for work orders.")
    ]


BACKENDS_OF_SETTINGS = {
    "scim": ("console",),
    "bulk_upload": ("console",),
    "inventory_max_age": ("console",),
    "base_url": ("8x8",),
    "settle_seconds": ("8x8",),
    "operations_at_once": ("8x8",),
    "changes_users": ("8x8",),
    "effort": ("console", "8x8"),
    "bulk_edit": ("console", "8x8"),
}
"""The types of backends for which a setting means something; any other setting: all types."""


@with_config(_STRICT)
class Defaults(TypedDict, total=False):
    """Defaults for users and licenses without a more specific value."""

    country: Annotated[Country, described("Country of licenses without one.")]
    policy: Annotated[str, Ref("policy"), described("Policy profile of new users.")]


@with_config(_STRICT)
class Offboarding(TypedDict, total=False):
    """The stages after a user's `offboard_on` day, counted from that day."""

    unassign_after: Annotated[
        Duration, described("When licsync unassigns the licenses, such as 7d.")
    ]
    delete_after: Annotated[Duration, described("When licsync deletes the user, such as 90d.")]


_BY_DEFAULT = "Default: 10, or 30% of the users if that is more."


@with_config(_STRICT)
class Limits(TypedDict, total=False):
    """The most actions of each verb in one plan: a number, or a share of the inventory's users.

    By default suspend, unassign, downgrade and delete may each affect 10 users, or 30% of all users
    if that is more. By default change and relocate have no limit.
    """

    suspend: Annotated[CountOrShare, described(f"Users to suspend. {_BY_DEFAULT}")]
    unassign: Annotated[CountOrShare, described(f"Licenses to unassign. {_BY_DEFAULT}")]
    downgrade: Annotated[CountOrShare, described(f"Licenses to downgrade. {_BY_DEFAULT}")]
    delete: Annotated[CountOrShare, described(f"Users to delete. {_BY_DEFAULT}")]
    change: Annotated[
        CountOrShare,
        described("Licenses to change to another family or country. Default: no limit."),
    ]
    relocate: Annotated[
        CountOrShare, described("Licenses to bind to another address. Default: no limit.")
    ]


@with_config(_STRICT)
class Account(TypedDict, total=False):
    """The account as a whole."""

    name: Required[Annotated[Name, described("Short name of the account.")]]
    backend: Annotated[BackendSettings, described("The backend of the account.")]
    defaults: Annotated[Defaults, described("Defaults for users and licenses.")]
    unlisted_users: Annotated[
        Literal["ignore", "suspend", "unassign", "delete"],
        described("What happens to users of the inventory that no file names."),
    ]
    protected_users: Annotated[
        list[str],
        NULL_IS_EMPTY,
        Ref("user"),
        described("Users that no plan suspends, unassigns, downgrades or deletes."),
    ]
    limits: Annotated[Limits, described("The most actions of each verb in one plan.")]
    offboarding: Annotated[Offboarding, described("The stages after a user's offboard_on day.")]
    people: Annotated[PeopleSettings, described("The list of people, for 'licsync people'.")]
    identity: Annotated[
        Name,
        described(
            "Identifies the account in a shared store without customer_id: 'licsync store adopt'."
        ),
    ]
    timezone: Annotated[
        Name,
        described(
            "IANA time zone in which days begin. Default: that of the user's site, else UTC."
        ),
    ]
    acknowledge: Annotated[
        Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, described(f"For the whole account. {SILENCES}")
    ]
