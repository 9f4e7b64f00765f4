"""Parses the cells of a user row that make up an extension."""

from __future__ import annotations

import json

from licsync.importing import cell_reader
from licsync.importing.table_detection import Table
from licsync.importing.table_rows import UNREAD_COUNTRY, Rows
from licsync.model.declarations import Extension, Features
from licsync.model.fields import fields_of
from licsync.model.inventory import Record
from licsync.model.labels import label
from licsync.spreadsheets.sheet import Row

_JSON_COLUMNS = ("call_forwarding", "devices")


def read_extension(rows: Rows, table: Table, row: Row, country: str | None) -> Record:
    """Parse the extension of a user row.

    Args:
        rows: collects faults.
        table: the table.
        row: the row.
        country: the country of its phone numbers.
    """
    extension: Record = {}
    if number := rows.read(table, row, "extension", cell_reader.number):
        extension["number"] = number
    if country != UNREAD_COUNTRY and (
        phones := rows.read(
            table, row, "phone_numbers", lambda text: cell_reader.phone_numbers(text, country)
        )
    ):
        extension["phone_numbers"] = phones
    for key in _JSON_COLUMNS:
        if text := table.cell(row, key):
            try:
                extension[key] = json.loads(text)
            except ValueError:
                message = f"The cell is not JSON, which licsync exports for {label(key)}."
                rows.add_fault(table, row, key, message)
    others = (
        key
        for key in fields_of(Extension)
        if key not in ("number", "phone_numbers", "features", *extension)
    )
    extension |= {
        key: text for key in others if (text := table.cell(row, key)) and key not in _JSON_COLUMNS
    }
    features = {
        key: cell_reader.feature_value(text)
        for key in fields_of(Features)
        if (text := table.cell(row, key))
    }
    return extension | ({"features": features} if features else {})


def settings_of_columns(table: Table) -> set[str]:
    """List the settings that a table has a column for, by their path below `extension`."""
    paths = {"extension": "number"} | {
        key: key for key in fields_of(Extension) if key not in ("number", "features")
    }
    paths |= {key: f"features.{key}" for key in fields_of(Features)}
    return {path for key, path in paths.items() if key in table.columns.fields}
