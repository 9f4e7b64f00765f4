"""The chain of hashes in the history: each entry names the hash of the entry before it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from licsync.store.tables import HISTORY

Doc = dict[str, Any]


def append(connection: Connection, account: str, subject: str, event: str, content: Doc) -> None:
    """Add an entry.

    Args:
        connection: the transaction that changes what the entry is about.
        account: whose history.
        subject: the id of the run or of the work order.
        event: what happened.
        content: what the entry says. Nothing of users: at most hashes with a salt.
    """
    text, previous = canonical(content), last_hash(connection, account)
    entry = {
        "account": account,
        "run": subject,
        "event": event,
        "content": text,
        "previous": previous,
    }
    connection.execute(
        insert(HISTORY).values(**entry, hash=entry_hash(account, subject, event, text, previous))
    )


def last_hash(connection: Connection, account: str) -> str:
    """Give the hash of the last entry; empty if there is none."""
    query = (
        select(HISTORY.c.hash)
        .where(HISTORY.c.account == account)
        .order_by(HISTORY.c.number.desc())
        .limit(1)
    )
    return connection.scalar(query) or ""


def entry_hash(*parts: str) -> str:
    """Hash the parts of an entry."""
    return "sha256:" + hashlib.sha256(canonical(parts).encode()).hexdigest()


def salted_hash(salt: str | None, *texts: str) -> str:
    """Hash texts with a salt, without which nobody can guess them."""
    found = hashlib.sha256((salt or "").encode())
    for text in texts:
        found.update(hashlib.sha256(text.encode()).digest())
    return "sha256:" + found.hexdigest()


def canonical(value: Any) -> str:
    """Write a value as JSON, always in the same way."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def read_content(text: str) -> Doc:
    """Read a JSON object; empty if it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
