"""A store binds the name of an account to one identity: nobody else sees or changes the account by
its name.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from licsync.diagnostics import InputInvalid
from licsync.workflows.account import open_account
from licsync.workflows.inventory import last_seen
from licsync.workflows.session import Session
from tests.support.command_line import dump, run
from tests.support.local_accounts import account
from tests.support.patience import PATIENCE

C1, C2 = "001CUSTOMER0000001", "001CUSTOMER0000002"


def bound(url: str) -> dict[str, str]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return dict(
            connection.execute("SELECT account, identity FROM licsync_identities").fetchall()
        )


READING = [
    ("plan",), ("users",), ("licenses",), ("drift",), ("history",), ("history", "verify"),
    ("inventory", "dump"), ("unlock",), ("apply", "--resume"), ("apply", "--abandon"),
]  # fmt: skip
WRITING = [
    ("apply", "--auto-approve"),
    ("store", "prune", "--older-than", "1d"),
    ("inventory", "confirm"),
]


@pytest.mark.slow
@pytest.mark.parametrize("words", [*READING, *WRITING], ids=" ".join)
def test_a_second_directory_with_the_name_is_refused_and_both_are_named(
    tmp_path: Path, shared: str, words: tuple[str, ...]
) -> None:
    run("apply", account(tmp_path / "a"), "--auto-approve", "--state", shared)
    other = account(tmp_path / "b")
    before = run("inventory", "dump", tmp_path / "a", "--state", shared).stdout
    number = 2 if words[0] in ("inventory", "store") or words[1:] == ("verify",) else 1
    output = run(*words[:number], other, *words[number:], "--state", shared, code=3).stderr
    (identity,) = bound(shared).values()
    assert "error[account-identity] account.yaml:" in output
    assert f"as identity {identity[:8]}…" in output
    assert f"'{other}' has no identity" in output
    assert f"licsync store adopt {other} --state {shared}" in output
    assert identity not in output  # else whoever reads the log could claim it
    assert run("inventory", "dump", tmp_path / "a", "--state", shared).stdout == before


def test_an_inventory_is_not_loaded_over_that_of_another_directory(
    tmp_path: Path, shared: str
) -> None:
    run("apply", account(tmp_path / "a"), "--auto-approve", "--state", shared)
    other = account(tmp_path / "b")
    run("inventory", "load", other, other / "inventory.json", "--state", shared, code=3)


@pytest.mark.slow
def test_read_only_commands_bind_nothing(tmp_path: Path, shared: str) -> None:
    first = account(tmp_path / "a")
    run("apply", account(tmp_path / "other", "other"), "--auto-approve", "--state", shared)
    for words in (("plan",), ("users",), ("history",), ("doctor",)):
        run(*words, first, "--state", shared)
    assert bound(shared).keys() == {"other"}
    assert not (first / ".licsync" / "identity").exists()


@pytest.mark.slow
def test_a_directory_that_was_cloned_anew_is_adopted_and_commits_a_line(
    tmp_path: Path, shared: str
) -> None:
    first = account(tmp_path / "a")
    output = run("apply", first, "--auto-approve", "--state", shared).stderr
    assert "identity" in output
    assert f"licsync store adopt {first} --state {shared}" in output
    clone = Path(
        shutil.copytree(first, tmp_path / "clone", ignore=shutil.ignore_patterns(".licsync"))
    )
    run("plan", clone, "--state", shared, code=3)
    line = run("store", "adopt", clone, "--state", shared).stdout
    assert line == f"  identity: {bound(shared)['main']}\n"
    run("plan", clone, "--state", shared)

    file = clone / "account.yaml"
    file.write_text(file.read_text().replace("  name: main\n", f"  name: main\n{line}"))
    checkout = Path(
        shutil.copytree(clone, tmp_path / "ci", ignore=shutil.ignore_patterns(".licsync"))
    )
    run("apply", checkout, "--auto-approve", "--state", shared)
    assert not (checkout / ".licsync" / "identity").exists()
    assert run("store", "adopt", checkout, "--state", shared).stdout == ""


def test_a_directory_that_is_moved_needs_nothing(tmp_path: Path, shared: str) -> None:
    first = account(tmp_path / "a")
    run("apply", first, "--auto-approve", "--state", shared)
    first.rename(tmp_path / "moved")
    run("plan", tmp_path / "moved", "--state", shared)


def test_the_store_below_a_directory_is_its_own(tmp_path: Path) -> None:
    first = account(tmp_path / "a")
    assert "identity" not in run("apply", first, "--auto-approve").stderr
    (first / ".licsync" / "identity").unlink()
    run("apply", first, "--auto-approve")
    run(
        "plan",
        account(tmp_path / "b"),
        "--state",
        f"sqlite:///{first / '.licsync' / 'state.db'}",
        code=3,
    )


@pytest.mark.parametrize("kept", ["", "../../etc/passwd", "f" * 31, "F" * 32, "é"])
def test_an_invalid_id_is_replaced(tmp_path: Path, shared: str, kept: str) -> None:
    first = account(tmp_path / "a")
    (first / ".licsync").mkdir()
    (first / ".licsync" / "identity").write_text(kept, encoding="utf-8")
    run("apply", first, "--auto-approve", "--state", shared)
    assert (first / ".licsync" / "identity").read_text().strip() == bound(shared)["main"] != kept


def test_a_store_from_before_is_bound_at_the_next_write_and_says_so(tmp_path: Path) -> None:
    first = account(tmp_path / "a")
    run("apply", first, "--auto-approve")
    with closing(sqlite3.connect(first / ".licsync" / "state.db")) as connection, connection:
        connection.execute("DELETE FROM licsync_identities")
    (first / ".licsync" / "identity").unlink()
    run("plan", first)
    load = run("inventory", "load", first, first / "inventory.json").stderr
    assert "Account 'main' is identity" in load


def test_a_declared_identity_takes_the_place_of_the_random_one(tmp_path: Path, shared: str) -> None:
    first = account(tmp_path / "a")
    run("apply", first, "--auto-approve", "--state", shared)
    file = first / "account.yaml"
    file.write_text(file.read_text().replace("type: local", f"type: local\n    customer_id: {C1}"))
    run("plan", first, "--state", shared)
    assert bound(shared)["main"] != C1
    output = run("inventory", "load", first, first / "inventory.json", "--state", shared).stderr
    assert f"identity {C1} in this store from now on" in output
    assert bound(shared) == {"main": C1}

    file.write_text(file.read_text().replace(C1, C2))
    assert f"identity {C1}" in run("plan", first, "--state", shared, code=3).stderr
    assert (
        "Nothing was changed"
        in run("store", "adopt", first, "--state", shared, given="no\n", code=3).stderr
    )
    assert bound(shared) == {"main": C1}
    run("store", "adopt", first, "--state", shared, given="yes\n")
    assert bound(shared) == {"main": C2}
    file.write_text(file.read_text().replace(C2, C1))
    run("store", "adopt", first, "--state", shared, "--auto-approve")
    assert bound(shared) == {"main": C1}


def test_a_customer_id_is_not_given_to_whoever_asks(tmp_path: Path, shared: str) -> None:
    run(
        "apply",
        account(tmp_path / "a", identity="acme-of-berlin"),
        "--auto-approve",
        "--state",
        shared,
    )
    output = run("store", "adopt", account(tmp_path / "b"), "--state", shared, code=3).stderr
    assert "acme-of-berlin, which the files do not declare" in output
    assert "'identity: acme-of-berlin'" in output


def test_a_run_that_was_not_finished_is_not_handed_over(tmp_path: Path, shared: str) -> None:
    first = account(tmp_path / "a", identity="one")
    run("apply", first, "--auto-approve", "--state", shared)
    with closing(sqlite3.connect(shared.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE licsync_runs SET state = 'open', finished_at = NULL")
    other = account(tmp_path / "b", identity="two")
    assert (
        "was not finished"
        in run("store", "adopt", other, "--auto-approve", "--state", shared, code=3).stderr
    )
    assert bound(shared) == {"main": "one"}


def test_an_inventory_of_another_identity_is_refused(tmp_path: Path) -> None:
    first = account(tmp_path / "a", identity="one")
    document = json.loads((first / "inventory.json").read_text())
    (first / "inventory.json").write_text(json.dumps({**document, "identity": "two"}))
    for words in (
        ("plan", first),
        ("inventory", "load", first, first / "inventory.json"),
        ("apply", first),
    ):
        assert (
            "is that of identity two; this account has identity one" in run(*words, code=3).stderr
        )
    (first / "inventory.json").write_text(json.dumps({**document, "identity": "one"}))
    run("inventory", "load", first, first / "inventory.json")
    assert dump(first)["identity"] == "one"


def test_a_dump_names_a_declared_identity_and_no_random_one(tmp_path: Path) -> None:
    for name, more in (("a", {}), ("b", {"identity": "one"})):
        where = account(tmp_path / name, **more)
        run("inventory", "load", where, where / "inventory.json")
        assert dump(where).get("identity") == more.get("identity")


@pytest.mark.slow
def test_first_commands_at_once_bind_one_identity(tmp_path: Path, shared: str) -> None:
    first = account(tmp_path / "a")
    command = [
        sys.executable,
        "-m",
        "licsync",
        "apply",
        str(first),
        "--auto-approve",
        "--state",
        shared,
    ]
    processes = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    output = [process.communicate(timeout=PATIENCE)[1] for process in processes]
    assert "account-identity" not in "".join(output)
    assert 0 in [process.returncode for process in processes]
    assert (first / ".licsync" / "identity").read_text().strip() == bound(shared)["main"]
    assert os.listdir(first / ".licsync") == ["identity"]


# --- the seed -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["parent", "absolute", "link", "linked directory"])
def test_a_seed_stays_inside_the_account_directory(tmp_path: Path, kind: str) -> None:
    first = account(tmp_path / "a")
    outside = tmp_path / "outside"
    outside.mkdir()
    (first / "inventory.json").rename(outside / "inventory.json")
    seed = {
        "parent": "../outside/inventory.json",
        "absolute": str(outside / "inventory.json"),
        "link": "link.json",
        "linked directory": "linked/inventory.json",
    }[kind]
    (first / "link.json").symlink_to(outside / "inventory.json")
    (first / "linked").symlink_to(outside)
    file = first / "account.yaml"
    file.write_text(file.read_text().replace("seed: inventory.json", f"seed: {seed}"))
    for words in (("plan",), ("apply", "--auto-approve"), ("users",), ("licenses",)):
        output = run(words[0], first, *words[1:], code=1)
        assert "it is not in the account directory" in output.stdout + output.stderr
    with (
        closing(open_account(Session(first))) as opened,
        pytest.raises(InputInvalid, match="not in the account directory"),
    ):
        last_seen(opened)


def test_a_seed_may_be_found_by_a_link_within_the_directory(tmp_path: Path) -> None:
    first = account(tmp_path / "a")
    (first / "data").mkdir()
    (first / "inventory.json").rename(first / "data" / "real.json")
    (first / "inventory.json").symlink_to(Path("data", "real.json"))
    run("plan", first)
