"""A lease on a shared file is measured by the clock of the file's system, whatever the machines
believe.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, Engine

from licsync.diagnostics import Locked
from licsync.model.license import parse_instant
from licsync.store import leases
from licsync.store.address import default_url
from licsync.store.leases import LEASE_SECONDS, file_system_now
from licsync.store.runs import SqlStore
from tests.support.databases import hurry

AHEAD = timedelta(hours=3)


class Ahead(datetime):
    """The clock of a machine that is three hours ahead."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return datetime.now(UTC) + AHEAD


@pytest.fixture
def engine(tmp_path: Path, opened: Callable[[URL], Engine]) -> Engine:
    engine = opened(default_url(tmp_path))
    hurry(engine)
    return engine


def file(engine: Engine) -> Path:
    return Path(str(engine.url.database))


def elsewhere(engine: Engine) -> None:
    """Let the lease be of another machine, whose processes cannot be seen."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE licsync_leases SET host = 'far/boot/pid', process = 1"))


def test_a_machine_whose_clock_is_ahead_takes_no_longer_a_lease(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "datetime", Ahead)
    with SqlStore(engine).lock("acme", "ahead") as lease:
        assert parse_instant(lease.until) <= datetime.now(UTC) + timedelta(
            seconds=LEASE_SECONDS + 1
        )


def test_a_lease_that_an_older_version_wrote_ahead_ends_when_nobody_renews_it(
    engine: Engine,
) -> None:
    with SqlStore(engine, lambda: datetime.now(UTC) + AHEAD).lock("acme", "ahead"):
        elsewhere(engine)
        # it has just been written
        with pytest.raises(Locked), SqlStore(engine).lock("acme", "late"):
            pass
        long_ago = time.time() - LEASE_SECONDS - 1
        os.utime(file(engine), (long_ago, long_ago))
        with SqlStore(engine).lock("acme", "late"):
            pass


def test_the_clock_of_a_file_system_is_asked_beside_the_file(engine: Engine) -> None:
    before = sorted(file(engine).parent.iterdir())
    assert abs(file_system_now(file(engine)) - datetime.now(UTC)) < timedelta(seconds=5)
    assert sorted(file(engine).parent.iterdir()) == before
