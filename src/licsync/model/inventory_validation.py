"""Validates an inventory document before licsync uses it (contract, section 2; domain.md, 4).

Two passes find all faults: this module checks the shape of each record by its declaration, and
`inventory_consistency` checks the references between records. The second pass skips a record with a
wrong shape, but not references to it. It skips references into a section with a wrong shape.

licsync keeps what 8x8 adds, so a record may have unknown keys. But a value below `lisenses` or
`phone_number` is not used, and whoever wrote it believes that it is: `misspelled_keys` finds those.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from licsync.diagnostics import Diagnostic, cap_diagnostics, sort_diagnostics
from licsync.model.catalog import Catalog
from licsync.model.declarations import Extension
from licsync.model.fields import PATTERNS, fields_of
from licsync.model.inventory import SECTIONS
from licsync.model.inventory_consistency import SECTION_TITLES, Fault, Path, consistency_faults
from licsync.model.inventory_document import (
    HOLDERS,
    InventoryAddress,
    InventoryDocument,
    InventorySite,
    InventoryUser,
    NumberHolder,
    Service,
    Suspension,
    Unit,
)
from licsync.model.wrong_values import EMPTY, wrong_value


def check_document(
    document: object,
    file: str = "inventory.json",
    catalog: Catalog | None = None,
) -> list[Diagnostic]:
    """Find all faults of an inventory document.

    Args:
        document: the JSON value, unchecked. An absent section is empty.
        file: the name of the document, for the diagnostics.
        catalog: to find users with two licenses of one plane. Unknown types are valid.

    Returns:
        Errors with the code `inventory-invalid`. None for a valid document.
    """
    faults = faults_of(document, catalog)
    return sort_diagnostics(cap_diagnostics(fault.diagnostic(file) for fault in faults))


def with_holders(document: object) -> object:
    """Expand the short form of holders other than users.

    A license may have `"ring_group": "Main"` instead of a holder. The same holds for a call queue,
    an auto attendant and a service. Other forms and contradictions are left for the validation.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("licenses"), Mapping):
        return document
    units: Mapping[str, object] = document["licenses"]
    changed: dict[str, object] = {}
    for unit_id, unit in units.items():
        if isinstance(unit, Mapping) and not unit.get("user") and not unit.get("holder"):
            named = [kind for kind in HOLDERS if isinstance(unit.get(kind), str) and unit[kind]]
            if len(named) == 1:
                rest = {key: value for key, value in unit.items() if key != named[0]}
                changed[unit_id] = rest | {"holder": {"kind": named[0], "name": unit[named[0]]}}
    return {**document, "licenses": {**units, **changed}} if changed else document


def faults_of(
    document: object, catalog: Catalog | None = None, *, may_spell_surrogates: bool = True
) -> list[Fault]:
    """Find all faults of an inventory document with their paths, as `check_document` does.

    Args:
        document: as there.
        catalog: as there.
        may_spell_surrogates: whether the JSON has escapes. Only they can spell half a surrogate
            pair.
    """
    if not isinstance(document, Mapping):
        return [Fault((), "An inventory document must be a JSON object")]
    whole: dict[str, object] = {section: {} for section in SECTIONS} | dict(document)
    faults = list(_faults_of_shape(whole))
    if may_spell_surrogates:
        told = {fault.path[:2] for fault in faults if fault.message.endswith(_UNICODE_ONLY)}
        faults += [fault for fault in _faults_of_text(whole) if fault.path not in told]
    return [*faults, *consistency_faults(whole, {fault.path[:2] for fault in faults}, catalog)]


# --- shape ----------------------------------------------------------------------------------------


@cache
def _adapter() -> TypeAdapter[InventoryDocument]:
    return TypeAdapter(InventoryDocument)


def _faults_of_shape(document: Mapping[str, object]) -> Iterator[Fault]:
    try:
        _adapter().validate_python(document)
    except ValidationError as invalid:
        seen = set()
        for detail in invalid.errors(include_url=False):
            if detail["type"] == "extra_forbidden":  # 8x8 may add keys
                continue
            path = detail["loc"]
            if detail["type"] != "missing":
                path = _within(document, path)
            if path not in seen:  # each choice of a union reports an error
                seen.add(path)
                yield Fault(path, _message(document, path, detail))


