"""Users: the mapping between records and 8x8's JSON, and how a user is shown.

What the inventory does not know is kept from the last body that was sent (`documents`, kind
`users`) and laid beneath what it knows, so unknown fields come back as they were sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory import Record
from licsync.simulator.licenses import country_of, licenses_of
from licsync.simulator.membership import queues_of, ring_groups_of
from licsync.simulator.simulation import Lookup, Simulation
from licsync.simulator.sites import site_of_user

FIELDS = {
    "basicInfo.firstName": "first_name",
    "basicInfo.lastName": "last_name",
    "basicInfo.primaryEmail": "email",
    "basicInfo.locale": "locale",
    "basicInfo.timezone": "timezone",
    "directoryInfo.jobTitle": "job_title",
    "directoryInfo.department": "department",
    "assignmentInfo.profilePolicy.name": "policy",
}
"""Where the vendor's JSON has what the inventory's record of a user has, as text on both sides."""

EXTENSION_FIELDS = {"extensionNumber": "number", "voicemailEmail": "voicemail_email"}
"""The same of an extension; numbers, devices and the recording mode have functions of their own."""

EPOCH = "2025-01-01T00:00:00Z"
"""When users were made that were there before the simulator was."""

_EXTENSION_DEFAULTS: Mapping[str, Any] = {
    "allowInAutoAttendant": True,
    "callWaitingEnabled": True,
    "dedicatedAgent": False,
    "dialPlanRuleset": "INTERNATIONAL",
    "displayInDirectory": True,
    "doNotDisturb": False,
    "emergencyAddressInheritFromSite": True,
    "hotDeskEnabled": False,
    "msTeamsEnabled": False,
}
"""What an extension has where nothing was sent."""


def user_id(sim: Simulation, name: str, user: Mapping[str, Any]) -> str:
    """Give a user's id."""
    return str(user.get("id") or sim.derived_id("user", name))


def user_document(
    sim: Simulation, lookup: Lookup, name: str, user: Mapping[str, Any]
) -> dict[str, Any]:
    """Show a user as `GET /users/{userId}` does."""
    identifier = user_id(sim, name, user)
    kept = sim.documents.get("users", identifier) or {}
    document: dict[str, Any] = deepcopy(kept.get("body", {}))
    for section in ("basicInfo", "directoryInfo", "serviceInfo", "assignmentInfo"):
        document[section] = document.get(section) or {}
    for path, field in FIELDS.items():
        put_path(document, path, user.get(field))
    document["basicInfo"] |= {
        "userId": identifier,
        "customerId": sim.settings.customer_id,
        "createdTime": kept.get("created", EPOCH),
        "lastUpdatedTime": kept.get("updated", EPOCH),
        "userName": name,
        "status": "INACTIVE" if user.get("status") == "inactive" else "ACTIVE",
    }
    if user.get("scim_provider"):
        document["basicInfo"].setdefault("scimProvider", user["scim_provider"])
    put_path(document, "basicInfo.site", site_of_user(sim, lookup, user.get("site")))
    document["directoryInfo"].setdefault("displayInDirectory", True)
    sent = document["serviceInfo"]
    document["serviceInfo"] = sent | {
        "licenses": list(_over(sent.get("licenses"), "id", licenses_of(sim, lookup, user))),
        "extensions": extension_documents(sim, lookup, identifier, user),
    }
    document["assignmentInfo"] |= {
        "profilePolicy": {"name": user.get("policy") or DEFAULT_POLICY},
        "ringGroups": ring_groups_of(sim, user),
        "ucCallQueues": queues_of(sim, identifier, user),
    }
    document["assignmentInfo"]["userGroups"] = document["assignmentInfo"].get("userGroups") or []
    return document


def in_list(sim: Simulation, document: dict[str, Any]) -> dict[str, Any]:
    """Show a user as lists do: poorer (domain.md, 10.4.2). The document is changed."""
    for path in sim.settings.list_omits:
        _leave_out(document, path.split("."))
    return document


