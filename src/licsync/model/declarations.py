"""The one declaration of all records in YAML, inventory documents and plans.

Each kind of record is a `TypedDict`: an absent key is unmanaged (contract, section 1), so absence
is part of the type. The markers of `fields` state further facts about a field. Loading, the JSON
Schemas, reference checks, comparison, masking and the columns of views all read these
declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Required

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from licsync.model.catalog_declarations import LicenseType
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
    Amount,
    Boolean,
    Count,
    CountOrShare,
    Country,
    Currency,
    Day,
    Duration,
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
from licsync.model.rules import Approval, Rule

Acknowledgements = list[dict[str, Name]]

_STRICT = ConfigDict(extra="forbid")

Locale = Literal[
    "da-DK", "de-DE", "en-AU", "en-GB", "en-US", "es-ES", "fi-FI", "fr-BE", "fr-CA", "fr-CH", "fr-FR",
    "it-IT", "ja-JP", "nl-BE", "nl-NL", "no-NO", "pl-PL", "pt-BR", "pt-PT", "sv-SE", "zh-CN",
]  # fmt: skip
"""The locales of 8x8's user and site schemas (domain.md, 8.1)."""


_MEANT = "Warnings to silence: a list of `code: reason`."


def _about(text: str) -> Any:
    return Field(description=text)


# --- places ---------------------------------------------------------------------------------------


@with_config(_STRICT)
class ServiceAddress(TypedDict, total=False):
    """A postal address that licenses are bound to and taxed by (domain.md, 6.3).

    It never changes once created.
    """

    organization: Annotated[Name, Accepts(1, 128), _about("Company name.")]
    building: Annotated[Name, Accepts(1, 128), _about("Building, floor or unit.")]
    street_number: Annotated[Name, Accepts(1, 45), _about("House number.")]
    street_name: Annotated[Name, Accepts(1, 128), _about("Street.")]
    dependent_street: Annotated[Name, Accepts(1, 128), _about("Second street line.")]
    secondary_location: Annotated[Name, Accepts(1, 45), _about("Suite or room.")]
    city: Annotated[Name, Accepts(1, 45), _about("City.")]
    dependent_city: Annotated[Name, Accepts(1, 45), _about("Part of the city.")]
    state: Annotated[Name, Accepts(1, 45), _about("State, province or county code.")]
    county: Annotated[Name, Accepts(1, 45), _about("County.")]
    postal: Annotated[Name, Accepts(1, 45), _about("Postal code.")]
    zip4: Annotated[Name, Accepts(1, 45), _about("The last four digits of a US ZIP+4 code.")]
    country: Required[Annotated[Country, _about("Two-letter ISO 3166 code.")]]


@with_config(_STRICT)
class SiteAttributes(TypedDict, total=False):
    """The attributes of a site that YAML and inventory share."""

    service_address: Annotated[
        str, Ref("service_address"), _about("Slug of the site's service address.")
    ]
    pbx: Annotated[Name, IMMUTABLE, _about("The PBX that the site belongs to.")]
    locale: Annotated[Locale, LOCALE, _about("Language and region.")]
    timezone: Annotated[Name, ZONE, _about("IANA time zone, such as America/Los_Angeles.")]


@with_config(_STRICT)
class Site(SiteAttributes, total=False):
    """A branch of the company. Its users' licenses follow its service address."""

    acknowledge: Annotated[Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, _about(_MEANT)]


@with_config(_STRICT)
class Policy(TypedDict, total=False):
    """A policy profile: restrictions on its users in the 8x8 Work apps (domain.md, section 5)."""

    settings: Annotated[
        dict[str, Setting],
        _about("Values by setting. null removes one setting, an empty mapping all."),
    ]


# --- what a license carries -----------------------------------------------------------------------


