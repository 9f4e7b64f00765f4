"""Reads the policy profiles of imported tables, with their settings."""

from __future__ import annotations

from collections.abc import Iterable

from licsync.importing import cell_reader
from licsync.importing.table_rows import OLDER_LIST, Rows
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory import Record


def read_policies(rows: Rows, named: Iterable[str]) -> dict[str, Record]:
    """Read the policy profiles. A further row of a setting may repeat it, but not contradict.

    Args:
        rows: the rows of the tables.
        named: the policy profiles that users have.
    """
    found: dict[str, Record] = {name: {"settings": {}} for name in (*named, DEFAULT_POLICY)}
    for table, row in rows.found.rows_of("policies"):
        name, setting = table.cell(row, "policy"), table.cell(row, "setting")
        if not name:
            rows.add_fault(table, row, "policy", "The row has no policy.")
            continue
        settings = found.setdefault(name, {"settings": {}})["settings"]
        text = table.cell(row, "value")
        if not setting:
            if text:
                rows.add_fault(table, row, "setting", f"The value '{text}' has no setting.")
            continue
        value = cell_reader.feature_value(text) if text else None
        there, first = rows.places.setdefault(("policies", name, setting), (table, row))
        if settings.setdefault(setting, value) != value:
            where = f"row {first.line}" + (f" of {there.sheet.file}" if there is not table else "")
            other = there.cell(first, "value")
            message = f"'{text}' contradicts {where}: there '{setting}' is '{other}'."
            rows.add_fault(table, row, "value", message, OLDER_LIST)
    return found
