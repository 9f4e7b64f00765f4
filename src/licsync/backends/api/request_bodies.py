"""Makes the bodies of requests: pure, from 8x8's own document as it was just read.

A PUT replaces everything, so its body is that document with the step's changes patched in, never
something built from
what licsync understands: fields and values it has never heard of survive (traps 1, 2 and 4 of
domain.md, 10.4).
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from licsync.backends.api.mapping import (
    EXTENSION_PATHS,
    USER_PATHS,
    Document,
    is_automatic,
    name_of,
    rows,
    section,
)
from licsync.engine.ports import StepRefused
from licsync.model.catalog import Catalog
from licsync.model.console.step import Step, StepArgs
from licsync.model.declarations import UserAttributes
from licsync.model.fields import IDENTITY, fields_of
from licsync.model.inventory import Record

_IDENTITY = frozenset(
    name for name, marks in fields_of(UserAttributes).items() if IDENTITY in marks
)
"""What the identity provider owns of a user that it provisions (domain.md, section 9)."""

_MEMBERSHIP = ("id", "name", "memberType")
"""What a user's document says of its place in a call queue.

Places in ring groups are brought back by themselves.
"""

_IDENTITY_STEPS = frozenset(("user.rename", "user.suspend", "user.reactivate"))


def new_user_document(step: Step, sites: Mapping[str, Document]) -> Document:
    """Make the body that creates a user, given the documents of sites by name.

    Raises:
        StepRefused: the API cannot write a value.
    """
    document: Document = {"basicInfo": {"userName": step.name, "status": "ACTIVE"}}
    values = dict(step.args["set"])
    site = values.pop("site", None)
    if not site:
        raise StepRefused(f"{step.name} has no site, and the API makes no user without one.")
    known = sites.get(site, {})
    document["basicInfo"]["site"] = {"name": site} | {
        key: known[key] for key in ("id", "name") if known.get(key)
    }
    _set_attributes(
        document, {path: value for path, value in values.items() if value not in (None, "")}
    )
    return document


def apply_step(step: Step, document: Document, units: Mapping[str, Record]) -> Document:
    """Apply a step to a user's document; `strip_read_only` makes the body of the PUT.

    Args:
        step: what to do.
        document: the user, of a single GET; it is not changed.
        units: the licenses, by id.

    Raises:
        StepRefused: the step must not be done this way.
    """
    _guard(step, document)
    result = deepcopy(document)
    if (write := _WRITERS.get(step.op)) is None:
        raise StepRefused(f"The API cannot do {step.op}: do it in the console.")
    write(result, step, units)
    return result


def strip_read_only(document: Document, catalog: Catalog) -> Document:
    """Remove what must not be sent, and align what 8x8 keeps alike (domain.md, 8.2; trap 3)."""
    document = deepcopy(document)
    licenses = rows(document, "serviceInfo", "licenses")
    automatic = {row.get("id") for row in licenses if is_automatic(row, catalog)}
    if automatic:
        document["serviceInfo"]["licenses"] = [
            row for row in licenses if row.get("id") not in automatic
        ]
    for part, name in USER_PATHS.values():
        if isinstance(value := section(document, part).get(name), str):
            document[part][name] = _unescaped(value)
    shown = section(document, "directoryInfo").get("displayInDirectory")
    for extension in rows(document, "serviceInfo", "extensions"):
        if extension.get("extensionType") == "UC" and None not in (
            shown,
            extension.get("displayInDirectory"),
        ):
            extension["displayInDirectory"] = shown
    return document


def _unescaped(text: str) -> str:
    """Decode the entities of a text as shown; sent back undecoded, it would gain more of them."""
    plain = html.unescape(text)
    return plain if text in (html.escape(plain), html.escape(plain, quote=False)) else text


def _guard(step: Step, document: Document) -> None:
    provider = section(document, "basicInfo").get("scimProvider")
    owned = sorted(_IDENTITY & step.args.get("set", {}).keys())
    if provider and (owned or step.op in _IDENTITY_STEPS):
        what = ", ".join(owned) or {"user.rename": "the user name"}.get(step.op, "the status")
        raise StepRefused(
            f"{name_of(document)} is provisioned by {provider}, which owns {what}: change it there."
        )
    for extension in rows(document, "serviceInfo", "extensions"):
        for device in extension.get("devices") or ():
            if (
                isinstance(device, Mapping)
                and str(device.get("status") or "").casefold() == "retired"
            ):
                raise StepRefused(
                    f"{name_of(document)} has the retired device "
                    f"{device.get('model') or 'of unknown model'}: saving the user would lose its "
                    "configuration for good. Replace the device in the console first."
                )


# --- what each step changes -----------------------------------------------------------------------


def _part(document: Document, name: str) -> Document:
    if not isinstance(document.get(name), dict):
        document[name] = {}
    part: Document = document[name]
    return part


def _list(document: Document, part: str, name: str) -> list[Any]:
    within = _part(document, part)
    if not isinstance(within.get(name), list):
        within[name] = []
    found: list[Any] = within[name]
    return found


def _set_attributes(document: Document, values: Mapping[str, Any]) -> None:
    for path, value in values.items():
        if path == "policy":
            _part(document, "assignmentInfo")["profilePolicy"] = {"name": value}
        elif path == "status":
            _part(document, "basicInfo")["status"] = str(value).upper()
        elif path in USER_PATHS:
            part, name = USER_PATHS[path]
            _part(document, part)[name] = value or None
        else:
            raise StepRefused(
                f"The API cannot change '{path}' of a user: it has to be done in the console."
            )


def _update(document: Document, step: Step, units: Mapping[str, Record]) -> None:
    if step.args.get("addresses"):
        raise StepRefused(
            "The API cannot write the service address of a license: do it in the console."
        )
    _set_attributes(document, step.args.get("set", {}))
    for unit, values in step.args.get("extensions", {}).items():
        set_extension(_extension(document, unit), values)


def _extension(document: Document, unit: str) -> Document:
    for extension in rows(document, "serviceInfo", "extensions"):
        if extension.get("licenseId") == unit:
            if str(extension.get("extensionType") or "").upper() == "CC":
                raise StepRefused(
                    "The API cannot change a contact-center extension: do it in the console."
                )
            return extension
    raise StepRefused(f"{name_of(document)} has no extension with the license {unit}.")


def set_extension(extension: Document, values: Mapping[str, Any]) -> None:
    """Set what the API can write of an extension.

    Raises:
        StepRefused: the API cannot write a value.
    """
    for path, value in values.items():
        if path == "phone_numbers":
            _set_phone_numbers(extension, value or [])
        elif path == "recording_mode":
            extension["recordingMode"] = str(value).upper() if value else None
        elif path in EXTENSION_PATHS:
            extension[EXTENSION_PATHS[path]] = value or None
        else:
            raise StepRefused(
                f"The API has no field for '{path}' of an extension: set it in the console."
            )


def _set_phone_numbers(extension: Document, wanted: list[str]) -> None:
    """Set the numbers; those that stay keep everything that the vendor says of them."""
    there = {
        row.get("phoneNumber"): row
        for row in extension.get("phoneNumbers") or ()
        if isinstance(row, dict)
    }
    extension["phoneNumbers"] = [
        {**there.get(number, {"phoneNumber": number}), "primary": place == 0}
        for place, number in enumerate(wanted)
    ]
    extension["primaryPhoneNumber"] = wanted[0] if wanted else None


def _rename(document: Document, step: Step, units: Mapping[str, Record]) -> None:
    _part(document, "basicInfo")["userName"] = step.args["to"]


def _status(document: Document, step: Step, units: Mapping[str, Record]) -> None:
    _part(document, "basicInfo")["status"] = "INACTIVE" if step.op == "user.suspend" else "ACTIVE"


def _detach(document: Document, step: Step, units: Mapping[str, Record]) -> None:
    unit = step.args["license"]
    service = _part(document, "serviceInfo")
    service["licenses"] = [
        row for row in rows(document, "serviceInfo", "licenses") if row.get("id") != unit
    ]
    service["extensions"] = [
        row for row in rows(document, "serviceInfo", "extensions") if row.get("licenseId") != unit
    ]


def _attach(document: Document, step: Step, units: Mapping[str, Record]) -> None:
    args, unit = step.args, step.args["license"]
    known = units.get(unit, {})
    license_ = {"id": unit, "name": known.get("name"), "country": known.get("country")}
    licenses = _list(document, "serviceInfo", "licenses")
    if all(row.get("id") != unit for row in licenses):  # else it was half done before
        licenses.append({k: v for k, v in license_.items() if v})
    service = args.get("service") or {}
    wanted = args.get("extension") or service.get("extension") or {}
    carried = service.get("vendor") or {}
    before: Document = carried.get("extension") or {}
    extensions = _list(document, "serviceInfo", "extensions")
    there: Document = next((row for row in extensions if row.get("licenseId") == unit), {})
    extension = deepcopy({**there, **before})
    if wanted or before:
        extension |= {"licenseId": unit, "extensionType": extension.get("extensionType") or "UC"}
        # what is no longer wanted is still in the document as it was before
        removed = {path: None for path, name in EXTENSION_PATHS.items() if before.get(name)}
        values = {path: wanted[path] for path in EXTENSION_PATHS if path in wanted}
        set_extension(extension, {**removed, **values})
        # what a license had that has no field is in the plan's losses; what is asked for is refused
        if not service:
            set_extension(extension, {p: v for p, v in wanted.items() if p not in EXTENSION_PATHS})
        document["serviceInfo"]["extensions"] = [row for row in extensions if row is not there] + [
            extension
        ]
    there_already = {row.get("id") for row in rows(document, "assignmentInfo", "ucCallQueues")}
    if back := [
        row for row in carried.get("call_queues") or () if row.get("id") not in there_already
    ]:
        shown = [{key: row[key] for key in _MEMBERSHIP if key in row} for row in back]
        _list(document, "assignmentInfo", "ucCallQueues").extend(shown)


def attach_attempts(step: Step) -> list[Step]:
    """List what to try, one after the other, to give a license back with what it carried.

    All of it twice, since an operation may fail for reasons of its own; then without the call
    queues as the vendor shows them, of which one may be gone; then with its numbers alone.
    """
    service = step.args["service"]
    vendor = service.get("vendor") or {}
    ungrouped = {
        **service,
        "vendor": {"extension": vendor["extension"]} if "extension" in vendor else {},
    }
    lean = {"extension": service.get("extension") or {}}
    reduced: list[StepArgs] = [
        {"license": step.args["license"], "service": less} for less in (ungrouped, lean)
    ]
    return [step, step, *(replace(step, args=args) for args in reduced)]


def _release(document: Document, step: Step, units: Mapping[str, Record]) -> None:
    for unit, paths in step.args["extensions"].items():
        set_extension(_extension(document, unit), dict.fromkeys(paths))


_WRITERS = {
    "user.update": _update,
    "user.rename": _rename,
    "user.suspend": _status,
    "user.reactivate": _status,
    "license.attach": _attach,
    "license.detach": _detach,
    "numbers.release": _release,
}


# --- sites ----------------------------------------------------------------------------------------


def site_document(step: Step, document: Document | None, address: str | None) -> Document:
    """Make the body that creates a site, or changes the one that was read.

    Raises:
        StepRefused: the API cannot write a value.
    """
    values = dict(step.args["set"])
    result: Document = deepcopy(document) if document is not None else {"name": step.name}
    if document is not None and isinstance(name := document.get("name"), str):
        result["name"] = _unescaped(name)
    if "pbx" in values and result.get("pbxName") not in (None, values["pbx"]):
        raise StepRefused(f"The PBX of site {step.name} cannot be changed.")
    names = {"pbx": "pbxName", "locale": "locale", "timezone": "timezone"}
    result |= {names[path]: values[path] for path in names if path in values}
    if "service_address" in values:
        result["address"] = {"id": address}
    missing = [path for path, name in names.items() if not result.get(name)]
    if missing or not section(result, "address").get("id"):
        what = ", ".join(
            [*missing, *(() if section(result, "address").get("id") else ("service_address",))]
        )
        raise StepRefused(f"The API makes no site without {what}: declare it for {step.name}.")
    return result
