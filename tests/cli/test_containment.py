"""What an account directory links to is not the account: neither files of the machine nor another
account's store.
"""

from __future__ import annotations

import json
import os
import shutil
from itertools import product
from pathlib import Path

import pytest

from tests.support.accounts import write_account
from tests.support.command_line import run
from tests.support.samples import sampled

DAY = ("--now", "2026-11-24T09:00:00Z")
FOLLOWERS = [
    ("plan",),
    ("apply", "--auto-approve"),
    ("inventory", "dump"),
    ("store", "adopt"),
    ("fmt",),
]


@pytest.fixture
def victim(acme: Path) -> Path:
    run("apply", acme, "--auto-approve", *DAY)
    return acme


def stranger(where: Path, victim: Path) -> Path:
    """Write an account directory that would suspend everybody of another account."""
    text = "account:\n  name: acme\n  unlisted_users: suspend\n  limits: {suspend: 100%}\n"
    return write_account(where, text)


LINKS = [".licsync", ".licsync/state.db", ".licsync/identity"]


@pytest.mark.slow
@sampled("command, link", list(product(FOLLOWERS, LINKS)), lambda index: index % 4 == 0)
def test_the_store_of_another_account_is_not_linked(
    tmp_path: Path, victim: Path, link: str, command: tuple[str, ...]
) -> None:
    directory = stranger(tmp_path / "stranger", victim)
    (directory / link).parent.mkdir(exist_ok=True)
    (victim / ".licsync" / "identity").touch()
    (directory / link).symlink_to(victim / link)
    before = (victim / ".licsync" / "state.db").read_bytes()
    words = command[:2] if command[0] in ("inventory", "store") else command[:1]
    done = run(*words, directory, *command[len(words) :], code=1)
    assert f"{link}' is a symbolic link. The store of an account cannot be a link." in done.stderr
    assert (victim / ".licsync" / "state.db").read_bytes() == before


def test_an_identity_is_read_from_a_small_regular_file(tmp_path: Path) -> None:
    directory = tmp_path / "account"
    run("init", directory)
    (directory / ".licsync").mkdir(exist_ok=True)
    os.mkfifo(directory / ".licsync" / "identity")  # nobody ever writes to it
    store = f"sqlite:///{tmp_path / 'shared.db'}"
    run("apply", directory, "--auto-approve", "--state", store)
    assert len((directory / ".licsync" / "identity").read_text().strip()) == 32


def test_an_account_directory_does_not_lead_out_of_its_repository(
    tmp_path: Path, acme: Path
) -> None:
    elsewhere = shutil.move(acme, tmp_path / "elsewhere")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "link").symlink_to(elsewhere)
    done = run("validate", repository / "link", code=1)
    assert f"leads out of the repository, to '{elsewhere}'" in done.stderr
    assert f"name it directly: {elsewhere}" in done.stderr
    run("validate", elsewhere)


@pytest.mark.slow
def test_links_within_a_repository_and_outside_any_are_followed(tmp_path: Path, acme: Path) -> None:
    (tmp_path / "link").symlink_to(acme)
    real = json.loads(run("validate", acme, "--format", "json").stdout)
    assert json.loads(run("validate", tmp_path / "link", "--format", "json").stdout) == real
    (tmp_path / ".git").mkdir()
    assert json.loads(run("validate", tmp_path / "link", "--format", "json").stdout) == real