@with_config(_STRICT)
class ForwardingRule(TypedDict, total=False):
    """One call forwarding rule of an extension."""

    when: Required[
        Annotated[
            Literal["always", "busy", "no_answer", "unreachable", "after_hours"],
            _about("When the rule forwards calls."),
        ]
    ]
    to: Required[
        Annotated[Name, SENSITIVE, _about("Extension or phone number that receives the call.")]
    ]
    after_seconds: Annotated[Count, _about("For no_answer: how long the phone rings first.")]


@with_config(_STRICT)
class Device(TypedDict, total=False):
    """A desk phone of an extension."""

    model: Required[Annotated[Name, _about("Maker and model, such as Yealink T54W.")]]
    mac_address: Annotated[
        MacAddress,
        CASELESS,
        SENSITIVE,
        _about("Twelve hexadecimal digits; punctuation is ignored."),
    ]


@with_config(_STRICT)
class Features(TypedDict, total=False):
    """Features to switch per extension, if the license type has them (domain.md, section 2)."""

    analytics: Annotated[
        Literal["essentials", "supervisor"],
        NeedsFeature("analytics", "essentials"),
        _about("Level of Analytics for Work."),
    ]
    switchboard_pro: Annotated[
        Boolean, NeedsFeature("switchboard_pro", False), _about("Switchboard Pro (legacy).")
    ]
    frontdesk: Annotated[Boolean, NeedsFeature("frontdesk", False), _about("Frontdesk.")]


@with_config(_STRICT)
class Extension(TypedDict, total=False):
    """What a license gives its user: numbers, forwarding, features, devices."""

    number: Annotated[
        ExtensionNumber | Literal[""] | None, Unique("extension"), _about("Extension number.")
    ]
    phone_numbers: Annotated[
        list[PhoneNumber],
        FEW,
        NULL_IS_EMPTY,
        Unique("phone-number"),
        FIRST_LEADS,
        SENSITIVE,
        _about("Phone numbers in E.164 form; the first is the primary one."),
    ]
    call_forwarding: Annotated[
        list[ForwardingRule], FEW, NULL_IS_EMPTY, _about("Forwarding rules, in order.")
    ]
    voicemail_email: Annotated[
        Email | Literal[""] | None, CASELESS, SENSITIVE, _about("Receives voicemail.")
    ]
    recording_mode: Annotated[
        Literal["off", "always", "on_demand", "always_allow_pause"],
        _about("When 8x8 records calls."),
    ]
    features: Annotated[Features, _about("Features to switch on or off.")]
    devices: Annotated[
        list[Device],
        FEW,
        NULL_IS_EMPTY,
        NeedsFeature("desk_phone"),
        SET_LIKE,
        _about("Desk phones of this extension."),
    ]


@with_config(_STRICT)
class LicenseEntry(TypedDict, total=False):
    """One license that a user should hold. The short form is the type alone."""

    type: Required[Annotated[str, Ref("license_type"), _about("A key of the license catalog.")]]
    country: Annotated[
        Country, _about("Default: the country of the user's site, else the account's.")
    ]
    service_address: Annotated[
        str, Ref("service_address"), _about("Slug of the address. Default: the site's address.")
    ]
    extension: Annotated[
        Extension, _about("Numbers, forwarding, features, devices. {} removes all.")
    ]


# --- users ----------------------------------------------------------------------------------------


@with_config(_STRICT)
class UserAttributes(TypedDict, total=False):
    """The attributes of a user that YAML and inventory share."""

    first_name: Annotated[Name, Accepts(2, 128, PERSON), IDENTITY, _about("First name.")]
    last_name: Annotated[Name, Accepts(2, 30, PERSON), IDENTITY, _about("Last name.")]
    email: Annotated[
        Email,
        Accepts(5, 128),
        IDENTITY,
        CASELESS,
        SENSITIVE,
        _about("Primary e-mail address. Default: the user name."),
    ]
    status: Annotated[
        Literal["active", "inactive"],
        IDENTITY,
        _about("The licenses of an inactive user are suspended."),
    ]
    site: Annotated[str, Ref("site"), _about("Name of the user's site.")]
    job_title: Annotated[
        str | None, Accepts(1, 254), IDENTITY, _about("Job title. Empty removes it.")
    ]
    department: Annotated[
        str | None, Accepts(1, 100, GROUP), IDENTITY, _about("Department. Empty removes it.")
    ]
    policy: Annotated[str, Ref("policy"), _about("Policy profile.")]
    locale: Annotated[Locale, IDENTITY, LOCALE, _about("Language and region.")]
    timezone: Annotated[Name, IDENTITY, ZONE, _about("IANA time zone.")]


