"""What was promised holds when a plan is applied: what the store says of it, today's rules, and the
real day.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")
ADA = "users/ada.lopez@acme.example"
DENY = "rules:\n  stop: {level: deny, when: 'true', message: Nothing more}\n"


def days(number: int) -> str:
    return (datetime.now(UTC) + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def change(acme: Path, *statements: str) -> None:
    """Write to the store past licsync."""
    with closing(sqlite3.connect(acme / ".licsync" / "state.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def opened(acme: Path) -> Path:
    """An account with a run that was killed before its first step."""
    run("apply", acme, "--auto-approve", *NOW)
    run("inventory", "load", acme, acme / "inventory.json")
    change(
        acme,
        "UPDATE licsync_runs SET state = 'open', finished_at = NULL",
        "DELETE FROM licsync_history WHERE event = 'ended'",
        "DELETE FROM licsync_journal",
        "UPDATE licsync_journal_sums SET total = '0'",
    )
    return acme


def inventory(acme: Path) -> str:
    return run("inventory", "dump", acme).stdout


ALTERED: dict[str, Callable[[Path], None]] = {
    "the plan": lambda acme: change(
        acme, "UPDATE licsync_runs SET plan = replace(plan, 'Account Executive', 'Chief Executive')"
    ),
    "who began it": lambda acme: change(acme, "UPDATE licsync_runs SET actor = 'nobody'"),
    "what was there": lambda acme: change(acme, "UPDATE licsync_runs SET preimages = '{}'"),
    "the journal": lambda acme: change(
        acme,
        "INSERT INTO licsync_journal (run, position, action, step, state, before) "
        f"""SELECT id, 0, 'a1', '{{"op": "user.update", "target": "{ADA}", "args": {{}}}}', """
        "'done', '{}' FROM licsync_runs",
    ),
    "the chain": lambda acme: change(acme, "UPDATE licsync_history SET previous = 'sha256:0'"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", ALTERED)
def test_a_run_that_was_altered_in_the_store_is_not_gone_on_with(opened: Path, what: str) -> None:
    before = inventory(opened)
    ALTERED[what](opened)
    output = run("apply", opened, "--resume", *NOW, code=3).stderr
    assert "error[plan-altered]" in output
    assert "--abandon" in output
    assert inventory(opened) == before


@pytest.mark.slow
def test_a_plan_without_a_chain_is_known_by_its_checksum(opened: Path) -> None:
    change(opened, "DELETE FROM licsync_history", "UPDATE licsync_runs SET salt = NULL")
    ALTERED["the plan"](opened)
    assert "does not match its checksum" in run("apply", opened, "--resume", *NOW, code=3).stderr
    change(opened, "UPDATE licsync_runs SET plan = '{}'")
    assert "does not match its checksum" in run("apply", opened, "--resume", *NOW, code=3).stderr


@pytest.mark.slow
def test_a_saved_plan_is_not_applied_on_an_altered_history(acme: Path, tmp_path: Path) -> None:
    run("apply", acme, "--auto-approve", "--target", ADA, *NOW)
    run("plan", acme, "--out", tmp_path / "plan.json", *NOW)
    before = inventory(acme)
    ALTERED["the chain"](acme)
    assert "The history was altered" in run("apply", tmp_path / "plan.json", *NOW, code=3).stderr
    assert inventory(acme) == before


@pytest.mark.slow
def test_a_saved_plan_that_was_judged_otherwise_is_gone_on_with(acme: Path, tmp_path: Path) -> None:
    run("plan", acme, "--out", tmp_path / "plan.json", *NOW)
    (acme / "more.yaml").write_text("rules:\n  look: {level: warn, when: 'true', message: Look}\n")
    run("apply", tmp_path / "plan.json", *NOW)
    run("inventory", "load", acme, acme / "inventory.json")
    change(acme, "UPDATE licsync_runs SET state = 'open', finished_at = NULL",
           "DELETE FROM licsync_history WHERE event = 'ended'", "DELETE FROM licsync_journal",
               "UPDATE licsync_journal_sums SET total = '0'")  # fmt: skip
    run("apply", acme, "--resume", *NOW)


@pytest.mark.slow
def test_todays_deny_rules_are_asked_before_a_run_is_gone_on_with(opened: Path) -> None:
    (opened / "deny.yaml").write_text(DENY)
    output = run("apply", opened, "--resume", *NOW, code=3).stderr
    assert "error[rule-broken]" in output
    assert "Nothing more was done." in output
    (opened / "deny.yaml").write_text("rules: {{\n")
    assert "yaml-syntax" in run("apply", opened, "--resume", *NOW, code=1).stderr
    (opened / "deny.yaml").unlink()
    run("apply", opened, "--resume", *NOW)


# --- the real day ---------------------------------------------------------------------------------


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LICSYNC_TEST_CLOCK")


@pytest.mark.slow
@pytest.mark.usefixtures("real")
def test_a_plan_that_has_expired_is_not_applied_by_an_earlier_now(
    acme: Path, tmp_path: Path
) -> None:
    run("plan", acme, "--out", tmp_path / "plan.json", "--now", days(-30))
    assert "expired at" in run("apply", tmp_path / "plan.json", "--now", days(-29), code=3).stderr
    assert "expired at" in run("apply", tmp_path / "plan.json", code=3).stderr


@pytest.mark.slow
@pytest.mark.usefixtures("real")
def test_a_plan_of_a_day_to_come_does_not_hold_until_then(acme: Path, tmp_path: Path) -> None:
    run("plan", acme, "--out", tmp_path / "plan.json", "--target", ADA, "--now", days(400))
    assert "The plan was made for" in run("apply", tmp_path / "plan.json", code=3).stderr


@pytest.mark.slow
@pytest.mark.usefixtures("real")
def test_an_earlier_now_does_not_revive_an_expired_approval(acme: Path) -> None:
    run("apply", acme, "--auto-approve", *NOW)
    (acme / "rule.yaml").write_text(
        "rules:\n  stop: {level: approval, when: 'true', message: Ask}\n"
        f"approvals: [{{rule: stop, count: 9, reason: it was asked, expires: {days(-2)[:10]}}}]\n"
        "users:\n  new.one@acme.example: {first_name: New, last_name: One}\n"
    )
    run("plan", acme, "--now", days(-3))
    output = run("apply", acme, "--auto-approve", "--now", days(-3), code=3)
    assert "rule-broken" in output.stdout + output.stderr


@pytest.mark.usefixtures("real")
def test_an_earlier_now_does_not_prevent_a_due_suspension(tmp_path: Path) -> None:
    run("init", tmp_path / "main")
    users = tmp_path / "main" / "users" / "example.yaml"
    users.write_text(
        users.read_text().replace(
            "last_name: Example", f"last_name: X\n    offboard_on: {days(-2)[:10]}", 1
        )
    )
    plan = json.loads(run("plan", tmp_path / "main", "--format", "json", "--now", days(-5)).stdout)
    assert "user.suspend" not in plan["summary"]
    output = run("apply", tmp_path / "main", "--auto-approve", "--now", days(-5))
    assert "suspend" in output.stdout
    assert "go by the clock" in output.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("real")
def test_the_history_records_the_real_time_beside_the_one_that_was_asked_for(acme: Path) -> None:
    run("apply", acme, "--auto-approve", "--target", ADA, "--now", "2001-01-01T00:00:00Z")
    (entry,) = json.loads(run("history", acme, "--format", "json").stdout)["runs"]
    assert entry["planned_for"] == "2001-01-01T00:00:00Z"
    assert (
        entry["started_at"][:10]
        == entry["run"][:4] + "-" + entry["run"][4:6] + "-" + entry["run"][6:8]
    )
    assert abs(datetime.fromisoformat(entry["started_at"]) - datetime.now(UTC)) < timedelta(
        minutes=5
    )
    assert "as of 1 Jan 2001" in run("history", acme).stdout
    run("history", "verify", acme)
    change(acme, "UPDATE licsync_runs SET planned_for = NULL")
    assert "who began it, when" in run("history", "verify", acme, code=1).stdout


@pytest.mark.slow
def test_a_test_clock_is_the_clock(acme: Path) -> None:
    output = run("apply", acme, "--auto-approve", "--target", ADA, *NOW).stderr
    assert re.search(r"run 20261124T090000-", output)
    (entry,) = json.loads(run("history", acme, "--format", "json").stdout)["runs"]
    assert (entry["started_at"], entry["planned_for"]) == ("2026-11-24T09:00:00Z", None)


@pytest.mark.slow
def test_the_clock_of_a_test_can_stand(acme: Path) -> None:
    stands = {"LICSYNC_TEST_CLOCK": "2026-12-05T07:00:00Z"}
    assert " · 5 Dec 2026 07:00 UTC" in run("plan", acme, **stands).stdout
    run("apply", acme, "--auto-approve", **stands)
    assert "5 Dec 2026 07:00 UTC" in run("history", acme).stdout
    assert (
        "must be 1 or an ISO 8601 instant"
        in run("plan", acme, code=1, LICSYNC_TEST_CLOCK="x").stderr
    )
