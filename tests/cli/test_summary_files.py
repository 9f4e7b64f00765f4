"""The file of `--summary`: what a command found, and the errors that ended it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import run
from tests.support.console_account import console_account

NOW = ("--now", "2026-11-24T09:00:00Z")


def test_errors_stand_beside_what_was_found_before(acme: Path, tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    run("apply", acme, "--digest", f"sha256:{'0' * 64}", "--summary", file, *NOW, code=3)
    found = json.loads(file.read_text("utf-8"))
    assert found["summary"]["changes"] > 20
    assert found["errors"] == ["plan-stale"]


def test_errors_alone_are_a_summary_too(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    run("plan", tmp_path / "nowhere", "--summary", file, *NOW, code=1)
    found = json.loads(file.read_text("utf-8"))
    assert found["summary"] is None
    assert found["errors"] == [one["code"] for one in found["document"]["diagnostics"]]


def test_the_apply_of_a_saved_plan_is_summed_up(acme: Path, saved: Path, tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    run("apply", saved, "--summary", file, *NOW)
    found = json.loads(file.read_text("utf-8"))
    assert found["summary"]["applied"] == found["summary"]["changes"] > 20


def test_what_is_closed_is_summed_up(acme: Path, tmp_path: Path) -> None:
    """With an order of people, and where there is nothing to close or to resume."""
    file = tmp_path / "summary.json"
    run("apply", acme, "--abandon", "--summary", file, *NOW)
    closed = json.loads(file.read_text("utf-8"))
    assert closed == {
        "summary": None,
        "document": {"abandoned": {"run": None, "work_order": None}},
    }
    run("apply", acme, "--resume", "--summary", file, *NOW)
    assert json.loads(file.read_text("utf-8")) == {"summary": None, "document": {"run": None}}


@pytest.mark.slow
def test_a_closed_work_order_is_summed_up(tmp_path: Path) -> None:
    account, file = console_account(tmp_path), tmp_path / "summary.json"
    run("apply", account, "--auto-approve", *NOW, code=4)
    run("apply", account, "--abandon", "--summary", file, *NOW)
    abandoned = json.loads(file.read_text("utf-8"))["document"]["abandoned"]
    assert abandoned["work_order"].startswith("order-20261124T090000-")
