"""`licsync fleet validate`, and `licsync fmt` of a fleet file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.accounts import write_account
from tests.support.command_line import run


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    for name in ("acme", "bo"):
        write_account(tmp_path / name, f"account: {{name: {name}}}\n")
    (tmp_path / "fleet.yaml").write_text("fleet: {accounts: {'*': {}, x/*: {}}, name: northwind}\n")
    return tmp_path


@pytest.mark.slow
def test_a_valid_fleet(fleet: Path) -> None:
    result = run("fleet", "validate", fleet)
    assert result.stdout == "Valid: fleet northwind with 2 accounts.\n"
    assert "No directory with an account.yaml matches 'x/*'." in result.stderr
    found = json.loads(run("fleet", "validate", fleet / "fleet.yaml", "--format", "json").stdout)
    assert [d["code"] for d in found["diagnostics"]] == ["unknown-reference"]


def test_faults_end_the_command(fleet: Path) -> None:
    (fleet / "fleet.yaml").write_text("fleet: {name: n, accounts: {a: {}}, min: 3}\n")
    result = run("fleet", "validate", fleet, "--format", "github", code=1)
    assert "::error file=" in result.stdout
    (fleet / "fleet.yaml").write_text("fleet: {name: n, accounts: {'*': {}}, min_accounts: 3}\n")
    assert "fleet-incomplete" in run("fleet", "validate", fleet, code=3).stderr
    assert "There is no fleet file" in run("fleet", "validate", fleet / "none.yaml", code=1).stderr


@pytest.mark.slow
def test_the_files_of_accounts_are_checked_without_their_keys(fleet: Path) -> None:
    (fleet / "bo" / "account.yaml").write_text("account: {nmae: bo}\n")
    (fleet / "fleet.yaml").write_text(
        "fleet: {name: n, state: env:NO_STATE, accounts: {'*': {key: {env: NO_KEY}}}}\n"
    )
    result = run("fleet", "validate", fleet, code=1)
    assert "── 2/2 " in result.stdout or "── 1/2 bo" in result.stdout
    assert "acme" not in result.stdout
    assert "1 of 2 accounts of the fleet n cannot be used as it is." in result.stdout
    found = json.loads(run("fleet", "validate", fleet, "--format", "json", code=1).stdout)
    assert [(one["file"], one["code"]) for one in found["diagnostics"]] == [
        ("bo/account.yaml", "unknown-key")
    ]
    assert not (fleet / ".licsync").exists()


def test_a_fleet_file_is_formatted(fleet: Path) -> None:
    assert "licsync fmt" in run("fmt", "--check", fleet, code=1).stderr
    assert run("fmt", fleet).stdout == "fleet.yaml\n"
    text = "fleet: {name: northwind, accounts: {'*': {}, x/*: {}}}\n"
    assert (fleet / "fleet.yaml").read_text() == text
    assert run("fmt", fleet / "fleet.yaml").stdout == ""


def test_status_and_metrics_need_no_run(fleet: Path) -> None:
    assert "2 accounts; 0 due" in run("fleet", "status", fleet).stdout
    found = json.loads(run("fleet", "status", fleet, "--select", "bo", "--format", "json").stdout)
    assert [one["account"] for one in found["accounts"]] == ["bo"]
    assert "# TYPE licsync_fleet_changes gauge" in run("fleet", "metrics", fleet).stdout
    file = fleet / "licsync.prom"
    assert run("fleet", "metrics", fleet, "--textfile", file).stdout == ""
    assert file.read_text().startswith("# HELP")
