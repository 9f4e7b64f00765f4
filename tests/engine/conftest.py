"""What tests of the engine start from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, Engine

from licsync.engine.events import Event
from licsync.store.address import default_url
from licsync.store.runs import SqlStore
from tests.support.databases import empty_store, hurry
from tests.support.virtual_time import virtual_clock


@pytest.fixture
def store(tmp_path: Path, opened: Callable[[URL], Engine]) -> SqlStore:
    url = default_url(tmp_path)
    file = Path(str(url.database))
    file.parent.mkdir(mode=0o700)
    file.write_bytes(empty_store())
    engine = opened(url)
    hurry(engine)
    return SqlStore(engine, virtual_clock)


@pytest.fixture
def events() -> list[Event]:
    return []
