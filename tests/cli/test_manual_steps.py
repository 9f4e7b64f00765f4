"""The commands on an account behind the vendor's API: consent, exit codes, what is left,
confirming.

The simulator is served on loopback for all of them; what changes it has one of its own.

"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from licsync.cli.main import cli
from tests.support import manual_account as world
from tests.support import simulator_process
from tests.support.accounts import write_account
from tests.support.pseudo_terminal import Terminal

KEY = "canary-by-hand"
NOW = ("--now", "2026-11-24T12:00:00Z")


def write(folder: Path, tree: dict[str, Any]) -> Path:
    document = world.there().to_document()
    for name, user in document["users"].items():  # the vendor wants them
        user |= {"first_name": user.get("first_name", "Some"), "last_name": "Body", "email": name}
    return write_account(folder, tree, document)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve what is known as the vendor's API; gives the address."""
    vendor = write(
        folder,
        {"account": {"name": "acme", "backend": {"type": "local", "seed": "inventory.json"}}},
    )
    with simulator_process.served(vendor, KEY) as address:
        yield address


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API for what changes nothing there."""
    with served(tmp_path_factory.mktemp("shared") / "vendor") as address:
        yield address


def account_at(address: str, folder: Path, users: dict[str, Any] | None = None) -> Path:
    """An account behind the API at an address, with the inventory that was loaded."""
    wanted = world.wanted()
    tree = {
        "account": {
            "name": "acme",
            "backend": {"type": "8x8", "base_url": address, "seed": "inventory.json"},
        },
        "users": users or {world.ADA: wanted.users[world.ADA], world.SAM: wanted.users[world.SAM]},
        "policies": wanted.policies,
    }
    return write(folder, tree)


@pytest.fixture
def account(vendor: str, tmp_path: Path) -> Path:
    return account_at(vendor, tmp_path / "acme")


def run(*words: str, code: int = 0, given: str | None = None) -> Result:
    result = CliRunner().invoke(
        cli, words, input=given, env={"NO_COLOR": "1", "LICSYNC_API_KEY": KEY}
    )
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def edit(account: Path, old: str, new: str) -> None:
    file = account / "account.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


@pytest.mark.slow
def test_a_loss_that_nobody_allows_refuses(account: Path) -> None:
    edit(account, "    allow_loss: true\n", "")
    shown = run("plan", str(account), *NOW, code=3).stdout
    assert "error[loss-not-allowed] account.yaml:" in shown
    assert "voicemail PIN" in shown
    run("apply", str(account), "--auto-approve", *NOW, code=3)
    allowed = run("plan", str(account), "--allow-loss", *NOW).stdout
    assert f"licsync apply {account} --now" in allowed
    assert "--allow-loss --digest" in allowed


def test_a_name_of_a_loss_is_checked(account: Path) -> None:
    edit(account, "allow_loss: true", "allow_loss: [voicemail_pim]")
    assert "Did you mean 'voicemail_pin'?" in run("validate", str(account), code=1).stderr
    edit(account, "allow_loss: [voicemail_pim]", "allow_loss: 'yes'")
    assert "must be true or false" in run("validate", str(account), code=1).stderr


@pytest.mark.slow
def test_a_list_allows_what_it_names(account: Path) -> None:
    edit(account, "allow_loss: true", "allow_loss: [voicemail_messages]")
    assert (
        "allow_loss does not name voicemail_greeting"
        in run("plan", str(account), *NOW, code=3).stdout
    )


def test_the_checklist_as_a_table(account: Path, tmp_path: Path) -> None:
    saved = str(tmp_path / "plan.json")
    text = run("plan", str(account), "--format", "csv", "--out", saved, *NOW).stdout
    rows = list(csv.DictReader(StringIO(text)))
    assert [row["item"].partition(":")[0] for row in rows if row["step"] == "1"] == [
        "Create the policy profile Sales Floor",
        world.ADA,
    ]
    assert run("show", saved, "--format", "runbook-csv").stdout == text


@pytest.mark.slow
def test_where_all_waits_nothing_failed(vendor: str, tmp_path: Path) -> None:
    account = account_at(vendor, tmp_path / "acme", {world.ADA: {"policy": "Sales Floor"}})
    output = run("apply", str(account), "--auto-approve", *NOW, code=4).stderr
    assert "0 done, 1 skipped, 1 manual" in output
    assert "it waits for 'create policies/Sales Floor', which has to be done by hand" in output
    assert "1. Create the policy profile Sales Floor: open" in output
    checklist = (account / ".licsync" / "work-order.md").read_text()
    assert "User policies" in checklist
    resumed = run("apply", str(account), "--resume", *NOW, code=4).stderr
    assert "1. Create the policy profile Sales Floor: open" in resumed
    assert "Work order" in resumed


@pytest.mark.slow
def test_nothing_waits_where_only_people_have_something_to_do(vendor: str, tmp_path: Path) -> None:
    account = account_at(vendor, tmp_path / "acme", {world.CY: {"site": "Seattle"}})
    output = run("apply", str(account), "--auto-approve", *NOW, code=4).stderr
    assert "Work by hand: 1 user one by one" in output


@pytest.mark.slow
def test_at_a_terminal_the_api_verifies_what_was_answered(vendor: str, tmp_path: Path) -> None:
    account = account_at(vendor, tmp_path / "acme", {world.CY: {"site": "Seattle"}})
    key = {"LICSYNC_API_KEY": KEY}
    with Terminal("apply", str(account), "--auto-approve", *NOW, environment=key) as terminal:
        terminal.answer("s", "d")  # the policy profile, and the move that nobody made
        assert terminal.wait() == 4
        assert "0 of 2 items verified." in terminal.text
        assert f"{world.CY}: site: expected Seattle, found HQ" in terminal.text
    refused = run("apply", str(account), "--auto-approve", *NOW, code=3).stderr
    assert "work-order-open" in refused
    with Terminal("apply", str(account), "--resume", *NOW, environment=key) as terminal:
        terminal.expect("Enter keeps this answer.")
        terminal.expect("Found not done: cy.diaz@acme.example: site")
        terminal.answer("f")
        terminal.expect("What happened?")
        terminal.type("the site is on another PBX")
        assert terminal.wait() == 4


def test_nothing_is_confirmed_of_files_that_are_at_fault(account: Path) -> None:
    edit(account, "job_title: Sales Lead", "job_titel: Sales Lead")
    assert (
        "unknown-key"
        in run("inventory", "confirm", str(account), "--auto-approve", *NOW, code=1).stderr
    )


@pytest.mark.slow
def test_one_thing_is_confirmed(account: Path) -> None:
    target = ("--target", "policies/Sales Floor")
    assert (
        "Confirmed 1 action."
        in run("inventory", "confirm", str(account), "--auto-approve", *target, *NOW).stderr
    )
    assert "create (manual)" not in run("plan", str(account), *NOW).stdout


def make_the_policy(vendor: Path) -> None:
    """Do in the vendor's console what the checklist says."""
    file = vendor / "account.yaml"
    file.write_text(
        yaml.safe_dump({**yaml.safe_load(file.read_text()), "policies": world.wanted().policies})
    )
    assert "Apply complete: 1 done" in run("apply", str(vendor), "--auto-approve", *NOW).stderr


