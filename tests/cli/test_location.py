"""The account and the fleet at hand, where a command names no directory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from licsync.workflows import location
from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")


@pytest.fixture
def here(acme: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(acme)
    return acme


def test_the_current_directory_needs_no_word(here: Path) -> None:
    found = run("validate")
    assert found.stdout.startswith("Valid: ")
    assert "Using" not in found.stderr


@pytest.mark.slow
def test_an_account_above_is_used_and_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = here / "users" / "teams"
    below.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(below)
    up = os.path.join("..", "..")
    found = run("validate")
    assert found.stdout.startswith("Valid: ")
    assert f"Using the account in '{up}'." in found.stderr
    assert f"licsync apply {up} " in run("apply", *NOW, code=1).stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["plan", *NOW],
        ["users", "lopez"],
        ["users", ".", "lopez"],
        ["licenses", "L1"],
        ["history"],
        ["history", "--format", "json"],
        ["history", "verify"],
        ["inventory", "load", "inventory.json"],
        ["inventory", "load", ".", "inventory.json"],
        ["test"],
        ["test", ".", "plan.json"],
        ["test", "plan.json"],
        ["apply", "plan.json"],
        ["apply", "--resume"],
        ["fmt", "--check"],
    ],
)
def test_other_arguments_do_not_name_a_directory(here: Path, words: list[str]) -> None:
    if "plan.json" in words:
        run("plan", "--out", "plan.json")
    found = run(*words, code=None)
    assert found.exit_code == 0, found.stderr
    assert "Using" not in found.stderr


def test_a_directory_with_an_account_is_one_even_where_it_could_be_a_name(here: Path) -> None:
    other = here / "lopez"
    other.mkdir()
    assert "1 user" in run("users", "lopez").stdout
    (other / "account.yaml").write_text("account: {name: other}\n")
    assert "· 0 users ·" in run("users", "lopez").stdout
    assert "does not exist" in run("users", "./nowhere", code=1).stderr


def test_too_many_directories_are_too_many(here: Path) -> None:
    found = run("inventory", "load", "a", "b", "inventory.json", code=1)
    assert "One DIR is enough" in found.stderr


def test_a_directory_above_an_account_leads_to_it_and_to_nothing_else(here: Path) -> None:
    """A pre-commit hook without arguments looks at the root of the repository."""
    for command in ("validate", "plan"):
        found = run(command, str(here.parent), code=1)
        text = found.stdout + found.stderr
        assert text.count("error[") == 1, text
        assert "Found one in acme/account.yaml: run licsync on that" in text


def test_without_an_account_it_says_what_was_looked_for_and_where(
    acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").touch()
    for words in (["plan"], ["apply"], ["users", "ada"], ["undo", "RUN"], ["serve"]):
        output = run(*words, code=1).stderr
        assert f"There is no account.yaml in '{tmp_path}'" in output or words[0] == "users"
        assert "licsync init" in output
    output = run("validate", code=1).stderr
    assert "Accounts here: acme." in output
    assert "licsync fleet --help" in output


def test_a_fleet_above_is_used_and_named(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(acme)
    assert "There is no fleet.yaml" in run("fleet", "status", code=1).stderr
    (acme.parent / "fleet.yaml").write_text("fleet: {name: northwind, accounts: {acme: {}}}\n")
    found = run("fleet", "status")
    assert "acme" in found.stdout
    assert "Using the fleet in '..'." in found.stderr


def test_the_account_above_of_another_user_is_not_used_unasked(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files could name programs to run, and anybody can write to /tmp."""
    monkeypatch.setattr(os, "getuid", lambda: os.stat(here).st_uid + 1)
    if os.stat(here).st_uid == 0:
        os.chown(here / "account.yaml", 12345, -1)
    assert location.account_at_hand() == Path()
    below = here / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    output = run("validate", code=1).stderr
    assert "belongs to another user" in output
    assert "name its directory as DIR: .." in output
