"""`licenses --idle` asks 8x8's Analytics for Work where no command says who called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.accounts import inventory_document, user, write_account
from tests.support.analytics_server import (
    PASSWORD,
    TOKEN,
    Analytics,
    analytics_server,
    days_before,
)
from tests.support.command_line import run

DAY = ("--now", "2026-11-24")
LAST = "2026-11-23"
CALLS = {
    ("ada", "ada@acme.example"): days_before(LAST, 0, 3, 200),
    ("somebody", "BO@acme.example"): days_before(LAST, 100, 101, 102),
    ("cy", "N/A"): days_before(LAST, 40),
    ("gone", ""): days_before(LAST, 5),
}


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    files = {"account": {"name": "acme", "backend": {"type": "local", "seed": "inventory.json"}}}
    people = {
        "ada": user(["L1"]),
        "bo": user(["L2"], email="bo@acme.example"),
        "cy": user(["L3"]),
        "di": user(["L4"]),
    }
    write_account(
        tmp_path, files, inventory_document(dict.fromkeys(("L1", "L2", "L3", "L4"), "x2"), people)
    )
    return tmp_path


@pytest.fixture
def analytics() -> Iterator[Analytics]:
    with analytics_server(CALLS) as server:
        yield server


def test_who_is_idle_is_known_by_spans_of_days(acme: Path, analytics: Analytics) -> None:
    words = ("licenses", acme, *DAY, "--idle")
    shown = run(*words, "30d", **analytics.environment)
    assert analytics.spans == [(days_before(LAST, n - 1)[0], LAST) for n in (7, 30, 90, 365)]
    found = json.loads(run(*words, "30d", "--format", "json", **analytics.environment).stdout)
    seen = {
        one["user"]: (one["idle_since"], one["idle_days"], one["calls"]) for one in found["idle"]
    }
    assert seen == {"bo": ("2026-08-25", 90, 3), "cy": ("2026-10-24", 30, 1)}, (
        "never more than known"
    )
    assert "by 25 Aug 2026   at least 90 days" in shown.stdout
    assert "The usage does not name 1 user with licenses." in shown.stdout, "never idle"
    assert "Not in the inventory: gone." in shown.stdout
    text = shown.stdout + shown.stderr
    assert not any(secret in text for secret in (PASSWORD, TOKEN))
    run(*words, "40d", **analytics.environment)
    assert (days_before(LAST, 39)[0], LAST) in analytics.spans


@pytest.mark.slow
def test_rules_know_the_last_answer(acme: Path, analytics: Analytics) -> None:
    run("licenses", acme, *DAY, "--idle", "30d", **analytics.environment)
    text = (acme / "account.yaml").read_text() + "\nrules:\n  idle: {level: warn, each: action, "
    text += "when: user.idle_days > 80, message: Idle.}\nusers:\n  bo: {licenses: []}\n"
    (acme / "account.yaml").write_text(text)
    assert "(unassign users/bo) (rule idle)" in run("plan", acme, *DAY).stdout


def test_a_refused_user_is_reported_without_the_password(acme: Path, analytics: Analytics) -> None:
    analytics.password = "another"
    words = ("licenses", acme, *DAY, "--idle", "30d")
    output = run(*words, code=6, **analytics.environment).stderr
    assert "did not accept the key or the user: Bad password … (HTTP 401)" in output
    assert "LICSYNC_USAGE_USER" in output
    assert analytics.spans == []


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"LICSYNC_USAGE_USER": ""}, 6, "hint: Set LICSYNC_USAGE_USER to a user"),
        ({"LICSYNC_USAGE_PASSWORD": ""}, 6, "There is no analytics password."),
        ({"LICSYNC_API_URLS": ""}, 6, "address-not-allowed"),
        ({"LICSYNC_USAGE_KEY": ""}, 1, "Set LICSYNC_USAGE_KEY to ask 8x8"),
    ],
)
def test_missing_settings_are_reported(
    acme: Path, analytics: Analytics, changes: dict[str, str], code: int, reason: str
) -> None:
    environment = analytics.environment | changes
    words = ("licenses", acme, *DAY, "--idle", "30d")
    assert reason in run(*words, code=code, **environment).stderr
    assert analytics.spans == []


def test_8x8_keeps_two_years(acme: Path, analytics: Analytics) -> None:
    output = run("licenses", acme, *DAY, "--idle", "731d", code=1, **analytics.environment).stderr
    assert "8x8 keeps the calls of 730 days" in output
