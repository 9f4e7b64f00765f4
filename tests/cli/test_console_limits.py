"""What an account in the console does not do: serve as a sandbox, or hide how old it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import run
from tests.support.console_account import console_account


@pytest.fixture
def account(tmp_path: Path) -> Path:
    return console_account(tmp_path)


def test_the_simulator_does_not_write_into_it(account: Path) -> None:
    refused = run("simulate", account, "--port", "0", code=1)
    assert "would change what exports of the real account have said" in refused.stderr
    assert "Simulate a copy" in refused.stderr
    assert "account.yaml:5" in refused.stderr


def test_drift_says_how_old_the_inventory_is(account: Path) -> None:
    told = run("drift", account, "--now", "2026-12-30T09:00:00Z", code=None)
    assert "inventory-stale" in told.stdout + told.stderr
    fresh = run("drift", account, "--now", "2026-11-24T09:00:00Z", code=None)
    assert "inventory-stale" not in fresh.stdout + fresh.stderr


def test_drift_of_what_was_never_exported_says_so(tmp_path: Path) -> None:
    run("init", tmp_path / "new", "--backend", "console")
    told = run("drift", tmp_path / "new")
    assert "No export of the console was ever read." in told.stdout + told.stderr
