"""A large account: what several processes read and plan is what one does, and its seed is looked at
as closely.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.generate import generate
from licsync.cli.main import cli
from tests.support.accounts import unit

pytestmark = pytest.mark.untraced

NOW = ("--now", "2026-11-24T09:00:00Z")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large") / "account"
    generate(folder, 2000, 20, share=0.05, seed=3)
    return folder


def plan(folder: Path, *words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["plan", str(folder), *NOW, *words])
    assert result.exit_code == code, (result.stdout[:500], result.stderr[:500], result.exception)
    return result


def output_of(result: Result) -> str:
    return result.stdout + result.stderr


def both(folder: Path, *words: str, code: int = 0) -> Result:
    """Plan with several processes and with one; both say the same."""
    several, one = (plan(folder, *words, "--jobs", jobs, code=code) for jobs in ("3", "1"))
    assert several.stdout == one.stdout
    assert several.stderr == one.stderr
    return several


def test_the_plan_does_not_depend_on_the_number_of_processes(large: Path) -> None:
    document = json.loads(both(large, "--format", "json").stdout)
    assert len(document["actions"]) > 50


@pytest.mark.slow
def test_nor_where_the_inventory_is_in_the_store(large: Path) -> None:
    assert (
        CliRunner()
        .invoke(cli, ["inventory", "load", str(large), str(large / "inventory.json")])
        .exit_code
        == 0
    )
    (large / ".licsync" / "state.db").chmod(0o600)
    assert json.loads(both(large, "--format", "json").stdout)["actions"]


@pytest.fixture
def changed(large: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "account"
    (folder / "users").mkdir(parents=True)
    for file in large.rglob("*"):
        if file.suffix in (".yaml", ".json") and ".licsync" not in file.parts:
            (folder / file.relative_to(large)).write_bytes(file.read_bytes())
    return folder


@pytest.mark.slow
def test_faults_of_users_are_the_same(changed: Path) -> None:
    file = changed / "users" / "part-0007.yaml"
    file.write_text(
        file.read_text()
        .replace("type: x2", "type: x22", 2)
        .replace("site: Seattle", "site: Seatle", 1)
    )
    diagnostics = output_of(both(changed, code=1))
    assert "Did you mean 'x2'?" in diagnostics
    assert "Did you mean 'Seattle'?" in diagnostics


@pytest.mark.slow
def test_an_inconsistent_seed_is_refused_with_its_faults(changed: Path) -> None:
    seed = changed / "inventory.json"
    document = json.loads(seed.read_text())
    some = next(u for u in document["licenses"].values() if u["status"] == "assigned")
    some["user"] = "nobody@bench.example"
    seed.write_text(json.dumps(document))
    assert "nobody@bench.example" in output_of(both(changed, code=1))


@pytest.mark.slow
def test_an_account_section_of_another_file_counts(changed: Path) -> None:
    """The account's own file may lack what was looked at early."""
    account = (changed / "account.yaml").read_text()
    (changed / "zzz.yaml").write_text(account)
    (changed / "account.yaml").write_text("users: {}\n")
    assert json.loads(both(changed, "--format", "json").stdout)["actions"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "head", ["account: []", "account: {name: 7, backend: 8}", "account: {name: bench, backend: []}"]
)
def test_a_faulty_account_section_is_a_diagnostic(changed: Path, head: str) -> None:
    (changed / "account.yaml").write_text(head + "\n")
    assert "account.yaml:1" in output_of(both(changed, code=1))


@pytest.mark.slow
def test_a_catalog_of_its_own_is_looked_at_with_the_seed(changed: Path) -> None:
    """Two licenses of one plane are refused where the account's own catalog says that they are of
    one plane.
    """
    seed = changed / "inventory.json"
    document = json.loads(seed.read_text())
    name, user = next((n, u) for n, u in document["users"].items() if u.get("services"))
    document["licenses"]["LX"] = unit("own", status="assigned", user=name)
    user["services"].append({"license": "LX"})
    seed.write_text(json.dumps(document))
    both(changed)
    (changed / "catalog.yaml").write_text("catalog: {own: {title: Own, plane: uc}}\n")
    assert "two licenses of plane uc" in output_of(both(changed, code=1))
