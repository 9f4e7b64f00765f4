"""What the local console holds at one moment, read as it is asked for: for plans that look at little of it.

The statements are plain text, so that whatever runs them has not to be SQLAlchemy, which takes longer to import than
such a plan takes otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

Execute = Callable[[str, Mapping[str, Any]], Iterable[Any]]
"""Runs a statement with named parameters (`:name`) and gives the rows; all within one transaction."""

TABLES = ("service_addresses", "sites", "policies", "licenses", "users")
"""The sections whose records have a table of their own, `console_` and its name; the others' are in the head."""

_LARGE = frozenset(("users", "licenses"))
_ACCOUNT = "SELECT head, changed FROM console_accounts WHERE account = :account"
_AT_ONCE = 500  # names in one query


class Snapshot:
    """An account within one transaction.

    Args:
        execute: runs statements in it.
        account: the account, which there is.
        head: its inventory document without records.
        token: see below.

    Attributes:
        token: names the records as they are: it is another one after every change of any of them.
    """

    def __init__(self, execute: Execute, account: str, head: str, token: str):
        self._execute = execute
        self._account = {"account": account}
        self._head = head
        self.token = token

    @classmethod
    def of(cls, execute: Execute, account: str) -> Snapshot | None:
        """Look at an account; None where it was never loaded and nothing was ever done in it."""
        row = next(iter(execute(_ACCOUNT, {"account": account})), None)
        return cls(execute, account, *row) if row is not None else None

    def document(self) -> dict[str, Any]:
        """Give the inventory document without users and licenses."""
        document = {key: value for key, value in json.loads(self._head).items() if key not in _LARGE}
        for section in TABLES:
            if section not in _LARGE and (records := self.texts(section)):
                document[section] = {name: json.loads(text) for name, text in records.items()}
        return document

    def texts(self, section: str) -> dict[str, str]:
        """Give the records of a section by name, each as JSON."""
        query = f"SELECT name, body FROM console_{section} WHERE account = :account"
        return {name: text for name, text in self._execute(query, self._account)}

    def some(self, section: str, names: Collection[str]) -> dict[str, str]:
        """Give those records of a section that have these names, each as JSON."""
        wanted, found = list(names), dict[str, str]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = {f"name{index}": name for index, name in enumerate(wanted[start : start + _AT_ONCE])}
            query = f"SELECT name, body FROM console_{section} WHERE account = :account AND name IN"
            rows = self._execute(f"{query} (:{', :'.join(some)})", self._account | some)
            found.update((name, text) for name, text in rows)
        return found
