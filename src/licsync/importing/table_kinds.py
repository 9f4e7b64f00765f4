"""The kinds of tables that an account is exported as, and the headings of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from licsync.model.declarations import (
    Extension,
    Features,
    ServiceAddress,
    SiteAttributes,
    UserAttributes,
)
from licsync.model.fields import fields_of
from licsync.spreadsheets.headings import HEADINGS


def _fields(declaration: type, *without: str) -> dict[str, str]:
    return {name: name.replace("_", " ") for name in fields_of(declaration) if name not in without}


_TYPE = (
    "type|license type|license types|license name|lizenztyp|lizenzart|type de license"
    "|tipo de licensia|product|sku|subscription|subscription type"
)

_LICENSE_ID = (
    "license id|license ids|license nr|license number|license no|lizenz id|lizenznummer"
    "|subscription id"
)
_ADDRESS = "service address|service address id|address|adresse|anschrift|direccion|standortadresse"

_USER_HEADINGS = {
    **_fields(UserAttributes),
    **{
        name: HEADINGS[name]
        for name in (
            "user", "first_name", "last_name", "full_name", "email", "site", "department",
            "job_title", "policy", "locale", "timezone", "status",
        )
    },
    "license": f"license|licenses|lizenz|lizenzen|{_LICENSE_ID}",
    "unnamed": "license unnamed",
    "type": _TYPE,
    "country": f"license country|{HEADINGS['country']}",
    "pbx": "pbx|pbx name",
    "service_address": "service address|service address id|license address",
    "extension": HEADINGS["extension"],
    "phone_numbers": HEADINGS["phone"],
    **_fields(Extension, "number", "phone_numbers", "features"),
    **_fields(Features),
    "ring_groups": "ring groups|ring group",
    "call_queues": "call queues|call queue",
}  # fmt: skip
_UNIT_HEADINGS = {
    "id": f"id|license|{_LICENSE_ID}",
    "unnamed": "unnamed",
    "type": _TYPE,
    "country": f"license country|{HEADINGS['country']}",
    "status": "status|license status|lizenzstatus|state|assignment status",
    "user": "assigned to|assigned user|holder|held by|zugewiesen an|inhaber|attribue a|asignado a"
    f"|{HEADINGS['user']}",
    "service_address": _ADDRESS,
    "suspended": "suspended|suspension|suspension reason|reason",
    "suspended_at": "suspended at|suspended since|suspended on|suspension date|gesperrt seit"
    "|ausgesetzt seit|suspendu depuis|suspendue depuis|suspendido desde|suspendida desde",
}
_ADDRESS_FIELDS = _fields(ServiceAddress) | {
    "street_number": "street number|street no|house number|hausnummer|numero",
    "street_name": "street name|street|strasse|rue|calle",
    "city": "city|town|ort|stadt|ville|ciudad",
    "state": "state|province|county code|bundesland|provincia",
    "postal": "postal|postal code|zip|zip code|postcode|plz|postleitzahl|code postal|codigo postal",
    "country": HEADINGS["country"],
}
_PLACED_UNIT_HEADINGS = {
    **_ADDRESS_FIELDS,
    **_UNIT_HEADINGS,
    "status": "status|license status|lizenzstatus|assignment status",
}
"""Headings of license tables whose addresses are in several columns, where `State` is a region."""

_NAMED_UNIT_HEADINGS = {
    "id": f"id|{_LICENSE_ID}",
    "type": f"{_TYPE}|license|licenses|lizenz|lizenzen",
}
"""Headings of license tables in which `License` is the name of the type."""

_SITE_HEADINGS = {
    "site": f"{HEADINGS['site']}|name",
    "service_address": _ADDRESS,
    "pbx": "pbx|pbx name",
    "locale": HEADINGS["locale"],
    "timezone": HEADINGS["timezone"],
    **_ADDRESS_FIELDS,
}
_ADDRESS_HEADINGS = {
    "id": "id|address id|service address id|service address|slug|key",
    **_ADDRESS_FIELDS,
}
_POLICY_HEADINGS = {"policy": HEADINGS["policy"], "setting": "setting", "value": "value"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of table.

    Attributes:
        name: its name, which a file or sheet may have.
        headings: the headings of its fields.
        needed: the fields that it must have; one of these groups is enough.
        cells: the fields that every row must have.
    """

    name: str
    headings: Mapping[str, str]
    needed: tuple[tuple[str, ...], ...]
    cells: tuple[str, ...]


_BY = ("user", "status", "service_address")
"""What a license table has besides types, if it has no ids."""


def _without_id(headings: Mapping[str, str]) -> Mapping[str, str]:
    return {name: texts for name, texts in headings.items() if name != "id"}


_NAMED = {**_UNIT_HEADINGS, **_NAMED_UNIT_HEADINGS}
_NAMED_PLACED = {**_PLACED_UNIT_HEADINGS, **_NAMED_UNIT_HEADINGS}

KINDS = (
    Kind("licenses", _PLACED_UNIT_HEADINGS, (("id", "type", "city"),), ("id", "type")),
    Kind("licenses", _UNIT_HEADINGS, (("id", "type"),), ("id", "type")),
    Kind(
        "users",
        _USER_HEADINGS,
        tuple(
            (login, name)
            for login in ("user", "email")
            for name in (
                "first_name",
                "last_name",
                "full_name",
                "extension",
                "phone_numbers",
                "license",
                "type",
            )
        ),
        (),
    ),
    Kind("licenses", _NAMED_PLACED, (("id", "type", "city"),), ("id", "type")),
    Kind("licenses", _NAMED, (("id", "type"),), ("id", "type")),
    Kind(
        "licenses",
        _without_id(_NAMED_PLACED),
        (("type", "city", "user"), ("type", "city", "status")),
        ("type",),
    ),
    Kind("licenses", _without_id(_NAMED), tuple(("type", other) for other in _BY), ("type",)),
    Kind("policies", _POLICY_HEADINGS, (("policy", "setting"),), ("policy",)),
    Kind(
        "sites",
        _SITE_HEADINGS,
        tuple(
            ("site", other) for other in ("pbx", "service_address", "locale", "timezone", "city")
        ),
        ("site",),
    ),
    Kind(
        "service_addresses",
        _ADDRESS_HEADINGS,
        (("id", "city"), ("id", "street_name"), ("id", "postal")),
        ("id",),
    ),
)
LICENSES_WITHOUT_IDS = tuple(
    kind for kind in KINDS if kind.name == "licenses" and "id" not in kind.cells
)
"""The kinds of license tables that identify units only by who has them."""

ALL_HEADINGS = {
    f"{kind.name}.{name}": texts for kind in KINDS for name, texts in kind.headings.items()
}
"""The headings of all kinds of tables."""

ONE_LINE = frozenset(
    (
        "user", "full_name", "pbx",
        *fields_of(UserAttributes), *fields_of(ServiceAddress), *fields_of(SiteAttributes),
    )
) - {"service_address"}  # fmt: skip
"""The fields with one text, in which a line break or a tab is a space, as in lists of people."""