@pytest.mark.slow
def test_what_was_done_by_hand_is_confirmed_and_then_all_is_done(tmp_path: Path) -> None:
    with served(tmp_path / "vendor") as address:
        account = account_at(address, tmp_path / "acme")
        output = run("apply", str(account), "--auto-approve", *NOW, code=4).stderr
        assert "Partly applied" in output
        assert "2. ada.lopez@acme.example: set analytics and call forwarding: open" in output
        assert "create (manual)" in run("plan", str(account), *NOW).stdout
        make_the_policy(tmp_path / "vendor")
        before = run("inventory", "dump", str(account)).stdout
        asked = run("inventory", "confirm", str(account), *NOW, code=1, given="y\n")
        assert "Sales Floor: create" in asked.stdout
        assert "Nothing was confirmed." in asked.stderr
        assert run("inventory", "dump", str(account)).stdout == before
        noted = run("inventory", "confirm", str(account), *NOW, given="yes\n").stderr
        assert "Confirmed 2 actions. The old inventory is in" in noted
        assert "Work order: 2 of 2 items done. It is closed." in noted
        assert "Apply complete" in run("apply", str(account), "--auto-approve", *NOW).stderr
        assert "No changes" in run("plan", str(account), *NOW).stdout
        assert (
            "nothing to confirm"
            in run("inventory", "confirm", str(account), "--auto-approve", *NOW).stderr
        )


@pytest.mark.slow
def test_a_lost_setting_is_asked_for_by_every_plan_until_it_is_confirmed(tmp_path: Path) -> None:
    with served(tmp_path / "vendor") as address:
        wish = {"licenses": [{"type": "x4"}], "allow_loss": True}
        account = str(account_at(address, tmp_path / "acme", {world.ADA: wish}))
        assert "1 done, 2 manual" in run("apply", account, "--auto-approve", *NOW, code=4).stderr
        for _ in range(2):
            asked = run("plan", account, "--format", "runbook", *NOW).stdout
            assert "set the call forwarding to on no answer for 20 s to 1002" in asked
            assert "lost in an earlier change of license" in asked
        assert "1 not applied yet." in run("drift", account, *NOW).stdout
        ada = ("--target", f"users/{world.ADA}")
        assert (
            "Confirmed 1 action."
            in run("inventory", "confirm", account, "--auto-approve", *ada, *NOW).stderr
        )
        assert "No changes" in run("plan", account, *ada, *NOW).stdout
        assert (
            "nothing to confirm"
            in run("inventory", "confirm", account, "--auto-approve", *ada, *NOW).stderr
        )


@pytest.mark.slow
def test_what_an_api_without_put_cannot_change_is_done_by_hand(account: Path) -> None:
    changes = [
        a for a in json.loads(run("plan", str(account), "--format", "json", *NOW).stdout)["actions"]
    ]
    assert any(a["kind"] in ("user", "license") and not a["manual"] for a in changes)
    file = account / "account.yaml"
    tree = yaml.safe_load(file.read_text())
    tree["account"]["backend"]["changes_users"] = False
    file.write_text(yaml.safe_dump(tree, sort_keys=False))
    changes = json.loads(run("plan", str(account), "--format", "json", *NOW).stdout)["actions"]
    assert changes
    assert all(a["manual"] for a in changes if a["kind"] in ("user", "license"))
