"""What the command line keeps in the store: keys, links, old runs."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from licsync.cli import settings
from licsync.cli.apply_output import exit_of
from licsync.diagnostics import InputInvalid
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.events import Outcome
from licsync.workflows.account import open_account
from licsync.workflows.backends import open_backend, parallelism
from licsync.workflows.session import Session, run_link
from licsync.workflows.storage import read_secret
from tests.support.command_line import run
from tests.support.paths import ACME

NOW = ("--now", "2026-11-24T09:00:00Z")
KEY = "q0nUHDhTjmlvqhsPWb8xYNSYQPHzxP+S31DIlvVr4/I="


@pytest.fixture
def acme(tmp_path: Path) -> str:
    return str(shutil.copytree(ACME, tmp_path / "acme"))


def rows(acme: str, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(Path(acme) / ".licsync" / "state.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


@pytest.mark.slow
def test_old_runs_are_pruned_and_the_history_stays(acme: str) -> None:
    assert (
        "No run that ended before"
        in run("store", "prune", acme, "--older-than", "30d", *NOW).stderr
    )
    run("apply", acme, "--auto-approve", "--target", "users/ada.lopez@acme.example", *NOW)
    run("apply", acme, "--auto-approve", "--now", "2026-11-25T09:00:00Z")
    assert "No run" in run("store", "prune", acme, "--older-than", "30d", *NOW).stderr
    output = run(
        "store", "prune", acme, "--older-than", "4w", "--now", "2027-01-01T00:00:00Z"
    ).stderr
    assert "Removed the journals and snapshots of 1 run:\n  20261124T090000-" in output
    history = json.loads(run("history", acme, "--format", "json").stdout)["runs"]
    assert [
        (r["state"], r["pruned_at"], bool(r["summary"]), bool(r["digest"])) for r in history
    ] == [
        ("done", None, True, True),
        ("done", "2027-01-01T00:00:00Z", True, True),
    ]
    assert len(rows(acme, "SELECT DISTINCT run FROM licsync_journal")) == 1
    assert "no unfinished run to resume" in run("apply", acme, "--resume", *NOW).stderr


@pytest.mark.parametrize("age", ["30", "d", "-1d", "1.5d", "30 d", "30m", "99999d"])
def test_an_invalid_age_is_refused(acme: str, age: str) -> None:
    assert "days or weeks" in run("store", "prune", acme, f"--older-than={age}", code=1).stderr


@pytest.mark.slow
def test_the_journal_is_sealed_with_a_key_and_the_history_needs_none(
    acme: str, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text(KEY + "\n", encoding="utf-8")
    run("apply", acme, "--auto-approve", *NOW, LICSYNC_STORE_KEY_FILE=str(key))
    for values in rows(
        acme,
        "SELECT preimages FROM licsync_runs UNION SELECT step || before || after FROM "
        "licsync_journal",
    ):
        assert str(values[0]).startswith("sealed:")
        assert "ada.lopez" not in str(values[0])
    shown = run("history", acme).stdout
    assert re.search(r"UTC +\S+ +sandbox +done", shown), shown


@pytest.mark.slow
def test_nothing_is_recorded_in_the_clear_beside_what_is_encrypted(acme: str) -> None:
    """A job that lacks the key must not reveal what the others encrypt."""
    written = "SELECT preimages FROM licsync_runs UNION ALL SELECT plan FROM licsync_plans"
    for name, key in (("ada.lopez", ""), ("bo.chen", KEY)):  # first nobody has asked for a key
        target = f"users/{name}@acme.example"
        run("apply", acme, "--auto-approve", "--target", target, *NOW, LICSYNC_STORE_KEY=key)
    before = rows(acme, written)
    assert [str(value).startswith("sealed:") for (value,) in before] == [False, True]
    planned = run("plan", acme, *NOW)
    assert not planned.stderr.count("warning[store-failed]")
    refused = run("apply", acme, "--auto-approve", *NOW, code=1).stderr
    assert "The journal of acme is encrypted, and LICSYNC_STORE_KEY is not set" in refused
    assert "Nothing was changed." in refused
    assert rows(acme, written) == before
    run("apply", acme, "--auto-approve", *NOW, LICSYNC_STORE_KEY=KEY)
    again = run("apply", acme, "--auto-approve", *NOW, code=1).stderr  # nothing is left to do
    assert "LICSYNC_STORE_KEY is not set" in again


@pytest.mark.slow
def test_a_run_that_is_done_does_not_fail_because_its_baseline_cannot_be_saved(acme: str) -> None:
    run("inventory", "load", acme, str(Path(acme) / "inventory.json"), *NOW)
    refusal = "BEGIN SELECT RAISE(ABORT, 'full'); END"
    rows(acme, f"CREATE TRIGGER full BEFORE INSERT ON licsync_applied {refusal}")
    applied = run("apply", acme, "--auto-approve", *NOW, code=0).stderr
    assert "warning[store-failed] What was applied cannot be remembered: full." in applied
    assert "Apply complete" in applied
    refused = run("apply", acme, "--auto-approve", *NOW, code=1).stderr  # nothing else was to do
    assert "error[store-failed] What was applied cannot be remembered: full." in refused


@pytest.mark.slow
def test_a_doctor_tries_the_key_of_the_journal(acme: str) -> None:
    run("apply", acme, "--auto-approve", *NOW, LICSYNC_STORE_KEY=KEY)
    other = f"{KEY[1:-1]}a="
    assert "the key opens the journal" in run("doctor", acme, LICSYNC_STORE_KEY=KEY).stdout
    assert (
        "the key opens the journal"
        in run("doctor", acme, LICSYNC_STORE_KEY=f"{other},{KEY}").stdout
    )
    for key, problem in (
        ("", "The journal is encrypted"),
        ("secret", "not a key"),
        (other, "does not open the journal"),
    ):
        assert problem in run("doctor", acme, code=1, LICSYNC_STORE_KEY=key).stdout


@pytest.mark.slow
def test_a_resume_without_the_right_key_says_so(acme: str, tmp_path: Path) -> None:
    run("apply", acme, "--auto-approve", *NOW, LICSYNC_STORE_KEY=KEY)
    with sqlite3.connect(Path(acme) / ".licsync" / "state.db") as connection:
        connection.execute("UPDATE licsync_runs SET state = 'open', finished_at = NULL")
        connection.execute("DELETE FROM licsync_history WHERE event = 'ended'")
    connection.close()
    for words in (("apply", acme, "--resume"), ("apply", acme, "--abandon")):
        assert "The journal is encrypted" in run(*words, *NOW, code=1).stderr
        assert "openssl rand" in run(*words, *NOW, code=1, LICSYNC_STORE_KEY="secret").stderr
        missing = run(*words, *NOW, code=1, LICSYNC_STORE_KEY_FILE=str(tmp_path / "none"))
        assert "The file that LICSYNC_STORE_KEY_FILE names cannot be read" in missing.stderr
    assert "open" in run("history", acme).stdout
    run("apply", acme, "--resume", *NOW, LICSYNC_STORE_KEY=KEY)


def test_a_secret_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_secret("LICSYNC_A") is None
    file = tmp_path / "secret"
    monkeypatch.setenv("LICSYNC_A_FILE", str(file))
    file.write_bytes(b"\xff")
    with pytest.raises(InputInvalid, match="not UTF-8"):
        read_secret("LICSYNC_A")
    file.write_text(" \n", encoding="utf-8")
    assert read_secret("LICSYNC_A") is None
    file.write_text("of the file\n", encoding="utf-8")
    assert read_secret("LICSYNC_A") == "of the file"
    monkeypatch.setenv("LICSYNC_A", "of the variable")
    assert read_secret("LICSYNC_A") == "of the variable"


@pytest.mark.parametrize(
    ("environment", "link"),
    [
        ({}, None),
        ({"LICSYNC_RUN_URL": "https://x/1", "CI_JOB_URL": "https://y/2"}, "https://x/1"),
        ({"CI_JOB_URL": "https://gitlab.example/jobs/2"}, "https://gitlab.example/jobs/2"),
        ({"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/phones"}, None),
        (
            {
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "acme/phones",
                "GITHUB_RUN_ID": "3",
            },
            "https://github.com/acme/phones/actions/runs/3",
        ),
    ],
)
def test_a_run_knows_where_it_can_be_looked_at(
    environment: dict[str, str], link: str | None
) -> None:
    assert run_link(environment) == link


def test_the_link_of_a_run_is_in_the_history(acme: str) -> None:
    assert "link" not in run("history", acme).stdout
    run("apply", acme, "--auto-approve", *NOW, LICSYNC_RUN_URL="https://ci.example/\x1b[31m7")
    shown = run("history", acme).stdout
    assert "https://ci.example/" in shown
    assert "\x1b" not in shown


@pytest.mark.slow
def test_the_embedded_console_does_one_thing_at_a_time(acme: str) -> None:
    with closing(open_account(Session(Path(acme)))) as account:
        assert [parallelism(account, asked) for asked in (None, 1, 8)] == [1, 1, 1]
        assert open_backend(account).type == "local"
    run("apply", acme, "--auto-approve", "--parallelism", "8", *NOW)


def test_what_is_not_known_yet_exits_4_and_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.current.directory = Path("here")
    assert exit_of(Outcome("r1", uncertain={"a1": "no answer"})) is Exit.PARTLY
    output = capsys.readouterr().err
    assert "what became of a1" in output
    assert "licsync apply here --resume" in output
    assert (
        exit_of(Outcome("r1", ["a1"], uncertain={"a2": "no answer"}, interrupted=True))
        is Exit.INTERRUPTED
    )


READING = (
    "plan",
    "validate",
    "history",
    "drift",
    "users",
    "licenses",
    ("inventory", "dump"),
    ("history", "verify"),
)


@pytest.mark.parametrize("words", READING)
def test_read_only_commands_create_no_store(
    acme: str, tmp_path: Path, words: str | tuple[str, ...]
) -> None:
    command = (words,) if isinstance(words, str) else words
    run(*command, acme, "--state", f"sqlite:///{tmp_path}/new/typo.db", code=None)
    assert not (tmp_path / "new").exists()
    assert not (Path(acme) / ".licsync").exists()
