"""The generator of the benchmark writes accounts that mean what it says. How long anything takes is not tested."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
GENERATE = runpy.run_path(str(BENCH / "generate.py"))["generate"]


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        GENERATE(tmp_path / name, users=50, files=3, share=0.1, seed=4)
    one, two = (
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    )
    assert one == two
    assert len(one) == 5


def test_every_part_that_is_measured_can_be_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    GENERATE(tmp_path, users=30, files=2, share=0.1, seed=1)
    parts = list(runpy.run_path(str(BENCH / "parts.py"))["parts"](tmp_path, 30))
    assert len(parts) >= 7
    for _, work in parts:
        work()


@pytest.mark.parametrize(("share", "changed"), [(0.0, 0), (0.1, 30)])
def test_as_many_users_change_as_were_asked_for(tmp_path: Path, share: float, changed: int) -> None:
    GENERATE(tmp_path / "bench", users=300, files=3, share=share, seed=4)
    done = subprocess.run(
        [sys.executable, "-m", "licsync", "plan", "bench", "--format", "json", "--now", "2026-11-24T09:00:00Z"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["diagnostics"] == []
    assert len({a["resource"] for a in plan["actions"]}) == changed
