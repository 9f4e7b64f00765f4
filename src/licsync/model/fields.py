"""Scalar types and markers that the declarations are made of.

A field's type defines how its text is decoded and its JSON Schema. Its markers define what the
field means to the rest of licsync: what it refers to, how it is compared, whether a license change
keeps it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from functools import cache
from typing import (
    Annotated,
    Literal,
    NotRequired,
    Required,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from msgspec import Struct

from licsync.model.scalars import Plain as Plain
from licsync.model.schema_markers import Bounds, Decoded, NullIsEmpty

# --- markers --------------------------------------------------------------------------------------


class Ref(Struct, frozen=True):
    """The field names a resource of this kind."""

    kind: str


class Unique(Struct, frozen=True):
    """No two users may have the same value.

    Attributes:
        space: names the space of the values, and the subject of the diagnostic.
    """

    space: str


class NeedsFeature(Struct, frozen=True):
    """The field needs a license type with this feature of the catalog.

    On a type without the feature, the field gets the value `fallback` by itself.
    """

    feature: str
    fallback: object = None


class Marker(Struct, frozen=True):
    """A yes-or-no property of a field."""

    name: str


IMMUTABLE = Marker("immutable")  # set at creation, never changed
COMPUTED = Marker("computed")  # set by 8x8, never declared
SENSITIVE = Marker("sensitive")  # masked by views on request
SET_LIKE = Marker("set-like")  # order does not matter when compared
DIRECTIVE = Marker("directive")  # an instruction to licsync, not a property of the resource
CASELESS = Marker("caseless")  # compared without case
FIRST_LEADS = Marker("first leads")  # a list: only the first item has a fixed place
LOCALE = Marker("locale")  # compared as a locale: en_us is en-US
ZONE = Marker("zone")  # compared as a time zone: US/Pacific is America/Los_Angeles
IDENTITY = Marker("identity")  # set by an identity provider that provisions the user


def markers(annotation: object) -> tuple[object, ...]:
    """List the markers of an annotation. `Required` and `NotRequired` do not hide them."""
    while get_origin(annotation) in (NotRequired, Required):
        annotation = get_args(annotation)[0]
    return get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()


@cache
def fields_of(declaration: type) -> dict[str, tuple[object, ...]]:
    """Map each field of a declaration to its markers, in the order of the declaration."""
    hints = get_type_hints(declaration, include_extras=True)
    return {name: markers(hint) for name, hint in hints.items()}


@cache
def mappings_of(declaration: type) -> frozenset[str]:
    """Name the fields that are mappings with free keys, such as the settings of a policy."""
    return frozenset(
        name for name, hint in get_type_hints(declaration).items() if get_origin(hint) is dict
    )


Mark = TypeVar("Mark")


def fields_with_marker(declaration: type, marker: type[Mark]) -> dict[str, Mark]:
    """Map each field that has a marker of a class to that marker, in the order of the fields."""
    found: dict[str, Mark] = {}
    for name, marks in fields_of(declaration).items():
        for mark in marks:
            if isinstance(mark, marker):
                found[name] = mark
    return found


# --- scalars --------------------------------------------------------------------------------------

_TRUE, _FALSE = frozenset(("true", "True", "TRUE")), frozenset(("false", "False", "FALSE"))
MAX_COUNT = 999_999_999

ValueKind = Literal["boolean", "whole number", "day", "count or share"]
"""Kinds of values that a decoder makes of text."""


class WrongKind(ValueError):
    """A value is not of the kind that its field takes. The message says what it must be.

    Attributes:
        kind: the kind that the field takes.
    """

    def __init__(self, kind: ValueKind, requirement: str):
        super().__init__(requirement)
        self.kind: ValueKind = kind


_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")


def _boolean(value: object) -> bool:
    if isinstance(value, Plain):
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
    if isinstance(value, bool):
        return value
    raise WrongKind("boolean", "must be true or false, without quotes")


def _integer(value: object) -> int:
    if isinstance(value, Plain) and _INTEGER.fullmatch(value):
        if len(value) > 20:  # int() takes quadratic time
            raise ValueError(f"must be from 0 to {MAX_COUNT}")
        return int(value, 0) if value[:2] in ("0o", "0x") else int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise WrongKind("whole number", "must be a whole number, without quotes")


def _day(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with suppress(ValueError):
            return date.fromisoformat(value).isoformat()
    raise WrongKind("day", "must be a day of the calendar, as YYYY-MM-DD")


def _setting(value: object) -> bool | str | None:
    if isinstance(value, Plain):
        if value in _TRUE or value in _FALSE:
            return value in _TRUE
        return str(value)
    if value is None or isinstance(value, bool | str):
        return value
    raise ValueError("must be true, false or text")


def _count_or_share(value: object) -> int | str:
    if isinstance(value, str) and re.fullmatch(r"(100|[0-9]{1,2})%", value):
        return value
    try:
        number = _integer(value)
    except ValueError:
        number = -1
    if not 0 <= number <= MAX_COUNT:
        raise WrongKind("count or share", "must be a whole number, or a share such as 20%")
    return number


Boolean = Annotated[bool, Decoded(_boolean, {"type": "boolean"})]
Count = Annotated[
    int,
    Bounds(ge=0, le=MAX_COUNT),
    Decoded(_integer, {"type": "integer", "minimum": 0, "maximum": MAX_COUNT}),
]
Positive = Annotated[
    int,
    Bounds(ge=1, le=MAX_COUNT),
    Decoded(_integer, {"type": "integer", "minimum": 1, "maximum": MAX_COUNT}),
]
Day = Annotated[
    str,
    Decoded(
        _day, {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[01][0-9]-[0-3][0-9]$"}
    ),
]
CountOrShare = Annotated[
    int | str,
    Decoded(
        _count_or_share,
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MAX_COUNT},
                {"type": "string", "pattern": "^(100|[0-9]{1,2})%$"},
            ]
        },
    ),
]
Setting = Annotated[
    bool | str | None,
    Decoded(_setting, {"type": ["boolean", "string", "number", "null"]}),
]
FEW = Bounds(max_length=250)
"""The limit of a user's lists: far above real lists, and low enough for pairwise comparison."""
Duration = Annotated[str, Bounds(pattern=r"^[0-9]{1,4}[dw]$")]
Interval = Annotated[str, Bounds(pattern=r"^[1-9][0-9]{0,3}[mhdw]$")]
AddressVariable = Annotated[str, Bounds(pattern=r"^LICSYNC_NOTIFY_[A-Z0-9_]{1,60}$")]
"""The name of an environment variable. Its prefix keeps files from naming another secret."""
Name = Annotated[str, Bounds(min_length=1, max_length=254)]
Country = Annotated[str, Bounds(pattern=r"^[A-Z]{2}$")]
Currency = Annotated[str, Bounds(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[str, Bounds(pattern=r"^[0-9]{1,9}(\.[0-9]{1,4})?$")]
Email = Annotated[
    str,
    Bounds(pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)+$", max_length=128),
]
ExtensionNumber = Annotated[str, Bounds(pattern=r"^[0-9]{1,10}$")]
PhoneNumber = Annotated[str, Bounds(pattern=r"^\+[1-9][0-9]{6,14}$")]
MacAddress = Annotated[str, Bounds(pattern=r"^([0-9A-Fa-f]{2}[:.-]?){5}[0-9A-Fa-f]{2}$")]


NULL_IS_EMPTY = NullIsEmpty()

PATTERNS: dict[str, str] = {
    get_args(text)[1].pattern: requirement
    for text, requirement in (
        (Duration, "must be a number of days or weeks, such as 7d or 12w"),
        (Interval, "must be a number of minutes, hours, days or weeks, such as 30m, 6h or 1d"),
        (
            AddressVariable,
            "must be the name of an environment variable that begins with LICSYNC_NOTIFY_",
        ),
        (Country, "must be a country code of two capital letters, such as US"),
        (Currency, "must be a currency code of three capital letters, such as USD"),
        (Amount, "must be an amount of money, such as 28.00"),
        (Email, "must be an e-mail address"),
        (ExtensionNumber, "must be an extension number of 1 to 10 digits"),
        (PhoneNumber, "must be a phone number in E.164 form, such as +12065550101"),
        (MacAddress, "must be a MAC address of twelve hexadecimal digits, such as 0a1b2c3d4e5f"),
    )
}
"""What a pattern requires of a text, for people."""
