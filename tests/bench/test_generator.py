"""The generator of the benchmark writes accounts that mean what it says.

How long anything takes is not tested.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.generate import generate
from bench.parts import parts
from tests.support.patience import PATIENCE


def planned(account: Path) -> dict[str, Any]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "licsync",
            "plan",
            account,
            "--format",
            "json",
            "--now",
            "2026-11-24T09:00:00Z",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    plan: dict[str, Any] = json.loads(done.stdout)
    return plan


def contents(account: Path) -> dict[str, bytes]:
    return {str(path.relative_to(account)): path.read_bytes() for path in account.rglob("*.*")}


def users_of(account: Path) -> dict[str, Any]:
    parts = (
        yaml.safe_load(path.read_text()) for path in sorted((account / "users").glob("*.yaml"))
    )
    return {name: user for part in parts for name, user in part["users"].items()}


@pytest.mark.parametrize("migrate", [False, True])
def test_same_seed_same_bytes(tmp_path: Path, migrate: bool) -> None:
    for name, seed in (("one", 4), ("two", 4), ("other", 5)):
        generate(tmp_path / name, users=50, files=3, share=0.1, seed=seed, migrate=migrate)
    one = contents(tmp_path / "one")
    assert one == contents(tmp_path / "two") != contents(tmp_path / "other")
    assert len(one) == 5


@pytest.mark.slow
def test_who_the_users_are_does_not_depend_on_how_many_change(tmp_path: Path) -> None:
    for name, share in (("none", 0.0), ("some", 0.1)):
        generate(tmp_path / name, users=200, files=2, share=share, seed=4)
    none, some = users_of(tmp_path / "none"), users_of(tmp_path / "some")
    assert list(none) == list(some)
    assert sum(none[name] != some[name] for name in none) == 20


def test_every_part_that_is_measured_can_be_called(tmp_path: Path) -> None:
    generate(tmp_path, users=30, files=2, share=0.1, seed=1)
    found = list(parts(tmp_path, 30))
    assert len(found) >= 7
    for _, work in found:
        work()


@pytest.mark.slow
@pytest.mark.parametrize(("share", "changed"), [(0.0, 0), (0.1, 30)])
def test_as_many_users_change_as_were_asked_for(tmp_path: Path, share: float, changed: int) -> None:
    generate(tmp_path, users=300, files=3, share=share, seed=4)
    plan = planned(tmp_path)
    assert plan["diagnostics"] == []
    assert len({a["resource"] for a in plan["actions"]}) == changed


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_migration_changes_everybody_with_rings_and_few_spare_units(
    tmp_path: Path, seed: int
) -> None:
    generate(tmp_path, users=400, files=4, share=0.0, seed=seed, migrate=True)
    plan, inventory = planned(tmp_path), json.loads((tmp_path / "inventory.json").read_text())
    actions = plan["actions"]
    assert plan["diagnostics"] == []
    assert {a["resource"].removeprefix("users/") for a in actions} == inventory["users"].keys()
    assert plan["summary"] == {"license.upgrade": 200, "license.downgrade": 200}
    spare = {name for name, unit in inventory["licenses"].items() if unit["status"] == "unassigned"}
    assert len(spare) == 20
    assert 0 < sum(a["license"]["id"] in spare for a in actions) <= 20

    rings = Counter(a["ring"] for a in actions if "ring" in a)
    swapping = {name for name, user in inventory["users"].items() if user["site"] == "Denver"}
    in_rings = {a["resource"].removeprefix("users/") for a in actions if "ring" in a}
    assert len(swapping) == 80
    assert swapping <= in_rings
    assert len(rings) >= 40
    assert any(a["needs"] for a in actions if "ring" not in a), (
        "nobody waits for somebody outside a ring"
    )
