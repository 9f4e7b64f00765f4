"""`licsync import` of an account behind the vendor's API, played by the simulator: it is read anew,
not remembered.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from licsync.config.loader import load
from tests.support import simulator_process
from tests.support.accounts import write_account
from tests.support.paths import ACME
from tests.support.patience import PATIENCE
from tests.support.warm_command import licsync_program

KEY = "canary-import-key"
KNOWN = ("--license-type", "speech-analytics=addon")


def run(
    *words: str | Path, code: int = 0, key: str | None = KEY
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "LICSYNC_API_KEY"}
    environment |= {"NO_COLOR": "1"} | ({"LICSYNC_API_KEY": key} if key else {})
    words = (licsync_program(), *words)
    result = subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert result.returncode == code, (result.stdout, result.stderr)
    assert KEY not in result.stdout + result.stderr
    return result


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address at which the example account is served."""
    folder = shutil.copytree(ACME, tmp_path_factory.mktemp("served") / "acme")
    with simulator_process.served(folder, KEY) as address:
        yield address


def shop(folder: Path, base: str) -> Path:
    text = (
        f'account: {{name: acme, backend: {{type: 8x8, base_url: "{base}"}}, '
        "defaults: {country: US}}\n"
    )
    return write_account(folder, text)


@pytest.mark.slow
def test_everybody_whom_the_vendor_knows_is_written_and_a_fresh_plan_is_empty(
    served: str, tmp_path: Path
) -> None:
    directory = shop(tmp_path / "shop", served)
    before = (directory / "account.yaml").read_text()
    assert "A plan of them is empty." in run("import", directory, *KNOWN).stdout
    assert (directory / "account.yaml").read_text() == before
    assert not (directory / "inventory.json").exists()
    loaded = load(directory)
    assert loaded.desired is not None
    assert not loaded.diagnostics
    names = {name.casefold() for name in json.loads((ACME / "inventory.json").read_text())["users"]}
    assert {name.casefold() for name in loaded.desired.users} == names
    run("fmt", directory, "--check")
    assert "No changes" in run("plan", directory, "--detailed-exitcode").stdout


@pytest.mark.slow
def test_an_import_reads_the_account_again(served: str, tmp_path: Path) -> None:
    directory = shop(tmp_path / "shop", served)
    document = json.loads((ACME / "inventory.json").read_text())
    document["users"]["gone@acme.example"] = {
        "first_name": "Gone",
        "last_name": "Away",
        "status": "active",
    }
    stale = tmp_path / "stale.json"
    stale.write_text(json.dumps(document))
    run("inventory", "load", directory, stale)
    run("import", directory, *KNOWN)
    texts = "".join(path.read_text() for path in directory.rglob("*.yaml"))
    assert "chi.oyelaran@acme.example" in texts
    assert "gone@acme.example" not in texts


@pytest.mark.slow
def test_an_export_tells_what_the_vendor_has_now(served: str, tmp_path: Path) -> None:
    directory = shop(tmp_path / "shop", served)
    assert "chi.oyelaran@acme.example" in run("export", directory, "--table", "users").stdout
    run("export", directory, "--table", "users", code=6, key=None)


def test_without_a_key_or_with_a_wrong_one_nothing_is_written(served: str, tmp_path: Path) -> None:
    directory = shop(tmp_path / "shop", served)
    assert "LICSYNC_API_KEY" in run("import", directory, *KNOWN, code=6, key=None).stderr
    run("import", directory, *KNOWN, code=6, key="wrong")
    assert [path.name for path in directory.rglob("*.yaml")] == ["account.yaml"]


@pytest.mark.slow
def test_an_account_of_another_customer_is_not_imported(served: str, tmp_path: Path) -> None:
    directory = shop(tmp_path / "shop", served)
    account = directory / "account.yaml"
    account.write_text(
        account.read_text().replace("type: 8x8", "type: 8x8, customer_id: somebody-else")
    )
    assert "Nothing was changed." in run("import", directory, *KNOWN, code=1).stderr
    assert [path.name for path in directory.rglob("*.yaml")] == ["account.yaml"]


# --- onboarding goes by the same ------------------------------------------------------------------


def people(folder: Path) -> Path:
    path = folder / "new.csv"
    path.write_text(
        "First name,Last name,Email,Site,License,Extension\n"
        "Kim,Po,kim.po@acme.example,Seattle,X2,1001\n"
    )
    return path


@pytest.mark.slow
def test_a_number_that_somebody_has_by_now_is_refused_and_the_pool_is_that_of_today(
    served: str, tmp_path: Path
) -> None:
    directory = shop(tmp_path / "shop", served)
    result = run("onboard", people(tmp_path), "--into", directory, code=1)
    assert "are read from 8x8 now" in result.stderr
    assert "1001" in result.stderr
    assert "ada.lopez@acme.example" in result.stderr
    assert not (directory / "users").exists()


@pytest.mark.slow
def test_the_inventory_last_seen_suffices_only_with_its_option(served: str, tmp_path: Path) -> None:
    directory = shop(tmp_path / "shop", served)
    account = directory / "account.yaml"
    account.write_text(
        account.read_text().replace("type: 8x8", "type: 8x8, customer_id: somebody-else")
    )
    run("inventory", "load", directory, ACME / "inventory.json")
    list_ = people(tmp_path)
    list_.write_text(list_.read_text().replace("1001", "1777"))
    refused = run("onboard", list_, "--into", directory, code=1)
    assert "To use the inventory last seen: --last-seen" in refused.stderr
    run("onboard", list_, "--into", directory, code=6, key=None)
    result = run("onboard", list_, "--into", directory, "--last-seen", key=None)
    assert "those last seen on 24 Nov 2026" in result.stderr
    assert "1 new" in result.stdout
