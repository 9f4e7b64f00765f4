"""Durations as the files write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from licsync.model.durations import duration


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("30m", timedelta(minutes=30)),
        ("6h", timedelta(hours=6)),
        ("0d", timedelta(0)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
    ],
)
def test_durations(text: str, found: timedelta) -> None:
    assert duration(text) == found
