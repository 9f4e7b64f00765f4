"""`kill -9` between the two writes of a license change, from the shell, against a served simulator;
then `--resume`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support import simulator_process
from tests.support.accounts import write_account
from tests.support.api_simulation import document
from tests.support.patience import PATIENCE
from tests.support.warm_command import licsync_program

ADA = "ada@acme.example"
HELD = {"type": "x2", "ring_groups": ["Main"], "call_queues": ["Help"]}
KEY = "a-key-of-our-own"


def environment() -> dict[str, str]:
    return {**os.environ, "LICSYNC_API_KEY": KEY, "NO_COLOR": "1"}


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "licsync", *words]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [licsync_program(), *words],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """The address of a simulator that serves one user with X2, and a free X4."""
    vendor = tmp_path / "vendor"
    write_account(
        vendor,
        "account: {name: acme, backend: {type: local, seed: inventory.json}}\n",
        document({ADA: HELD}, {"x4": ["M1"]}),
    )
    with simulator_process.served(vendor, KEY, speed="10") as address:
        yield address


def account(folder: Path, base: str) -> str:
    root = folder / "acme"
    write_account(root, f"account: {{name: acme, backend: {{type: 8x8, base_url: '{base}'}}}}\n")
    (root / "users.yaml").write_text(
        f"users:\n  {ADA}: {{licenses: [{{type: x4, country: US}}]}}\n"
    )
    (root / "seen.json").write_text(json.dumps(document({ADA: HELD}, {"x4": ["M1"]})))
    loaded = run("inventory", "load", str(root), str(root / "seen.json"))
    assert loaded.returncode == 0, loaded.stderr
    return str(root)


def written(base: str) -> int:
    """Count the writes that the simulator has accepted."""
    log = httpx2.get(
        f"{base.partition('/admin')[0]}/_simulator/log",
        headers={"x-api-key": KEY},
        timeout=PATIENCE,
    ).json()
    return sum(1 for entry in log if entry["method"] == "PUT" and entry["status"] == 202)


def user(base: str) -> dict[str, Any]:
    headers = {"x-api-key": KEY, "Accept": "application/vnd.users.v1+json"}
    (listed,) = httpx2.get(f"{base}/users", headers=headers, timeout=PATIENCE).json()["data"]
    found: dict[str, Any] = httpx2.get(
        f"{base}/users/{listed['basicInfo']['userId']}", headers=headers, timeout=PATIENCE
    ).json()
    return found


@pytest.mark.slow
def test_kill_9_between_the_two_writes_of_a_license_change(base: str, tmp_path: Path) -> None:
    root = account(tmp_path, base)
    applying = subprocess.Popen(
        command("apply", root, "--auto-approve", "--allow-loss"),
        env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while written(base) == 0:
        assert applying.poll() is None
        time.sleep(0.05)
    applying.kill()
    applying.wait()
    assert written(base) == 1
    closed = run("apply", root, "--abandon")
    assert closed.returncode == 3, closed.stderr
    assert "extension 1000, +12065550000, Main, Help" in closed.stderr
    resumed = run("apply", root, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    now = user(base)
    held = {row["id"]: row["name"] for row in now["serviceInfo"]["licenses"]}
    assert "M1" in held
    assert "L0000" not in held
    (extension,) = now["serviceInfo"]["extensions"]
    assert [row["phoneNumber"] for row in extension["phoneNumbers"]] == ["+12065550000"]
    assert [group["name"] for group in now["assignmentInfo"]["ringGroups"]] == ["Main"]
    assert [queue["name"] for queue in now["assignmentInfo"]["ucCallQueues"]] == ["Help"]
    seen = json.loads(run("users", root, ADA, "--format", "json").stdout)
    assert "M1" in json.dumps(seen)
    assert run("plan", root, "--detailed-exitcode").returncode == 0
