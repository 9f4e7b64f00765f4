"""Maps 8x8's documents to records: pure, and alike for rows of lists and single documents.

A record holds what plans compare. What is only needed to bring a license's belongings back stands
below `vendor` in the service that it belongs to, which no comparison looks at
(`model.inventory.digest`). Secrets never get into a record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from licsync.model.catalog import Catalog, display_name, type_of
from licsync.model.inventory import Record

Document = dict[str, Any]

USER_PATHS = {
    "first_name": ("basicInfo", "firstName"),
    "last_name": ("basicInfo", "lastName"),
    "email": ("basicInfo", "primaryEmail"),
    "locale": ("basicInfo", "locale"),
    "timezone": ("basicInfo", "timezone"),
    "job_title": ("directoryInfo", "jobTitle"),
    "department": ("directoryInfo", "department"),
}
"""Where plain attributes of a user are in 8x8's document; status, site and policy differ."""

EXTENSION_PATHS = {
    "number": "extensionNumber",
    "phone_numbers": "phoneNumbers",
    "voicemail_email": "voicemailEmail",
    "recording_mode": "recordingMode",
}
"""What of an extension the API reads and writes; no forwarding, no features (domain.md, 3.4)."""

ADDRESS_PATHS = {
    "organization": "organization",
    "building": "building",
    "street_number": "streetNumber",
    "street_name": "streetName",
    "dependent_street": "dependentStreet",
    "secondary_location": "secondaryLocation",
    "city": "city",
    "dependent_city": "dependentCity",
    "state": "state",
    "county": "county",
    "postal": "postal",
    "zip4": "zip4",
    "country": "country",
}

_PARTS = {
    "street_number": ("streetNumber", "streetNumberSuffix"),
    "street_name": ("preDirectional", "streetName", "streetNameSuffix", "postDirectional"),
}
"""What 8x8 splits when it normalizes an address (domain.md, 6.3); people write it as one."""

_NOT_CARRIED = frozenset(
    ("id", "licenseId", "activationCode", "lastUpdatedTime", "fqExtensionNumber")
)
_EPOCH = "1970-01-01T00:00:00Z"


def section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give a part of a document that may be absent or null."""
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def rows(document: Mapping[str, Any], part: str, name: str) -> list[Document]:
    """Give a list of a part of a document that may be absent or null."""
    found = section(document, part).get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def name_of(document: Mapping[str, Any]) -> str:
    """Give a user's name."""
    return str(section(document, "basicInfo").get("userName") or "")


def is_inactive(document: Mapping[str, Any]) -> bool:
    """Tell whether a user is deactivated."""
    return str(section(document, "basicInfo").get("status") or "").casefold() == "inactive"


# --- users ----------------------------------------------------------------------------------------


def user_record(
    document: Mapping[str, Any], entries: Mapping[str, Document] | None = None
) -> Record:
    """Translate a user.

    Args:
        document: the vendor's, of a list or a single GET.
        entries: the user's entries in ring groups by the group's id, where they were read; then the
            services carry what it takes to bring them back.
    """
    basic = section(document, "basicInfo")
    record: Record = {"id": basic.get("userId")}
    for path, (part, name) in USER_PATHS.items():
        value = section(document, part).get(name)
        if value is not None and value != "":
            record[path] = value
    record["status"] = "inactive" if is_inactive(document) else "active"
    site = section(basic, "site").get("name")
    policy = section(section(document, "assignmentInfo"), "profilePolicy").get("name")
    seen = (("site", site), ("policy", policy), ("scim_provider", basic.get("scimProvider")))
    record |= {name: value for name, value in seen if value}
    extensions = {
        e["licenseId"]: e for e in rows(document, "serviceInfo", "extensions") if e.get("licenseId")
    }
    licenses = sorted(
        str(row["id"]) for row in rows(document, "serviceInfo", "licenses") if row.get("id")
    )
    record["services"] = [_service(unit, extensions.get(unit)) for unit in licenses]
    for name, found in (("ring_groups", "ringGroups"), ("call_queues", "ucCallQueues")):
        record[name] = sorted(
            str(row["name"]) for row in rows(document, "assignmentInfo", found) if row.get("name")
        )
    if entries is not None:
        _add_restorable(record, document, extensions, entries)
    return record


def _service(unit: str, extension: Mapping[str, Any] | None) -> Record:
    if extension is None:
        return {"license": unit}
    found: Record = {}
    for path, name in EXTENSION_PATHS.items():
        value = phone_numbers(extension) if path == "phone_numbers" else extension.get(name)
        if value not in (None, "", []):
            found[path] = str(value).lower() if path == "recording_mode" else value
    if devices := sorted(_devices(extension), key=lambda d: (d["model"], d.get("mac_address", ""))):
        found["devices"] = devices
    return {"license": unit, "extension": found}


def phone_numbers(extension: Mapping[str, Any]) -> list[str]:
    """List the phone numbers of an extension, the primary one first."""
    found = [
        row
        for row in extension.get("phoneNumbers") or ()
        if isinstance(row, Mapping) and row.get("phoneNumber")
    ]
    primary = extension.get("primaryPhoneNumber")
    found.sort(key=lambda row: not (row.get("primary") or row["phoneNumber"] == primary))  # stable
    return [str(row["phoneNumber"]) for row in found]


def _devices(extension: Mapping[str, Any]) -> Iterable[Record]:
    for device in extension.get("devices") or ():
        if isinstance(device, Mapping) and device.get("model"):
            mac = re.sub(r"[^0-9a-f]", "", str(device.get("macAddress") or "").lower())
            yield {"model": str(device["model"])} | ({"mac_address": mac} if mac else {})


