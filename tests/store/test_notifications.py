"""Sent messages, on each database: decided and recorded in one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from licsync.store.notifications import Notifications, SentMessage

ONE, TWO = SentMessage("1", "2026-11-24T09:00:00Z"), SentMessage("2", "2026-11-25T09:00:00Z")


@pytest.fixture
def told(database: Engine) -> Notifications:
    return Notifications(database, "acme")


def test_a_new_notification_replaces_the_recorded_one(told: Notifications) -> None:
    assert told.replace("ops", "drift", lambda before: ONE) == (None, ONE)
    assert told.replace("ops", "drift", lambda before: TWO) == (ONE, TWO)
    assert told.replace("ops", "drift", lambda before: None) == (TWO, None)
    assert told.replace("ops", "drift", lambda before: before) == (TWO, TWO)


def test_a_message_is_lost_if_nobody_confirms_it_for_minutes(told: Notifications) -> None:
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    sending = replace(ONE, sending_since=ONE.at)
    told.replace("ops", "drift", lambda before: sending)
    assert told.last("ops", "drift") == sending
    assert not sending.is_lost(at + timedelta(minutes=4))
    assert sending.is_lost(at + timedelta(minutes=5))
    assert sending.is_lost(at - timedelta(days=1)), "a clock was wrong"
    told.confirm("ops", "drift", sending)
    assert told.last("ops", "drift") == ONE
    assert not ONE.is_lost(at + timedelta(days=1))
    told.replace("ops", "drift", lambda before: TWO)
    told.confirm("ops", "drift", sending)
    assert told.last("ops", "drift") == TWO, "another run has sent one meanwhile"


def test_channels_events_and_accounts_are_stored_separately(
    told: Notifications, database: Engine
) -> None:
    told.replace("ops", "drift", lambda before: ONE)
    for store, channel, event in (
        (told, "ops", "due"),
        (told, "team", "drift"),
        (Notifications(database, "other"), "ops", "drift"),
    ):
        assert store.replace(channel, event, lambda before: None) == (None, None)


def test_a_notification_that_was_not_sent_is_forgotten(told: Notifications) -> None:
    told.replace("ops", "drift", lambda before: ONE)
    told.restore("ops", "drift", None)
    assert told.replace("ops", "drift", lambda before: TWO) == (None, TWO)
    told.restore("ops", "drift", ONE)
    assert told.replace("ops", "drift", lambda before: None) == (ONE, None)
