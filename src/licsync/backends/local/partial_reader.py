"""Reads parts of the local backend as they are needed, for plans that look at little of it.

The statements are plain text, so that whatever runs them has not to be SQLAlchemy, which takes
longer to import than such a plan takes otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from licsync.model.canonical import compact_json, read_json

Execute = Callable[[str, Mapping[str, Any]], Iterable[Any]]
"""Runs a statement with named parameters (`:name`) and gives the rows, in one transaction."""

TABLES = ("service_addresses", "sites", "policies", "licenses", "users")
"""The sections with a table of their own, `console_` and the name; the others are in the head."""

GONE_IDS = "gone_ids"
"""Stands in the head beside the document: the highest number of a deleted id, by section."""

_LARGE = frozenset(("users", "licenses"))
_ACCOUNT = "SELECT head, changed, edition, source FROM console_accounts WHERE account = :account"


class Version(NamedTuple):
    """Names an account's records as somebody read them.

    Attributes:
        changed: another one after every change.
        edition: another one after every change, except where a plan only read the vendor's
            inventory anew.
        source: names the place that the inventory was read from, and the settings that it was read
            with.
    """

    changed: str
    edition: str
    source: str


class PartialReader:
    """An account, of which little is read.

    Args:
        execute: runs statements.
        account: the account, which there is.
        head: its inventory document without records.
        version: see below.
        at_once: whether users and licenses are read whole when one of them is asked for: where the
            database is not SQLite, or a forked process cannot ask it.

    Attributes:
        version: names the records as they are.
    """

    def __init__(
        self, execute: Execute, account: str, head: str, version: Version, *, at_once: bool
    ):
        self._execute = execute
        self._account = {"account": account}
        self._head = head
        self._at_once = at_once
        self._known: dict[str, dict[str, str]] = {}
        self.version = version

    @property
    def token(self) -> str:
        """Name the records as they are: another one after every change of any of them."""
        return self.version.changed

    @classmethod
    def open(cls, execute: Execute, account: str, *, at_once: bool = False) -> PartialReader | None:
        """Look at an account; None where it was never loaded and nothing was ever done in it."""
        row = next(iter(execute(_ACCOUNT, {"account": account})), None)
        return (
            cls(execute, account, row[0], Version(*row[1:]), at_once=at_once)
            if row is not None
            else None
        )

    def is_current(self) -> bool:
        """Tell whether nothing was changed since: then all that was read is of one moment."""
        row = next(iter(self._execute(_ACCOUNT, self._account)), None)
        return row is not None and row[1] == self.token

    def document(self) -> dict[str, Any]:
        """Give the inventory document without users and licenses."""
        head: dict[str, Any] = read_json(self._head)
        document = {key: head[key] for key in head if key not in (*_LARGE, GONE_IDS)}
        for section in TABLES:
            if section not in _LARGE and (records := self._texts(section)):
                document[section] = {name: read_json(text) for name, text in records.items()}
        return document

    def full_document(self) -> dict[str, Any]:
        """Give the inventory document with everything in it."""
        document = self.document()
        for section in sorted(_LARGE):
            document[section] = {name: read_json(text) for name, text in self._rows(section)}
        return document

    def names(self, section: str) -> Collection[str]:
        """Name the records of a section."""
        if self._at_once:
            return self._read_section(section).keys()
        query = f"SELECT name FROM console_{section} WHERE account = :account"
        return list(chain.from_iterable(self._execute(query, self._account)))

    def select(self, section: str, names: Collection[str]) -> dict[str, str]:
        """Give those records of a section that have these names, each as JSON."""
        if self._at_once:
            known = self._read_section(section)
            return {name: known[name] for name in names if name in known}
        query = f"SELECT name, body FROM console_{section} WHERE account = :account AND name IN"
        rows = self._execute(
            f"{query} (SELECT value FROM json_each(:names))",
            self._account | {"names": compact_json(list(names)).decode()},
        )
        return dict(iter(rows))

    def prepare(self) -> None:
        """Read what a forked process could not."""
        if self._at_once:
            for section in _LARGE:
                self._read_section(section)

    def _read_section(self, section: str) -> dict[str, str]:
        if section not in self._known:
            self._known[section] = self._texts(section)
        return self._known[section]

    def _texts(self, section: str) -> dict[str, str]:
        return dict(self._rows(section))

    def _rows(self, section: str) -> Iterator[tuple[str, str]]:
        query = f"SELECT name, body FROM console_{section} WHERE account = :account ORDER BY number"
        return iter(self._execute(query, self._account))
