"""The declaration of the account as a whole: backend, defaults, limits, offboarding."""

from __future__ import annotations

from typing import Annotated, Literal, Required

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
)
from licsync.model.people_declarations import PeopleSettings
from licsync.model.schema_markers import Described, closed
from licsync.model.usage_declarations import UsageSettings

Acknowledgements = list[dict[str, Name]]
"""Diagnostics that somebody accepts: code to reason."""

SILENCES = "Warnings to silence: a list of `code: reason`."
"""The description of acknowledgements."""


@closed
class ScimSettings(TypedDict, total=False):
    """Where 8x8's SCIM API is. The token comes from the environment, never from YAML."""

    url: Required[
        Annotated[Name, Described("The '8x8 URL' of Home > Identity and Security in the console.")]
    ]


@closed
class UploadSettings(TypedDict, total=False):
    """The console's bulk upload of new users."""

    template: Required[
        Annotated[
            Name,
            Described(
                "The template that the console gives (Download .CSV template), in the account "
                "directory."
            ),
        ]
    ]
    licenses: Annotated[
        dict[Name, Name],
        Described(
            "What the upload calls each license, by type and country: "
            "x2/US: 'X Series - X2-VOSVC0216-02-US'. Without an entry, people assign the license."
        ),
    ]
    separator: Annotated[
        Name,
        Described(
            "What separates several licenses in one cell, such as ';'. Without it, a cell holds "
            "one license, and people assign the others."
        ),
    ]


@closed
class EffortFigures(TypedDict, total=False):
    """The clicks and the seconds of one task in the console."""

    clicks: Annotated[Count, Described("Clicks.")]
    seconds: Annotated[Count, Described("Seconds.")]


@closed
class EffortSettings(TypedDict, total=False):
    """How much work each task in the console is, if the account differs from licsync's figures."""

    visit: Annotated[EffortFigures, Described("To open and save the page of a user.")]
    field: Annotated[EffortFigures, Described("To set one field there.")]
    license: Annotated[EffortFigures, Described("To select or remove one license there.")]
    menu: Annotated[EffortFigures, Described("To activate, deactivate or delete a user.")]
    create: Annotated[EffortFigures, Described("To open and save the page of a new user.")]
    bulk_edit: Annotated[EffortFigures, Described("To open, review and confirm a bulk edit.")]
    bulk_field: Annotated[EffortFigures, Described("To set one field in a bulk edit.")]
    tick: Annotated[EffortFigures, Described("To tick the name of one user.")]
    filter: Annotated[EffortFigures, Described("To set one filter of the list of users.")]
    upload: Annotated[EffortFigures, Described("To upload one file of new users.")]
    row: Annotated[EffortFigures, Described("One row of that file.")]
    page: Annotated[EffortFigures, Described("To open and save anything else.")]
    request: Annotated[EffortFigures, Described("To ask 8x8 for something.")]


@closed
class BulkEditSettings(TypedDict, total=False):
    """Which fields the console's bulk edit can set. Default: as 8x8 documents it."""

    site: Annotated[Boolean, Described("The site.")]
    job_title: Annotated[Boolean, Described("The job title.")]
    department: Annotated[Boolean, Described("The department.")]
    locale: Annotated[Boolean, Described("The locale.")]
    timezone: Annotated[Boolean, Described("The time zone.")]
    policy: Annotated[Boolean, Described("The policy profile.")]
    recording_mode: Annotated[Boolean, Described("The recording mode.")]


