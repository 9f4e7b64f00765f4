"""Finds keys of an inventory document that are probably misspelled.

licsync keeps what 8x8 adds, so a record may have unknown keys. But a value below `lisenses` or
`phone_number` is not used, and whoever wrote it believes that it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from licsync.model.declarations import Extension
from licsync.model.fields import fields_of
from licsync.model.inventory_consistency import Fault, Path
from licsync.model.inventory_document import (
    InventoryAddress,
    InventoryDocument,
    InventorySite,
    InventoryUser,
    NumberHolder,
    Service,
    Suspension,
    Unit,
)

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
