"""The embedded console with a small account, and a database for a whole module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import Engine

from licsync.backends.local.backend import LocalBackend
from licsync.store.address import default_url
from licsync.store.database import open_database
from tests.support.console_steps import small_account
from tests.support.databases import HISTORIES, hurry
from tests.support.local_console import console_on


@pytest.fixture
def console(database: Engine) -> LocalBackend:
    local = console_on(database)
    local.load(small_account())
    return local


@pytest.fixture(scope="module")
def module_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_database(default_url(tmp_path_factory.mktemp("quick")), HISTORIES)
    hurry(engine)
    yield engine
    engine.dispose()
