"""What licsync 0.1 wrote still opens: files, inventories, stores, killed runs and saved plans."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

from licsync.planning.plan_document import canonical_parts, digest_of_parts
from tests.support.command_line import dump, run
from tests.support.paths import ROOT

FILES = ROOT / "tests" / "fixtures" / "0.1"
FIRST, LAST = FILES / "first", FILES / "last"
NOW = ("--now", "2026-11-24T12:00:00Z")

pytestmark = pytest.mark.untraced


def load(sql: Path, store: Path) -> None:
    """Make the store of a dump."""
    store.parent.mkdir(exist_ok=True)
    connection = sqlite3.connect(store)
    connection.executescript(sql.read_text("utf-8"))
    connection.close()


def first(folder: Path, state: str) -> Path:
    """The account of the first 0.1, in a state of its store."""
    shop = folder / "shop"
    shutil.copytree(FIRST / "shop", shop)
    load(FIRST / f"{state}.sql", shop / ".licsync" / "state.db")
    return shop


@pytest.fixture
def last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fleet of the last 0.1, with its shared store."""
    shutil.copytree(LAST, tmp_path, dirs_exist_ok=True)
    for name in ("shop", "hooli"):
        (tmp_path / name / ".licsync").mkdir()
        (tmp_path / name / "identity").rename(tmp_path / name / ".licsync" / "identity")
    load(LAST / "state.sql", tmp_path / "state.db")
    monkeypatch.setenv("LICSYNC_STATE", f"sqlite:///{tmp_path / 'state.db'}")
    return tmp_path


def runs(account: Path) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(run("history", account, "--format", "json").stdout)[
        "runs"
    ]
    return listed


# --- the first 0.1 --------------------------------------------------------------------------------


def test_a_store_shows_plans_applies_and_takes_back(tmp_path: Path) -> None:
    shop = first(tmp_path, "applied")
    assert run("validate", shop).exit_code == 0
    assert "cy.ng@example.com" in run("users", shop).stdout
    assert "3 users, 5 licenses" in run("plan", shop, *NOW).stdout
    assert "Not covered: 1 earlier run." in run("history", "verify", shop).stdout
    undo = run("undo", runs(shop)[0]["run"], shop, "--allow", "delete=1", *NOW).stdout
    assert "1 to delete, 1 to unassign, 1 to downgrade" in undo
    assert "Apply complete: 3 done" in run("apply", shop, "--auto-approve", *NOW).stderr
    assert "No changes" in run("plan", shop, *NOW).stdout
    run("history", "verify", shop)


@pytest.fixture
def killed(tmp_path: Path, database_url: URL, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The account of the first 0.1 after its second run was killed, on SQLite and PostgreSQL."""
    if database_url.get_backend_name() == "sqlite":
        return first(tmp_path, "killed")
    import psycopg

    host = database_url.query["host"]
    with psycopg.connect(f"user=licsync dbname=postgres host={host}") as connection:
        connection.execute((FIRST / "postgresql.sql").read_bytes())
    monkeypatch.setenv("LICSYNC_STATE", f"postgresql://licsync@/postgres?host={host}")
    return shutil.copytree(FIRST / "shop", tmp_path / "shop")


@pytest.mark.slow
def test_a_killed_run_is_finished(killed: Path) -> None:
    shop = killed
    found = run("doctor", shop, "--redact", code=1).stdout
    assert "1 step of unknown end" in found
    assert "license.replace of ada.lopez@…" in found
    assert "run-unfinished" in run("apply", shop, "--auto-approve", *NOW, code=3).stderr
    output = run("apply", shop, "--resume", *NOW).stderr
    assert "Apply complete: 3 done" in output
    assert "None" not in output
    assert [one["state"] for one in runs(shop)] == ["done", "done"]
    assert "No changes" in run("plan", shop, *NOW).stdout


def test_an_inventory_is_loaded_as_it_was_dumped(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(FIRST / "shop", shop)
    run("inventory", "load", shop, FIRST / "inventory.json")
    assert dump(shop) == json.loads((FIRST / "inventory.json").read_text("utf-8"))


@pytest.mark.slow
def test_a_saved_plan_is_shown_and_not_applied(tmp_path: Path) -> None:
    shop = first(tmp_path, "applied")
    shown = run("show", FIRST / "plan.json").stdout
    assert "upgrade X2 → X4" in shown
    refused = run("apply", FIRST / "plan.json", shop, *NOW, code=3).stderr
    assert "error[plan-version]" in refused
    assert "earlier version" in refused
    assert "licsync plan DIR --out FILE" in refused
    assert len(runs(shop)) == 1


# --- the last 0.1 ---------------------------------------------------------------------------------


def test_a_fleet_and_its_runs_go_on(last: Path) -> None:
    shop = last / "shop"
    assert "never" in run("fleet", "status", last).stdout
    assert "Apply complete: 3 done" in run("apply", shop, "--resume", *NOW).stderr
    assert "hooli" in run("fleet", "status", last).stdout
    assert "No changes" in run("plan", shop, *NOW).stdout
    for account in (shop, last / "hooli"):
        assert "altered." in run("history", "verify", account).stdout


def test_a_saved_plan_is_applied(last: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LICSYNC_STATE")
    shop = last / "shop"
    shutil.rmtree(shop / ".licsync")
    run("inventory", "load", shop, FIRST / "inventory.json")
    output = run("apply", LAST / "plan.json", shop, *NOW).stderr
    assert "Apply complete: 3 done" in output


def test_a_work_order_is_verified_by_the_next_export(last: Path) -> None:
    exports = ROOT / "examples" / "console" / "tuesday"
    day = ("--now", "2026-11-25T09:00:00Z")
    output = run("refresh", last / "hooli", "--from", exports, *day, code=None)
    assert "verified" in output.stdout + output.stderr, output


# --- newer versions -------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{"format_version": "2"}, {"unheard_of": 1}])
def test_a_plan_with_unknown_parts_is_of_another_version(
    tmp_path: Path, more: dict[str, object]
) -> None:
    document = json.loads((LAST / "plan.json").read_text("utf-8")) | more
    seals = ("digest", "checksum", "directory")
    content = {key: value for key, value in document.items() if key not in seals}
    document["checksum"] = digest_of_parts(canonical_parts(content))
    newer = tmp_path / "plan.json"
    newer.write_text(json.dumps(document), "utf-8")
    for words in (("show", newer), ("apply", newer)):
        refused = run(*words, code=3).stderr
        assert "error[plan-version]" in refused
        assert "another version" in refused
    document["users"] += 1
    newer.write_text(json.dumps(document), "utf-8")
    assert "error[plan-altered]" in run("show", newer, code=3).stderr


def test_a_store_of_a_newer_version_is_refused(last: Path) -> None:
    connection = sqlite3.connect(last / "state.db")
    connection.execute("UPDATE licsync_store_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    refused = run("plan", last / "shop", *NOW, code=1).stderr
    assert "was written by a newer licsync" in refused
    assert "Update licsync" in refused


@pytest.mark.parametrize("version", ["2", "0", 1])
def test_an_inventory_of_another_format_is_refused(tmp_path: Path, version: object) -> None:
    document = json.loads((FIRST / "inventory.json").read_text("utf-8"))
    newer = tmp_path / "inventory.json"
    newer.write_text(json.dumps(document | {"format_version": version}), "utf-8")
    shop = tmp_path / "shop"
    shutil.copytree(FIRST / "shop", shop)
    refused = run("inventory", "load", shop, newer, code=1).stderr
    assert "format_version" in refused
