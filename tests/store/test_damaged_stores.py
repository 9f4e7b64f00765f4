"""A store that is damaged, unreadable, locked or full ends a command with a diagnostic, never with
a traceback.
"""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import psycopg
import pytest
from sqlalchemy.engine import URL

from licsync.workflows.store_damage import find_damage as found_damage
from tests.support.command_line import run
from tests.support.paths import ACME
from tests.support.samples import seeds
from tests.support.store_damage import damage

NOW = ("--now", "2026-11-24T09:00:00Z")
LATER = ("--now", "2026-12-24T09:00:00Z")


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example account, applied in two runs, with a plan that is remembered."""
    folder = Path(shutil.copytree(ACME, tmp_path_factory.mktemp("applied") / "acme"))
    run("apply", folder, "--auto-approve", "--target", "users/ada.lopez@acme.example", *NOW)
    run("apply", folder, "--auto-approve", *NOW)
    run("plan", folder, *LATER)
    return folder


@pytest.fixture
def acme(applied: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(applied, tmp_path / "acme"))


def store_of(account: Path) -> Path:
    return account / ".licsync" / "state.db"


@contextmanager
def changed(account: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(store_of(account), isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def commands(account: Path) -> list[tuple[object, ...]]:
    return [
        ("users", account),
        ("licenses", account),
        ("plan", account, *LATER),
        ("plan", account, "--read-only", *LATER),
        ("validate", account, *NOW),
        ("drift", account, *NOW),
        ("inventory", "dump", account),
        ("inventory", "load", account, account / "inventory.json"),
        ("export", account, "--out", account.parent / "out", *NOW),
        ("report", account, "--out", account.parent / "report", *NOW),
        ("apply", account, "--auto-approve", *LATER),
        ("apply", account, "--resume", *NOW),
        ("apply", account, "--abandon", *NOW),
        ("history", account),
        ("history", "verify", account),
        ("store", "prune", account, "--older-than", "1d"),
        ("doctor", account),
        ("unlock", account),
    ]


def checked_output(*words: object) -> str:
    """Run a command that may end in any way but with a traceback; a failure says why."""
    result = run(*words, code=None)
    assert result.exception is None or isinstance(result.exception, SystemExit), (
        words,
        result.exception,
    )
    output = result.stdout + result.stderr
    assert (
        result.exit_code in (0, 2, 3) or "error[" in output or words[0] in ("doctor", "history")
    ), (
        words,
        output,
    )
    return output


@pytest.mark.slow
@pytest.mark.untraced
@seeds(8, soak=40)
def test_a_store_that_is_damaged_at_random_never_ends_in_a_traceback(acme: Path, seed: int) -> None:
    random = Random(seed)
    damage(store_of(acme), random)
    for words in random.sample(commands(acme), 4):
        checked_output(*words)


def test_a_store_that_is_as_it_should_be_has_no_damage(acme: Path) -> None:
    run("users", acme)
    assert found_damage(acme, None) == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "DELETE FROM licsync_store_version",
            "licsync_store_version does not say which version it is",
        ),
        ("UPDATE licsync_console_version SET version_num = ''", "does not say which version it is"),
        ("INSERT INTO licsync_store_version VALUES ('0001')", "does not say which version it is"),
        ("UPDATE licsync_store_version SET version_num = '9999'", "written by a newer licsync"),
        (
            "UPDATE console_users SET body = '{' WHERE number = 2",
            "the inventory of acme cannot be read (JSONDecodeError",
        ),
        (
            "UPDATE console_users SET body = '5' WHERE number = 2",
            "the inventory of acme cannot be read",
        ),
        (
            "UPDATE console_users SET body = 5 WHERE number = 2",
            "the inventory of acme cannot be read",
        ),
        (
            "UPDATE console_users SET body = x'ff'",
            "the column body of console_users holds a value of the type bytes",
        ),
        (
            "UPDATE console_licenses SET body = '{\"type\": []}' WHERE number = 3",
            "the inventory of acme cannot be read",
        ),
        ("DROP TABLE console_sites", "no such table: console_sites"),
    ],
)
def test_damaged_parts_are_named(acme: Path, statement: str, expected: str) -> None:
    with changed(acme) as connection:
        connection.execute(statement)
    result = run("plan", acme, *LATER, code=1)
    assert expected in " ".join(result.stderr.split())


@pytest.mark.parametrize("words", [("drift",), ("apply", "--auto-approve"), ("history",)])
def test_damaged_parts_of_runs_are_named(acme: Path, words: tuple[str, ...]) -> None:
    with changed(acme) as connection:
        connection.execute("UPDATE licsync_runs SET plan = substr(plan, 1, 100), preimages = '{'")
        connection.execute("UPDATE licsync_applied SET inventory = substr(inventory, 1, 50)")
    result = run(words[0], acme, *words[1:], *(NOW if words[0] != "history" else ()), code=1)
    assert "error[store-failed] The store is damaged: the run 20261124T090000-" in result.stderr
    assert "Put a copy of the store back" in result.stderr


def test_of_many_faults_some_are_reported(acme: Path) -> None:
    with changed(acme) as connection:
        columns = "'acme', 'sha256:' || value, '2027-01-01T00:00:00Z', 'x'"
        connection.execute(
            f"INSERT INTO licsync_plans SELECT {columns} FROM "
            f"json_each('[{','.join(map(str, range(40)))}]')"
        )
    run("plan", acme, *LATER)
    found = found_damage(acme, None)
    assert len(found) == 21
    assert "20 more faults" in found[-1].message


# --- emptied, unreadable, no file -----------------------------------------------------------------


def test_a_store_that_was_emptied_is_not_a_new_one(acme: Path) -> None:
    store_of(acme).write_bytes(b"")
    for words in commands(acme):
        assert "shows that it had tables" in checked_output(*words), words
    assert store_of(acme).read_bytes() == b""


@pytest.mark.slow
def test_a_store_that_was_just_being_made_is_a_new_one(tmp_path: Path) -> None:
    account = Path(shutil.copytree(ACME, tmp_path / "acme"))
    (account / ".licsync").mkdir()
    store_of(account).write_bytes(b"")
    run("apply", account, "--auto-approve", *NOW)


@pytest.mark.slow
def test_a_store_that_was_moved_away_is_made_anew(acme: Path) -> None:
    store_of(acme).rename(acme / "moved.db")
    run("plan", acme, *NOW)
    run("apply", acme, "--auto-approve", *NOW)


@pytest.mark.parametrize("kind", ["a file", "a folder", "a link to nowhere", "a pipe"])
def test_a_database_that_is_not_a_store_is_reported(tmp_path: Path, kind: str) -> None:
    account = Path(shutil.copytree(ACME, tmp_path / "acme"))
    if kind == "a file":
        (account / ".licsync").write_text("here")
    else:
        (account / ".licsync").mkdir()
        if kind == "a folder":
            store_of(account).mkdir()
        elif kind == "a pipe":
            os.mkfifo(store_of(account))
        else:
            store_of(account).symlink_to(tmp_path / "nowhere" / "state.db")
    for words in (("plan", account, *NOW), ("apply", account, "--auto-approve", *NOW)):
        if kind == "a link to nowhere" and words[0] == "plan":
            continue  # there is no store, and none is needed
        assert "error[" in checked_output(*words)


@pytest.mark.slow
@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become somebody who may not read the store"
)
def test_a_store_of_another_program_is_reported(acme: Path) -> None:
    mine: list[tuple[object, ...]] = [
        ("plan", acme, *NOW),
        ("users", acme),
        ("apply", acme, "--auto-approve", *NOW),
    ]
    for words in mine:
        run(*words)  # whatever is imported is imported as root, who can read it
    for folder in (acme, *list(acme.parents)[:-2]):
        folder.chmod(0o755)
    for mode in (0o700, 0o711):
        (acme / ".licsync").chmod(mode)
        os.seteuid(65534)
        try:
            results = [run(*words, code=None) for words in mine]
        finally:
            os.seteuid(0)
        for result in results:
            assert result.exit_code == 1, result.output
            assert isinstance(result.exception, SystemExit)
            assert "error[" in result.stderr


# --- busy and full --------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_database_that_refuses_connections_is_reported(postgres: URL, tmp_path: Path) -> None:
    account = Path(shutil.copytree(ACME, tmp_path / "acme"))
    host = postgres.query["host"]
    url = f"postgresql://licsync@/postgres?host={host}"
    with psycopg.connect(
        f"user=licsync dbname=postgres host={host}", autocommit=True
    ) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        run("apply", account, "--auto-approve", "--state", url, *NOW)
        connection.autocommit = False
        connection.execute("LOCK TABLE console_users IN ACCESS EXCLUSIVE MODE")
        impatient = f"{url}&options=-c%20lock_timeout=100"
        for words in commands(account):
            if words[0] in ("users", "licenses", "plan", "drift", "export", "inventory", "report"):
                result = run(*words, "--state", impatient, code=1)
                assert "lock timeout" in result.stderr, words


@pytest.mark.soak
def test_a_full_disk_is_reported_and_the_run_can_be_resumed(tmp_path: Path) -> None:
    account = Path(shutil.copytree(ACME, tmp_path / "acme"))
    run("apply", account, "--auto-approve", "--target", "users/ada.lopez@acme.example", *NOW)
    size = store_of(account).stat().st_size
    whole = Path(shutil.copytree(account, tmp_path / "whole"))
    run("apply", whole, "--auto-approve", *NOW)
    for limit in (4096, size, size + 8192, size + 40960):
        full = Path(shutil.copytree(account, tmp_path / f"full-{limit}"))
        done = subprocess.run(
            [sys.executable, "-m", "licsync", "apply", str(full), "--auto-approve", *NOW],
            capture_output=True, text=True, check=False,
            preexec_fn=lambda most=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode in (0, 1, 4)
        assert done.returncode == 0 or "error[" in done.stderr
        run("apply", full, "--resume", *NOW)
        run("apply", full, "--auto-approve", *NOW)
        users = [run("users", folder, "--format", "json").stdout for folder in (whole, full)]
        assert users[0] == users[1]


@pytest.mark.slow
def test_the_command_line_hides_no_fault_of_its_own(
    monkeypatch: pytest.MonkeyPatch, acme: Path
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("licsync.cli.commands.users.command.callback", broken)
    assert str(run("users", acme, code=None).exception) == "a bug"