@closed
class BackendSettings(TypedDict, total=False):
    """The backend of the account. Keys and tokens come from the environment, never from YAML."""

    type: Annotated[
        Literal["local", "console", "8x8"],
        Described(
            "local: a sandbox, nothing reaches 8x8. console: 8x8's Admin Console, in which people "
            "make the changes. 8x8: 8x8's Administration API."
        ),
    ]
    seed: Annotated[
        Name,
        Described(
            "local, console: the inventory document, in the account directory, that seeds a new "
            "store."
        ),
    ]
    scim: Annotated[
        Boolean | ScimSettings,
        Described(
            "console: whether licsync changes users over 8x8's SCIM API. true: at the address in "
            "LICSYNC_SCIM_URL. Default: false."
        ),
    ]
    bulk_upload: Annotated[
        Name | UploadSettings,
        Described(
            "console: the template of the console's bulk upload (Download .CSV template), in the "
            "account directory; or the template, and what the upload calls licenses."
        ),
    ]
    inventory_max_age: Annotated[
        Duration,
        Described("console: the age of the inventory from which plans warn. Default: 7d."),
    ]
    customer_id: Annotated[Name, Described("8x8, console: the customer id.")]
    base_url: Annotated[Name, Described("8x8: the URL of the Administration API.")]
    settle_seconds: Annotated[
        Count,
        Described(
            "8x8: how long licsync looks for the effect of a request before it retries. "
            "Default: 300."
        ),
    ]
    operations_at_once: Annotated[
        Count,
        Described(
            "8x8: how many of the organization's ten concurrent operations licsync may use. "
            "Default: 9."
        ),
    ]
    changes_users: Annotated[
        Boolean,
        Described(
            "8x8: whether the API can change users. Default: true. 'licsync doctor' checks it."
        ),
    ]
    effort: Annotated[
        EffortSettings, Described("How much work tasks in the console are, for work orders.")
    ]
    bulk_edit: Annotated[
        BulkEditSettings, Described("What the console's bulk edit can set, for work orders.")
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


@closed
class Defaults(TypedDict, total=False):
    """Defaults for users and licenses without a more specific value."""

    country: Annotated[Country, Described("Country of licenses without one.")]
    policy: Annotated[str, Ref("policy"), Described("Policy profile of new users.")]


@closed
class Offboarding(TypedDict, total=False):
    """The stages after a user's `offboard_on` day, counted from that day."""

    unassign_after: Annotated[
        Duration, Described("When licsync unassigns the licenses, such as 7d.")
    ]
    delete_after: Annotated[Duration, Described("When licsync deletes the user, such as 90d.")]


_BY_DEFAULT = "Default: 10, or 30% of the users if that is more."


@closed
class Limits(TypedDict, total=False):
    """The most actions of each verb in one plan: a number, or a share of the inventory's users.

    By default suspend, unassign, downgrade and delete may each affect 10 users, or 30% of all users
    if that is more. By default change and relocate have no limit.
    """

    suspend: Annotated[CountOrShare, Described(f"Users to suspend. {_BY_DEFAULT}")]
    unassign: Annotated[CountOrShare, Described(f"Licenses to unassign. {_BY_DEFAULT}")]
    downgrade: Annotated[CountOrShare, Described(f"Licenses to downgrade. {_BY_DEFAULT}")]
    delete: Annotated[CountOrShare, Described(f"Users to delete. {_BY_DEFAULT}")]
    change: Annotated[
        CountOrShare,
        Described("Licenses to change to another family or country. Default: no limit."),
    ]
    relocate: Annotated[
        CountOrShare, Described("Licenses to bind to another address. Default: no limit.")
    ]


@closed
class Account(TypedDict, total=False):
    """The account as a whole."""

    name: Required[Annotated[Name, Described("Short name of the account.")]]
    backend: Annotated[BackendSettings, Described("The backend of the account.")]
    defaults: Annotated[Defaults, Described("Defaults for users and licenses.")]
    unlisted_users: Annotated[
        Literal["ignore", "suspend", "unassign", "delete"],
        Described("What happens to users of the inventory that no file names."),
    ]
    protected_users: Annotated[
        list[str],
        NULL_IS_EMPTY,
        Ref("user"),
        Described("Users that no plan suspends, unassigns, downgrades or deletes."),
    ]
    limits: Annotated[Limits, Described("The most actions of each verb in one plan.")]
    offboarding: Annotated[Offboarding, Described("The stages after a user's offboard_on day.")]
    people: Annotated[PeopleSettings, Described("The list of people, for 'licsync people'.")]
    usage: Annotated[UsageSettings, Described("Where licsync learns who uses their licenses.")]
    identity: Annotated[
        Name,
        Described(
            "Identifies the account in a shared store without customer_id: 'licsync store adopt'."
        ),
    ]
    timezone: Annotated[
        Name,
        Described(
            "IANA time zone in which days begin. Default: that of the user's site, else UTC."
        ),
    ]
    acknowledge: Annotated[
        Acknowledgements,
        NULL_IS_EMPTY,
        DIRECTIVE,
        Described("Warnings to silence in the whole account: a list of `code: reason`."),
    ]
