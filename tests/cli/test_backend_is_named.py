"""Nobody can take the sandbox for the real account: every command says where changes go."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.accounts import write_account
from tests.support.command_line import run
from tests.support.console_account import console_account
from tests.support.paths import EXAMPLES

NOW = ("--now", "2026-11-24T09:00:00Z")
SANDBOX = "This is a sandbox: nothing is sent to 8x8."
BY_HAND = "People change the real account in 8x8's Admin Console."


@pytest.fixture
def sandbox(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "acme", tmp_path / "sandbox"))


@pytest.mark.slow
def test_the_first_line_of_an_apply_says_that_nothing_is_sent(sandbox: Path) -> None:
    applied = run("apply", sandbox, *NOW, "--auto-approve")
    assert applied.stdout.splitlines()[0] == SANDBOX
    assert run("apply", sandbox, *NOW).stdout.splitlines()[0] == SANDBOX, "nothing is left to do"


def test_so_does_that_of_a_refused_apply(sandbox: Path) -> None:
    refused = run("apply", sandbox, *NOW, "--digest", "sha256:0", code=3)
    assert refused.stdout.splitlines()[0] == SANDBOX


@pytest.mark.slow
def test_so_does_that_of_a_saved_plan_and_of_a_resume(sandbox: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    run("plan", sandbox, *NOW, "--out", file)
    assert run("apply", file, *NOW).stderr.splitlines()[0] == SANDBOX
    assert run("apply", sandbox, "--resume").stderr.splitlines()[0] == SANDBOX


@pytest.mark.slow
def test_json_output_stays_json(sandbox: Path) -> None:
    applied = run("apply", sandbox, *NOW, "--auto-approve", "--json")
    assert applied.stderr.splitlines()[0] == SANDBOX
    assert all(json.loads(line) for line in applied.stdout.splitlines())


@pytest.mark.slow
def test_the_console_says_who_makes_the_changes(tmp_path: Path) -> None:
    account = console_account(tmp_path)
    assert run("apply", account, *NOW, code=None).stdout.splitlines()[0] == BY_HAND
    assert "8x8's Admin Console" in run("plan", account, *NOW).stdout.splitlines()[0]
    assert BY_HAND in run("plan", account, *NOW, "--format", "markdown").stdout
    assert BY_HAND in run("doctor", account, code=None).stdout


def test_with_scim_both_are_named(tmp_path: Path) -> None:
    account = console_account(tmp_path)
    file = account / "account.yaml"
    file.write_text(file.read_text().replace("type: console", "type: console\n    scim: true"))
    output = run("doctor", account, code=None).stdout
    planned = run("plan", account, *NOW, "--format", "markdown").stdout
    for text in (output, planned):
        assert "licsync changes users of the real account through 8x8's SCIM API." in text
        assert "People make all other changes in 8x8's Admin Console." in text


def test_scim_is_named_with_another_address(tmp_path: Path) -> None:
    backend = "{type: console, scim: {url: 'http://127.0.0.1:9/of-the-files'}}"
    write_account(tmp_path, f"account:\n  name: acme\n  backend: {backend}\n")
    output = run("doctor", tmp_path, code=None).stdout
    assert "users at http://127.0.0.1:9/of-the-files, which is not 8x8's address. People" in output
    output = run("doctor", tmp_path, code=None, LICSYNC_SCIM_URL="http://127.0.0.1:9/scim").stdout
    assert "users at http://127.0.0.1:9/scim, which is not 8x8's address" in output


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", "the real account through 8x8's Administration API"),
        ("https://api.8x8.com/admin-provisioning", "the real account through 8x8's"),
        ("http://127.0.0.1:8008/x", "the account at http://127.0.0.1:8008/x, which is not 8x8's"),
    ],
)
def test_the_api_is_named_with_another_address(tmp_path: Path, address: str, expected: str) -> None:
    setting = f", base_url: '{address}'" if address else ""
    write_account(tmp_path, f"account:\n  name: acme\n  backend: {{type: 8x8{setting}}}\n")
    assert expected in run("doctor", tmp_path, code=None).stdout


@pytest.mark.slow
def test_plans_and_pages_name_the_sandbox(sandbox: Path, tmp_path: Path) -> None:
    assert "sandbox, not your 8x8 account" in run("plan", sandbox, *NOW).stdout.splitlines()[0]
    assert SANDBOX in run("plan", sandbox, *NOW, "--format", "markdown").stdout
    assert "sandbox, not your" in run("plan", sandbox, *NOW, "--format", "html").stdout
    run("report", sandbox, *NOW, "--out", tmp_path / "report")
    pages = list((tmp_path / "report").glob("*.html"))
    assert pages
    assert all("sandbox, not your 8x8 account" in page.read_text() for page in pages)
    assert "· local ·" not in (tmp_path / "report" / "plan.html").read_text()
    assert SANDBOX in run("doctor", sandbox, code=None).stdout


@pytest.mark.slow
def test_the_history_names_the_backend_of_each_run(sandbox: Path) -> None:
    run("apply", sandbox, *NOW, "--auto-approve")
    file = sandbox / "account.yaml"
    file.write_text(file.read_text().replace("type: local", "type: console"))
    heading, row, *_ = run("history", "list", sandbox).stdout.splitlines()
    assert "backend" in heading
    assert "sandbox" in row
    (found,) = json.loads(run("history", "list", sandbox, "--format", "json").stdout)["runs"]
    assert found["backend"] == "local"


@pytest.mark.parametrize(
    "written",
    [
        "  backend:\n    type: consol\n",
        "  backend:\n    type: Console\n",
        "  backend:\n    type: [console]\n",
        "  backend:\n    type:\n",
        "  backend:\n    typ: console\n",
        "  backend: console\n",
        "  backnd:\n    type: console\n",
        "  backend:\n    type: local\n    type: console\n",
        "  backend:\n    type: local\n  backend:\n    type: console\n",
        "  backend:\n    type: 'console\n",
    ],
)
def test_the_backend_is_unknown_if_an_error_hides_its_type(tmp_path: Path, written: str) -> None:
    account = write_account(tmp_path / "acme", f"account:\n  name: acme\n{written}")
    output = [
        run("plan", account, *NOW, code=1),
        run("plan", account, *NOW, "--format", "markdown", code=1),
        run("plan", account, *NOW, "--format", "html", code=1),
        run("apply", account, *NOW, code=1),
        run("doctor", account, code=None),
    ]
    text = "\n".join(result.stdout + result.stderr for result in output)
    assert "sandbox" not in text
    assert "acme · unknown backend ·" in output[0].stdout
    assert "has no effect" not in text


def test_two_files_that_declare_the_backend_leave_it_unknown(sandbox: Path) -> None:
    (sandbox / "zz.yaml").write_text("account: {backend: {type: console}}\n")
    output = run("plan", sandbox, *NOW, code=1)
    assert "unknown backend" in output.stdout
    assert "sandbox" not in output.stdout


def test_an_error_elsewhere_leaves_the_backend_known(sandbox: Path) -> None:
    (sandbox / "zz.yaml").write_text("users: {ada: {sitte: X}}\n")
    assert "sandbox" in run("plan", sandbox, *NOW, code=1).stdout