def _leave_out(value: Any, path: list[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _leave_out(item, path)
    elif isinstance(value, dict) and len(path) == 1:
        value.pop(path[0], None)
    elif isinstance(value, dict):
        _leave_out(value.get(path[0]), path[1:])


def extension_documents(
    sim: Simulation, lookup: Lookup, user: str, record: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Show the extensions of a user, given by id and record."""
    kept = sim.documents.get("users", user) or {}
    sent = by_key(get_path(kept, "body.serviceInfo.extensions"), "licenseId")
    site = lookup(f"sites/{record['site']}") if record.get("site") else None
    shown = []
    for service in record.get("services") or ():
        unit = lookup(f"licenses/{service['license']}")
        if service.get("extension") is not None and unit is not None:
            document = {**_EXTENSION_DEFAULTS, **deepcopy(sent.get(service["license"], {}))}
            shown.append(
                _extension(sim, document, user, service, unit) | _dial_plan(document, site)
            )
    return shown


def _extension(
    sim: Simulation, document: dict[str, Any], user: str, service: Record, unit: Mapping[str, Any]
) -> dict[str, Any]:
    extension = service["extension"]
    for name, field in EXTENSION_FIELDS.items():
        put_path(document, name, extension.get(field))
    mode = extension.get("recording_mode")
    put_path(document, "recordingMode", mode.upper() if mode else None)
    put_path(document, "fqExtensionNumber", extension.get("number"))
    numbers = extension.get("phone_numbers") or []
    put_path(document, "primaryPhoneNumber", numbers[0] if numbers else None)
    sent = by_key(document.get("phoneNumbers"), "phoneNumber")
    return document | {
        "id": extension_id(sim, user, service["license"]),
        "licenseId": service["license"],
        "extensionType": extension_type(sim, unit),
        "phoneNumbers": [sent.get(n, {}) | _phone_number(n, n == numbers[0]) for n in numbers],
        "devices": list(devices(sim, service["license"], extension, document.get("devices"))),
    }


def extension_id(sim: Simulation, user: str, license_id: str) -> str:
    """Give the id of a user's extension; it is another one each time a license is assigned."""
    made = sim.documents.get("extensions", license_id)
    return str(made["id"]) if made else sim.derived_id("extension", user, license_id)


def extension_type(sim: Simulation, unit: Mapping[str, Any]) -> str:
    """Give the type of a license's extension: CC if the license is of the contact center alone."""
    return "CC" if sim.settings.catalog.planes(unit["type"]) == {"cc"} else "UC"


def _phone_number(number: str, primary: bool) -> dict[str, Any]:
    return {
        "phoneNumber": number,
        "country": country_of(number),
        "origin": "CLAIMED",
        "primary": primary,
    }


def _dial_plan(document: Mapping[str, Any], site: Mapping[str, Any] | None) -> dict[str, Any]:
    default = "UKNP" if site and site.get("locale") == "en-GB" else "NANP"
    return {"dialPlanCallingCountry": document.get("dialPlanCallingCountry") or default}


def devices(
    sim: Simulation, license_id: str, extension: Record, sent: Any
) -> Iterator[dict[str, Any]]:
    """Show the devices of an extension, each with its id and status."""
    known = list(sent or ())
    for index, device in enumerate(extension.get("devices") or ()):
        mac = device.get("mac_address")
        beneath: dict[str, Any] = next((d for d in known if _same_device(d, device)), {})
        if beneath:
            known.remove(beneath)
        shown = {
            "id": beneath.get("id")
            or sim.derived_id("device", license_id, bare_mac(mac) or str(index)),
            "model": device.get("model"),
            "status": beneath.get("status") or ("ACTIVE" if mac else "AVAILABLE"),
        }
        yield {**beneath, **shown} | ({"macAddress": bare_mac(mac)} if mac else {})


def _same_device(sent: Mapping[str, Any], device: Record) -> bool:
    return sent.get("model") == device.get("model") and bare_mac(
        sent.get("macAddress")
    ) == bare_mac(device.get("mac_address"))


def bare_mac(text: str | None) -> str:
    """Write a MAC address without punctuation and case: both are ignored (OAS-U)."""
    return "".join(c for c in text or "" if c.isalnum()).casefold()


# --- plain JSON -----------------------------------------------------------------------------------


def get_path(document: Any, path: str) -> Any:
    """Read a value by its dotted path; None where there is none."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def put_path(document: dict[str, Any], path: str, value: Any) -> None:
    """Set a value by its dotted path; None takes the key away."""
    *parents, last = path.split(".")
    for name in parents:
        if not isinstance(document.get(name), dict):
            document[name] = {}
        document = document[name]
    if value is None:
        document.pop(last, None)
    else:
        document[last] = value


def by_key(items: Any, key: str) -> dict[str, dict[str, Any]]:
    """Index a list of objects by one of their values."""
    return {item[key]: item for item in items or () if item.get(key)}


def _over(sent: Any, key: str, shown: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    beneath = by_key(sent, key)
    return (beneath.get(item[key], {}) | item for item in shown)
