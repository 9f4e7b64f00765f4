"""A world for each test, on SQLite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL, Engine

from tests.support.databases import empty_store, hurry
from tests.support.simulator import World, acme


@pytest.fixture
def make_world(opened: Callable[[URL | str], Engine], tmp_path: Path) -> Callable[..., World]:
    """Makes worlds with settings of their own."""
    made: list[int] = []

    def make(document: dict[str, Any] | None = None, **settings: Any) -> World:
        made.append(1)
        path = tmp_path / f"state{len(made)}.db"
        path.write_bytes(empty_store())
        engine = opened(URL.create("sqlite", database=str(path)))
        hurry(engine)
        return World(engine, document or acme(), **settings)

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """The example account, as published."""
    return make_world()


@pytest.fixture
def fast(make_world: Callable[..., World]) -> World:
    """The example account, where operations complete at once and nothing is limited."""
    return make_world(speed=0)
