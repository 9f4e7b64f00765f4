"""Plans of the vendor's API that share a store: none replaces what it did not read, or what came
while it read.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from licsync.cli.sessions import TerminalOutput
from licsync.workflows.account import Account, open_account
from licsync.workflows.backends import open_backend
from licsync.workflows.planning import PlanRequest, plan_account
from licsync.workflows.session import Session
from tests.support.accounts import write_account
from tests.support.api_simulation import document
from tests.support.command_line import run
from tests.support.warm_command import licsync_program

pytestmark = pytest.mark.untraced

KEY = {"LICSYNC_API_KEY": "canary-shared"}
USERS = {"ada@acme.example": {"type": "x2"}, "bo@acme.example": {"type": "x2"}}

Vendor = Callable[[str, dict[str, Any]], str]


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """Serves an inventory as the vendor would; gives its address."""
    with ExitStack() as servers:

        def serve(name: str, inventory: dict[str, Any]) -> str:
            folder = tmp_path / f"vendor-{name}"
            account = {"name": "acme", "backend": {"type": "local", "seed": "inventory.json"}}
            write_account(folder, {"account": account}, inventory)
            words = [
                licsync_program(),
                "simulate",
                str(folder),
                "--port",
                "0",
                "--speed",
                "0",
            ]
            server = servers.enter_context(
                subprocess.Popen(
                    words,
                    env={**os.environ, **KEY},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            )
            servers.callback(server.terminate)
            assert server.stdout is not None
            address = next(
                word for word in server.stdout.readline().split() if word.startswith("http")
            )
            origin = address.removesuffix("/admin-provisioning")
            monkeypatch.setenv(
                "LICSYNC_API_URLS", f"{os.environ.get('LICSYNC_API_URLS', '')} {origin}".strip()
            )
            return address

        monkeypatch.setenv(*next(iter(KEY.items())))
        yield serve


def declare(folder: Path, address: str, more: dict[str, Any] | None = None) -> Path:
    tree = {
        "account": {
            "name": "acme",
            "identity": "acme-of-tests",
            "backend": {"type": "8x8", "base_url": address},
        },
        **(more or {}),
    }
    return write_account(folder, tree)


def inventory(folder: Path, state: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("inventory", "dump", folder, "--state", state).stdout)
    return found


@pytest.fixture
def main(tmp_path: Path, vendor: Vendor) -> tuple[Path, str]:
    """The account of the main branch, planned once, and its store."""
    folder = declare(tmp_path / "main", vendor("real", document(USERS, {})))
    state = f"sqlite:///{tmp_path}/shared.db"
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps(document(USERS, {})))
    run("inventory", "load", folder, file, "--state", state)
    assert "not-kept" not in run("plan", folder, "--state", state).stderr
    return folder, state


@pytest.mark.slow
@pytest.mark.parametrize("change", ["address", "license types"])
def test_a_plan_of_a_branch_with_other_settings_replaces_no_inventory(
    main: tuple[Path, str], tmp_path: Path, vendor: Vendor, change: str
) -> None:
    folder, state = main
    before = inventory(folder, state)
    if change == "address":
        branch = declare(
            tmp_path / "branch", vendor("fake", document({"eve@acme.example": {}}, {}))
        )
    else:
        address = yaml.safe_load((folder / "account.yaml").read_text())["account"]["backend"][
            "base_url"
        ]
        types = {"x9": {"plane": "uc", "vendor_names": ["Nobody sells this"], "title": "X9"}}
        branch = declare(tmp_path / "branch", address, {"catalog": types})
    planned = run("plan", branch, "--state", state)
    assert "warning[inventory-not-kept]" in planned.stderr
    assert "another address, or with other settings" in planned.stderr
    assert inventory(folder, state) == before
    assert "not-kept" not in run("plan", folder, "--state", state).stderr


def test_a_plan_of_a_branch_with_other_users_keeps_what_it_read(
    main: tuple[Path, str], tmp_path: Path
) -> None:
    folder, state = main
    address = yaml.safe_load((folder / "account.yaml").read_text())["account"]["backend"][
        "base_url"
    ]
    branch = declare(
        tmp_path / "branch", address, {"users": {"ada@acme.example": {"job_title": "Queen"}}}
    )
    assert "not-kept" not in run("plan", branch, "--state", state).stderr


def began(folder: Path, state: str) -> Account:
    """Begin to plan: what the store has is read, the vendor is not asked yet."""
    account = open_account(Session(folder, state, output=TerminalOutput()))
    open_backend(account)
    return account


@pytest.mark.slow
def test_a_plan_does_not_overwrite_what_was_loaded_meanwhile(
    main: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, state = main
    account = began(folder, state)
    loaded = tmp_path / "loaded.json"
    loaded.write_text(json.dumps(document(USERS, {"x4": ["BOUGHT"]})))
    run("inventory", "load", folder, loaded, "--state", state)
    plan_account(account, PlanRequest())
    account.close()
    assert "warning[inventory-not-kept]" in capsys.readouterr().err
    assert "BOUGHT" in inventory(folder, state)["licenses"]


@pytest.mark.slow
def test_a_plan_does_not_overwrite_what_an_apply_wrote_meanwhile(
    main: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, state = main
    account = began(folder, state)
    address = account.settings["base_url"]
    changed = {"users": {"ada@acme.example": {"job_title": "Queen"}}}
    run("apply", declare(folder, address, changed), "--auto-approve", "--state", state)
    left = inventory(folder, state)
    assert left["users"]["ada@acme.example"]["job_title"] == "Queen"
    plan_account(account, PlanRequest())
    account.close()
    assert "warning[inventory-not-kept]" in capsys.readouterr().err
    assert inventory(folder, state) == left


@pytest.mark.slow
def test_an_apply_keeps_what_it_left_though_a_plan_kept_what_it_read_meanwhile(
    main: tuple[Path, str],
) -> None:
    folder, state = main
    address = yaml.safe_load((folder / "account.yaml").read_text())["account"]["backend"][
        "base_url"
    ]
    declare(folder, address, {"users": {"ada@acme.example": {"job_title": "Queen"}}})
    run("plan", folder, "--state", state)
    output = run("apply", folder, "--auto-approve", "--state", state).stderr
    assert "not-kept" not in output
    assert inventory(folder, state)["users"]["ada@acme.example"]["job_title"] == "Queen"


@pytest.mark.slow
def test_a_plan_that_only_reads_keeps_nothing(main: tuple[Path, str], tmp_path: Path) -> None:
    folder, state = main
    file = tmp_path / "shared.db"
    before = file.read_bytes()
    for words in (
        ("plan", folder),
        ("drift", folder),
        ("users", folder),
        ("export", folder, "--out", tmp_path / "t"),
    ):
        run(*words, "--state", state, "--read-only")
        assert file.read_bytes() == before
