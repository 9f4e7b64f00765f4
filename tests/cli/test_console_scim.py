"""An account in the console with SCIM, from the shell, before the simulator as the real account."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from licsync.backends.scim.factory import URL
from licsync.backends.scim.transport import SCIM_TOKEN
from tests.support.command_line import dump, run
from tests.support.console_account import scim_account
from tests.support.paths import EXAMPLES
from tests.support.simulator_process import served

NOW = ("--now", "2026-11-24T09:00:00Z")
KEY = "key"
TOKEN = "canary-token-of-our-own-71f3"
SCIM_PATH = "/udi/customers/001SIMULATED0000AA/scim/v2"
NEW = {"first_name": "Noa", "site": "Seattle", "department": "Sales"}
ONLY = [
    ("update", "users/cy.diaz@acme.example"),
    ("suspend", "users/bo.chen@acme.example"),
    ("reactivate", "users/fay.green@acme.example"),
    ("update", "users/sam.reed@acme.example"),
]


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The account at 8x8: a sandbox that the simulator serves, to which the token may go."""
    monkeypatch.setenv(SCIM_TOKEN.variable, TOKEN)
    folder = Path(shutil.copytree(EXAMPLES / "acme", tmp_path / "real"))
    with served(folder, KEY) as address:
        monkeypatch.setenv(URL, address.removesuffix("/admin-provisioning") + SCIM_PATH)
        yield folder


@pytest.fixture
def account(tmp_path: Path) -> Path:
    return scim_account(tmp_path)


def users(account: Path) -> dict[str, Any]:
    document: dict[str, Any] = dump(account)
    found: dict[str, Any] = document["users"]
    return found


def automatic(account: Path) -> list[tuple[str, str]]:
    plan = json.loads(run("plan", account, *NOW, "--format", "json").stdout)
    return [(a["verb"], a["resource"]) for a in plan["actions"] if not a["manual"]]


@pytest.mark.slow
def test_what_scim_can_do_is_done_at_8x8_and_the_rest_is_left_to_people(
    real: Path, account: Path
) -> None:
    assert set(ONLY) <= set(automatic(account))
    shown = run("plan", account, *NOW, "--format", "markdown").stdout
    assert "real account" not in shown
    assert "which is not 8x8's address" in shown
    applied = run("apply", account, *NOW, "--auto-approve", code=4)
    assert not set(ONLY) & set(automatic(account))
    for shown in (users(real), users(account)):
        assert shown["bo.chen@acme.example"]["status"] == "inactive"
        assert shown["fay.green@acme.example"]["status"] == "active"
        assert shown["cy.diaz@acme.example"]["job_title"] == "Sales Lead"
        assert "job_title" not in shown["sam.reed@acme.example"]
    assert TOKEN not in applied.stdout + applied.stderr
    holding = [
        file
        for file in account.rglob("*")
        if file.is_file() and TOKEN.encode() in file.read_bytes()
    ]
    assert holding == []


@pytest.mark.slow
def test_the_plan_foretells_the_requests(real: Path, account: Path) -> None:
    new = {f"n{n}@acme.example": {**NEW, "last_name": f"New {n}"} for n in range(5)}
    (account / "users" / "new.yaml").write_text(json.dumps({"users": new}))
    planned = run("plan", account, *NOW, "--format", "json").stdout
    foretold = json.loads(planned)["forecast"]["requests"]
    before = len(requests_of(os.environ[URL]))
    run("apply", account, *NOW, "--auto-approve", code=4)
    assert abs(len(requests_of(os.environ[URL])) - before - foretold) <= 3
    output = " ".join(run("plan", account, *NOW).stdout.split())
    assert "What licsync does over SCIM takes about" in output


def requests_of(url: str) -> list[Any]:
    """List the requests that the simulator has answered over SCIM."""
    origin = url.removesuffix(SCIM_PATH)
    answer = httpx2.get(f"{origin}/_simulator/log", headers={"x-api-key": KEY})
    return [entry for entry in answer.json() if entry["path"].startswith("/Users")]


