"""The one declaration of everything that YAML, the inventory document and a plan speak of.

Each kind of record is a `TypedDict`: a key that is absent is unmanaged (contract, section 1), so
absence is part of the type. The markers of `fields` carry what else is true of a field. Loading,
the JSON Schemas, reference checks, comparison, masking and the columns of views all read these
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
"""The locales of the vendor's user and site schemas (domain.md, 8.1)."""


_MEANT = "Warnings that are not said again: a list of `code: reason`."


def _about(text: str) -> Any:
    return Field(description=text)


# --- places ---------------------------------------------------------------------------------------


@with_config(_STRICT)
class ServiceAddress(TypedDict, total=False):
    """A postal address that licenses are bound to and taxed by (domain.md, 6.3).

    Never changed once made.
    """

    organization: Annotated[Name, Accepts(1, 128), _about("Company at the address.")]
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
    country: Required[Annotated[Country, _about("ISO 3166 code of two letters.")]]


@with_config(_STRICT)
class SiteAttributes(TypedDict, total=False):
    """What both the YAML and the inventory say of a site."""

    service_address: Annotated[
        str, Ref("service_address"), _about("Slug of the site's service address.")
    ]
    pbx: Annotated[Name, IMMUTABLE, _about("The PBX that the site belongs to.")]
    locale: Annotated[Locale, LOCALE, _about("Language and region.")]
    timezone: Annotated[Name, ZONE, _about("IANA time zone, such as America/Los_Angeles.")]


@with_config(_STRICT)
class Site(SiteAttributes, total=False):
    """A branch in the vendor's console; users sit at a site and their licenses follow its address."""

    acknowledge: Annotated[Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, _about(_MEANT)]


@with_config(_STRICT)
class Policy(TypedDict, total=False):
    """A policy profile: what its users may not do in the 8x8 Work apps (domain.md, section 5)."""

    settings: Annotated[
        dict[str, Setting], _about("Setting to value; a null removes one, an empty mapping all.")
    ]


# --- what a license carries -----------------------------------------------------------------------


@with_config(_STRICT)
class ForwardingRule(TypedDict, total=False):
    """One call-forwarding rule of an extension."""

    when: Required[
        Annotated[
            Literal["always", "busy", "no_answer", "unreachable", "after_hours"],
            _about("When calls are forwarded."),
        ]
    ]
    to: Required[
        Annotated[Name, SENSITIVE, _about("Extension or phone number that takes the call.")]
    ]
    after_seconds: Annotated[Count, _about("For no_answer: how long it rings first.")]


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
    """What can be switched on an extension where the license type has it (domain.md, section 2)."""

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
        Email | Literal[""] | None, CASELESS, SENSITIVE, _about("Where voicemail is sent.")
    ]
    recording_mode: Annotated[
        Literal["off", "always", "on_demand", "always_allow_pause"],
        _about("When calls are recorded."),
    ]
    features: Annotated[Features, _about("Features that are switched per extension.")]
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

    type: Required[Annotated[str, Ref("license_type"), _about("A key of the license catalogue.")]]
    country: Annotated[
        Country, _about("Default: the country of the user's site, else the account's.")
    ]
    service_address: Annotated[
        str, Ref("service_address"), _about("Slug; default: the site's address.")
    ]
    extension: Annotated[
        Extension, _about("Numbers, forwarding, features, devices; {} removes all.")
    ]


# --- users ----------------------------------------------------------------------------------------


