"""The peers of the benchmark are given the same users, and have to find as many changes as there
are.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from bench import peer_files, peers
from bench.accounts import Accounts
from bench.measuring import CannotRunError, Said, WrongResultError

BY_NAME = {one.name: one for one in peers.PEERS}


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path, 30, share=0.1)


@pytest.mark.soak
def test_octodns_gets_a_record_for_each_user(tmp_path: Path) -> None:
    accounts = peers.in_one_form(Accounts(tmp_path, 300, share=0.1, hands=12))
    states = peer_files.users_of(accounts.before), peer_files.users_of(accounts.changed)
    folder = tmp_path / "octodns"
    folder.mkdir()
    peer_files.write_octodns(*states, folder)
    have, want = (
        yaml.safe_load((folder / side / "bench.example.yaml").read_text())
        for side in ("have", "want")
    )
    assert len(have) == len(want) == 300
    assert sum(have[name] != want[name] for name in have) == 30
    assert {record["type"] for record in have.values()} == {"A"}
    providers = yaml.safe_load((folder / "config.yaml").read_text())["providers"]
    assert {provider["directory"] for provider in providers.values()} == {
        f"{folder}/have",
        f"{folder}/want",
    }


@pytest.mark.soak
def test_deepdiff_finds_what_changed(accounts: Accounts) -> None:
    done = BY_NAME["deepdiff"].prepare(accounts)()
    assert done.peak > 0


@pytest.mark.soak
@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not on this machine")
@pytest.mark.parametrize("form", ["terraform_usual", "terraform_texts", "terraform_blocks"])
def test_terraform_finds_what_changed(accounts: Accounts, form: str) -> None:
    done = BY_NAME[form].prepare(accounts)()
    assert done.peak > 0


def test_a_missing_terraform_is_reported(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CannotRunError, match="terraform is not on this machine"):
        BY_NAME["terraform_usual"].prepare(accounts)


@pytest.mark.parametrize(
    "found",
    ["Plan: 0 to add, 4 to change, 0 to destroy.", "Plan: 1 to add, 3 to change, 0 to destroy."],
)
def test_a_peer_that_finds_something_else_is_refused(found: str) -> None:
    check = peers.finds(3, r"Plan: 0 to add, (\d+) to change, 0 to destroy\.", "Terraform")
    check(Said("Plan: 0 to add, 3 to change, 0 to destroy.", ""))
    with pytest.raises(WrongResultError, match="instead of 3"):
        check(Said(found, ""))
