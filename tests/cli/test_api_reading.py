"""How often commands read what the store has of an account behind 8x8's API."""

from __future__ import annotations

from pathlib import Path

import pytest

from licsync.workflows.inventory import read_stored
from tests.support.accounts import write_account
from tests.support.api_simulation import document
from tests.support.call_counts import calls
from tests.support.command_line import run
from tests.support.simulator_process import served


@pytest.mark.slow
@pytest.mark.parametrize("command", ["plan", "drift"])
def test_the_inventory_last_seen_is_read_once(tmp_path: Path, command: str) -> None:
    local = {"name": "acme", "backend": {"type": "local", "seed": "inventory.json"}}
    write_account(tmp_path / "vendor", {"account": local}, document({}, {}))
    with served(tmp_path / "vendor", "key") as address:
        backend = {"type": "8x8", "base_url": address}
        write_account(tmp_path / "acme", {"account": {"name": "acme", "backend": backend}})
        words = (command, tmp_path / "acme")
        run(*words, LICSYNC_API_KEY="key")
        assert calls(lambda: run(*words, LICSYNC_API_KEY="key"), of=read_stored) == 1
