"""An apply through the API says what is left; the next plan goes by what operations took."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from licsync.cli.main import cli
from tests.support import simulator_process
from tests.support.accounts import write_account
from tests.support.api_simulation import document

pytestmark = pytest.mark.untraced

KEY = "canary-forecast"
COUNT = 12


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[str]:
    """The address of a vendor without limits, whose operations are done at once."""
    folder = tmp_path / "vendor"
    account = {"name": "acme", "backend": {"type": "local", "seed": "inventory.json"}}
    write_account(folder, {"account": account}, document({}, {}))
    with simulator_process.served(folder, KEY) as address:
        yield address


def run(*words: str) -> Result:
    result = CliRunner().invoke(cli, words, env={"NO_COLOR": "1", "LICSYNC_API_KEY": KEY})
    assert result.exit_code == 0, (result.stdout, result.stderr, result.exception)
    return result


def declare(folder: Path, address: str, count: int) -> None:
    users = {
        f"n{n}@acme.example": {"first_name": "New", "last_name": "Name", "site": "HQ"}
        for n in range(count)
    }
    backend = {"type": "8x8", "base_url": address, "seed": "inventory.json"}
    tree = {"account": {"name": "acme", "backend": backend}, "users": users}
    write_account(folder, tree)


def test_an_apply_says_what_is_left_and_the_next_plan_goes_by_it(
    vendor: str, tmp_path: Path
) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "inventory.json").write_text(json.dumps(document({}, {})))
    declare(folder, vendor, COUNT)
    first = run("plan", str(folder)).stdout
    output = (
        "Applying this plan takes about 20 requests and 1 minute, based on the times that 8x8 "
        "publishes."
    )
    assert output in " ".join(first.split())
    events = [
        json.loads(line)
        for line in run("apply", str(folder), "--auto-approve", "--json").stdout.splitlines()
    ]
    left = next(event for event in events if event["type"] == "remaining")
    assert left["@message"] == "0 of 12 done, about 1 minute (20 requests) left"
    assert (left["ended"], left["actions"], left["requests"]) == (0, COUNT, 20)
    declare(folder, vendor, COUNT + 1)
    assert ", based on the last 12 operations." in " ".join(run("plan", str(folder)).stdout.split())
    assert (
        json.loads(run("plan", str(folder), "--format", "json").stdout)["forecast"]["seen"] == COUNT
    )
    assert "0 of 1 done, about 1 minute (" in run("apply", str(folder), "--auto-approve").stderr
