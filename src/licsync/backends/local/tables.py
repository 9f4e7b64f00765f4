"""The tables of the local console. Their history is in `migrations`; a test holds the two together.

A record is kept as its JSON text in `body`, so nothing of it is lost; the other columns are there
to be looked up by. `number` is the order of the records in the inventory document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy import UniqueConstraint as Unique

from licsync.model.inventory import digest
from licsync.model.places import address_key

METADATA = MetaData()

ACCOUNTS = Table(
    "console_accounts",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("head", Text, nullable=False),
    Column("changed", Text, nullable=False, server_default=""),
    Column("edition", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False, server_default=""),
)
"""One row for each account.

`head` is its inventory document without the records; `changed` is a random text that the
database makes anew whenever anything of the account changes (`migrations`). `edition` and `source`
are those of `snapshot.Version`.
"""


def _section(name: str, *columns: Column[Any] | Index | Unique) -> Table:
    return Table(
        f"console_{name}",
        METADATA,
        Column("number", Integer, primary_key=True),
        Column("account", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("body", Text, nullable=False),
        *columns,
        Unique("account", "name", name=f"console_{name}_name"),
        ForeignKeyConstraint(
            ["account"], ["console_accounts.account"], name=f"console_{name}_account"
        ),
    )


SECTIONS: Mapping[str, Table] = {
    "service_addresses": _section(
        "service_addresses",
        Column("content", Text, nullable=False),
        Index("console_service_addresses_content", "account", "content"),
    ),
    "sites": _section(
        "sites",
        Column("service_address", Text),
        Index("console_sites_address", "account", "service_address"),
    ),
    "policies": _section("policies"),
    "licenses": _section(
        "licenses",
        Column("type", Text, nullable=False),
        Column("country", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("holder", Text),
        Column("service_address", Text),
        Index("console_licenses_address", "account", "service_address"),
        Index("console_licenses_pool", "account", "type", "country", "status"),
    ),
    "users": _section(
        "users",
        Column("folded", Text, nullable=False),
        Column("id", Text),
        Column("site", Text),
        Column("policy", Text),
        Unique("account", "folded", name="console_users_folded"),
        Index("console_users_id", "account", "id"),
        Index("console_users_site", "account", "site"),
        Index("console_users_policy", "account", "policy"),
    ),
}
"""The table of each section of the inventory."""

NUMBERS = Table(
    "console_numbers",
    METADATA,
    Column("account", Text, nullable=False),
    Column("space", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("holder", Text, nullable=False),
    PrimaryKeyConstraint("account", "space", "value", name="console_numbers_key"),
    ForeignKeyConstraint(
        ["account", "holder"],
        ["console_users.account", "console_users.name"],
        name="console_numbers_holder",
        ondelete="CASCADE",
    ),
    Index("console_numbers_of_user", "account", "holder"),
)
"""Which user holds an extension or phone number; the key is what makes them unique."""

INDEXED: Mapping[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
    "service_addresses": lambda name, record: {"content": content_key(record)},
    "sites": lambda name, record: {"service_address": record.get("service_address")},
    "policies": lambda name, record: {},
    "licenses": lambda name, record: {
        "type": record["type"],
        "country": record["country"],
        "status": record["status"],
        "holder": record.get("user"),
        "service_address": record.get("service_address"),
    },
    "users": lambda name, record: {
        "folded": name.casefold(),
        "id": record.get("id"),
        "site": record.get("site"),
        "policy": record.get("policy"),
    },
}
"""What stands in the look-up columns of a record."""


def content_key(address: Mapping[str, Any]) -> str:
    """Name the postal content of an address: equal for addresses that are the same."""
    return digest(address_key(address))
