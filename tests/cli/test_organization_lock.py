"""The accounts of an organization are worked on one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from licsync.cli.sessions import TerminalOutput
from licsync.diagnostics import Locked
from licsync.store.runs import SqlStore
from licsync.workflows.account import Account, open_account
from licsync.workflows.organization_lease import organization_lock
from licsync.workflows.session import Session
from tests.support.command_line import run
from tests.support.local_accounts import customer

C1, C2 = "001CUSTOMER0000001", "001CUSTOMER0000002"


@pytest.fixture
def accounts(tmp_path: Path, shared: str) -> Iterator[list[Account]]:
    """Two accounts of an organization, and one of another, in one store."""
    with ExitStack() as opened:
        yield [
            opened.enter_context(
                closing(open_account(Session(customer(tmp_path / name, name, identity), shared)))
            )
            for name, identity in (("sales", C1), ("support", C1), ("other", C2))
        ]


def test_the_accounts_of_an_organization_have_one_lock_in_a_store(
    tmp_path: Path, shared: str, accounts: list[Account]
) -> None:
    sales, support, other = accounts
    with sales.storage.runs().lock("sales", "ada@host"):
        with (
            pytest.raises(Locked, match=f"Organization {C1} is locked by ada@host"),
            support.storage.runs().lock("x", "bo"),
        ):
            pass
        with (
            other.storage.runs().lock("other", "bo@host"),
            SqlStore(sales.storage.engine()).lock("sales", "cy@host"),
        ):
            pass  # the account by itself is not locked
    with support.storage.runs().lock("support", "bo@host"):
        assert (
            "Removed the lock of bo@host"
            in run("unlock", tmp_path / "sales", "--state", shared).stderr
        )


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    first = open_account(Session(customer(tmp_path / "a", "a", C1)))
    with organization_lock(first):
        yield first.directory


def test_directories_of_an_organization_without_a_common_store_are_worked_on_one_by_one(
    tmp_path: Path, locked: Path
) -> None:
    other = customer(tmp_path / "b", "b", C1)
    output = run("apply", other, "--resume", LICSYNC_API_KEY="key", code=5).stderr
    assert f"Organization {C1} is locked by" in output
    assert f"applies '{locked}', since" in output
    run("apply", customer(tmp_path / "c", "c", C2), "--resume", LICSYNC_API_KEY="key")


def test_a_run_goes_on_where_nothing_can_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LICSYNC_CACHE_DIR", str(tmp_path / "file"))
    with organization_lock(
        open_account(Session(customer(tmp_path / "a", "a", C1), output=TerminalOutput()))
    ):
        assert "licsync cannot see other runs" in capsys.readouterr().err
