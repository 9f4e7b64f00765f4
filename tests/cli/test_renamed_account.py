"""A run that is open when the account gets another name is not forgotten."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")


def left_open(database: Path) -> None:
    """Leave the run as one that was killed before its end was recorded."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE licsync_runs SET state = 'open', finished_at = NULL")
        connection.execute("DELETE FROM licsync_history WHERE event = 'ended'")


def rename(acme: Path, name: str) -> None:
    file = acme / "account.yaml"
    file.write_text(file.read_text().replace("name: acme", f"name: {name}"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [("--resume",), ("--abandon",), ("--auto-approve",)],
    ids=["resume", "abandon", "apply"],
)
def test_a_run_open_under_another_name_is_reported(acme: Path, words: tuple[str, ...]) -> None:
    run("apply", acme, "--auto-approve", *NOW)
    left_open(acme / ".licsync" / "state.db")
    rename(acme, "acme2")
    output = run("apply", acme, *words, *NOW, code=3).stderr
    assert "was not finished" in output
    assert "Set account.name back to 'acme'" in output
    rename_back = acme / "account.yaml"
    rename_back.write_text(rename_back.read_text().replace("name: acme2", "name: acme"))
    run("apply", acme, "--resume", *NOW)
    rename(acme, "acme2")
    assert "no unfinished run to resume" in run("apply", acme, "--resume", *NOW).stderr


@pytest.mark.slow
def test_in_a_shared_store_only_runs_of_the_same_account_are_reported(
    acme: Path, tmp_path: Path
) -> None:
    state = ("--state", f"sqlite:///{tmp_path / 'shared.db'}")
    run("apply", acme, "--auto-approve", *state, *NOW)
    left_open(tmp_path / "shared.db")
    other = tmp_path / "other"
    run("init", other, "--name", "other")
    assert "no unfinished run to resume" in run("apply", other, "--resume", *state, *NOW).stderr
    rename(acme, "acme2")
    output = run("apply", acme, "--resume", *state, *NOW, code=3).stderr
    assert "belongs to the account 'acme'" in output


def test_an_import_tells_of_an_identity_that_it_does_not_write(tmp_path: Path) -> None:
    run("init", tmp_path / "first", "--name", "main")
    document = json.loads((tmp_path / "first" / "inventory.json").read_text()) | {"identity": "one"}
    file = tmp_path / "dump.json"
    file.write_text(json.dumps(document))
    output = run("import", tmp_path / "new", "--from", file, *NOW).stderr
    assert "is that of identity one, which is not written to the files" in " ".join(output.split())
    account = tmp_path / "new" / "account.yaml"
    assert "identity" not in account.read_text()
    account.write_text(account.read_text().replace("account:\n", "account:\n  identity: two\n"))
    refused = run("import", tmp_path / "new", "--from", file, "--overwrite", *NOW, code=3).stderr
    assert "is that of identity one; this account has identity two" in refused
    account.write_text(account.read_text().replace("identity: two", "identity: one"))
    again = run("import", tmp_path / "new", "--from", file, "--overwrite", *NOW).stderr
    assert "not written" not in again
