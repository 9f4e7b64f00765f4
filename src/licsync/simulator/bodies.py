"""What may be sent: the bodies of the vendor's requests, and what is wrong with one that was sent.

Field names, types, lengths and patterns are those of the vendor's OpenAPI files (domain.md, 6.3,
6.4 and 8.1).
Unknown fields are let through: the vendor may add some at any time, and a client has to echo them.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, Required

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from licsync.model.declarations import Locale
from licsync.simulator.problems import Detail, Problem

OPEN = with_config(ConfigDict(extra="allow", strict=True))

Text = str | None
Flag = bool | None
Number = int | None
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")] | None
Mail = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")]
Ruleset = Literal["INTERNATIONAL", "DOMESTIC", "EMERGENCYONLY"] | None


# --- what several bodies have ---------------------------------------------------------------------


@OPEN
class Named(TypedDict, total=False):
    """Something that has an id and a name."""

    id: Text
    name: Text


@OPEN
class UserSite(Named, total=False):
    """The site of a user."""

    pbxName: Text


@OPEN
class PortingNumber(TypedDict, total=False):
    """The number that replaces another one when it is ported."""

    phoneNumber: Text


@OPEN
class PhoneNumber(TypedDict, total=False):
    """A phone number of an extension or a ring group."""

    country: Text
    origin: Text
    phoneNumber: Text
    portingNumber: PortingNumber
    primary: Flag


# --- sites and addresses --------------------------------------------------------------------------


@OPEN
class EmergencyNotification(TypedDict, total=False):
    """Who is notified of an emergency call."""

    type: Literal["EMAIL"] | None
    values: list[str] | None


@OPEN
class CallerIdSettings(TypedDict, total=False):
    """Caller id of a site."""

    mainNumber: Text
    setMainNumberAsCallerId: Flag
    shareMainNumberAsCallerId: Flag
    displayName: Text


@OPEN
class SiteAddress(TypedDict, total=False):
    """The address of a site, by its id."""

    id: Text


@OPEN
class Site(TypedDict, total=False):
    """A site."""

    id: Text
    name: Required[Annotated[str, Field(min_length=2, max_length=128)]]
    pbxName: Required[str]
    locale: Required[Locale]
    timezone: Required[str]
    address: Required[SiteAddress]
    siteCode: Text
    extensionLength: Number
    emergencyNotifications: list[EmergencyNotification] | None
    callerIdSettings: CallerIdSettings | None
    defaultDialPlanCallingCountry: Text
    defaultDialPlanRuleset: Ruleset
    defaultVoicemailZeroOutDestinationExtensionId: Text
    defaultVoicemailZeroOutDestinationExtensionNumber: Text


Text128 = Annotated[str, Field(min_length=1, max_length=128)] | None
Text45 = Annotated[str, Field(min_length=1, max_length=45)] | None


@OPEN
class Address(TypedDict, total=False):
    """A postal address that is to be made."""

    organization: Text128
    building: Text128
    streetNumber: Text45
    streetName: Text128
    dependentStreet: Text128
    secondaryLocation: Text45
    city: Text45
    dependentCity: Text45
    state: Text45
    county: Text45
    postal: Text45
    zip4: Text45
    country: Required[Annotated[str, Field(min_length=1, max_length=45)]]


# --- checking -------------------------------------------------------------------------------------


@cache
def _adapter(declaration: Any) -> TypeAdapter[Any]:
    return TypeAdapter(declaration)


_MESSAGES = {
    "missing": "must not be null",
    "string_too_short": "size must be at least {min_length}",
    "string_too_long": "size must be at most {max_length}",
    "too_long": "size must be at most {max_length}",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "literal_error": "must be one of {expected}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}


def check(declaration: Any, body: Any, title: str = "Validation error") -> None:
    """Refuse a body that is not of a form.

    Raises:
        Problem: the body is invalid (400). It names every field.
    """
    try:
        _adapter(declaration).validate_python(body)
    except ValidationError as fault:
        found = {_field(body, e["loc"]): _message(e) for e in fault.errors(include_url=False)}
        raise Problem(
            400, title, *(Detail("VALIDATION_ERROR", m, f) for f, m in found.items())
        ) from fault


def _message(error: Any) -> str:
    return _MESSAGES.get(error["type"], "is not of the right type").format(**error.get("ctx", {}))


def _field(body: Any, location: tuple[str | int, ...]) -> str | None:
    """Write a path as 8x8 does, `serviceInfo.licenses[0].id`, without names of union choices."""
    text = ""
    for step in location:
        if isinstance(step, int) and isinstance(body, list):
            text += f"[{step}]"
        elif isinstance(body, dict):
            text += f".{step}" if text else str(step)
        else:
            break
        try:
            body = body[step]
        except (KeyError, IndexError):
            break
    return text or None
