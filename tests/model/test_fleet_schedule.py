"""Accounts are due once in each interval, spread over it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from licsync.model.fleet_schedule import due_since, next_due

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_an_account_becomes_due_once_in_each_interval() -> None:
    since = due_since("customers/acme", "6h", NOW)
    assert timedelta(0) <= NOW - since < timedelta(hours=6)
    assert due_since("customers/acme", "6h", since) == since
    before = since - timedelta(microseconds=1)
    assert due_since("customers/acme", "6h", before) == since - timedelta(hours=6)


def test_it_is_due_from_the_next_instant_after_its_last_check() -> None:
    since = due_since("customers/acme", "6h", NOW)
    assert next_due("customers/acme", "6h", None, NOW) == NOW
    assert next_due("customers/acme", "6h", since - timedelta(seconds=1), NOW) == since
    assert next_due("customers/acme", "6h", since, NOW) == since + timedelta(hours=6)


def test_a_fleet_spreads_over_the_interval() -> None:
    every_minute = [NOW + timedelta(minutes=n) for n in range(60)]
    names = [f"customers/{n:05}" for n in range(600)]
    due = [
        sum(due_since(name, "1h", at) > at - timedelta(minutes=1) for name in names)
        for at in every_minute
    ]
    assert sum(due) == 600
    assert max(due) < 25
