"""Settings of a license beside the phone license: no row of a user says them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.accounts import inventory_document, unit, user, write_account
from tests.support.command_line import dump, run

JO = "jo.kim@acme.example"
NOW = "2026-11-24T09:00:00Z"
FILES = f"""
account:
  name: acme
  backend: {{type: console, inventory_max_age: 90d}}
  defaults: {{country: US}}
users:
  {JO}:
    licenses:
    - {{type: x2, extension: {{number: "1001"}}}}
    - {{type: vcc-agent, extension: {{number: "6009"}}}}
"""
ROW = f"{JO},Jo,Kim,active,HQ,"


@pytest.fixture
def account(tmp_path: Path) -> Path:
    held = user({"L1": {"number": "1001"}, "L2": {"number": "6001"}}, first_name="Jo",
                last_name="Kim", email=JO)  # fmt: skip
    units = {"L1": unit(), "L2": unit("vcc-agent")}
    account = write_account(tmp_path / "acme", FILES, inventory_document(units, {JO: held}))
    run("inventory", "load", account, account / "inventory.json")
    return account


def export(folder: Path, *rows: str) -> Path:
    path = folder / "Users.csv"
    head = "Username,First name,Last name,Status,Site,License,Extension"
    path.write_text("\n".join((head, *rows)) + "\n")
    return path


def refresh(account: Path, now: str, *words: str) -> str:
    """Refresh from rows, with options that come after them."""
    rows = [word for word in words if word.startswith(JO)]
    path = export(account.parent, *rows)
    output = run("refresh", account, "--from", path, "--now", now, *words[len(rows) :])
    return output.stdout + output.stderr


ONE_ROW = f'{ROW}"X2, VCC Agent",1001'


def number_of(account: Path, license: str) -> str:
    services = dump(account)["users"][JO]["services"]
    return str(next(s["extension"]["number"] for s in services if s["license"] == license))


def test_a_row_that_names_several_licenses_keeps_what_the_further_ones_carry(
    account: Path,
) -> None:
    output = refresh(account, NOW, ONE_ROW.replace("1001", "1002"))
    assert (number_of(account, "L1"), number_of(account, "L2")) == ("1002", "6001")
    assert "Settings of further licenses of users are kept, because no row says them (1)." in output
    observed = dump(account)["observed"]
    assert observed["users.extension.number"] == NOW
    assert observed["licenses.extension.number"] != NOW


@pytest.mark.slow
def test_facts_without_a_row_are_not_visible(account: Path) -> None:
    refresh(account, "2026-11-24T08:00:00Z", ONE_ROW)
    assert "6001 → 6009" in run("plan", account, "--now", NOW).stdout
    run("apply", account, "--now", NOW, "--auto-approve", code=4)
    output = refresh(account, "2026-11-25T09:00:00Z", ONE_ROW)
    assert "not visible" in output
    assert "not done" not in output


@pytest.mark.slow
def test_facts_that_no_export_has_shown_can_be_confirmed(tmp_path: Path) -> None:
    account = write_account(tmp_path / "acme", FILES)
    refresh(account, "2026-11-24T08:00:00Z", ONE_ROW, "--country", "US")
    assert "no export has shown it" in run("plan", account, "--now", NOW).stdout
    run("apply", account, "--now", NOW, "--auto-approve", code=4)
    assert "not visible" in refresh(account, "2026-11-25T09:00:00Z", ONE_ROW)
    run("inventory", "confirm", account, "--now", "2026-11-25T10:00:00Z", "--auto-approve")
    numbers = [s.get("extension") for s in dump(account)["users"][JO]["services"]]
    assert {"number": "6009"} in numbers


@pytest.mark.slow
def test_a_row_for_each_license_verifies_what_each_carries(account: Path) -> None:
    rows = (f"{ROW}X2,1001", f"{ROW}VCC Agent,6001")
    refresh(account, "2026-11-24T08:00:00Z", *rows)
    assert dump(account)["observed"]["licenses.extension.number"] == "2026-11-24T08:00:00Z"
    assert "no export has shown it" not in run("plan", account, "--now", NOW).stdout
    run("apply", account, "--now", NOW, "--auto-approve", code=4)
    output = refresh(account, "2026-11-25T09:00:00Z", *rows)
    assert "not done" in output
    output = refresh(account, "2026-11-25T10:00:00Z", rows[0], rows[1].replace("6001", "6009"))
    assert "1 of 1 item verified" in output
    json.loads(run("history", account, "--format", "json").stdout)
