"""A SCIM server that stands for 8x8's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.scim_server import RunningServer, scim_server


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with scim_server() as running:
        yield running
