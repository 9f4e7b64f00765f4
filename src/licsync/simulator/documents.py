"""What 8x8 keeps and the inventory document does not hold, as JSON documents by kind and id.

Ids and details of ring groups, call queues and sites, the operations, the numbers that nobody
holds, and every field of a user that the inventory does not know. They lie in one table beside the
console's, so that they outlive the server, and are written in the same transaction as the records
they belong to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, MetaData, Table, Text, bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection

METADATA = MetaData()

TABLE = Table(
    "simulator_documents",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

_KEY = (
    (TABLE.c.account == bindparam("of"))
    & (TABLE.c.kind == bindparam("which"))
    & (TABLE.c.id == bindparam("name"))
)
_DELETE = delete(TABLE).where(_KEY)
_UPDATE = update(TABLE).where(_KEY).values(body=bindparam("text"))
_INSERT = insert(TABLE)

Document = dict[str, Any]


class Documents:
    """Documents in memory, and in the table. What is put is staged until it is saved or dropped.

    Documents that are read must not be changed: put another one.
    """

    def __init__(self, account: str):
        self._account = account
        self._saved: dict[str, dict[str, Document]] = {}
        self._staged: dict[tuple[str, str], Document | None] = {}

    def load(self, connection: Connection) -> None:
        """Read everything; the table is made where it is not there."""
        METADATA.create_all(connection)
        for _, kind, name, body in connection.execute(
            select(TABLE).where(TABLE.c.account == self._account)
        ):
            self._saved.setdefault(kind, {})[name] = json.loads(body)

    def get(self, kind: str, name: str) -> Document | None:
        """Look a document up."""
        if (kind, name) in self._staged:
            return self._staged[kind, name]
        return self._saved.get(kind, {}).get(name)

    def all(self, kind: str) -> Iterator[tuple[str, Document]]:
        """List the documents of a kind with their ids."""
        for name, document in list(self._saved.get(kind, {}).items()):
            if (kind, name) not in self._staged:
                yield name, document
        for (other, name), staged in list(self._staged.items()):
            if other == kind and staged is not None:
                yield name, staged

    def has_any(self) -> bool:
        """Tell whether any document is saved."""
        return any(self._saved.values())

    def put(self, kind: str, name: str, document: Document | None) -> None:
        """Stage a document, or its removal."""
        self._staged[kind, name] = document

    def drop(self) -> None:
        """Forget what is staged."""
        self._staged.clear()

    def save(self, connection: Connection) -> None:
        """Write what is staged.

        It counts as saved when the caller's transaction is through: call `keep` then.
        """
        for (kind, name), document in self._staged.items():
            key = {"of": self._account, "which": kind, "name": name}
            is_there = name in self._saved.get(kind, {})
            if document is None:
                connection.execute(_DELETE, key)
            elif is_there:
                connection.execute(_UPDATE, key | {"text": json.dumps(document)})
            else:
                row = {
                    "account": self._account,
                    "kind": kind,
                    "id": name,
                    "body": json.dumps(document),
                }
                connection.execute(_INSERT, row)

    def keep(self) -> None:
        """Take what is staged for saved."""
        for (kind, name), document in self._staged.items():
            if document is None:
                self._saved.get(kind, {}).pop(name, None)
            else:
                self._saved.setdefault(kind, {})[name] = document
        self._staged.clear()
