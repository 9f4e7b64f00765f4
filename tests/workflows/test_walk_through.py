"""The lease of somebody who walks through a work order: it holds while the person works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, Engine

from licsync.diagnostics import Locked
from licsync.store.address import default_url
from licsync.store.leases import LEASE_SECONDS
from licsync.store.runs import SqlStore
from licsync.workflows.walk_through import _renewing
from tests.support.set_clock import SetClock


def wait_for(is_true: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen within five seconds")


@pytest.mark.slow
def test_the_lease_is_renewed_while_a_person_thinks(
    tmp_path: Path, opened: Callable[[URL], Engine]
) -> None:
    clock = SetClock()
    store, other = (SqlStore(opened(default_url(tmp_path)), clock) for _ in range(2))

    def is_held() -> bool:
        try:
            with other.lock("acme", "bo"):
                return False
        except Locked:
            return True

    with store.lock("acme", "ada"):
        with _renewing(store, 0.01):
            for _ in range(3):
                clock.wait(LEASE_SECONDS - 1)
                time.sleep(0.2)
                wait_for(is_held)
        assert all(thread.name != "licsync lease" for thread in threading.enumerate())


def test_a_lease_that_is_lost_is_found_by_the_next_write(
    tmp_path: Path, opened: Callable[[URL], Engine]
) -> None:
    store, other = (SqlStore(opened(default_url(tmp_path)), SetClock()) for _ in range(2))
    with store.lock("acme", "ada"):
        other.unlock("acme")
        with _renewing(store, 0.01):
            threads = threading.enumerate
            wait_for(lambda: all(thread.name != "licsync lease" for thread in threads()))
        with pytest.raises(Locked):
            store.renew()
