"""Finds the users that cells of tables name: by user name, e-mail address or unique full name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from licsync.importing import cell_reader
from licsync.importing.table_detection import Table
from licsync.importing.table_rows import Rows
from licsync.model.inventory import Record
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.sheet import Row


class People:
    """The users of the tables, and all names that they are known by.

    Attributes:
        users: the users of the tables, by user name.
    """

    def __init__(self, rows: Rows) -> None:
        self.users: dict[str, Record] = {}
        self._rows = rows
        self._names: dict[str, str] = {}

    def spelled(self, name: str) -> str:
        """Return the spelling of a user name in an earlier row, else the name itself."""
        known = self._names.get(values.fold(name), name)
        return known if known and known.casefold() == name.casefold() else name

    def add_names(self, name: str, user: Mapping[str, Any]) -> None:
        """Let a user be found by user name, e-mail address and full name, as far as unique."""
        for spelling in (name, user.get("email") or "", *cell_reader.full_names(user)):
            folded = values.fold(str(spelling))
            self._names[folded] = name if self._names.get(folded, name) == name else ""

    def is_same(self, one: str, other: str) -> bool:
        """Tell whether two texts name the same holder."""
        first, second = values.fold(one), values.fold(other)
        return self._names.get(first, first) == self._names.get(second, second)

    def other_holder(self, text: str) -> Record | None:
        """Return the holder of a license if it is a ring group or the like, and not a user."""
        is_user = text in self.users or values.fold(text) in self._names
        return None if is_user else cell_reader.holder(text)

    def holder(self, table: Table, row: Row, key: str, text: str) -> str:
        """Find the user of a license. A fault is recorded if there is none."""
        name = self._names.get(values.fold(text)) if values.fold(text) else None
        if text in self.users:
            return text
        if name:
            return name
        message = (
            f"'{text}' is not a user in the tables."
            if name is None
            else f"Several users are named '{text}'."
        )
        hint = (
            "Write the user name. For a ring group, call queue, auto attendant or service,"
            " write 'Ring group: NAME'."
        )
        self._rows.add_fault(table, row, key, message, hint)
        return text
