"""An apply looks again when it is done, and does not call complete what is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import write_account
from tests.support.api_simulation import document
from tests.support.command_line import run
from tests.support.simulator_process import served

pytestmark = pytest.mark.untraced

ADA, KEY = "ada@acme.example", "canary-left"


EDIT = {
    "kind": "edit",
    "user": ADA,
    "set": {"directoryInfo.department": "Theirs"},
    "method": "GET",
    "path": "/users",
}
# times of changes are in seconds
SLOW = {"kind": "slow", "seconds": 1.1, "method": "GET", "path": "/operations/*"}
ENDS: dict[str, tuple[list[dict[str, Any]], int, str, str]] = {
    "left alone": ([], 0, "", "Apply complete: 1 done."),
    "changed meanwhile": (
        [SLOW, {**EDIT, "nth": 2, "count": 1}],
        4,
        (
            "Everything was carried out, and yet the account is not as the files say: update "
            f"users/{ADA}."
        ),
        "Applied, but not complete: 1 done, 1 still to do.",
    ),
    "not to be read": (
        [{"kind": "status", "status": 403, "method": "GET", "path": "/users", "nth": 2}],
        0,
        "Everything was carried out, but whether it is as the files say could not be checked:",
        "Applied, but not verified: 1 done.",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("rules", "code", "expected", "summary"), ENDS.values(), ids=ENDS.keys())
def test_an_apply_looks_again_and_tells_what_it_finds(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rules: list[dict[str, Any]],
    code: int,
    expected: str,
    summary: str,
) -> None:
    monkeypatch.setenv("LICSYNC_API_KEY", KEY)
    vendor, folder = tmp_path / "vendor", tmp_path / "acme"
    for made in (vendor, folder):
        made.mkdir()
    local = {"name": "acme", "backend": {"type": "local", "seed": "inventory.json"}}
    write_account(vendor, {"account": local}, document({ADA: {"type": "x2"}}, {}))
    (tmp_path / "faults.json").write_text(json.dumps(rules))
    with served(vendor, KEY, "--faults", str(tmp_path / "faults.json")) as address:
        account = {"name": "acme", "backend": {"type": "8x8", "base_url": address}}
        users = {ADA: {"department": "Ours"}}
        write_account(folder, {"account": account, "users": users})
        result = run("apply", folder, "--auto-approve", code=code)
    assert expected in " ".join(result.stderr.split())
    assert summary in result.stderr
    assert "Nothing was changed" not in result.stderr