@with_config(_STRICT)
class UserAttributes(TypedDict, total=False):
    """What both the YAML and the inventory say of a user."""

    first_name: Annotated[Name, Accepts(2, 128, PERSON), IDENTITY, _about("First name.")]
    last_name: Annotated[Name, Accepts(2, 30, PERSON), IDENTITY, _about("Last name.")]
    email: Annotated[
        Email,
        Accepts(5, 128),
        IDENTITY,
        CASELESS,
        SENSITIVE,
        _about("Primary e-mail; default: the user name."),
    ]
    status: Annotated[
        Literal["active", "inactive"],
        IDENTITY,
        _about("An inactive user's licenses are suspended."),
    ]
    site: Annotated[str, Ref("site"), _about("Name of the user's site.")]
    job_title: Annotated[
        str | None, Accepts(1, 254), IDENTITY, _about("Job title; empty removes it.")
    ]
    department: Annotated[
        str | None, Accepts(1, 100, GROUP), IDENTITY, _about("Department; empty removes it.")
    ]
    policy: Annotated[str, Ref("policy"), _about("Policy profile.")]
    locale: Annotated[Locale, IDENTITY, LOCALE, _about("Language and region.")]
    timezone: Annotated[Name, IDENTITY, ZONE, _about("IANA time zone.")]


LossName = Literal[
    "voicemail_messages", "voicemail_greeting", "voicemail_pin", "call_history", "call_forwarding", "analytics",
    "switchboard_pro", "frontdesk", "barge_monitor_whisper", "sms", "devices", "contact_center",
]  # fmt: skip
"""What a change of license may lose where the backend does not change licenses in place (domain.md, 3.2)."""


@with_config(_STRICT)
class UserTemplate(UserAttributes, total=False):
    """A named part that users are filled in from."""

    licenses: Annotated[
        list[LicenseEntry],
        FEW,
        NULL_IS_EMPTY,
        _about("Absent: unmanaged. Empty: none, the user is a contact."),
    ]
    offboard_on: Annotated[
        Day, DIRECTIVE, _about("From this day the user is inactive, then offboarded.")
    ]
    allow_loss: Annotated[
        Boolean | list[LossName],
        DIRECTIVE,
        _about(
            "8x8: what a change of license may lose for good: everything (true), or what is listed."
        ),
    ]


@with_config(_STRICT)
class User(UserTemplate, total=False):
    """A user of the phone system; the key is the user name (login)."""

    template: Annotated[
        str | list[str],
        Ref("template"),
        DIRECTIVE,
        _about("One template or several; later ones win."),
    ]
    previously: Annotated[str, DIRECTIVE, _about("The user name before a rename.")]
    acknowledge: Annotated[Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, _about(_MEANT)]


# --- account --------------------------------------------------------------------------------------


@with_config(_STRICT)
class BackendSettings(TypedDict, total=False):
    """Where the account lives. The API key comes from the environment, never from YAML."""

    type: Annotated[
        Literal["local", "8x8"], _about("local: the embedded console. 8x8: the vendor's API.")
    ]
    seed: Annotated[
        Name, _about("local: inventory document, in the account's directory, for a new store.")
    ]
    customer_id: Annotated[Name, _about("8x8: the customer id.")]
    base_url: Annotated[Name, _about("8x8: the address of the Administration API.")]
    settle_seconds: Annotated[
        Count,
        _about(
            "8x8: after how long a request that shows no effect is taken to have none; default 300."
        ),
    ]
    operations_at_once: Annotated[
        Count,
        _about(
            "8x8: how many of the organisation's ten operations at once licsync may use; default 9."
        ),
    ]
    changes_users: Annotated[
        Boolean,
        _about(
            "8x8: whether the API can change users; default true. 'licsync doctor' tells whether it can."
        ),
    ]


@with_config(_STRICT)
class Defaults(TypedDict, total=False):
    """What users and licenses get where nothing nearer says."""

    country: Annotated[Country, _about("Country of licenses without one.")]
    policy: Annotated[str, Ref("policy"), _about("Policy profile of new users.")]


@with_config(_STRICT)
class Offboarding(TypedDict, total=False):
    """What follows a user's `offboard_on` day; each is counted from that day."""

    unassign_after: Annotated[Duration, _about("When licenses go back to the pool, such as 7d.")]
    delete_after: Annotated[Duration, _about("When the user is deleted, such as 90d.")]


