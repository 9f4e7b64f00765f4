"""Before an account in the console is planned, SCIM says what has changed since the last export."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from licsync.backends.scim.transport import SCIM_TOKEN, SCIM_URL
from tests.support.command_line import dump, run
from tests.support.console_account import scim_account
from tests.support.paths import EXAMPLES
from tests.support.simulator_process import served

NOW = ("--now", "2026-11-24T09:00:00Z")
SCIM_PATH = "/udi/customers/001SIMULATED0000AA/scim/v2"
BO = "bo.chen@acme.example"


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The account at 8x8: a sandbox that the simulator serves."""
    monkeypatch.setenv(SCIM_TOKEN.variable, "canary-token-of-our-own-52ab")
    folder = Path(shutil.copytree(EXAMPLES / "acme", tmp_path / "real"))
    with served(folder, "key") as address:
        monkeypatch.setenv(SCIM_URL, address.removesuffix("/admin-provisioning") + SCIM_PATH)
        yield folder


@pytest.fixture
def account(tmp_path: Path) -> Path:
    return scim_account(tmp_path)


def actions(account: Path) -> list[tuple[str, str]]:
    plan = json.loads(run("plan", account, *NOW, "--format", "json").stdout)
    return [(action["verb"], action["resource"]) for action in plan["actions"]]


@pytest.mark.slow
def test_changes_in_the_console_are_read(real: Path, account: Path) -> None:
    assert ("suspend", f"users/{BO}") in actions(account)
    run("apply", real, *NOW, "--target", f"users/{BO}", "--auto-approve")
    assert ("suspend", f"users/{BO}") not in actions(account)
    document = dump(account)
    assert document["users"][BO]["status"] == "inactive"
    held = [unit["status"] for unit in document["licenses"].values() if unit.get("user") == BO]
    assert held
    assert set(held) == {"suspended"}
    assert document["observed"]["users.status"] > document["as_of"]
    assert document["observed"]["users.policy"] == document["as_of"]


@pytest.mark.slow
def test_an_unchanged_inventory_is_not_written_again(real: Path, account: Path) -> None:
    first = actions(account)
    before = dump(account)
    assert actions(account) == first
    assert dump(account) == before


@pytest.mark.slow
def test_the_plan_is_the_same_whatever_is_cached(real: Path, account: Path) -> None:
    first = run("plan", account, *NOW).stdout
    assert run("plan", account, *NOW).stdout == first
    assert run("plan", account, *NOW, "--no-cache").stdout == first


def test_without_a_token_the_export_counts(account: Path) -> None:
    planned = run("plan", account, *NOW, **{SCIM_TOKEN.variable: "", SCIM_URL: ""})
    assert f"SCIM was not read: set {SCIM_URL} and {SCIM_TOKEN.variable}." in planned.stderr
    assert BO in planned.stdout


@pytest.mark.slow
def test_a_rejected_token_is_reported(real: Path, account: Path) -> None:
    refused = run("plan", account, *NOW, code=6, **{SCIM_TOKEN.variable: "another-token-3"})
    assert "did not accept the token" in refused.stderr
    assert "another-token-3" not in refused.stderr


@pytest.mark.slow
def test_a_server_that_is_gone_leaves_the_export(real: Path, account: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    environment = {SCIM_URL: nowhere + SCIM_PATH, "LICSYNC_API_URLS": nowhere}
    planned = run("plan", account, *NOW, **environment)
    assert "The plan goes by the inventory last seen." in " ".join(planned.stderr.split())
    assert BO in planned.stdout
    drift = run("drift", account, *NOW, **environment)
    assert "cannot be reached" in drift.stderr
    before = dump(account)
    refreshed = run("refresh", account, "--scim", code=1, **environment)
    assert "cannot be reached" in refreshed.stderr
    assert dump(account) == before


def test_read_only_sessions_do_not_read_over_scim(real: Path, account: Path) -> None:
    planned = run("plan", account, *NOW, "--read-only")
    assert "SCIM was not read: licsync may not write to the store." in planned.stderr
    assert not (account / ".licsync").exists()


def test_without_an_export_nothing_is_made_up(real: Path, tmp_path: Path) -> None:
    account = tmp_path / "new"
    run("init", account, "--backend", "console")
    file = account / "account.yaml"
    file.write_text(file.read_text().replace("# scim: true", "scim: true"))
    assert "No export of the console was ever read." in run("plan", account).stdout
    assert dump(account)["users"] == {}
