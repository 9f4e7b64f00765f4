"""The conditions of a user in sync (`incremental.in_sync`).

They are sufficient, and cheaper than the whole comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from licsync.incremental.shared_state import SharedState
from licsync.model.declarations import Extension, UserAttributes
from licsync.model.dialing_codes import is_abroad
from licsync.model.field_limits import Accepts
from licsync.model.fields import CASELESS, LOCALE, Ref, fields_of, fields_with_marker
from licsync.model.inventory import UNIQUE, Record, as_list
from licsync.model.inventory_document import Unit
from licsync.model.license import state_of
from licsync.planning.comparison import differences, removes
from licsync.planning.validation.context import NAMED
from licsync.planning.validation.numbers import leads_elsewhere

_OWN = frozenset(("external_id", "cost_center"))
"""Keys of licsync's own, which 8x8 never sees."""

_KEYS = fields_of(UserAttributes).keys() | _OWN | {"licenses"}
_NOT_ATTRIBUTES = _OWN | {"licenses", "status"}
"""Keys of a user that are compared otherwise, or not at all."""
_REFERENCES = [
    (name, ref.kind)
    for name, ref in fields_with_marker(UserAttributes, Ref).items()
    if ref.kind in NAMED
]
_SIMPLE = frozenset(
    ("number", "phone_numbers", "call_forwarding", "voicemail_email", "recording_mode")
)
"""Settings that every license type has. Other settings depend on the catalog."""


def is_in_sync(
    name: str,
    user: Mapping[str, Any],
    record: Record,
    units: Mapping[str, Unit],
    shared_state: SharedState,
) -> bool:
    """Tell whether a plan certainly has nothing to do and nothing to report for a user.

    Args:
        name: the name of the user, in the files and in the inventory.
        user: the declared user with templates applied.
        record: the user's record in the inventory.
        units: the license units that the user holds.
        shared_state: everything else of the account.
    """
    return (
        user.keys() <= _KEYS
        and user.get("status", "active") == "active" == record.get("status", "active")
        and name.isascii()
        and not record.get("scim_provider")
        and not (shared_state.protected and name.casefold() in shared_state.protected)
        and (shared_state.shows_removals or not removes(user))
        and _are_assigned(units.values())
        and not _lacks_settings(record)
        and _has_attributes(user, record)
        and _is_placed(user, shared_state)
        and (
            _has_its_licenses(user, record, units, shared_state)
            if "licenses" in user
            else not _keeps_abroad(user, units.values(), shared_state)
        )
    )


def _are_assigned(units: Iterable[Unit]) -> bool:
    for unit in units:  # noqa: SIM110 - `all` of this takes twice the time
        if state_of(unit) != "assigned":
            return False
    return True


def _lacks_settings(record: Record) -> bool:
    """Tell whether a license change lost settings that nobody has restored yet."""
    for service in record.get("services") or ():  # noqa: SIM110 - as above
        if "restore" in service:
            return True
    return False


def _has_attributes(user: Mapping[str, Any], record: Record) -> bool:
    """Tell whether the attributes of a user are the declared ones. Mostly all values are equal."""
    for name, value in user.items():
        if name not in _NOT_ATTRIBUTES and (name not in record or record[name] != value):
            break
    else:
        return True
    attributes = {name: value for name, value in user.items() if name not in _NOT_ATTRIBUTES}
    return _is_same(UserAttributes, attributes, record)


