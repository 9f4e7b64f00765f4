"""Taking runs back from the shell: a plan like any other, saved, applied, and in the history."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")


def applied(acme: Path) -> str:
    """Apply everything; gives the run's name."""
    run("apply", acme, "--auto-approve", *NOW)
    return last(acme)["run"]  # type: ignore[no-any-return]


def last(acme: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("history", acme, "--format", "json").stdout)["runs"][0]
    return found


@pytest.mark.slow
def test_a_run_is_taken_back_by_a_saved_plan_and_that_is_recorded(
    acme: Path, tmp_path: Path
) -> None:
    before = json.loads(run("inventory", "dump", acme, *NOW).stdout)
    name = applied(acme)
    assert run("undo", name, acme, *NOW, code=3).stdout.count("limit-exceeded") == 1
    saved = tmp_path / "undo.json"
    result = run("undo", name, acme, "--allow", "delete=1", "--out", saved, *NOW)
    assert "L152 was reinstated, and stays so" in result.stdout
    assert "licsync undo" not in result.stdout, "it is saved already"
    assert "--digest" not in result.stdout, "a plan of the files is another one"
    assert "The files still declare what this plan undoes" in result.stderr
    run("apply", saved, *NOW)
    after = json.loads(run("inventory", "dump", acme, *NOW).stdout)
    assert after["users"].keys() == before["users"].keys()
    for user, record in before["users"].items():
        kinds = [
            sorted(
                (units[s["license"]]["type"], json.dumps(s.get("extension"), sort_keys=True))
                for s in services
            )
            for units, services in (
                (d["licenses"], d["users"][user]["services"]) for d in (before, after)
            )
        ]
        assert kinds[0] == kinds[1]
        assert {**record, "services": 0} == {**after["users"][user], "services": 0}
    assert after["policies"] == before["policies"]
    assert after["sites"] == before["sites"]
    assert last(acme)["undoes"] == name
    assert f"undoes {name}" in run("history", acme).stdout
    assert run("history", "verify", acme).exit_code == 0
    assert "was undone already" in run("undo", name, acme, code=3).stderr
    again = json.loads(run("undo", acme, last(acme)["run"], "--format", "json", *NOW).stdout)
    assert again["summary"]["user.create"] == 1, "what was taken back can be taken back"


@pytest.mark.slow
def test_what_cannot_be_taken_back_says_why(acme: Path) -> None:
    assert "There is no run 'x' of acme" in run("undo", "x", acme, code=1).stderr
    name = applied(acme)
    output = run("undo", name[:-1], acme, code=1).stderr
    assert f"Did you mean '{name}'?" in output
    run("undo", name, acme / "nowhere", code=1)
    sales = acme / "users" / "sales.yaml"
    sales.write_text(sales.read_text().replace("Sales Lead", "Boss"))
    run("apply", acme, "--auto-approve", "--now", "2026-11-25T09:00:00Z")
    run("store", "prune", acme, "--older-than", "1d", "--now", "2027-01-01T00:00:00Z")
    assert "was pruned at 2027-01-01" in run("undo", name, acme, code=1).stderr
    with closing(sqlite3.connect(acme / ".licsync" / "state.db")) as connection, connection:
        connection.execute("UPDATE licsync_runs SET state = 'open' WHERE pruned_at IS NULL")
    assert "is not finished" in run("undo", last(acme)["run"], acme, code=3).stderr


def test_the_rules_of_the_files_are_asked_of_it_too(acme: Path) -> None:
    name = applied(acme)
    rules = acme / "policies.d" / "rules.yaml"
    rules.write_text(
        rules.read_text()
        .replace("size() > 5", "size() > 0")
        .replace("expires: 2026-11-30", "expires: 2026-11-01")
    )
    assert "rule-broken" in run("undo", name, acme, "--allow", "delete=1", *NOW, code=3).stdout


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["markdown", "html"])
def test_every_format_says_how_to_apply_it(acme: Path, format_: str) -> None:
    name = applied(acme)
    output = run(
        "undo", name, acme, "--allow", "delete=1", "--format", format_, "--redact", *NOW
    ).stdout
    assert "To save and apply this plan" in output
    assert "@acme.example" not in output


@pytest.mark.slow
def test_the_command_that_it_names_saves_and_applies_it(
    acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _ = applied(acme), monkeypatch.chdir(tmp_path)
    output = run("undo", name, acme, "--allow", "delete=1", *NOW).stdout
    command = output.partition("To save and apply this plan: licsync ")[2].splitlines()[0]
    save, _, apply = command.partition(" && licsync ")
    run(*save.split())
    run(*apply.split(), *NOW)