LossName = Literal[
    "voicemail_messages", "voicemail_greeting", "voicemail_pin", "call_history", "call_forwarding", "analytics",
    "switchboard_pro", "frontdesk", "barge_monitor_whisper", "sms", "devices", "contact_center",
]  # fmt: skip
"""What a license change may lose if the backend cannot change in place (domain.md, 3.2)."""


@with_config(_STRICT)
class UserTemplate(UserAttributes, total=False):
    """A named set of user settings. A user's own keys override it."""

    licenses: Annotated[
        list[LicenseEntry],
        FEW,
        NULL_IS_EMPTY,
        _about("Absent: unmanaged. Empty: no license, the user is a contact."),
    ]
    offboard_on: Annotated[
        Day, DIRECTIVE, _about("licsync suspends the user on this day, then offboards the user.")
    ]
    allow_loss: Annotated[
        Boolean | list[LossName],
        DIRECTIVE,
        _about("8x8: what a license change may lose for good: anything (true), or a list."),
    ]


@with_config(_STRICT)
class User(UserTemplate, total=False):
    """A user of the phone system; the key is the user name (login)."""

    template: Annotated[
        str | list[str],
        Ref("template"),
        DIRECTIVE,
        _about("One template or several. Later ones override earlier ones."),
    ]
    previously: Annotated[str, DIRECTIVE, _about("The user name before a rename.")]
    acknowledge: Annotated[Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, _about(_MEANT)]


# --- account --------------------------------------------------------------------------------------


@with_config(_STRICT)
class BackendSettings(TypedDict, total=False):
    """The backend of the account. The API key comes from the environment, never from YAML."""

    type: Annotated[
        Literal["local", "8x8"], _about("local: a sandbox. 8x8: 8x8's Administration API.")
    ]
    seed: Annotated[
        Name,
        _about("local: the inventory document, in the account directory, that seeds a new store."),
    ]
    customer_id: Annotated[Name, _about("8x8: the customer id.")]
    base_url: Annotated[Name, _about("8x8: the URL of the Administration API.")]
    settle_seconds: Annotated[
        Count,
        _about(
            "8x8: how long licsync looks for the effect of a request before it retries. Default: 300."
        ),
    ]
    operations_at_once: Annotated[
        Count,
        _about(
            "8x8: how many of the organization's ten concurrent operations licsync may use. Default: 9."
        ),
    ]
    changes_users: Annotated[
        Boolean,
        _about("8x8: whether the API can change users. Default: true. 'licsync doctor' checks it."),
    ]


@with_config(_STRICT)
class Defaults(TypedDict, total=False):
    """Defaults for users and licenses without a more specific value."""

    country: Annotated[Country, _about("Country of licenses without one.")]
    policy: Annotated[str, Ref("policy"), _about("Policy profile of new users.")]


@with_config(_STRICT)
class Offboarding(TypedDict, total=False):
    """The stages after a user's `offboard_on` day, counted from that day."""

    unassign_after: Annotated[Duration, _about("When licsync unassigns the licenses, such as 7d.")]
    delete_after: Annotated[Duration, _about("When licsync deletes the user, such as 90d.")]


_BY_DEFAULT = "Default: 10, or 30% of the users if that is more."