def _is_same(declaration: type, declared: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
    """Compare declared with current values. Mostly they are equal, so that is checked first."""
    if declared.items() <= current.items():
        return True
    unequal = {
        key: value for key, value in declared.items() if key not in current or current[key] != value
    }
    return _is_accepted(declaration, unequal) and (
        next(differences(declaration, unequal, current), None) is None
    )


def _is_accepted(declaration: type, respelled: Mapping[str, Any]) -> bool:
    """Tell whether no check can report values that only their spelling tells from the current ones.

    That is certain of lists, and of texts in which case does not matter.
    """
    for name, marks in fields_of(declaration).items():
        value = respelled.get(name)
        if isinstance(value, str) and value:
            if CASELESS not in marks and LOCALE not in marks:
                return False
            if any(isinstance(mark, Accepts) and mark.fault(value) for mark in marks):
                return False
    return True


def _is_placed(user: Mapping[str, Any], shared_state: SharedState) -> bool:
    names = shared_state.context.names
    for name, kind in _REFERENCES:  # noqa: SIM110 - `all` of this takes twice the time
        if user.get(name) and user[name] not in names[kind]:
            return False
    return True


def _keeps_abroad(
    user: Mapping[str, Any], units: Iterable[Unit], shared_state: SharedState
) -> bool:
    """Tell whether an unmanaged license may be of another country than the user's declared site."""
    home = shared_state.context.resolver.country_of_site(user.get("site"))
    return home is not None and any([unit["country"] != home for unit in units])


def _has_its_licenses(
    user: Mapping[str, Any], record: Record, units: Mapping[str, Unit], shared_state: SharedState
) -> bool:
    """Tell whether a user holds exactly the declared licenses, with their declared settings.

    Several licenses must be of different types, so that planning can pair them in one way only.
    Units that came with phone numbers stay as long as the numbers stay.
    """
    entries, services = user["licenses"], record.get("services") or []
    if entries and len(entries) < len(services):
        services = [service for service in services if not _is_local(service, units, shared_state)]
    if len(entries) != len(services):
        return False
    if not entries:
        return True
    held = {units[service["license"]]["type"]: service for service in services}
    if len(entries) > 1:
        kinds = tuple([entry["type"] for entry in entries])
        if len(held) != len(kinds) or held.keys() != {*kinds}:
            return False
        if not shared_state.are_compatible(kinds):
            return False
    site = user.get("site") or record.get("site")
    for entry in entries:
        service = held.get(entry["type"])
        if service is None or not _has_license(
            entry, units[service["license"]], service.get("extension") or {}, site, shared_state
        ):
            return False
    return _lead_elsewhere(entries, services)


def _is_local(
    service: Mapping[str, Any], units: Mapping[str, Unit], shared_state: SharedState
) -> bool:
    """Tell whether a unit came with a phone number (`planning.licenses.local_numbers`)."""
    kind = units[service["license"]]["type"]
    return shared_state.is_automatic(kind) and not service.get("extension")


def _has_license(
    entry: Mapping[str, Any],
    unit: Unit,
    held: Mapping[str, Any],
    site: str | None,
    shared_state: SharedState,
) -> bool:
    """Tell whether a unit, and the extension held with it, are as an entry declares them."""
    country, extension = unit["country"], entry.get("extension")
    return (
        shared_state.is_as_declared(entry["type"], entry.get("country"), country, site)
        and not entry.get("service_address")
        and "from" not in entry
        and "until" not in entry
        and (extension is None or _has_settings(extension, held, country))
    )


def _lead_elsewhere(
    entries: Iterable[Mapping[str, Any]], services: Iterable[Mapping[str, Any]]
) -> bool:
    """Tell whether no declared forwarding rule can lead to the user itself."""
    extensions = [extension for one in entries if (extension := one.get("extension"))]
    targets = [
        rule["to"] for extension in extensions for rule in extension.get("call_forwarding") or ()
    ]
    if not targets:
        return True
    extensions += [extension for one in services if (extension := one.get("extension"))]
    own: list[str] = []
    for extension in extensions:
        for name in UNIQUE:
            own += as_list(extension.get(name))
    return all([leads_elsewhere(to, own) for to in targets])


def _has_settings(extension: Mapping[str, Any], held: Mapping[str, Any], country: str) -> bool:
    if not extension or not extension.keys() <= _SIMPLE:
        return False
    for rule in extension.get("call_forwarding") or ():
        if "after_seconds" in rule and rule["when"] != "no_answer":
            return False
    for number in extension.get("phone_numbers") or ():
        if is_abroad(number, country):
            return False
    for name in UNIQUE:
        numbers = extension.get(name)
        if isinstance(numbers, list) and len(numbers) > 1 and len(set(numbers)) < len(numbers):
            return False
    return _is_same(Extension, extension, held)
