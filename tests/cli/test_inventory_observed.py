"""`observed` of an inventory is kept, and when something was observed changes no plan."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import dump, run
from tests.support.paths import EXAMPLES

NOW = ("--now", "2026-11-24T09:00:00Z")
OBSERVED = {"users": "2026-11-23T09:00:00Z", "users.status": "2026-11-24T08:00:00Z"}


@pytest.fixture
def account(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "initech", tmp_path / "initech"))


def load(account: Path, observed: Any, code: int = 0) -> str:
    document = dump(account)
    file = account / ".new.json"
    file.write_text(json.dumps(document | {"observed": observed}))
    return run("inventory", "load", account, file, code=code).stderr


def test_it_is_dumped_as_it_was_loaded(account: Path) -> None:
    load(account, OBSERVED)
    assert dump(account)["observed"] == OBSERVED


def test_observed_keys_without_a_path_are_refused(account: Path) -> None:
    load(account, OBSERVED)
    output = load(account, {"users.statsu": "2026-11-24T08:00:00Z", "sites": "soon"}, code=1)
    assert "'users.statsu' names nothing of an inventory" in output
    assert "Did you mean 'users.status'?" in output
    assert "'sites' was observed at 'soon', which is not an ISO 8601 instant" in output
    assert dump(account)["observed"] == OBSERVED


@pytest.mark.slow
def test_no_plan_is_stale_because_something_was_observed_again(account: Path) -> None:
    run("plan", account, *NOW, "--out", account / "plan.json")
    before = run("plan", account, *NOW).stdout
    load(account, OBSERVED)
    assert run("plan", account, *NOW).stdout == before
    run("apply", account / "plan.json", *NOW)
    assert dump(account)["observed"] == OBSERVED


@pytest.mark.slow
def test_nothing_drifts_because_something_was_observed_again(account: Path) -> None:
    run("apply", account, *NOW, "--auto-approve")
    load(account, OBSERVED)
    run("drift", account, *NOW)