@with_config(_STRICT)
class Limits(TypedDict, total=False):
    """The most actions of each verb in one plan: a number, or a share of the inventory's users.

    By default suspend, unassign, downgrade and delete may each affect 10 users, or 30% of all users
    if that is more. By default change and relocate have no limit.
    """

    suspend: Annotated[CountOrShare, _about(f"Users to suspend. {_BY_DEFAULT}")]
    unassign: Annotated[CountOrShare, _about(f"Licenses to unassign. {_BY_DEFAULT}")]
    downgrade: Annotated[CountOrShare, _about(f"Licenses to downgrade. {_BY_DEFAULT}")]
    delete: Annotated[CountOrShare, _about(f"Users to delete. {_BY_DEFAULT}")]
    change: Annotated[
        CountOrShare, _about("Licenses to change to another family or country. Default: no limit.")
    ]
    relocate: Annotated[
        CountOrShare, _about("Licenses to bind to another address. Default: no limit.")
    ]


@with_config(_STRICT)
class Account(TypedDict, total=False):
    """The account as a whole."""

    name: Required[Annotated[Name, _about("Short name of the account.")]]
    backend: Annotated[BackendSettings, _about("The backend of the account.")]
    defaults: Annotated[Defaults, _about("Defaults for users and licenses.")]
    unlisted_users: Annotated[
        Literal["ignore", "suspend", "unassign", "delete"],
        _about("What happens to users of the inventory that no file names."),
    ]
    protected_users: Annotated[
        list[str],
        NULL_IS_EMPTY,
        Ref("user"),
        _about("Users that no plan suspends, unassigns, downgrades or deletes."),
    ]
    limits: Annotated[Limits, _about("The most actions of each verb in one plan.")]
    offboarding: Annotated[Offboarding, _about("The stages after a user's offboard_on day.")]
    identity: Annotated[
        Name,
        _about(
            "Identifies the account in a shared store without customer_id: 'licsync store adopt'."
        ),
    ]
    timezone: Annotated[
        Name,
        _about("IANA time zone in which days begin. Default: that of the user's site, else UTC."),
    ]
    acknowledge: Annotated[
        Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, _about(f"For the whole account. {_MEANT}")
    ]


@with_config(_STRICT)
class Price(TypedDict):
    """The monthly price of one license."""

    amount: Amount
    currency: Currency


@with_config(_STRICT)
class PoolEntry(TypedDict, total=False):
    """The units of one license type in one country that the company owns."""

    type: Required[Annotated[str, Ref("license_type"), _about("A key of the license catalog.")]]
    country: Annotated[Country, _about("Default: the account's country.")]
    quantity: Annotated[
        Count, _about("The number of units: assigned, unassigned, and held by inactive users.")
    ]
    unassigned_address: Annotated[
        str | dict[str, Count],
        Ref("service_address"),
        _about("Address of unassigned units: one slug, or the number of units by slug."),
    ]
    price: Annotated[Price, _about("Price per license and month.")]
    acknowledge: Annotated[Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, _about(_MEANT)]


@with_config(_STRICT)
class Tree(TypedDict, total=False):
    """One file of an account directory. Several files may contain the same key."""

    account: Annotated[Account, _about("The account, in account.yaml.")]
    service_addresses: Annotated[
        dict[str, ServiceAddress | None], _about("Addresses by slug. null deletes one.")
    ]
    sites: Annotated[dict[str, Site | None], _about("Sites by name. null deletes one.")]
    licenses: Annotated[list[PoolEntry], _about("The pools: the licenses that the company owns.")]
    policies: Annotated[
        dict[str, Policy | None], _about("Policy profiles by name. null deletes one.")
    ]
    templates: Annotated[dict[str, UserTemplate], _about("Templates by name.")]
    users: Annotated[dict[str, User], _about("Users by user name.")]
    catalog: Annotated[dict[str, LicenseType], _about("License types to add or override.")]
    rules: Annotated[
        dict[str, Rule], _about("Rules by name. licsync checks every plan against them.")
    ]
    approvals: Annotated[list[Approval], _about("Exceptions to limits and rules, until a day.")]


# --- the kinds ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
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
