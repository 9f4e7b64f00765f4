"""What tests of commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import run


@pytest.fixture
def shared(tmp_path: Path) -> str:
    """The URL of a store that several directories use."""
    return f"sqlite:///{tmp_path / 'shared.db'}"


@pytest.fixture
def saved(acme: Path, tmp_path: Path) -> Path:
    """A plan of acme."""
    run("plan", acme, "--out", tmp_path / "plan.json", "--now", "2026-11-24T09:00:00Z")
    return tmp_path / "plan.json"
