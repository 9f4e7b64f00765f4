"""Of the local console little may be looked at, and every change of anything is noticed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy.engine import Engine

from licsync.backends.local.backend import LocalBackend
from licsync.backends.local.partial_reader import PartialReader


def console_on(database: Engine, account: str = "acme") -> LocalBackend:
    return LocalBackend(database, lambda: datetime(2026, 11, 24, 9, tzinfo=UTC), account)


def token(console: LocalBackend) -> str:
    with console.open_reader() as seen:
        assert seen is not None
        return seen.token


def test_of_an_empty_account_there_is_nothing_to_look_at(database: Engine) -> None:
    with console_on(database).open_reader() as seen:
        assert seen is None


def test_a_look_sees_what_a_dump_holds(console: LocalBackend) -> None:
    dump = console.dump()
    with console.open_reader() as seen:
        assert seen is not None
        document = seen.document()
        assert document == {
            key: value for key, value in dump.items() if key not in ("users", "licenses")
        }
        for section in ("users", "licenses"):
            names = [*seen.names(section)]
            assert sorted(names) == sorted(dump[section])
            for wanted in (names * 300, [*names[:2], "nobody"]):
                found = seen.select(section, wanted)
                expected = {name: dump[section][name] for name in wanted if name != "nobody"}
                assert {name: json.loads(body) for name, body in found.items()} == expected


CHANGES = [
    "INSERT INTO console_policies (account, name, body) VALUES ('acme', 'New', '{}')",
    "UPDATE console_users SET body = '{}' WHERE account = 'acme'",
    "DELETE FROM console_licenses WHERE account = 'acme'",
    "UPDATE console_accounts SET head = '{}' WHERE account = 'acme'",
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_changes_the_token(
    console: LocalBackend, database: Engine, change: str
) -> None:
    other = console_on(database, "globex")
    other.load({"account": "globex", "format_version": "1"})
    before = token(console), token(other)
    with database.begin() as connection:
        connection.exec_driver_sql(change)
    assert token(console) != before[0]
    assert token(other) == before[1]


def test_concurrent_changes_are_noticed() -> None:
    tokens = iter("aab")
    seen = PartialReader.open(lambda statement, values: [("{}", next(tokens), "", "")], "acme")
    assert seen is not None
    assert seen.is_current()
    assert not seen.is_current()


def test_loading_counts_as_a_change_and_reading_does_not(console: LocalBackend) -> None:
    first = token(console)
    console.dump()
    assert token(console) == first
    console.load(console.dump())
    assert token(console) not in ("", first)
