"""A user as SCIM shows it, and what a request wants of a user.

The inventory has what licsync knows. Other values that SCIM takes (`externalId`, further parts of
the name) are kept as documents of the kind `scim`; contact numbers are those of the
Administration API.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from scim2_models import InvalidValueException, Meta

from licsync.model.declarations import Locale, UserAttributes
from licsync.model.field_limits import LOGIN, Accepts
from licsync.model.fields import fields_with_marker
from licsync.model.license import format_instant, parse_instant
from licsync.planning.calendar import known_zones
from licsync.simulator.scim_schemas import (
    USERS,
    EightUser,
    Email,
    EnterpriseUser,
    Name,
    PhoneNumber,
    ScimUser,
)
from licsync.simulator.simulation import Simulation
from licsync.simulator.users import EPOCH, get_path, user_id

NO_EMAIL = "noreply@8x8.com"
"""The e-mail address of a user who is made without one."""

_ATTRIBUTES = {
    "first_name": "name.givenName",
    "last_name": "name.familyName",
    "email": "emails.value",
    "job_title": "title",
    "department": "department",
    "locale": "locale",
    "timezone": "timezone",
}
"""What SCIM can set of a user, by the inventory's field, with its name in SCIM."""

_NAME_PARTS = ("formatted", "middle_name", "honorific_prefix", "honorific_suffix")
"""Parts of a name that the inventory does not know."""

_LOGIN = Accepts(3, 70, LOGIN)


def identity_provider(sim: Simulation) -> str | None:
    """Name the identity provider that the users of the account belong to, if there is one."""
    for _, kept in sim.documents.all("users"):
        if provider := get_path(kept, "body.basicInfo.scimProvider"):
            return str(provider)
    return sim.identity_provider


def show_user(sim: Simulation, name: str, record: Mapping[str, Any]) -> ScimUser:
    """Show a user."""
    identifier = user_id(sim, name, record)
    kept = sim.documents.get("users", identifier) or {}
    own = sim.documents.get("scim", identifier) or {}
    contacts = get_path(kept, "body.directoryInfo.personalPhoneNumbers") or ()
    user = ScimUser(
        id=identifier,
        external_id=own.get("external_id"),
        user_name=name,
        name=_shown_name(record, own),
        title=record.get("job_title"),
        locale=record.get("locale"),
        timezone=record.get("timezone"),
        active=record.get("status") != "inactive",
        emails=_shown_emails(record),
        phone_numbers=[_shown_number(number) for number in contacts] or None,
        meta=Meta(
            resource_type=USERS.name,
            created=parse_instant(kept.get("created", EPOCH)),
            last_modified=parse_instant(kept.get("updated", EPOCH)),
        ),
    )
    if record.get("department"):
        user[EnterpriseUser] = EnterpriseUser(department=record["department"])
    if record.get("site"):
        user[EightUser] = EightUser(site=record["site"])
    return user


def _shown_name(record: Mapping[str, Any], own: Mapping[str, Any]) -> Name | None:
    parts = {part: value for part, value in own.get("name", {}).items() if value}
    if record.get("first_name"):
        parts["given_name"] = record["first_name"]
    if record.get("last_name"):
        parts["family_name"] = record["last_name"]
    return Name(**parts) if parts else None


def _shown_emails(record: Mapping[str, Any]) -> list[Email] | None:
    address = record.get("email")
    return [Email(value=address, type="work", primary=True)] if address else None


def _shown_number(number: Mapping[str, Any]) -> PhoneNumber:
    kind = number.get("type")
    return PhoneNumber(value=number.get("number"), type=kind.casefold() if kind else None)


# --- what a request wants -------------------------------------------------------------------------


def wanted_attributes(user: ScimUser, before: Mapping[str, Any]) -> dict[str, Any]:
    """List the values of the inventory's fields that a request changes; None empties a field.

    Raises:
        InvalidValueException: 8x8 does not accept the value.
    """
    name = user.name or Name()
    wanted: dict[str, Any] = {
        "first_name": name.given_name,
        "last_name": name.family_name,
        "email": _wanted_email(user),
        "job_title": user.title,
        "department": (user[EnterpriseUser] or EnterpriseUser()).department,
        "locale": user.locale,
        "timezone": user.timezone,
    }
    changed = {
        field: value or None
        for field, value in wanted.items()
        if (value or None) != (before.get(field) or None)
    }
    for field, value in changed.items():
        if value is not None:
            _check(field, value)
    return changed


def _check(field: str, value: str) -> None:
    accepts = fields_with_marker(UserAttributes, Accepts).get(field)
    fault = accepts.fault(value) if accepts else None
    if field == "locale" and value not in get_args(Locale):
        fault = "is not a locale of 8x8"
    if field == "timezone" and value not in known_zones().values():
        fault = "is not an IANA time zone"
    if field == "email" and "@" not in value:
        fault = "is not an e-mail address"
    if fault:
        raise InvalidValueException(detail=f"{_ATTRIBUTES[field]} {fault}")


def check_user_name(name: str) -> None:
    """Refuse a user name that 8x8 does not accept.

    Raises:
        InvalidValueException: 8x8 does not accept the value.
    """
    if fault := _LOGIN.fault(name):
        raise InvalidValueException(detail=f"userName {fault}")


def _wanted_email(user: ScimUser) -> str:
    emails = [email for email in user.emails or () if email.value]
    if len(emails) > 1:
        raise InvalidValueException(detail="emails: a user has one e-mail address")
    if emails and emails[0].type not in (None, "work"):
        raise InvalidValueException(detail="emails: the type of an e-mail address is 'work'")
    return str(emails[0].value) if emails else NO_EMAIL


def wanted_contacts(user: ScimUser) -> list[dict[str, str]]:
    """List the contact numbers that a request wants, as the Administration API has them.

    Raises:
        InvalidValueException: 8x8 does not accept the value.
    """
    contacts = []
    for number in user.phone_numbers or ():
        kind = number.type or "work"
        if kind not in ("work", "mobile"):
            raise InvalidValueException(
                detail=f"phoneNumbers: the type is 'work' or 'mobile', not {kind!r}"
            )
        if number.value:
            contacts.append({"number": number.value, "type": kind.upper()})
    return contacts


def keep_rest(
    sim: Simulation, identifier: str, user: ScimUser, now: datetime, *, new: bool
) -> None:
    """Keep what the inventory does not know of a request; a user's federation id is its name.

    Raises:
        InvalidValueException: 8x8 does not accept the value.
    """
    instant = format_instant(now)
    kept = sim.documents.get("users", identifier) or {"created": instant if new else EPOCH}
    body = {section: value for section, value in kept.get("body", {}).items() if value}
    body["basicInfo"] = {**body.get("basicInfo", {}), "ssoFederationId": user.user_name}
    contacts = wanted_contacts(user)
    body["directoryInfo"] = {**body.get("directoryInfo", {}), "personalPhoneNumbers": contacts}
    sim.documents.put("users", identifier, {**kept, "updated": instant, "body": body})
    own = sim.documents.get("scim", identifier) or {"made": new}
    name = user.name or Name()
    parts = {part: getattr(name, part) for part in _NAME_PARTS if getattr(name, part)}
    own = {**own, "external_id": user.external_id, "name": parts}
    sim.documents.put("scim", identifier, own)


def touch(sim: Simulation, identifier: str, now: datetime) -> None:
    """Note that a user was changed."""
    kept = sim.documents.get("users", identifier) or {"created": EPOCH}
    sim.documents.put("users", identifier, {**kept, "updated": format_instant(now)})
