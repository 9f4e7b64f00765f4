"""Merges the fields that an export says of a record into what was known of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from licsync.model.inventory import Record
from licsync.planning.comparison import equivalent


def merge_record(
    before: Mapping[str, object] | None,
    values: Mapping[str, object],
    columns: Collection[str],
    fields: Mapping[str, tuple[object, ...]],
    never_empty: Collection[str] = (),
) -> Record:
    """Merge what the columns of an export say into a record.

    Args:
        before: the record as it was; None for a new one.
        values: the values of its cells; without those of empty cells.
        columns: the fields that the export has columns for.
        fields: the fields that columns can hold, with their markers.
        never_empty: fields of which an empty cell says nothing.

    Returns:
        the record. Values that mean the same keep their spelling, and unknown fields their value.
    """
    record: Record = dict(before or {})
    for name, marks in fields.items():
        if name not in columns:
            continue
        value = values.get(name)
        if value in (None, "", [], {}):
            if name not in never_empty and record.get(name) not in (None, "", [], {}):
                del record[name]
        elif not equivalent(record.get(name), value, marks):
            record[name] = value
    return record