def test_without_a_token_no_run_begins(account: Path) -> None:
    before = users(account)
    refused = run("apply", account, *NOW, "--auto-approve", code=6)
    assert "no address and no token of the SCIM API" in refused.stderr
    assert f"Set {URL} and {SCIM_TOKEN.variable}" in refused.stderr
    assert users(account) == before
    assert "Nothing has been applied yet" in run("history", "list", account).stdout


def test_a_file_sends_the_token_nowhere_else(tmp_path: Path) -> None:
    account = scim_account(tmp_path, "{url: 'https://evil.example/scim/v2'}")
    refused = run(
        "apply", account, *NOW, "--auto-approve", code=6, **{SCIM_TOKEN.variable: TOKEN, URL: ""}
    )
    assert "address-not-allowed" in refused.stderr
    assert TOKEN not in refused.stderr


def test_a_token_in_a_file_is_refused(tmp_path: Path) -> None:
    account = scim_account(tmp_path, f"{{url: 'https://x.8x8.com/', token: {TOKEN}}}")
    refused = run("validate", account, code=1)
    assert SCIM_TOKEN.variable in refused.stderr
    assert TOKEN not in refused.stderr + refused.stdout


def test_a_token_that_is_not_accepted_ends_it(real: Path, account: Path) -> None:
    before = users(real)
    wrong = {SCIM_TOKEN.variable: "another-token"}
    refused = run("apply", account, *NOW, "--auto-approve", code=6, **wrong)
    assert "did not accept the token" in refused.stderr
    assert "another-token" not in refused.stderr
    assert users(real) == before


@pytest.mark.slow
def test_users_of_an_identity_provider_are_left_to_it(tmp_path: Path) -> None:
    account = scim_account(tmp_path)
    document = dump(account)
    document["users"]["ada.lopez@acme.example"]["scim_provider"] = "okta"
    file = tmp_path / "seen.json"
    file.write_text(json.dumps(document))
    run("inventory", "load", account, file)
    assert automatic(account) == []
    output = " ".join(run("plan", account, *NOW).stdout.split())
    assert "licsync only reads over SCIM: users belong to okta" in output


@pytest.mark.slow
def test_doctor_examines_scim(real: Path, account: Path) -> None:
    output = run("doctor", account, code=None).stdout
    assert "SCIM shows 16 users, and the inventory has 16" in output
    assert "the token may change users" in output
    missing = run("doctor", account, code=6, **{URL: ""}).stdout
    assert "There is no address of the SCIM API" in missing


def writes(address: str) -> list[tuple[str, str]]:
    """List the changes that the simulator has accepted."""
    origin = address.partition("/udi/")[0]
    log = httpx2.get(f"{origin}/_simulator/log", headers={"x-api-key": KEY}).json()
    return [
        (entry["method"], entry["path"])
        for entry in log
        if entry["method"] != "GET" and entry["status"] < 300
    ]


@pytest.mark.soak
def test_kill_9_after_each_change_and_resume(real: Path, account: Path) -> None:
    """Each process dies as soon as 8x8 has accepted its first change, and so before it ends."""
    command = [sys.executable, "-m", "licsync", "apply", str(account), *NOW]
    address, more = os.environ[URL], ["--auto-approve"]
    for kills in range(1, len(ONLY)):
        quiet = subprocess.DEVNULL
        applying = subprocess.Popen([*command, *more], stdout=quiet, stderr=quiet)
        while len(writes(address)) < kills and applying.poll() is None:
            time.sleep(0.01)
        applying.kill()
        applying.wait()
        more = ["--resume"]
    run("apply", account, *NOW, "--resume", code=None)
    assert not set(ONLY) & set(automatic(account))
    assert len(writes(address)) == len(set(writes(address))) == len(ONLY), "nothing twice"
    shown = users(real)
    assert shown["bo.chen@acme.example"]["status"] == "inactive"
    assert shown["fay.green@acme.example"]["status"] == "active"
    assert shown["cy.diaz@acme.example"]["job_title"] == "Sales Lead"
