"""What a command imports: starting is most of the time of a short one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.accounts import write_account, write_files
from tests.support.in_sync_account import ACCOUNT, inventory, name, wish
from tests.support.paths import ACME
from tests.support.patience import PATIENCE

HEAVY = {
    "pydantic",
    "pydantic_core",
    "sqlalchemy",
    "alembic",
    "yaml",
    "httpx2",
    "httpx",
    "http",
    "starlette",
    "uvicorn",
}
SLOW = {
    "sqlalchemy",
    "alembic",
    "jsonschema",
    "httpx2",
    "http",
    "asyncio",
    "rich",
    "jinja2",
    "deepdiff",
    "typer",
    "cel.cli",
}

DATACLASS = "dataclass:"
MOST_DATACLASSES = 40
"""How many a plan from the cache may declare (decision 44)."""

RUN = """
import atexit, runpy, sys

def show():
    own = [module for name, module in sys.modules.items() if name.startswith("licsync.")]
    found = {
        f"dataclass:{one.__module__}.{one.__name__}"
        for module in own
        for one in vars(module).values()
        if isinstance(one, type) and "__dataclass_fields__" in vars(one)
    }
    print(*sys.modules, *found, file=sys.stderr)

atexit.register(show)
sys.argv = ["licsync", *sys.argv[1:]]
runpy.run_module("licsync", run_name="__main__")
"""


def imported(*words: object) -> set[str]:
    """Run a command in its own process, and give the modules it imported and the dataclasses of
    these."""
    command = [sys.executable, "-c", RUN, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["version"]])
def test_help_and_version_import_no_heavy_package(words: list[str]) -> None:
    found = imported(*words)
    assert "click" in found
    assert not found & HEAVY


@pytest.mark.slow
def test_files_are_checked_without_what_only_other_commands_need() -> None:
    found = imported("validate", ACME)
    assert {"yaml", "licsync.rules.evaluation"} <= found  # acme has rules
    assert not found & SLOW


@pytest.mark.slow
def test_a_plan_from_the_cache_imports_nothing_to_read_and_check_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICSYNC_CACHE_DIR", str(tmp_path / "cache"))
    write_account(tmp_path, ACCOUNT, inventory())
    users = yaml.safe_dump({"users": {name(index): wish(index) for index in range(24)}})
    padding = "# only large accounts are cached\n" * 9_000
    write_files(tmp_path, {"users/all.yaml": users + padding})
    words = ("plan", tmp_path, "--now", "2026-11-24T09:00:00Z")
    assert imported(*words) & {"pydantic"}
    found = imported(*words)
    assert "licsync.incremental.loader" in found
    assert not found & (HEAVY - {"yaml"} | SLOW | {"licsync.incremental.load"})
    assert len([one for one in found if one.startswith(DATACLASS)]) <= MOST_DATACLASSES
