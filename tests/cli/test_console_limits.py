"""What an account in the console does not do: serve as a sandbox, or hide how old it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from licsync.model.inventory_document import InventoryUser
from tests.support.accounts import inventory_document, unit, user, write_account
from tests.support.command_line import run
from tests.support.console_account import console_account


@pytest.fixture
def account(tmp_path: Path) -> Path:
    return console_account(tmp_path)


def test_the_simulator_does_not_write_into_it(account: Path) -> None:
    refused = run("simulate", account, "--port", "0", code=1)
    assert "would change the inventory that exports of the real account showed" in refused.stderr
    assert "Simulate a copy" in refused.stderr
    assert "account.yaml:5" in refused.stderr


@pytest.mark.slow
def test_drift_says_how_old_the_inventory_is(account: Path) -> None:
    told = run("drift", account, "--now", "2026-12-30T09:00:00Z", code=None)
    assert "inventory-stale" in told.stdout + told.stderr
    fresh = run("drift", account, "--now", "2026-11-24T09:00:00Z", code=None)
    assert "inventory-stale" not in fresh.stdout + fresh.stderr


def test_drift_of_what_was_never_exported_says_so(tmp_path: Path) -> None:
    run("init", tmp_path / "new", "--backend", "console")
    told = run("drift", tmp_path / "new")
    assert "No export of the console was ever read." in told.stdout + told.stderr


SWAP = """\
account: {name: swap, backend: {type: console}, defaults: {country: US}}
users:
  a@x.example: {licenses: [{type: x2, extension: {number: "1002"}}]}
  b@x.example: {licenses: [{type: x2, extension: {number: "1001"}}]}
"""


def test_a_swap_that_no_export_shows_can_be_confirmed(tmp_path: Path) -> None:
    """Otherwise the plan would ask for it forever."""

    def holder(number: str, unit_id: str) -> InventoryUser:
        return user({unit_id: {"number": number}}, site=None, policy=None)

    output = "2026-11-23T09:00:00Z"
    document = inventory_document(
        {"L1": unit(), "L2": unit()},
        {"a@x.example": holder("1001", "L1"), "b@x.example": holder("1002", "L2")},
        account="swap",
        as_of=output,
        observed={"users": output, "licenses.user": output},
    )
    write_account(tmp_path, SWAP)
    (tmp_path / "seen.json").write_text(json.dumps(document))
    run("inventory", "load", tmp_path, tmp_path / "seen.json")
    now = ("--now", "2026-11-24T09:00:00Z")
    assert run("plan", tmp_path, *now).stdout.count("no export has shown it") == 2
    confirmed = run("inventory", "confirm", tmp_path, *now, "--auto-approve")
    assert "Confirmed 2 actions." in confirmed.stderr
    assert "No changes." in run("plan", tmp_path, *now).stdout
