"""The history on the command line: who did what, and whether anybody altered that record."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.command_line import run


def apply(acme: Path) -> str:
    output = run("apply", acme, "--auto-approve", "--now", "2026-11-24T09:00:00Z").stderr
    return re.search(r"History head: (sha256:[0-9a-f]{64})", output)[1]  # type: ignore[index]


@pytest.mark.slow
def test_a_history_is_verified_and_a_hash_of_a_log_is_found_in_it(acme: Path) -> None:
    assert run("history", "verify", acme).stdout == "Nothing has been applied yet.\n"
    first = apply(acme)
    sales = acme / "users" / "sales.yaml"
    sales.write_text(sales.read_text().replace("Sales Lead", "Boss"))
    assert apply(acme) != first
    assert run("history", "verify", acme, "--head", first).stdout.startswith(
        "2 runs, 4 entries: unaltered."
    )
    assert (
        "is not in the history"
        in run("history", "verify", acme, "--head", "sha256:0", code=1).stdout
    )
    document = json.loads(run("history", "verify", acme, "--format", "json").stdout)
    assert (document["is_sound"], document["runs"], document["has_head"]) == (True, 2, None)


def test_an_inserted_entry_of_the_history_is_found(acme: Path) -> None:
    apply(acme)
    with closing(sqlite3.connect(acme / ".licsync" / "state.db")) as connection, connection:
        connection.execute("UPDATE licsync_runs SET actor = 'eve\x1b[31m'")
    output = run("history", "verify", acme, code=1).stdout
    assert "who began it, when, from where or with which plan is not as it was written" in output
    assert "\x1b" not in run("history", acme).stdout


@pytest.mark.slow
def test_a_history_counts_actions_as_the_pages_do_removals_first(acme: Path) -> None:
    apply(acme)
    [shown] = re.findall(r"done +(.*)$", run("history", acme).stdout, re.M)
    assert shown.startswith("2 unassign, 2 downgrade, 1 suspend, ")
    assert shown.endswith(", 1 create policy, 1 create site, 1 create service address")
    [listed] = json.loads(run("history", acme, "--format", "json").stdout)["runs"]
    assert listed["summary"]["license.unassign"] == 2


@pytest.mark.slow
def test_history_of_a_directory_is_its_list(acme: Path) -> None:
    apply(acme)
    assert run("history", acme).stdout == run("history", "list", acme).stdout
    assert (
        run("history", "--format", "json", acme).stdout
        == run("history", acme, "--format", "json").stdout
    )
    assert "There is no account.yaml" in run("history", "verify", code=1).stderr
