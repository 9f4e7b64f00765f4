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
        self._sites: dict[str, str | None] = {}
        self._namesakes: dict[str, list[str]] = {}

    def spelled(self, name: str) -> str:
        """Return the spelling of a user name in an earlier row, else the name itself."""
        known = self._names.get(values.fold(name), name)
        return known if known and known.casefold() == name.casefold() else name

    def add_names(self, name: str, user: Mapping[str, Any]) -> None:
        """Let a user be found by user name, e-mail address and full name, as far as unique."""
        self._sites[name] = user.get("site")
        for spelling in (name, user.get("email") or "", *cell_reader.full_names(user)):
            folded = values.fold(str(spelling))
            first = self._names.setdefault(folded, name)
            if first != name:
                self._names[folded] = ""
                same = self._namesakes.setdefault(folded, [first])
                same += [name] * (name not in same)

    def is_same(self, one: str, other: str) -> bool:
        """Tell whether two texts name the same holder."""
        first, second = values.fold(one), values.fold(other)
        return self._names.get(first, first) == self._names.get(second, second)

    def other_holder(self, text: str) -> Record | None:
        """Return the holder of a license if it is a ring group or the like, and not a user."""
        is_user = text in self.users or values.fold(text) in self._names
        return None if is_user else cell_reader.holder(text)

    def site_of(self, name: str) -> str | None:
        """Return the site of a user."""
        return self._sites.get(name)

    def namesakes(self, text: str) -> list[str]:
        """List the users whose name a text is, if there are several."""
        if text in self.users:
            return []
        return self._namesakes.get(values.fold(text), [])

    def holder(self, table: Table, row: Row, key: str, text: str) -> str:
        """Find the user of a license. A fault is recorded if there is none."""
        name = self._names.get(values.fold(text)) if values.fold(text) else None
        if text in self.users:
            return text
        if name:
            return name
        self.add_fault(table, row, key, text)
        return text

    def add_fault(self, table: Table, row: Row, key: str, text: str) -> None:
        """Record that a text names no user, or several."""
        several = self.namesakes(text)
        message = (
            f"Several users are named '{text}'."
            if several
            else f"'{text}' is not a user in the tables."
        )
        hint = (
            "Write the user name. If the user is new, export the list of users again, too. For a"
            " ring group, call queue, auto attendant or service, write 'Ring group: NAME'."
        )
        if several:
            hint = f"Write the user name: {' or '.join(several)}."
        self._rows.add_fault(table, row, key, message, hint)