def _message(document: object, path: Path, detail: ErrorDetails) -> str:
    subject, reason = _subject(path), _reason(detail)
    if detail["type"] == "missing" or reason == _UNICODE_ONLY:
        return f"{subject} {reason}"
    value: Any = document
    for step in path:
        value = value[step]
    return wrong_value(subject, value, reason, path[2:] or path)


def _faults_of_text(document: Mapping[str, object]) -> Iterator[Fault]:
    """Find text that no file or database accepts: half a surrogate pair, which JSON can spell."""
    if _is_unicode(document):
        return
    for head in ("holders", "observed"):
        if not _is_unicode(document.get(head)):
            yield Fault((head,), f"'{head}' {_UNICODE_ONLY}")
    for section in SECTIONS:
        records = document[section]
        for name, record in records.items() if isinstance(records, Mapping) else ():
            if not _is_unicode({name: record}):
                shown = name.encode(errors="replace").decode()
                yield Fault(
                    (section, shown),
                    f"{SECTION_TITLES[section].capitalize()} '{shown}' {_UNICODE_ONLY}",
                )


def _is_unicode(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _within(document: object, location: Path) -> Path:
    """Cut a location where it leaves the document. The rest names a choice of a union."""
    found: Any = document  # a JSON value of any type; the exceptions tell
    for depth, step in enumerate(location):
        try:
            found = found[step]
        except (KeyError, TypeError):
            return location[:depth]
    return location


def _subject(path: Path) -> str:
    title = SECTION_TITLES.get(str(path[0]))
    if path[0] == "observed" and len(path) > 1:
        return f"The instant of '{path[1]}' in 'observed'"
    if path[0] == "holders" and len(path) > 1:
        return f"Holder {int(path[1]) + 1}" + (f": '{path[2]}'" if len(path) > 2 else "")
    if title is None or len(path) == 1:
        return f"'{path[0]}'"
    field = ".".join(str(step) for step in path[2:])
    return f"{title.capitalize()} '{path[1]}'" + (f": '{field}'" if field else "")


_UNICODE_ONLY = "must be Unicode text only"

_REASONS = {
    "missing": "must be given",
    "literal_error": "must be {expected}",
    "value_error": "{error}",
    "string_type": "must be text",
    "string_unicode": _UNICODE_ONLY,
    "string_too_short": EMPTY,
    "string_too_long": "must have at most {max_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
}


def _reason(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    if context.get("pattern") in PATTERNS:
        return PATTERNS[context["pattern"]]
    return _REASONS.get(detail["type"], "must be of another form").format(**context)


# --- keys that are probably misspelled ------------------------------------------------------------

_ALIKE = 0.8
_MOST = 100
"""How many keys to report at most."""

_RECORDS: Mapping[str, type] = {
    "service_addresses": InventoryAddress,
    "sites": InventorySite,
    "licenses": Unit,
    "users": InventoryUser,
}
_INNER: Mapping[type, Mapping[str, type]] = {
    InventoryUser: {"services": Service},
    Service: {"extension": Extension, "restore": Extension},
    Unit: {"suspended": Suspension, "holder": NumberHolder},
}
"""The declarations of records inside other records, by key."""


def misspelled_keys(document: Mapping[str, object]) -> list[Fault]:
    """List unknown keys of a valid inventory document that are like a known one."""
    found: list[Fault] = []
    for fault in _of_document(document):
        found.append(fault)
        if len(found) == _MOST:
            break
    return found


def _of_document(document: Mapping[str, object]) -> Iterator[Fault]:
    yield from _of_record((), document, InventoryDocument)
    for section, declaration in _RECORDS.items():
        records = document.get(section)
        for name, record in records.items() if isinstance(records, Mapping) else ():
            yield from _of_record((section, name), record, declaration)


def _of_record(path: Path, record: object, declaration: type) -> Iterator[Fault]:
    if not isinstance(record, Mapping):
        return
    known = fields_of(declaration)
    if not record.keys() <= known.keys():
        for key in sorted(record.keys() - known.keys()):
            missing = [name for name in known if name not in record]
            if near := get_close_matches(key, missing, n=1, cutoff=_ALIKE):
                message = (
                    f"'{key}' is not a key of an inventory: licsync keeps it, but does not use it"
                )
                yield Fault((*path, key), message, f"Did you mean '{near[0]}'?")
    for key, inner in _INNER.get(declaration, {}).items():
        value = record.get(key)
        parts = value if isinstance(value, Sequence) else (value,)
        for index, part in enumerate(parts):
            place = (*path, key, index) if parts is value else (*path, key)
            yield from _of_record(place, part, inner)
