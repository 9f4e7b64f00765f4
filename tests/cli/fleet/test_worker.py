"""`licsync fleet … --workers`: what it needs, and that nothing is left out silently."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.support.command_line import run
from tests.support.paths import ROOT


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    runpy.run_path(str(ROOT / "examples" / "fleet" / "generate.py"))["generate"](tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", ["plan", "drift", "apply"])
def test_workers_need_a_common_store(fleet: Path, command: str) -> None:
    output = run("fleet", command, fleet, "--workers", code=1).stderr
    assert "fleet.yaml:1:1: Workers share a store and a queue in PostgreSQL" in output
    assert "state: env:LICSYNC_STATE" in output


def test_workers_write_so_they_cannot_read_only(fleet: Path) -> None:
    output = run("fleet", "plan", fleet, "--workers", "--read-only", code=1).stderr
    assert "--read-only cannot be used with --workers" in output


def test_a_worker_needs_the_store_that_the_fleet_file_names(fleet: Path) -> None:
    output = run("fleet", "worker", fleet, code=1).stderr
    assert "Workers share a store and a queue in PostgreSQL" in output
    text = (fleet / "fleet.yaml").read_text()
    (fleet / "fleet.yaml").write_text(text.replace("northwind", "northwind\n  state: env:X"))
    assert "The fleet keeps its state in X" in run("fleet", "worker", fleet, code=6).stderr
    output = run("fleet", "worker", fleet, code=1, X="postgresql://nobody@localhost:1/x").stderr
    assert "store-failed" in output
