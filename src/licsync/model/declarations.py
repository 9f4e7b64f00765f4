"""The one declaration of all records in YAML, inventory documents and plans.

Each kind of record is a `TypedDict`: an absent key is unmanaged (contract, section 1), so absence
is part of the type. The markers of `fields` state further facts about a field. Loading, the JSON
Schemas, reference checks, comparison, masking and the columns of views all read these
declarations.
"""

from __future__ import annotations

from typing import Annotated, Literal, Required

from msgspec import Struct
from typing_extensions import TypedDict

from licsync.model.account_declarations import SILENCES, Account, Acknowledgements
from licsync.model.catalog_declarations import LicenseType
from licsync.model.column_headings import ColumnHeadings
from licsync.model.field_limits import GROUP, LOGIN, PERSON, Accepts
from licsync.model.fields import (
    CASELESS,
    DIRECTIVE,
    FEW,
    FIRST_LEADS,
    IDENTITY,
    IMMUTABLE,
    LOCALE,
    NULL_IS_EMPTY,
    SENSITIVE,
    SET_LIKE,
    ZONE,
    Boolean,
    Count,
    Country,
    Day,
    Email,
    ExtensionNumber,
    MacAddress,
    Name,
    NeedsFeature,
    PhoneNumber,
    Ref,
    Setting,
    Unique,
)
from licsync.model.notify_declarations import Channel
from licsync.model.pool_declarations import PoolEntry
from licsync.model.rules import Approval, Rule
from licsync.model.schema_markers import Described, closed

Locale = Literal[
    "da-DK", "de-DE", "en-AU", "en-GB", "en-US", "es-ES", "fi-FI", "fr-BE", "fr-CA", "fr-CH",
    "fr-FR", "it-IT", "ja-JP", "nl-BE", "nl-NL", "no-NO", "pl-PL", "pt-BR", "pt-PT", "sv-SE",
    "zh-CN",
]  # fmt: skip
"""The locales of 8x8's user and site schemas (domain.md, 8.1)."""


# --- places ---------------------------------------------------------------------------------------


@closed
class ServiceAddress(TypedDict, total=False):
    """A postal address that licenses are bound to and taxed by (domain.md, 6.3).

    It never changes once created.
    """

    organization: Annotated[Name, Accepts(1, 128), Described("Company name.")]
    building: Annotated[Name, Accepts(1, 128), Described("Building, floor or unit.")]
    street_number: Annotated[Name, Accepts(1, 45), Described("House number.")]
    street_name: Annotated[Name, Accepts(1, 128), Described("Street.")]
    dependent_street: Annotated[Name, Accepts(1, 128), Described("Second street line.")]
    secondary_location: Annotated[Name, Accepts(1, 45), Described("Suite or room.")]
    city: Annotated[Name, Accepts(1, 45), Described("City.")]
    dependent_city: Annotated[Name, Accepts(1, 45), Described("Part of the city.")]
    state: Annotated[Name, Accepts(1, 45), Described("State, province or county code.")]
    county: Annotated[Name, Accepts(1, 45), Described("County.")]
    postal: Annotated[Name, Accepts(1, 45), Described("Postal code.")]
    zip4: Annotated[Name, Accepts(1, 45), Described("The last four digits of a US ZIP+4 code.")]
    country: Required[Annotated[Country, Described("Two-letter ISO 3166 code.")]]


@closed
class SiteAttributes(TypedDict, total=False):
    """The attributes of a site that YAML and inventory share."""

    service_address: Annotated[
        Name, Ref("service_address"), Described("Slug of the site's service address.")
    ]
    pbx: Annotated[Name, IMMUTABLE, Described("The PBX that the site belongs to.")]
    locale: Annotated[Locale, LOCALE, Described("Language and region.")]
    timezone: Annotated[Name, ZONE, Described("IANA time zone, such as America/Los_Angeles.")]


@closed
class Site(SiteAttributes, total=False):
    """A branch of the company. Its users' licenses follow its service address."""

    acknowledge: Annotated[Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, Described(SILENCES)]


@closed
class Policy(TypedDict, total=False):
    """A policy profile: restrictions on its users in the 8x8 Work apps (domain.md, section 5)."""

    settings: Annotated[
        dict[str, Setting],
        Described("Values by setting. null removes a setting. An empty mapping removes all."),
    ]


# --- what a license carries -----------------------------------------------------------------------


