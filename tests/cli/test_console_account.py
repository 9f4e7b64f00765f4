"""An account in the Admin Console from the shell: licsync plans, and people change the account."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import licsync
from tests.support.command_line import dump, run
from tests.support.console_account import console_account
from tests.support.paths import EXAMPLES

NOW = ("--now", "2026-11-24T09:00:00Z")


@pytest.fixture
def account(tmp_path: Path) -> Path:
    return console_account(tmp_path)


def as_by_hand(account: Path, tmp_path: Path) -> Path:
    """Do everything in another copy, a sandbox, and write what it then holds."""
    sandbox = Path(shutil.copytree(EXAMPLES / "acme", tmp_path / "sandbox"))
    run("apply", sandbox, *NOW, "--auto-approve")
    document = dump(sandbox) | {"as_of": "2026-11-25T09:00:00Z"}
    file = tmp_path / "exported.json"
    file.write_text(json.dumps(document))
    return file


# --- planning -------------------------------------------------------------------------------------


def test_everything_is_left_to_people(account: Path) -> None:
    run("validate", account, *NOW)
    plan = json.loads(run("plan", account, *NOW, "--format", "json").stdout)
    assert plan["backend"] == "console"
    assert plan["actions"]
    assert all(action["manual"] and action["steps"] for action in plan["actions"])
    assert not any("unseen" in action for action in plan["actions"])
    assert not any(action.get("consent") for action in plan["actions"])


@pytest.mark.slow
def test_the_plan_is_the_same_whatever_is_cached(account: Path) -> None:
    first = run("plan", account, *NOW).stdout
    assert run("plan", account, *NOW).stdout == first
    assert run("plan", account, *NOW, "--no-cache").stdout == first


@pytest.mark.slow
def test_licenses_change_in_place_and_lose_nothing(account: Path) -> None:
    sandbox = Path(shutil.copytree(EXAMPLES / "acme", account.parent / "sandbox"))
    plans = [
        json.loads(run("plan", place, *NOW, "--format", "json").stdout)
        for place in (account, sandbox)
    ]
    kept, kept_by_sandbox = (
        {a["resource"]: (a["verb"], a.get("kept"), a.get("lost")) for a in plan["actions"]
         if a["kind"] == "license" and a["verb"] in ("upgrade", "downgrade", "change")}
        for plan in plans
    )  # fmt: skip
    assert kept == kept_by_sandbox
    assert kept


# --- applying -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_apply_changes_nothing_and_tells_people_what_to_do(account: Path) -> None:
    before = dump(account)
    applied = run("apply", account, *NOW, "--auto-approve", code=None)
    assert applied.exit_code == 4
    assert "Save the user" in (account / ".licsync" / "work-order.md").read_text()
    assert dump(account) == before
    assert "24 manual" in run("history", "list", account).stdout + applied.stderr
    assert run("plan", account, *NOW).stdout.count("(manual)") >= 16


@pytest.mark.slow
def test_once_the_work_is_done_and_exported_nothing_is_left(account: Path, tmp_path: Path) -> None:
    run("apply", account, *NOW, "--auto-approve", code=None)
    run("inventory", "load", account, as_by_hand(account, tmp_path))
    plan = json.loads(run("plan", account, *NOW, "--format", "json").stdout)
    assert plan["actions"] == []
    run("apply", account, *NOW)
    run("drift", account, *NOW)


@pytest.mark.slow
def test_a_saved_plan_is_stale_once_an_export_shows_other_records(
    account: Path, tmp_path: Path
) -> None:
    file = tmp_path / "plan.json"
    run("plan", account, *NOW, "--out", file)
    run("show", file)
    changed = dump(account)
    changed["users"]["ada.lopez@acme.example"]["job_title"] = "Director"
    (tmp_path / "other.json").write_text(json.dumps(changed))
    run("inventory", "load", account, tmp_path / "other.json")
    refused = run("apply", file, *NOW, code=3)
    assert "plan-stale" in refused.stderr


# --- what no export has shown ---------------------------------------------------------------------


def load_observed(account: Path, observed: dict[str, str]) -> None:
    file = account / ".observed.json"
    file.write_text(json.dumps(dump(account) | {"observed": observed}))
    run("inventory", "load", account, file)


MONDAY = "2026-11-23T09:00:00Z"


@pytest.mark.slow
def test_facts_that_no_export_has_shown_are_reported_and_can_be_confirmed(account: Path) -> None:
    shown = {"users": MONDAY, "users.job_title": MONDAY, "licenses": MONDAY}
    load_observed(account, shown | {"licenses.user": MONDAY})
    plan = json.loads(run("plan", account, *NOW, "--format", "json").stdout)
    unseen = {a["resource"]: a.get("unseen", False) for a in plan["actions"] if a["kind"] == "user"}
    assert unseen["users/fay.green@acme.example"], "no export has shown the status"
    assert not unseen["users/sam.reed@acme.example"], "an export has shown the job title"
    confirmed = run(
        "inventory", "confirm", account, *NOW,
        "--target", "users/fay.green@acme.example", "--auto-approve",
    )  # fmt: skip
    assert "Confirmed 1 action." in confirmed.stderr
    assert dump(account)["users"]["fay.green@acme.example"]["status"] == "active"
    assert dump(account)["observed"]["users.job_title"] == MONDAY


@pytest.mark.slow
def test_a_license_that_no_export_shows_can_be_confirmed(account: Path) -> None:
    load_observed(account, {"users.status": MONDAY})
    short = ("--target", "users/jo.kim@acme.example")  # no license is free for him alone
    assert "nothing to confirm" in run("inventory", "confirm", account, *NOW, *short).stderr
    target = ("--target", "users/max.novak@acme.example")
    confirmed = run("inventory", "confirm", account, *NOW, *target, "--auto-approve")
    assert "Confirmed 1 action." in confirmed.stderr
    plan = json.loads(run("plan", account, *NOW, "--format", "json", *target).stdout)
    assert plan["actions"] == []


def test_what_an_export_shows_cannot_be_confirmed(account: Path) -> None:
    assert "nothing to confirm" in run("inventory", "confirm", account, *NOW).stderr


# --- every other command --------------------------------------------------------------------------


@pytest.mark.slow
def test_every_command_works(account: Path, tmp_path: Path) -> None:
    assert "ada.lopez@acme.example" in run("users", account).stdout
    assert "X4" in run("licenses", account).stdout
    run("doctor", account, code=None)
    run("report", account, *NOW, "--out", tmp_path / "report.html")
    run("export", account, "--out", tmp_path / "tables")
    run("drift", account, *NOW)
    run("fmt", account)
    applied = run("apply", account, *NOW, "--auto-approve", code=None)
    assert "Applying run" in applied.stderr
    runs = json.loads(run("history", "list", account, "--format", "json").stdout)
    undone = run("undo", runs["runs"][0]["run"], account)
    assert "No changes" in undone.stdout
    run("history", "verify", account)
    run("store", "prune", account, "--older-than", "1d", code=None)


@pytest.mark.slow
def test_programs_apply_it_as_the_command_line_does(account: Path) -> None:
    plan = licsync.plan(account, now=NOW[1])
    outcome = licsync.apply(account, digest=plan.digest, now=NOW[1])
    assert len(outcome.manual) == len(plan.actions) == 24
    assert outcome.done == []


@pytest.mark.slow
def test_doctor_says_how_old_the_exports_are(account: Path, tmp_path: Path) -> None:
    old = dump(account) | {"as_of": "2020-01-01T00:00:00Z"}
    for as_of, expected in (
        ("2020-01-01T00:00:00Z", "older than 7d"),
        ("2999-01-01T00:00:00Z", "2999"),
    ):
        (tmp_path / "seen.json").write_text(json.dumps(old | {"as_of": as_of}))
        run("inventory", "load", account, tmp_path / "seen.json")
        assert expected in run("doctor", account, code=None).stdout
    run("init", tmp_path / "new", "--backend", "console")
    told = run("doctor", tmp_path / "new", code=1).stdout
    assert "No export of the console was ever read" in told


def test_nothing_is_invented_where_nothing_was_exported(tmp_path: Path) -> None:
    account = tmp_path / "new"
    run("init", account, "--backend", "console")
    for _ in range(2):
        told = run("plan", account)
        assert "No export of the console was ever read." in told.stdout
        run("apply", account)
    assert dump(account)["as_of"] == ""
    assert "never exported" in run("users", account).stdout
    assert "never exported" in run("licenses", account).stdout
    run("plan", account, "--require-fresh", code=3)


def test_without_an_export_no_list_of_work_is_made(tmp_path: Path) -> None:
    account = tmp_path / "new"
    run("init", account, "--backend", "console")
    (account / "people.yaml").write_text("users: {ada@x.example: {first_name: Ada}}\n")
    told = run("plan", account, code=3).stdout
    assert "error[inventory-stale]" in told
    assert "create" in told
    run("apply", account, "--auto-approve", code=3)
    assert "Nothing has been applied yet" in run("history", "list", account).stdout


@pytest.mark.slow
def test_exports_are_imported_into_a_new_account(tmp_path: Path) -> None:
    exported, account = tmp_path / "exported", tmp_path / "new"
    source = Path(shutil.copytree(EXAMPLES / "initech", tmp_path / "initech"))
    run("export", source, "--out", exported)
    told = run("init", account, "--backend", "console").stderr
    assert f"licsync import {account} --from EXPORT" in told
    run("import", account, "--from", exported)
    assert "No changes." in run("plan", account, "--require-fresh").stdout
    assert dump(account)["users"].keys() == dump(source)["users"].keys()
    run("import", account, "--from", exported, code=1)
    run("import", account, "--from", exported, "--overwrite")
    run("drift", account)
