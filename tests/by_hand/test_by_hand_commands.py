"""The commands on an account whose backend cannot do everything: consent, exit codes, what is left, confirming."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import by_hand_world as world
import pytest
import yaml
from click.testing import CliRunner, Result

from licsync.cli.main import cli

NOW = ("--now", "2026-11-24T12:00:00Z")


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """An account on the API, with the inventory that was loaded."""
    folder = tmp_path / "acme"
    folder.mkdir()
    wanted = world.wanted()
    tree = {
        "account": {"name": "acme", "backend": {"type": "8x8", "seed": "inventory.json"}},
        "users": {world.ADA: wanted.users[world.ADA], world.SAM: wanted.users[world.SAM]},
        "policies": wanted.policies,
    }
    (folder / "account.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    (folder / "inventory.json").write_text(json.dumps(world.there().to_document()))
    return folder


def run(*words: str, code: int = 0, given: str | None = None) -> Result:
    result = CliRunner().invoke(cli, words, input=given, env={"NO_COLOR": "1"})
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def edit(account: Path, old: str, new: str) -> None:
    file = account / "account.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_a_loss_that_nobody_allows_refuses(account: Path) -> None:
    edit(account, "    allow_loss: true\n", "")
    before = run("inventory", "dump", str(account)).stdout
    shown = run("plan", str(account), *NOW, code=3).stdout
    assert "error[loss-not-allowed] account.yaml:" in shown
    assert "voicemail PIN" in shown
    run("apply", str(account), "--auto-approve", *NOW, code=3)
    assert run("inventory", "dump", str(account)).stdout == before
    allowed = run("plan", str(account), "--allow-loss", *NOW).stdout
    assert f"licsync apply {account} --allow-loss --digest" in allowed.replace("\n", " ")


def test_a_name_of_a_loss_is_checked(account: Path) -> None:
    edit(account, "allow_loss: true", "allow_loss: [voicemail_pim]")
    assert "Did you mean 'voicemail_pin'?" in run("validate", str(account), code=1).stderr
    edit(account, "allow_loss: [voicemail_pim]", "allow_loss: 'yes'")
    assert "must be true or false" in run("validate", str(account), code=1).stderr


def test_a_list_allows_what_it_names(account: Path) -> None:
    edit(account, "allow_loss: true", "allow_loss: [voicemail_messages]")
    assert "allow_loss does not name voicemail_greeting" in run("plan", str(account), *NOW, code=3).stdout


def test_an_apply_tells_what_is_left_and_its_exit_code_that_something_waits(account: Path) -> None:
    told = run("apply", str(account), "--auto-approve", *NOW, code=4).stderr
    assert "it waits for a1, which has to be done by hand" in told
    assert "Partly applied" in told
    assert "Left to do by hand in the vendor's console, 2 actions:" in told
    assert "Go to Home > User policies." in told
    assert f"licsync inventory confirm {account}" in told
    resumed = run("apply", str(account), "--resume", *NOW, code=4).stderr
    assert "Left to do by hand in the vendor's console, 2 actions:" in resumed


def test_nothing_waits_where_only_people_have_something_to_do(account: Path) -> None:
    edit(account, "    policy: Sales Floor\n", "")
    assert "Left to do by hand" in run("apply", str(account), "--auto-approve", *NOW).stderr


def test_where_all_waits_nothing_failed(account: Path) -> None:
    file = account / "account.yaml"
    tree = yaml.safe_load(file.read_text())
    tree["users"] = {world.ADA: {"policy": "Sales Floor"}}
    file.write_text(yaml.safe_dump(tree))
    assert "0 done, 1 skipped, 1 to do by hand" in run("apply", str(account), "--auto-approve", *NOW, code=4).stderr


def test_what_was_done_by_hand_is_confirmed_and_then_all_is_done(account: Path) -> None:
    run("apply", str(account), "--auto-approve", *NOW, code=4)
    plan = run("plan", str(account), *NOW).stdout
    assert "create by hand" in plan
    before = run("inventory", "dump", str(account)).stdout
    asked = run("inventory", "confirm", str(account), *NOW, code=1, given="y\n")
    assert "Sales Floor: create" in asked.stdout
    assert "Nothing was noted." in asked.stderr
    assert run("inventory", "dump", str(account)).stdout == before
    noted = run("inventory", "confirm", str(account), *NOW, given="yes\n").stderr
    assert "Noted 2 actions. What was there is in" in noted
    assert "Apply complete" in run("apply", str(account), "--auto-approve", *NOW).stderr
    assert "No changes" in run("plan", str(account), *NOW).stdout
    assert "nothing to confirm" in run("inventory", "confirm", str(account), "--auto-approve", *NOW).stderr


def test_one_thing_is_confirmed(account: Path) -> None:
    target = ("--target", "policies/Sales Floor")
    assert "Noted 1 actions" in run("inventory", "confirm", str(account), "--auto-approve", *target, *NOW).stderr
    assert "create by hand" not in run("plan", str(account), *NOW).stdout


def test_nothing_is_confirmed_of_files_that_are_at_fault(account: Path) -> None:
    edit(account, "job_title: Sales Lead", "job_titel: Sales Lead")
    assert "unknown-key" in run("inventory", "confirm", str(account), "--auto-approve", *NOW, code=1).stderr


def test_the_checklist_as_a_table(account: Path, tmp_path: Path) -> None:
    saved = str(tmp_path / "plan.json")
    text = run("plan", str(account), "--format", "runbook-csv", "--out", saved, *NOW).stdout
    rows = list(csv.DictReader(StringIO(text)))
    assert [row["resource"] for row in rows if row["step"] == "1"] == ["policies/Sales Floor", f"users/{world.ADA}"]
    assert run("show", saved, "--format", "runbook-csv").stdout == text
