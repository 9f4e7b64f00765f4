"""`licsync doctor`: every line says what was found and what to do, nothing is changed, and nothing
shows the key.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from licsync.backends.api.diagnose import examine, limits
from licsync.backends.api.factory import open_api, open_transport
from licsync.cli.main import cli
from licsync.config.catalog import load_catalog
from licsync.diagnostics import CredentialsMissing, InputInvalid
from licsync.diagnostics.findings import Finding
from licsync.engine.ports import JournalEntry, Run
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory
from licsync.simulator.faults import read_rules
from licsync.views.findings import findings_json, findings_text
from licsync.workflows.account import open_account
from licsync.workflows.session import Session
from tests.support import simulator_process
from tests.support.accounts import write_account
from tests.support.api_simulation import ApiWorld, document
from tests.support.paths import ACME

CANARY = "canary-doctor-3c9d"
BEFORE_ANYTHING_IS_DUE = "2026-02-27"


# --- the API --------------------------------------------------------------------------------------


@pytest.fixture
def world() -> Iterator[ApiWorld]:
    found = ApiWorld(document({"ada@acme.example": {"type": "x2"}}, {}))
    yield found
    found.close()


def look(world: ApiWorld, *faults: dict[str, Any], ahead: float = 0) -> dict[str, Finding]:
    world.server.faults.clear()
    world.server.faults.add(read_rules(faults))

    async def main() -> list[Finding]:
        def clock() -> Any:
            return world.clock() + timedelta(seconds=ahead)

        return [finding async for finding in examine(world.backend.api, clock)]

    return {finding.about: finding for finding in world.run(main())}


def test_all_is_fine_and_nothing_was_changed(world: ApiWorld) -> None:
    before = world.truth()
    found = look(world)
    assert [f for f in found.values() if not f.is_fine] == []
    assert list(found) == [
        "reachable", "key accepted", "users", "sites", "addresses", "phone numbers", "ring groups",
        "operations", "changing users", "limits", "clock",
    ]  # fmt: skip
    assert found["limits"].message == "100 requests a minute, of which 99 are left"
    assert world.truth().users == before.users
    assert list(world.server.api.operations) == []


@pytest.mark.parametrize(
    ("limit", "left", "message"),
    [
        ("1000000", "999999", "1,000,000 requests a minute, of which 999,999 are left"),
        ("100", None, "100 requests a minute, of which an unknown number are left"),
        ("many", "²", "many requests a minute, of which ² are left"),
    ],
)
def test_limits_are_written_as_plans_write_numbers(
    limit: str, left: str | None, message: str
) -> None:
    headers = {"x-ratelimit-limit": limit} | ({"x-ratelimit-remaining": left} if left else {})
    assert limits(headers).message == message


def test_a_key_that_is_not_accepted(world: ApiWorld) -> None:
    found = look(world, {"kind": "revoke"})
    assert list(found) == ["reachable", "key accepted"]
    assert found["key accepted"].is_credential
    assert not found["key accepted"].is_fine


@pytest.mark.parametrize(
    ("path", "about", "product"),
    [
        ("/users", "users", "User Management"),
        ("/ring-groups", "ring groups", "Ring Group"),
        ("/operations/*", "operations", "Admin Operations"),
    ],
)
def test_a_product_that_the_key_lacks(world: ApiWorld, path: str, about: str, product: str) -> None:
    found = look(world, {"kind": "status", "status": 403, "path": path})
    assert [f.about for f in found.values() if not f.is_fine] == [about]
    assert product in (found[about].advice or "")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (405, "cannot change users"),
        (501, "cannot change users"),
        (403, "may not change users"),
        (418, "is not clear"),
    ],
)
def test_an_api_without_put(world: ApiWorld, status: int, expected: str) -> None:
    found = look(world, {"kind": "status", "status": status, "method": "PUT"})
    assert [f.about for f in found.values() if not f.is_fine] == ["changing users"]
    assert expected in found["changing users"].message


def test_a_clock_that_is_wrong(world: ApiWorld) -> None:
    assert "90 seconds ahead of" in look(world, ahead=90)["clock"].message
    assert "90 seconds behind" in look(world, ahead=-90)["clock"].message
    assert look(world, ahead=30)["clock"].is_fine


def test_an_api_that_answers_with_errors(world: ApiWorld) -> None:
    found = look(world, {"kind": "status", "status": 503})
    assert list(found) == ["reachable"]
    assert "HTTP 503" in found["reachable"].message
    found = look(world, {"kind": "status", "status": 503, "path": "/addresses"})
    assert not found["answers"].is_fine


# --- what an account says -------------------------------------------------------------------------


def test_opening(tmp_path: Path) -> None:
    environment = {"LICSYNC_API_KEY": CANARY, "LICSYNC_API_URLS": "http://127.0.0.1:1"}
    settings = {
        "base_url": "http://127.0.0.1:1/x/",
        "settle_seconds": 20,
        "operations_at_once": 3,
        "customer_id": "C",
    }
    backend = open_api(settings, Inventory("acme", ""), load_catalog(), environment)
    assert backend.api.base_url == "http://127.0.0.1:1/x"
    assert (backend.executor.settle, backend.api.pace.slots) == (20, 3)
    assert open_transport({}, environment).base_url == "https://api.8x8.com/admin-provisioning"
    with pytest.raises(InputInvalid, match="from 1 to 10"):
        open_transport({"operations_at_once": 11}, environment)
    with pytest.raises(CredentialsMissing, match="not an https host of 8x8"):
        open_transport({"base_url": "http://api.8x8.com"}, environment)
    with pytest.raises(CredentialsMissing):
        open_transport({}, {})


def test_a_key_of_another_customer_is_refused(world: ApiWorld) -> None:
    from licsync.engine.ports import BackendFailed

    backend = world.client()
    backend.reader._customer = "somebody else"
    with pytest.raises(BackendFailed, match="customer_id is somebody else"):
        world.run(backend.read())


# --- the command ----------------------------------------------------------------------------------


def run(*words: str, code: int, **environment: str) -> Result:
    result = CliRunner().invoke(
        cli, ("doctor", *words), env={"NO_COLOR": "1", "LICSYNC_API_KEY": None, **environment}
    )
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    assert CANARY not in result.stdout + result.stderr
    return result


def account(folder: Path, text: str) -> str:
    return str(write_account(folder, f"account: {{name: acme, backend: {text}}}\n"))


def test_of_the_embedded_console_only_files_and_store_are_looked_at(tmp_path: Path) -> None:
    acme = str(shutil.copytree(ACME, tmp_path / "acme"))
    found = json.loads(
        run(acme, "--format", "json", "--now", BEFORE_ANYTHING_IS_DUE, code=0).stdout
    )
    assert found["ok"] is True
    assert [finding["about"] for finding in found["findings"]] == [
        "backend",
        "files",
        "store",
        "open run",
        "dates",
    ]


def test_an_unfinished_run_is_reported(tmp_path: Path) -> None:
    acme = str(shutil.copytree(ACME, tmp_path / "acme"))
    with (
        closing(open_account(Session(Path(acme)))) as opened,
        (store := opened.storage.runs()).lock("acme", "somebody"),
    ):
        store.begin(Run("r1", "acme", {"checksum": "x"}, {}, "ada", "2026-11-24T00:00:00Z"))
        entry = JournalEntry(0, "a1", Step("user.suspend", "users/bo", {}), "intended", {})
        store.record_intents("r1", entry)
    text = run(acme, "--now", BEFORE_ANYTHING_IS_DUE, code=1).stdout
    assert "the run r1 of ada, begun at 2026-11-24T00:00:00Z" in text
    assert "1 step of unknown end, the oldest: user.suspend of bo" in text
    assert f"→ licsync apply {acme} --resume" in text


def test_a_held_lock_is_reported(tmp_path: Path) -> None:
    acme = str(shutil.copytree(ACME, tmp_path / "acme"))
    with (
        closing(open_account(Session(Path(acme)))) as opened,
        opened.storage.runs().lock("acme", "somebody"),
    ):
        assert "somebody" in run(acme, code=1).stdout


def test_a_store_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    acme = str(shutil.copytree(ACME, tmp_path / "acme"))
    text = run(acme, "--state", f"sqlite:///{tmp_path}", code=1).stdout
    assert "problem  store" in text


def test_without_a_key_it_exits_6(tmp_path: Path) -> None:
    text = run(account(tmp_path / "a", "{type: 8x8}"), code=6).stdout
    assert "problem  key" in text
    assert "→ Set LICSYNC_API_KEY" in text


def test_an_address_that_the_key_must_not_be_sent_to(tmp_path: Path) -> None:
    directory = account(tmp_path / "a", '{type: 8x8, base_url: "http://api.8x8.com"}')
    text = run(directory, code=6, LICSYNC_API_KEY=CANARY).stdout
    assert "problem  base_url" in text
    assert "not an https host of 8x8" in text
    assert "export LICSYNC_API_URLS=http://api.8x8.com" in text


def test_files_with_errors_are_reported(tmp_path: Path) -> None:
    directory = account(tmp_path / "a", "{type: local}")
    (tmp_path / "a" / "broken.yaml").write_text("users: [\n", encoding="utf-8")
    assert "problem  files" in run(directory, code=1).stdout


@pytest.mark.slow
def test_against_a_simulator_that_is_served(tmp_path: Path) -> None:
    acme = str(shutil.copytree(ACME, tmp_path / "acme"))
    with simulator_process.served(acme, CANARY, speed="1") as base:
        directory = account(tmp_path / "a", f'{{type: 8x8, base_url: "{base}"}}')
        text = run(directory, code=1, LICSYNC_API_KEY=CANARY).stdout
        (problem,) = [line for line in text.splitlines() if line.startswith("problem")]
        assert "licenses" in problem  # the API shows none that nobody holds
        assert "key accepted" in run(directory, code=6, LICSYNC_API_KEY="wrong").stdout


def test_findings_are_harmless_in_a_terminal() -> None:
    findings = [
        Finding("a", True, "fine"),
        Finding("longer", False, "bad \x1b[31m", "do \x1b]0;x\x07"),
    ]
    text = findings_text(findings)
    assert "\x1b" not in text
    assert text.splitlines()[0] == "ok       a       fine"
    assert json.loads(findings_json(findings))["ok"] is False
