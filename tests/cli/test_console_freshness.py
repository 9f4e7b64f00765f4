"""A plan from an old export warns; with --require-fresh it is refused, and nothing is done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import licsync
from licsync.diagnostics import Code, Refused, Severity
from tests.support.command_line import run
from tests.support.console_account import console_account

AS_OF = "2026-11-24T00:00:00Z"
FRESH, OLD = "2026-12-01T00:00:00Z", "2026-12-01T00:00:01Z"


@pytest.fixture
def account(tmp_path: Path) -> Path:
    account = console_account(tmp_path)
    document = json.loads((account / "inventory.json").read_text()) | {"as_of": AS_OF}
    (account / "inventory.json").write_text(json.dumps(document))
    return account


def test_exactly_the_age_is_fresh(account: Path) -> None:
    assert "inventory-stale" not in run("plan", account, "--now", FRESH, "--require-fresh").stdout


@pytest.mark.slow
def test_a_second_more_warns_and_says_what_to_do(account: Path) -> None:
    told = run("plan", account, "--now", OLD).stdout
    assert "warning[inventory-stale]" in told
    assert "last exported on 24 Nov 2026 00:00 UTC, 7 days ago" in told
    assert f"licsync refresh {account} --from EXPORT" in told


@pytest.mark.slow
def test_who_requires_a_fresh_inventory_gets_the_plan_and_exit_3(account: Path) -> None:
    told = run("plan", account, "--now", OLD, "--require-fresh", code=3).stdout
    assert "error[inventory-stale]" in told
    assert "ada.lopez@acme.example" in told
    run("apply", account, "--now", OLD, "--require-fresh", "--auto-approve", code=3)
    assert "nothing has been applied" in run("history", "list", account).stdout.lower()


@pytest.mark.slow
def test_a_saved_plan_goes_by_the_age_on_the_day_that_it_is_applied(
    account: Path, tmp_path: Path
) -> None:
    file = tmp_path / "plan.json"
    run("plan", account, "--now", FRESH, "--out", file)
    refused = run("apply", file, "--now", OLD, "--require-fresh", code=3)
    assert "inventory-stale" in refused.stderr
    run("apply", file, "--now", FRESH, "--require-fresh", code=None)


def test_each_path_has_an_age(account: Path) -> None:
    document = json.loads((account / "inventory.json").read_text())
    document["observed"] = {"users": FRESH, "users.policy": AS_OF, "licenses": FRESH}
    (account / "inventory.json").write_text(json.dumps(document))
    told = run("plan", account, "--now", OLD).stdout
    assert "Policy of users: last exported on 24 Nov 2026" in told


@pytest.mark.slow
def test_the_age_is_a_setting(account: Path) -> None:
    in_the_console_for = (account / "account.yaml").read_text()
    changed = in_the_console_for.replace(
        "type: console", "type: console\n    inventory_max_age: 2w"
    )
    (account / "account.yaml").write_text(changed)
    assert "inventory-stale" not in run("plan", account, "--now", OLD).stdout
    assert "inventory-stale" in run("plan", account, "--now", "2026-12-08T00:00:01Z").stdout


@pytest.mark.parametrize("words", [("--resume",), ("--abandon",)])
def test_it_cannot_be_asked_of_a_run_that_has_begun(account: Path, words: tuple[str]) -> None:
    refused = run("apply", account, *words, "--require-fresh", code=1)
    assert "--require-fresh cannot be used" in refused.stderr


@pytest.mark.slow
def test_programs_can_require_it(account: Path) -> None:
    (warned,) = [d for d in licsync.plan(account, now=OLD).diagnostics if _is_stale(d)]
    assert warned.severity is Severity.WARNING
    plan = licsync.plan(account, now=OLD, require_fresh=True)
    (refused,) = [d for d in plan.diagnostics if _is_stale(d)]
    assert refused.severity is Severity.ERROR
    with pytest.raises(Refused):
        licsync.apply(account, digest=plan.digest, now=OLD, require_fresh=True)


def _is_stale(diagnostic: licsync.Diagnostic) -> bool:
    return diagnostic.code is Code.INVENTORY_STALE
