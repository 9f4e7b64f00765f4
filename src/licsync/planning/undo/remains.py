"""What is not as it was once a run is taken back, found by comparing what will be with what was.

Whatever the way back may not know of is found here, so that nothing stays different without a word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from licsync.diagnostics import Code, Diagnostic, warning
from licsync.model.canonical import FieldValue
from licsync.model.catalog import Catalog
from licsync.model.inventory import SECTIONS, Inventory, is_filled, without_notes
from licsync.model.labels import label, sentence
from licsync.model.places import place_key
from licsync.model.unit_names import unit_name
from licsync.planning.undo.effect import RunEffect

_WORDS = {"suspended": "day and reason of the suspension", "user": "holder"}
"""What fields are called, where their name is not enough."""

Values = Mapping[str, object]
"""What a record says, by field; `""` is True if there is a record."""

_WHOLE = {"stays": "stay", "does not come back": "do not come back"}
"""Phrases for one or several records that should not exist, or should."""


def remaining_differences(
    effect: RunEffect,
    now: Inventory,
    end: Inventory,
    reported: Collection[tuple[str, str]],
    catalog: Catalog,
) -> Iterator[Diagnostic]:
    """Name what is not as it was before a run.

    Args:
        effect: what the run did.
        now: what the console holds now.
        end: what it will hold once the run is taken back.
        reported: what is reported already: keys of records, with the field, or an empty text for
            the whole record.
        catalog: names the license types.
    """
    places = _Places(effect, now, end)
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    keys = set(effect.before)
    for section in SECTIONS:
        names = getattr(now, section).keys() | getattr(end, section).keys()
        keys |= {f"{section}/{name}" for name in names}
    for key in sorted(keys):
        is_, will = now.get(key), end.get(key)
        if key not in effect.before and (is_ is will or key.startswith("service_addresses/")):
            continue  # reported where the undo deletes the address
        was = effect.before.get(key, is_)
        if key.startswith("service_addresses/"):
            was, will = places.existing_address(was), places.existing_address(will)
        fields = _fields(
            *(places.comparable(key, side) for side in (was, effect.after.get(key, is_), is_, will))
        )
        section, _, name = key.partition("/")
        if section == "licenses":
            name = unit_name(name, now, catalog)
        if (key, "") in reported or not fields:
            continue
        if was is None or will is None:
            alike["stays" if was is None else "does not come back",].append(name)
        elif left := [field for field in fields if (key, field.partition(" ")[0]) not in reported]:
            alike[tuple(left)].append(name)
    for what, names in alike.items():
        if what[0] in _WHOLE:
            verb = what[0] if len(names) == 1 else _WHOLE[what[0]]
            yield warning(Code.NOT_UNDONE, f"{sentence(names)} {verb}.")
        else:
            differing = sentence(_field_name(field, now, catalog) for field in what)
            yield warning(
                Code.NOT_UNDONE, f"Not as before the run: {differing} ({sentence(names)})."
            )


def _field_name(field: str, now: Inventory, catalog: Catalog) -> str:
    """Name a field; it may belong to a license of a user."""
    name, _, unit_id = field.rpartition(" ")
    if not name:
        return _WORDS.get(field) or label(field)
    return f"{label(name)} {unit_name(unit_id, now, catalog)}"


def _fields(was: Values, is_: Values, now: Values, will: Values) -> list[str]:
    """List the fields that will differ because of the run or its undo."""
    return [
        name
        for name in sorted(was.keys() | will.keys())
        if will.get(name) != was.get(name)
        and (was.get(name) != is_.get(name) or will.get(name) != now.get(name))
    ]


class _Places:
    """Compares records by what they say: service addresses by content, empty values as absent."""

    def __init__(self, effect: RunEffect, now: Inventory, end: Inventory):
        there = ((key.partition("/"), record) for key, record in effect.before.items())
        before = {
            name: record
            for (section, _, name), record in there
            if section == "service_addresses" and record
        }
        self.contents = {
            name: place_key(record)
            for records in (before, now.service_addresses, end.service_addresses)
            for name, record in records.items()
        }
        self.again = {place_key(record) for record in end.service_addresses.values()}

    def existing_address(self, address: Mapping[str, object] | None) -> Mapping[str, object] | None:
        """Return an address, or None if it exists in the end, under any id."""
        return None if address is not None and place_key(address) in self.again else address

    def comparable(self, key: str, record: Mapping[str, object] | None) -> dict[str, object]:
        """Give what a record says, by field; of a user, each license by itself."""
        if record is None:
            return {}
        fields: dict[str, FieldValue] = {
            name: value for name, value in without_notes(record).items() if is_filled(value)
        }
        if fields.get("service_address") in self.contents:
            fields["service_address"] = self.contents[fields["service_address"]]
        if key.startswith("users/"):
            fields.setdefault("status", "active")
            for service in fields.pop("services", ()):
                unit = service["license"]
                fields[f"license {unit}"] = True
                for name, value in (service.get("extension") or {}).items():
                    if is_filled(value):
                        fields[f"extension.{name} of {unit}"] = _filled(value)
        return {"": True, **fields}


def _filled(value: object) -> object:
    return {k: v for k, v in value.items() if is_filled(v)} if isinstance(value, dict) else value