_BY_DEFAULT = "Default: 10, or 30% of the users where that is more."


@with_config(_STRICT)
class Limits(TypedDict, total=False):
    """The most of each verb that one plan may do: a number, or a share of the inventory's users.

    Without a limit of their own, suspend, unassign, downgrade and delete may each touch 10 users,
    or 30% of all users where that is more. Change and relocate have no limit then.
    """

    suspend: Annotated[CountOrShare, _about(f"Users to suspend. {_BY_DEFAULT}")]
    unassign: Annotated[CountOrShare, _about(f"Licenses to take from users. {_BY_DEFAULT}")]
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
    backend: Annotated[BackendSettings, _about("Where the account lives.")]
    defaults: Annotated[Defaults, _about("Defaults for users and licenses.")]
    unlisted_users: Annotated[
        Literal["ignore", "suspend", "unassign", "delete"],
        _about("What happens to users of the inventory that no file names."),
    ]
    protected_users: Annotated[
        list[str],
        NULL_IS_EMPTY,
        Ref("user"),
        _about("Never suspended, unassigned, downgraded or deleted."),
    ]
    limits: Annotated[Limits, _about("The most of each verb that one plan may do.")]
    offboarding: Annotated[Offboarding, _about("What follows a user's offboard_on day.")]
    identity: Annotated[
        Name,
        _about(
            "Which account of a shared store this is, where no customer_id says it: 'licsync store adopt'."
        ),
    ]
    timezone: Annotated[
        Name,
        _about("IANA time zone that days begin in. Default: that of the user's site, else UTC."),
    ]
    acknowledge: Annotated[
        Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, _about(f"For all of the account. {_MEANT}")
    ]


@with_config(_STRICT)
class Price(TypedDict):
    """What one license costs a month."""

    amount: Amount
    currency: Currency


@with_config(_STRICT)
class PoolEntry(TypedDict, total=False):
    """What the company owns of one license type in one country."""

    type: Required[Annotated[str, Ref("license_type"), _about("A key of the license catalogue.")]]
    country: Annotated[Country, _about("Default: the account's.")]
    quantity: Annotated[Count, _about("Assigned, unassigned and held by inactive users together.")]
    unassigned_address: Annotated[
        str | dict[str, Count],
        Ref("service_address"),
        _about("Where unassigned units are bound: one slug, or slug to number of units."),
    ]
    price: Annotated[Price, _about("For each license and month.")]
    acknowledge: Annotated[Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, _about(_MEANT)]


@with_config(_STRICT)
class Tree(TypedDict, total=False):
    """One file of an account directory; the same key may stand in many files."""

    account: Annotated[Account, _about("The account; in account.yaml.")]
    service_addresses: Annotated[
        dict[str, ServiceAddress | None], _about("Slug to address; null deletes.")
    ]
    sites: Annotated[dict[str, Site | None], _about("Name to site; null deletes.")]
    licenses: Annotated[list[PoolEntry], _about("The pool: what the company owns.")]
    policies: Annotated[dict[str, Policy | None], _about("Name to policy profile; null deletes.")]
    templates: Annotated[dict[str, UserTemplate], _about("Name to template.")]
    users: Annotated[dict[str, User], _about("User name to user.")]
    catalog: Annotated[dict[str, LicenseType], _about("License types to add or to override.")]
    rules: Annotated[dict[str, Rule], _about("Name to a rule that every plan is checked by.")]
    approvals: Annotated[
        list[Approval], _about("What may be done beyond the limits, and until when.")
    ]


# --- the kinds ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: its name in plans, its section in YAML and inventory, its declaration, and its names."""

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
"""Every kind of resource, in the order in which what is referred to comes before what refers."""

PLAIN = tuple(name for name in KINDS if name not in ("service_address", "license", "user"))
"""The kinds without rules of their own: named, created, changed and deleted as declared."""
