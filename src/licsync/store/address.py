"""The URL of a store: which ones there are, and how a message shows one without its password."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from licsync.diagnostics import Code, error
from licsync.engine.ports import StoreFailed
from licsync.model.secret_keys import redact_url
from licsync.store import STATE


def default_url(directory: Path) -> URL:
    """Give the place of an account's own store: SQLite in `.licsync/` of its directory."""
    return URL.create("sqlite", database=str(directory / STATE))


def parse_url(url: str | URL) -> URL:
    """Read the URL of a store.

    Raises:
        StoreFailed: it is not one, or its parts are uncertain.
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # a port that is not a number
        address = None
    address_text = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    hint = "Use sqlite:///PATH or postgresql://USER@HOST:PORT/DATABASE."
    if address is not None and address.drivername in (
        "postgresql",
        "postgres",
        "postgresql+psycopg",
    ):
        if _is_plain(address, address_text):
            return address.set(drivername="postgresql+psycopg")
        hint = "Write @ as %40, # as %23, ? as %3F in user and password; parameters as NAME=VALUE."
    elif address is not None and address.drivername == "sqlite":
        elsewhere = address.username or address.host or address.query
        if not elsewhere and address.database not in (None, "", ":memory:"):
            return address
    raise StoreFailed(
        error(
            Code.INVALID_VALUE,
            f"'{redact_url(address_text)}' is not the URL of a store.",
            hint=hint,
        )
    )


def _is_plain(address: URL, address_text: str) -> bool:
    """Tell whether the parts of a URL are certain, so that no part of a password is shown."""
    parts = (address.username, address.host, address.database, *address.query)
    has_query = "?" in (
        address_text if address.username is None else address_text.partition("@")[2]
    )
    is_clean = not any(set("@?#").intersection(part or "") for part in parts)
    return is_clean and has_query <= bool(address.query)


def shown_url(address: URL) -> str:
    """Write a URL as it may be shown: without password, and without parameters but the host."""
    shown = address.set(
        query={name: value for name, value in address.query.items() if name == "host"}
    )
    more = "&…" if shown.query else "?…"
    if shown.query == address.query:
        more = ""
    return shown.render_as_string(hide_password=True) + more


def file_of_url(address: URL) -> Path | None:
    """Return the file of a database in SQLite; None for one on a server."""
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None
