"""`licsync fmt` as it is typed: what it writes, names and exits with."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.accounts import write_files
from tests.support.command_line import run

USERS = "users:\n  ada@acme.example: {site: NO, first_name: Ada}   # first\n"
IN_FORM = 'users:\n  ada@acme.example: {first_name: Ada, site: "NO"}   # first\n'


def account(tmp_path: Path) -> Path:
    return write_files(tmp_path, {"account.yaml": "account: {name: acme}\n", "users/a.yaml": USERS})


def test_check_names_what_would_change_and_writes_nothing(tmp_path: Path) -> None:
    directory = account(tmp_path)
    result = run("fmt", str(directory), "--check", code=1)
    assert result.stdout == "users/a.yaml\n"
    assert "licsync fmt" in result.stderr
    assert (directory / "users" / "a.yaml").read_text() == USERS


def test_files_are_put_into_form_once(tmp_path: Path) -> None:
    directory = account(tmp_path)
    os.chmod(directory / "users" / "a.yaml", 0o640)
    assert run("fmt", str(directory)).stdout == "users/a.yaml\n"
    assert (directory / "users" / "a.yaml").read_text() == IN_FORM
    assert (directory / "users" / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert run("fmt", str(directory)).stdout == ""
    assert run("fmt", str(directory), "--check").stdout == ""
    assert sorted(path.name for path in directory.rglob("*.*")) == ["a.yaml", "account.yaml"]


def test_an_invalid_file_is_reported_and_the_others_are_formatted(tmp_path: Path) -> None:
    directory = account(tmp_path)
    (directory / "broken.yaml").write_text("users: [\n")
    result = run("fmt", str(directory), code=1)
    assert "broken.yaml:2" in result.stderr
    assert "yaml-syntax" in result.stderr
    assert (directory / "broken.yaml").read_text() == "users: [\n"
    assert (directory / "users" / "a.yaml").read_text() == IN_FORM


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    directory = account(tmp_path)
    (directory / "users" / "a.yaml").rename(directory / "users" / "a.txt")
    (directory / "users" / "a.yaml").symlink_to("a.txt")
    run("fmt", str(directory))
    assert (directory / "users" / "a.yaml").is_symlink()
    assert (directory / "users" / "a.txt").read_text() == IN_FORM


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert "does not exist" in run("fmt", str(tmp_path / "nowhere"), code=1).stderr


def test_if_one_file_cannot_be_written_none_changes(tmp_path: Path) -> None:
    directory = account(tmp_path)
    name = f"users/{'z' * 245}.yaml"  # too long for the temporary file beside it
    (directory / name).write_text(USERS.replace("ada", "bo"))
    failed = run("fmt", str(directory), code=1)
    assert (failed.stdout, "cannot be written" in failed.stderr) == ("", True)
    assert (directory / "users" / "a.yaml").read_text() == USERS
    assert {path.name for path in directory.iterdir()} == {"account.yaml", "users"}
    (directory / name).rename(directory / "users" / "z.yaml")
    assert run("fmt", str(directory)).stdout == "users/a.yaml\nusers/z.yaml\n"
    assert (directory / "users" / "a.yaml").read_text() == IN_FORM
