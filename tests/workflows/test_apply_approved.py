"""`licsync.apply` of an account that needs no changes begins no run, like `licsync apply`."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import licsync
from tests.support.command_line import run
from tests.support.paths import ACME

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_an_empty_plan_begins_no_run(tmp_path: Path) -> None:
    acme = shutil.copytree(ACME, tmp_path / "acme")
    licsync.apply(acme, digest=licsync.plan(acme, now=NOW).digest, now=NOW)
    again = licsync.plan(acme, now=NOW)
    assert again.actions == []
    outcome = licsync.apply(acme, digest=again.digest, now=NOW)
    assert (outcome.run, outcome.is_complete) == ("", True)
    assert len(json.loads(run("history", acme, "--format", "json").stdout)["runs"]) == 1
