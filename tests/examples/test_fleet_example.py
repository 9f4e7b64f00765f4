"""The script of `examples/fleet` makes accounts that are valid, and the same ones every time."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.support.command_line import run
from tests.support.paths import ROOT

GENERATE = runpy.run_path(str(ROOT / "examples" / "fleet" / "generate.py"))["generate"]

PLANS = {
    "alder": (0, "1 to upgrade"),
    "birch": (0, "1 to create, 1 to assign"),
    "cedar": (0, "No changes"),
    "elm": (0, "1 to suspend"),
    "fir": (0, "1 to downgrade"),
    "hazel": (0, "1 to update"),
    "juniper": (3, "license-shortage"),
    "larch": (0, "1 to update"),
    "maple": (0, "1 to update"),
    "oak": (0, "3 to suspend"),
    "pine": (0, "No changes"),
    "willow": (0, "1 to create, 1 to assign"),
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    GENERATE(folder)
    return folder


def test_the_same_bytes_every_time(fleet: Path, tmp_path: Path) -> None:
    GENERATE(tmp_path)
    written = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert len(written) == 3 * len(PLANS) + 1
    assert all((tmp_path / path).read_bytes() == (fleet / path).read_bytes() for path in written)


def test_each_account_has_a_story_of_its_own(fleet: Path) -> None:
    for account, (code, text) in PLANS.items():
        assert text in run("plan", fleet / "customers" / account, code=code).output


@pytest.mark.slow
def test_a_fleet_may_have_many_accounts_with_many_users(tmp_path: Path) -> None:
    GENERATE(tmp_path, 14, 250)
    plan = run("plan", tmp_path / "customers" / "customer-00013").output
    assert "249 users" in plan