def _add_restorable(
    record: Record,
    document: Mapping[str, Any],
    extensions: Mapping[str, Mapping[str, Any]],
    entries: Mapping[str, Document],
) -> None:
    """Put into each service what it takes to bring it back after another license took its place."""
    queues = rows(document, "assignmentInfo", "ucCallQueues")
    for service in record["services"]:
        extension = extensions.get(service["license"])
        if extension is None:
            continue
        service["vendor"] = {"extension": without_keys(extension, _NOT_CARRIED)}
        if str(extension.get("extensionType") or "UC").upper() == "UC":
            service["vendor"] |= {"ring_groups": list(entries.values()), "call_queues": queues}


def without_keys(value: Any, names: frozenset[str]) -> Any:
    """Copy a document without the keys of these names, at any depth."""
    if isinstance(value, Mapping):
        return {key: without_keys(item, names) for key, item in value.items() if key not in names}
    return [without_keys(item, names) for item in value] if isinstance(value, list) else value


# --- licenses -------------------------------------------------------------------------------------


def kind_of(name: str | None, catalog: Catalog) -> str:
    """Find the type of a license by 8x8's name; an unknown name is its own type."""
    return (type_of(name, catalog) or display_name(name)) if name else "unknown"


def is_automatic(license_: Mapping[str, Any], catalog: Catalog) -> bool:
    """Tell whether a license comes with a phone number, so that it must not be sent (trap 3)."""
    return catalog.is_automatic(kind_of(license_.get("name"), catalog))


def holder_of(group: Mapping[str, Any]) -> Record | None:
    """Give a ring group as a holder of numbers; None for one without a name."""
    if not group.get("name"):
        return None
    holder: Record = {"kind": "ring_group", "name": str(group["name"])}
    if group.get("extensionNumber"):
        holder["extension"] = str(group["extensionNumber"])
    numbers = [
        str(row["phoneNumber"]) for row in group.get("phoneNumbers") or () if row.get("phoneNumber")
    ]
    return holder | ({"phone_numbers": numbers} if numbers else {})


def free_unit(record: Record, catalog: Catalog) -> Record | None:
    """Return a declared unit that no user holds; None if such a unit cannot exist.

    The API shows neither the pool nor why or since when a unit is suspended, nor any service
    address (domain.md, 10.1): that comes from a list that somebody declared, as far as what is seen
    does not contradict it.
    """
    if record.get("holder"):  # no user: those are all that is seen
        return dict(record)
    if (
        record.get("status") == "unassigned"
        or (record.get("suspended") or {}).get("reason") == "removed"
    ):
        return dict(record)
    # it came and went with its number
    if record.get("seen_only") and catalog.is_automatic(record["type"]):
        return None
    return {k: v for k, v in record.items() if k not in ("user", "suspended")} | {
        "status": "unassigned"
    }


def held_unit(
    row: Mapping[str, Any],
    document: Mapping[str, Any],
    declared: Record,
    address_of_site: Mapping[str, str | None],
    catalog: Catalog,
) -> Record:
    """Return the record of a unit that a user holds.

    Args:
        row: the license in the user's document.
        document: the user's.
        declared: what the declared list says of the unit, if it knows it.
        address_of_site: ids of addresses by the name of a site: where a license goes that is
            assigned (T2).
        catalog: to find its type.

    Returns:
        the record, with the vendor's `name`, and `seen_only` where no list has the unit.
    """
    basic, name = section(document, "basicInfo"), name_of(document)
    here = address_of_site.get(str(section(basic, "site").get("name") or ""))
    known = str(declared.get("user") or "").casefold() == name.casefold()
    address = (declared.get("service_address") if known else None) or here
    record = {k: v for k, v in declared.items() if k not in ("suspended", "service_address")}
    record |= {
        "type": declared.get("type") or kind_of(row.get("name"), catalog),
        "country": declared.get("country") or row.get("country") or "",
        "user": name,
        "status": "assigned",
    }
    record |= {} if declared else {"seen_only": True}  # nobody has listed it
    if row.get("name"):
        record["name"] = row["name"]
    if address:
        record["service_address"] = address
    if is_inactive(document):
        since = (declared.get("suspended") or {}) if known else {}
        at = since.get("at") or basic.get("lastUpdatedTime") or basic.get("createdTime") or _EPOCH
        record |= {"status": "suspended", "suspended": {"reason": "user_inactive", "at": at}}
    return record


# --- places ---------------------------------------------------------------------------------------


def address_record(document: Mapping[str, Any]) -> Record:
    """Translate an address; join the parts that 8x8 stores separately."""
    record: Record = {}
    for path, name in ADDRESS_PATHS.items():
        parts: Sequence[str] = _PARTS.get(path, (name,))
        if text := " ".join(str(document[part]) for part in parts if document.get(part)):
            record[path] = text
    return record


def address_document(content: Mapping[str, Any]) -> Document:
    """Make the body that creates an address."""
    return {name: content[path] for path, name in ADDRESS_PATHS.items() if content.get(path)}


def site_record(document: Mapping[str, Any]) -> Record:
    """Translate a site."""
    values = {
        "service_address": section(document, "address").get("id"),
        "pbx": document.get("pbxName"),
        "locale": document.get("locale"),
        "timezone": document.get("timezone"),
    }
    return {name: value for name, value in values.items() if value}
