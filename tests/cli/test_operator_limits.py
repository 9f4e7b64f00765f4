"""LICSYNC_LIMITS: limits that neither the files nor an option raise."""

from __future__ import annotations

from pathlib import Path

import pytest

from licsync.diagnostics import InputInvalid
from licsync.workflows.session import limits_of
from tests.support.accounts import inventory_document, user, write_account
from tests.support.command_line import run

FILES = """
account: {name: acme, backend: {seed: inventory.json}, limits: {suspend: 10}}
approvals:
  - {verb: suspend, count: 10, expires: 2030-01-01, reason: a sale of the company}
users:
  ada@acme.example: {status: inactive}
  bo@acme.example: {status: inactive}
"""


@pytest.fixture
def account(tmp_path: Path) -> Path:
    users = {f"{name}@acme.example": user() for name in ("ada", "bo")}
    return write_account(tmp_path, FILES, inventory_document(users=users))


def test_neither_files_nor_approvals_nor_options_raise_it(account: Path) -> None:
    run("plan", account, LICSYNC_LIMITS="suspend=2")
    for more in ((), ("--allow", "suspend=9")):
        result = run("plan", account, *more, code=3, LICSYNC_LIMITS="suspend=1")
        assert "LICSYNC_LIMITS allows 1" in result.stdout
        run("apply", account, "--auto-approve", *more, code=3, LICSYNC_LIMITS="suspend=1")
    saved = account / "plan.json"
    run("plan", account, "--out", saved)
    result = run("apply", saved, code=3, LICSYNC_LIMITS="suspend=50%, delete=0")
    assert "50% (of 2: 1)" in result.stderr
    run("apply", saved, LICSYNC_LIMITS="suspend=2")


@pytest.mark.parametrize(
    "text", ["suspend", "suspend=", "suspend=x", "suspnd=1", "suspend=-1", "=1"]
)
def test_an_invalid_limit_is_reported(text: str) -> None:
    with pytest.raises(InputInvalid, match="is not a limit of a verb"):
        limits_of({"LICSYNC_LIMITS": f"delete=0 {text}"})


def test_limits_are_separated_by_spaces_or_commas() -> None:
    assert limits_of({}) == ()
    assert limits_of({"LICSYNC_LIMITS": "delete=0,suspend=5%  unassign=3"}) == [
        ("delete", 0), ("suspend", "5%"), ("unassign", 3),
    ]  # fmt: skip
