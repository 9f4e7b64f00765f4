"""`licsync fleet plan`, `apply` and `drift`, with a process for each account."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import Result

from tests.support.accounts import inventory_document, user, write_account
from tests.support.command_line import run

FILES = """
account: {{name: {name}, backend: {{seed: inventory.json}}}}
users:
  ada@acme.example: {{job_title: Agent}}
  bo@acme.example: {{status: inactive}}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    users = {f"{name}@acme.example": user() for name in ("ada", "bo")}
    for name in ("acme", "bolt"):
        document = inventory_document(users=users, account=name)
        write_account(tmp_path / name, FILES.format(name=name), document)
    write_account(tmp_path / "broken", "account: {name: broken, nmae: x}\n")
    (tmp_path / "fleet.yaml").write_text(
        "fleet:\n  name: northwind\n  accounts:\n"
        "    '*': {labels: {tier: standard}}\n    bolt: {limits: {suspend: 0}}\n"
    )
    return tmp_path


def digest(result: Result) -> str:
    found = re.search(r"fleet apply .*--digest (sha256:[0-9a-f]{64})", result.stdout)
    assert found is not None
    return found[1]


@pytest.mark.slow
def test_a_fleet_is_planned_applied_and_watched(fleet: Path) -> None:
    planned = run("fleet", "plan", fleet, code=3)
    blocks = re.findall(r"^── \d/3 (\S+) · (.*?) ─", planned.stdout, re.MULTILINE)
    assert sorted(blocks) == [("acme", "done"), ("bolt", "3 refused"), ("broken", "1 failed")]
    assert "Did you mean 'name'?" in planned.stdout
    assert "LICSYNC_LIMITS allows 0" in planned.stdout
    assert "3 accounts: 4 changes and 2 removals; 1 refused and 1 failed." in planned.stdout

    applied = run("fleet", "apply", fleet, "--digest", digest(planned), "--format", "json", code=3)
    accounts = json.loads(applied.stdout)["accounts"]
    assert [one["exit_code"] for one in accounts] == [0, 3, 1]
    assert accounts[0]["summary"]["applied"] == 2

    watched = run("fleet", "drift", fleet, "--select", "acme", "--format", "json")
    [acme] = json.loads(watched.stdout)["accounts"]
    assert (acme["summary"]["drift"], acme["summary"]["changes"]) == (0, 0)


def test_options_that_do_not_fit_are_refused(fleet: Path) -> None:
    result = run("fleet", "apply", fleet, "--resume", "--digest", "x", "--select", "a", code=1)
    assert "--digest and --select cannot be used with --resume." in result.stderr
    assert "--partial needs --digest" in run("fleet", "apply", fleet, "--partial", code=1).stderr
    assert "no account of the fleet matches" in run(
        "fleet", "plan", fleet, "--select", "tier=gold", code=1
    ).stderr  # fmt: skip
    assert "Nothing to continue" in run("fleet", "apply", fleet, "--resume").stderr


@pytest.mark.slow
def test_nothing_is_written_where_that_is_forbidden(fleet: Path) -> None:
    result = run(
        "fleet", "plan", fleet, "--select", "acme", "--read-only", "--detailed-exitcode", code=2
    )
    assert "1 account: 2 changes and 1 removal." in result.stdout
    assert not (fleet / ".licsync").exists()
    assert not (fleet / "acme" / ".licsync").exists()


@pytest.mark.slow
def test_ci_systems_get_one_report_for_all_accounts(fleet: Path) -> None:
    outputs, summary, out = fleet / "outputs", fleet / "summary.md", fleet / "out"
    result = run(
        "fleet", "plan", fleet, "--select", "broken", "--format", "github", "--out-dir", out,
        code=1, GITHUB_OUTPUT=str(outputs), GITHUB_STEP_SUMMARY=str(summary),
        GITHUB_WORKSPACE=str(fleet.parent),
    )  # fmt: skip
    assert result.stdout.startswith("<!-- licsync:fleet-northwind-")
    name = f"{fleet.name}/broken/account.yaml"
    assert f"::error file={name},line=1,col=25,title=unknown-key::broken: Unknown" in result.stderr
    assert "exit-code<<" in outputs.read_text()
    assert "## Fleet `northwind`: plan" in summary.read_text()
    assert json.loads((out / "codequality.json").read_text())[0]["location"]["path"] == name
    assert sorted(file.name for file in out.iterdir()) == [
        "codequality.json", "comment.md", "junit.xml", "licsync.env", "licsync.sarif",
        "terraform.json",
    ]  # fmt: skip
