"""`licsync refresh --scim`: the users of the inventory, as the simulator shows them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from licsync.backends.scim.factory import URL
from licsync.backends.scim.transport import SCIM_TOKEN
from tests.support.command_line import dump, run
from tests.support.console_account import console_account, scim_account
from tests.support.simulator_process import served

NOW = ("--now", "2026-11-30T09:00:00Z")
TOKEN = "canary-token-of-our-own-71f3"
CHI, BO = "chi.oyelaran@acme.example", "bo.chen@acme.example"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture(autouse=True, scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = console_account(tmp_path_factory.mktemp("real"))
    file = folder / "account.yaml"
    file.write_text(file.read_text().replace("type: console", "type: local"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SCIM_TOKEN.variable, TOKEN)
        with served(folder, "key") as address:
            origin = address.removesuffix("/admin-provisioning")
            patch.setenv(URL, f"{origin}/udi/customers/001SIMULATED0000AA/scim/v2")
            yield


@pytest.fixture
def account(tmp_path: Path) -> Path:
    return scim_account(tmp_path)


def scim(method: str, path: str, body: object = None) -> Any:
    headers = {"Authorization": f"Bearer {TOKEN}", "content-type": "application/scim+json"}
    answer = httpx2.request(method, f"{os.environ[URL]}{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


@pytest.mark.slow
def test_users_become_as_scim_shows_them_and_everything_else_is_kept(account: Path) -> None:
    before = dump(account)
    assert "Nothing changed." in run("refresh", account, "--scim", *NOW).stdout
    identifier = scim("GET", f'/Users?filter=userName eq "{CHI}"')["Resources"][0]["id"]
    operation = {"op": "replace", "path": "active", "value": False}
    scim("PATCH", f"/Users/{identifier}", {"schemas": [PATCH], "Operations": [operation]})
    scim("POST", "/Users", {"schemas": [CORE], "userName": "zoe.new@acme.example",
                            "name": {"givenName": "Zoe", "familyName": "New"}})  # fmt: skip
    shown = run("refresh", account, "--scim", "--dry-run", *NOW).stdout
    assert dump(account)["users"] == before["users"]
    assert run("refresh", account, "--scim", *NOW).stdout.split()[:40] == shown.split()[:40]
    after = dump(account)
    assert after["users"][CHI] == before["users"][CHI] | {"status": "inactive"}
    assert after["users"].pop("zoe.new@acme.example")["first_name"] == "Zoe"
    assert after["users"].keys() == before["users"].keys()
    held = [unit for unit in after["licenses"].values() if unit.get("user") == CHI]
    assert held
    assert all(unit["status"] == "suspended" for unit in held)
    assert after["observed"]["users.status"] == "2026-11-30T09:00:00Z"
    assert TOKEN not in "".join(
        file.read_text(errors="replace") for file in account.rglob("*") if file.is_file()
    )


def test_who_scim_does_not_show_is_kept_and_named(account: Path, tmp_path: Path) -> None:
    document = dump(account)
    document["users"]["old.hand@acme.example"] = document["users"][BO] | {
        "id": "U99", "services": []
    }  # fmt: skip
    document["users"]["old.hand@acme.example"].pop("ring_groups", None)
    file = tmp_path / "seen.json"
    file.write_text(json.dumps(document))
    run("inventory", "load", account, file)
    output = run("refresh", account, "--scim", *NOW).stderr
    assert "SCIM does not show 1 user of the inventory (old.hand@acme.example)" in output
    assert "old.hand@acme.example" in dump(account)["users"]


def test_it_is_either_exports_or_scim(account: Path) -> None:
    for words in ((), ("--scim", "--from", account)):
        refused = run("refresh", account, *words, code=1)
        assert "either --from EXPORT or --scim" in refused.stderr


def test_an_account_without_scim_says_how_to_use_it(tmp_path: Path) -> None:
    refused = run("refresh", console_account(tmp_path), "--scim", code=1)
    assert "does not use SCIM" in refused.stderr
    assert "scim: true" in refused.stderr


def test_what_cannot_be_read_changes_nothing(account: Path) -> None:
    before = dump(account)
    run("refresh", account, "--scim", *NOW, code=6, **{SCIM_TOKEN.variable: "wrong"})
    missing = f"{os.environ[URL]}/nowhere"
    failed = run("refresh", account, "--scim", *NOW, code=1, **{URL: missing})
    assert "backend-failed" in failed.stderr
    assert dump(account) == before
