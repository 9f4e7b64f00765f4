"""Declares the types of what licsync reads; every answer to a GET is checked against them.

A value of another type cannot be understood, and leaving it out would conclude something from it:
that a user has no license, that a list has ended. So the whole answer is refused, and says where.
Absent and null are not faults but for
what names a thing: lists leave fields out. What licsync does not read is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Required, TypedDict
from urllib.parse import unquote

from msgspec import Meta, ValidationError, convert

_Text = str | None
_Name = Annotated[str, Meta(min_length=1)]


class _Named(TypedDict, total=False):
    id: Required[_Name]
    name: _Text


class _Reference(TypedDict, total=False):
    id: _Text
    name: _Text


class _BasicInfo(TypedDict, total=False):
    userId: Required[_Name]
    userName: Required[_Name]
    customerId: _Text
    createdTime: _Text
    lastUpdatedTime: _Text
    scimProvider: _Text
    firstName: _Text
    lastName: _Text
    primaryEmail: _Text
    status: Annotated[str, Meta(pattern="^(?i:active|inactive|)$")] | None
    locale: _Text
    timezone: _Text
    site: _Reference | None


class _DirectoryInfo(TypedDict, total=False):
    department: _Text
    jobTitle: _Text


class _License(TypedDict, total=False):
    id: Required[_Name]
    name: _Text
    country: _Text


class _PhoneNumber(TypedDict, total=False):
    phoneNumber: _Text
    primary: bool | None


class _Device(TypedDict, total=False):
    id: _Text
    model: _Text
    macAddress: _Text
    status: _Text


class _Extension(TypedDict, total=False):
    id: _Text
    licenseId: _Text
    extensionNumber: _Text
    extensionType: _Text
    phoneNumbers: list[_PhoneNumber] | None
    primaryPhoneNumber: _Text
    voicemailEmail: _Text
    recordingMode: _Text
    devices: list[_Device] | None


class _ServiceInfo(TypedDict, total=False):
    licenses: list[_License] | None
    extensions: list[_Extension] | None


class _AssignmentInfo(TypedDict, total=False):
    profilePolicy: _Reference | None
    ringGroups: list[_Named] | None
    ucCallQueues: list[_Named] | None


class _User(TypedDict, total=False):
    basicInfo: Required[_BasicInfo]
    directoryInfo: _DirectoryInfo | None
    serviceInfo: _ServiceInfo | None
    assignmentInfo: _AssignmentInfo | None


class _Site(TypedDict, total=False):
    id: Required[_Name]
    name: Required[_Name]
    pbxName: _Text
    locale: _Text
    timezone: _Text
    address: _Reference | None


class _Address(TypedDict, total=False):
    id: Required[_Name]
    organization: _Text
    building: _Text
    streetNumber: _Text
    streetNumberSuffix: _Text
    preDirectional: _Text
    streetName: _Text
    streetNameSuffix: _Text
    postDirectional: _Text
    dependentStreet: _Text
    secondaryLocation: _Text
    city: _Text
    dependentCity: _Text
    state: _Text
    county: _Text
    postal: _Text
    zip4: _Text
    country: _Text


class _Member(TypedDict, total=False):
    userId: _Text
    extensionId: _Text
    extensionNumber: _Text
    sequenceNumber: int | None
    loggedIn: bool | None
    voicemailAccessEnabled: bool | None


class _RingGroup(TypedDict, total=False):
    id: Required[_Name]
    name: _Text
    extensionNumber: _Text
    phoneNumbers: list[_PhoneNumber] | None
    members: list[_Member] | None


class _Number(TypedDict, total=False):
    phoneNumber: Required[_Name]
    status: _Text
    temporaryNumber: _Text


_SHAPES: Mapping[str, Any] = {
    "users": _User,
    "sites": _Site,
    "addresses": _Address,
    "ringgroups": _RingGroup,
    "phonenumbers": _Number,
}
"""By the resource part of the media type."""

_KINDS = {
    "object": "an object",
    "array": "a list",
    "str": "a text",
    "bool": "true or false",
    "null": "null",
}
_WRONG = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<found>[^`]+)`")
_LACKS = re.compile(r"Object missing required field `(?P<name>[^`]+)`")


def find_type_error(media: str, path: str, body: Any) -> str:
    """Describe a value whose type is not the documented one; empty if there is none.

    Args:
        media: the resource part of the media type.
        path: what was asked for: a list, or one thing below it.
        body: the JSON of the answer.
    """
    shape = _SHAPES.get(media)
    if shape is None:
        return ""
    if path.count("/") > 1:
        asked = unquote(path.rpartition("/")[2])
        return _type_error(shape, body, "") or (
            "" if asked in _names(body) else f"it is not that of {asked}"
        )
    rows = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(rows, list):
        return ""  # whoever reads pages says so
    try:
        convert(rows, list[shape])  # type: ignore[valid-type]
    except ValidationError:
        return next(
            filter(
                None,
                (_type_error(shape, row, _row(number, row)) for number, row in enumerate(rows, 1)),
            ),
            "",
        )
    return ""


def _names(document: Any) -> list[str]:
    """List what names a thing, as far as it is understood."""
    basic = document.get("basicInfo") if isinstance(document, Mapping) else None
    parts = [part for part in (basic, document) if isinstance(part, Mapping)]
    found = [
        part.get(name)
        for part in parts
        for name in ("userName", "userId", "id", "name", "phoneNumber")
    ]
    return [name for name in found if isinstance(name, str) and name]


def _row(number: int, row: Any) -> str:
    named = next(iter(_names(row)), "")
    return f"row {number} ({named}), " if named else f"row {number}, "


def _type_error(shape: Any, body: Any, where: str) -> str:
    try:
        convert(body, shape)
    except ValidationError as fault:
        text, _, path = str(fault).partition(" - at `$")
        place = path.rstrip("`").removeprefix(".").replace("[...]", "[]") or "the document"
        return f"{where}{place} {_words(text)}"
    return ""


def _words(text: str) -> str:
    if found := _WRONG.search(text):
        wanted = " or ".join(
            _KINDS.get(kind, kind) for kind in found["wanted"].split(" | ") if kind != "null"
        )
        return f"must be {wanted}, not {_KINDS.get(found['found'], 'a number')}"
    if found := _LACKS.search(text):
        return f"lacks {found['name']}"
    return "is empty" if "length" in text else "has a value that is not known"
