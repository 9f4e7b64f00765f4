"""The declaration of the inventory document (contract, section 2): what the backend holds.

licsync keeps what 8x8 adds, so a record may have unknown keys.
"""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, Required, get_args

from typing_extensions import TypedDict

from licsync.model.declarations import (
    KINDS,
    Extension,
    ServiceAddress,
    SiteAttributes,
    UserAttributes,
)
from licsync.model.fields import COMPUTED, SET_LIKE, fields_of
from licsync.model.schema_markers import extensible


@extensible
class Suspension(TypedDict, total=False):
    """Why and since when a license is suspended."""

    reason: Required[Literal["user_inactive", "removed"]]
    at: Required[str]


HOLDERS = ("ring_group", "call_queue", "auto_attendant", "service")
"""Holders of licenses and numbers other than users."""


GroupField = Literal["ring_groups", "call_queues"]
"""A field of a user that lists groups, which calls go to together."""

GROUPS: tuple[GroupField, ...] = get_args(GroupField)


@extensible
class Holder(TypedDict, total=False):
    """A holder of a license other than a user."""

    kind: Required[Literal["ring_group", "call_queue", "auto_attendant", "service"]]
    name: Required[str]


@extensible
class NumberHolder(Holder, total=False):
    """A holder other than a user, with its known numbers. No user can have them."""

    extension: str | None
    phone_numbers: list[str] | None


@extensible
class Unit(TypedDict, total=False):
    """One license of the inventory, with its state (domain.md, section 4).

    A user or another holder has it, or nobody. `unnamed` says that the console has shown no id of
    it: then licsync made its key up.
    """

    type: Required[str]
    country: Required[str]
    service_address: str | None
    status: Required[Literal["assigned", "unassigned", "suspended"]]
    user: str | None
    holder: Holder | None
    suspended: Suspension | None
    unnamed: bool


@extensible
class Service(TypedDict, total=False):
    """One license that a user of the inventory holds, with its extension.

    `restore` contains the settings that a license change has lost and that a person has to restore.
    """

    license: Required[str]
    extension: NotRequired[Extension]
    restore: NotRequired[Extension]


@extensible
class InventoryAddress(TypedDict, total=False):
    """A service address of the inventory."""

    organization: str | None
    building: str | None
    street_number: str | None
    street_name: str | None
    dependent_street: str | None
    secondary_location: str | None
    city: str | None
    dependent_city: str | None
    state: str | None
    county: str | None
    postal: str | None
    zip4: str | None
    country: str | None


@extensible
class InventorySite(TypedDict, total=False):
    """A site of the inventory; its address is the id of a service address."""

    service_address: str | None
    pbx: str | None
    locale: str | None
    timezone: str | None


for _written, _held in ((ServiceAddress, InventoryAddress), (SiteAttributes, InventorySite)):
    # 8x8 allows any text in these. A declared field that is missing here is added.
    _held.__annotations__ |= {
        name: str | None for name in fields_of(_written) if name not in _held.__annotations__
    }


@extensible
class InventoryPolicy(TypedDict, total=False):
    """A policy profile of the inventory."""

    settings: dict[str, object] | None


class Spelling(TypedDict):
    """A value that 8x8 stores in another form than requested."""

    asked: object
    stored: object


@extensible
class InventoryUser(UserAttributes, total=False):
    """A user of the inventory."""

    id: Annotated[str, COMPUTED]
    scim_provider: Annotated[str | None, COMPUTED]
    services: list[Service]
    ring_groups: Annotated[list[object], SET_LIKE]
    call_queues: Annotated[list[object], SET_LIKE]
    spelled: Annotated[dict[str, Spelling], COMPUTED]


@extensible
class InventoryDocument(TypedDict, total=False):
    """The inventory document of the contract, section 2."""

    format_version: Required[Literal["1"]]
    account: Required[str]
    identity: str
    as_of: str
    service_addresses: dict[str, InventoryAddress]
    sites: dict[str, InventorySite]
    policies: dict[str, InventoryPolicy]
    licenses: dict[str, Unit]
    users: dict[str, InventoryUser]
    holders: list[NumberHolder] | None
    observed: dict[str, str] | None


for _kind in KINDS.values():  # a kind without a declaration above
    InventoryDocument.__annotations__.setdefault(_kind.section, dict[str, dict[str, object]])