@closed
class ForwardingRule(TypedDict, total=False):
    """One call forwarding rule of an extension."""

    when: Required[
        Annotated[
            Literal["always", "busy", "no_answer", "unreachable", "after_hours"],
            Described("When the rule forwards calls."),
        ]
    ]
    to: Required[
        Annotated[Name, SENSITIVE, Described("Extension or phone number that receives the call.")]
    ]
    after_seconds: Annotated[Count, Described("For no_answer: how long the phone rings first.")]


@closed
class Device(TypedDict, total=False):
    """A desk phone of an extension."""

    model: Required[Annotated[Name, Described("Maker and model, such as Yealink T54W.")]]
    mac_address: Annotated[
        MacAddress,
        CASELESS,
        SENSITIVE,
        Described("Twelve hexadecimal digits; punctuation is ignored."),
    ]


@closed
class Features(TypedDict, total=False):
    """Features to switch per extension, if the license type has them (domain.md, section 2)."""

    analytics: Annotated[
        Literal["essentials", "supervisor"],
        NeedsFeature("analytics", "essentials"),
        Described("Level of Analytics for Work."),
    ]
    switchboard_pro: Annotated[
        Boolean, NeedsFeature("switchboard_pro", False), Described("Switchboard Pro (legacy).")
    ]
    frontdesk: Annotated[Boolean, NeedsFeature("frontdesk", False), Described("Frontdesk.")]


@closed
class Extension(TypedDict, total=False):
    """What a license gives its user: numbers, forwarding, features, devices."""

    number: Annotated[
        ExtensionNumber | Literal[""] | None,
        Unique("extension"),
        Described("Extension number. Empty removes it."),
    ]
    phone_numbers: Annotated[
        list[PhoneNumber],
        FEW,
        NULL_IS_EMPTY,
        Unique("phone-number"),
        FIRST_LEADS,
        SENSITIVE,
        Described("Phone numbers in E.164 form; the first is the primary one."),
    ]
    call_forwarding: Annotated[
        list[ForwardingRule], FEW, NULL_IS_EMPTY, Described("Forwarding rules, in order.")
    ]
    voicemail_email: Annotated[
        Email | Literal[""] | None,
        CASELESS,
        SENSITIVE,
        Described("Receives voicemail. Empty removes it."),
    ]
    recording_mode: Annotated[
        Literal["off", "always", "on_demand", "always_allow_pause"],
        Described("When 8x8 records calls."),
    ]
    features: Annotated[Features, Described("Features to switch on or off.")]
    devices: Annotated[
        list[Device],
        FEW,
        NULL_IS_EMPTY,
        NeedsFeature("desk_phone"),
        SET_LIKE,
        Described("Desk phones of this extension."),
    ]


_DatedEntry = TypedDict(
    "_DatedEntry",
    {
        "from": Annotated[Day, Described("The first day of the license. Default: no first day.")],
        "until": Annotated[
            Day, Described("The last day of the license. On the next day licsync unassigns it.")
        ],
    },
    total=False,
)
"""The days of a license entry. `from` is a keyword of Python, so this is not a class."""


@closed
class LicenseEntry(_DatedEntry, total=False):
    """One license that a user should hold. The short form is the type alone."""

    type: Required[Annotated[str, Ref("license_type"), Described("A key of the license catalog.")]]
    country: Annotated[
        Country, Described("Default: the country of the user's site, else the account's.")
    ]
    service_address: Annotated[
        Name, Ref("service_address"), Described("Slug of the address. Default: the site's address.")
    ]
    extension: Annotated[
        Extension, Described("Numbers, forwarding, features, devices. {} removes all.")
    ]


# --- users ----------------------------------------------------------------------------------------


@closed
class UserAttributes(TypedDict, total=False):
    """The attributes of a user that YAML and inventory share."""

    first_name: Annotated[Name, Accepts(2, 128, PERSON), IDENTITY, Described("First name.")]
    last_name: Annotated[Name, Accepts(2, 30, PERSON), IDENTITY, Described("Last name.")]
    email: Annotated[
        Email,
        Accepts(5, 128),
        IDENTITY,
        CASELESS,
        SENSITIVE,
        Described("Primary e-mail address. Default of a new user: the user name."),
    ]
    status: Annotated[
        Literal["active", "inactive"],
        IDENTITY,
        Described("The licenses of an inactive user are suspended."),
    ]
    site: Annotated[str, Ref("site"), Described("Name of the user's site.")]
    job_title: Annotated[
        str | None, Accepts(1, 254), IDENTITY, Described("Job title. Empty removes it.")
    ]
    department: Annotated[
        str | None, Accepts(1, 100, GROUP), IDENTITY, Described("Department. Empty removes it.")
    ]
    policy: Annotated[str, Ref("policy"), Described("Policy profile.")]
    locale: Annotated[Locale, IDENTITY, LOCALE, Described("Language and region.")]
    timezone: Annotated[Name, IDENTITY, ZONE, Described("IANA time zone.")]


LossName = Literal[
    "voicemail_messages", "voicemail_greeting", "voicemail_pin", "call_history",
    "call_forwarding", "analytics", "switchboard_pro", "frontdesk", "barge_monitor_whisper",
    "sms", "devices", "contact_center",
]  # fmt: skip
"""What a license change may lose if the backend cannot change in place (domain.md, 3.2)."""


@closed
class UserTemplate(UserAttributes, total=False):
    """A named set of user settings. A user's own keys override it."""

    licenses: Annotated[
        list[LicenseEntry],
        FEW,
        NULL_IS_EMPTY,
        Described("Absent: unmanaged. Empty: no license, the user is a contact."),
    ]
    cost_center: Annotated[
        Name,
        DIRECTIVE,
        Described("Who pays for the licenses: a name or number of your own. 8x8 never sees it."),
    ]
    start_on: Annotated[
        Day,
        DIRECTIVE,
        Described("Before this day licsync neither creates nor changes the user."),
    ]
    offboard_on: Annotated[
        Day,
        DIRECTIVE,
        Described(
            "The first day without the person. From this day the user is inactive; the stages of"
            " `offboarding` follow."
        ),
    ]
    allow_loss: Annotated[
        Boolean | list[LossName],
        DIRECTIVE,
        Described("8x8: what a license change may lose for good: anything (true), or a list."),
    ]


@closed
class User(UserTemplate, total=False):
    """A user of the phone system; the key is the user name (login)."""

    template: Annotated[
        str | list[str],
        Ref("template"),
        DIRECTIVE,
        Described("One template or several. Later ones override earlier ones."),
    ]
    previously: Annotated[str, DIRECTIVE, Described("The user name before a rename.")]
    external_id: Annotated[
        Name,
        DIRECTIVE,
        CASELESS,
        Described(
            "The employee number, or another key of your own that never changes. "
            "'licsync people' recognizes the user by it."
        ),
    ]
    acknowledge: Annotated[Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, Described(SILENCES)]


# --- files ----------------------------------------------------------------------------------------


@closed
class Tree(TypedDict, total=False):
    """One file of an account directory. Several files may contain the same key."""

    account: Annotated[Account, Described("The account, in account.yaml.")]
    service_addresses: Annotated[
        dict[str, ServiceAddress | None], Described("Addresses by slug. null deletes one.")
    ]
    sites: Annotated[dict[str, Site | None], Described("Sites by name. null deletes one.")]
    licenses: Annotated[
        list[PoolEntry], Described("The pools: the licenses that the company owns.")
    ]
    policies: Annotated[
        dict[str, Policy | None], Described("Policy profiles by name. null deletes one.")
    ]
    templates: Annotated[dict[str, UserTemplate], Described("Templates by name.")]
    users: Annotated[dict[str, User], Described("Users by user name.")]
    catalog: Annotated[dict[str, LicenseType], Described("License types to add or override.")]
    rules: Annotated[
        dict[str, Rule], Described("Rules by name. licsync checks every plan against them.")
    ]
    approvals: Annotated[list[Approval], Described("Exceptions to limits and rules, until a day.")]
    notify: Annotated[dict[str, Channel], Described("Channels for notifications, by your names.")]
    columns: Annotated[ColumnHeadings, Described("Headings of your exports, by field.")]


# --- the kinds ------------------------------------------------------------------------------------


class Kind(Struct, frozen=True):
    """A kind of resource: its name in plans, its section, its declaration and its title."""

    name: str
    section: str
    declaration: type
    title: str
    accepts: Accepts | None = None


USER_NAME = Accepts(3, 70, LOGIN)

KINDS = {
    kind.name: kind
    for kind in (
        Kind("service_address", "service_addresses", ServiceAddress, "service address"),
        Kind("site", "sites", Site, "site", Accepts(2, 128)),
        Kind("policy", "policies", Policy, "policy profile"),
        Kind("license", "licenses", PoolEntry, "license"),
        Kind("user", "users", User, "user", USER_NAME),
    )
}
"""Every kind of resource. A kind comes after the kinds that it refers to."""

PLAIN = tuple(name for name in KINDS if name not in ("service_address", "license", "user"))
"""The kinds without rules of their own: licsync creates, changes and deletes them as declared."""
