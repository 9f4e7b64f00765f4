"""The example accounts do what their READMEs tell: the plan shown is the plan made, and it
converges.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.patience import PATIENCE
from tests.support.warm_command import licsync_program

ACCOUNTS = ("acme", "globex", "initech")
NOW = "2026-11-24T09:00:00Z"
UPDATE = "LICSYNC_UPDATE_EXAMPLES"
PLAN = re.compile(r"(<!-- plan -->\n```text\n)(.*?)(```\n<!-- /plan -->)", re.DOTALL)


def licsync(
    state: Path, command: str, account: str, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run a command on a copy of the examples, so that the tree stays clean."""
    root = state / "copy"
    if not root.exists():
        shutil.copytree(ROOT / "examples" / "accounts", root / "examples" / "accounts")
    arguments = [command, f"examples/accounts/{account}", *options]
    environment = {
        k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "CLICOLOR_FORCE")
    } | {"LICSYNC_STATE": f"sqlite:///{state / 'state.db'}"}
    return subprocess.run(
        [licsync_program(), *arguments],
        cwd=root,
        env=environment | {"NO_COLOR": "1", "COLUMNS": "120", "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def plan_of(state: Path, account: str) -> dict:
    done = licsync(state, "plan", account, "--format", "json", "--now", NOW)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_readme_shows_the_plan_that_is_made(account: str, tmp_path: Path) -> None:
    done = licsync(tmp_path, "plan", account, "--now", NOW)
    assert (done.returncode, done.stderr) == (0, "")
    readme = ROOT / "examples" / "accounts" / account / "README.md"
    text = readme.read_text(encoding="utf-8")
    if os.environ.get(UPDATE):
        text = PLAN.sub(lambda found: found[1] + done.stdout + found[3], text)
        readme.write_text(text, encoding="utf-8")
    shown = PLAN.search(text)
    assert shown is not None
    assert shown[2] == done.stdout, f"not current; {UPDATE}=1 pytest tests/examples writes it anew"


@pytest.mark.slow
@pytest.mark.parametrize("account", ACCOUNTS)
def test_after_the_apply_nothing_is_left_to_do(account: str, tmp_path: Path) -> None:
    applied = licsync(tmp_path, "apply", account, "--auto-approve", "--now", NOW)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    again = licsync(tmp_path, "plan", account, "--detailed-exitcode", "--now", NOW)
    assert again.returncode == 0, again.stdout


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_files_are_valid_without_a_warning(account: str, tmp_path: Path) -> None:
    done = licsync(tmp_path, "validate", account, "--format", "json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["diagnostics"] == []


def test_acme_shows_nearly_every_verb(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "acme")
    assert plan["summary"].keys() >= {
        "user.create", "user.update", "user.rename", "user.suspend", "user.reactivate",
        "license.assign", "license.upgrade", "license.downgrade", "license.change",
        "license.unassign", "license.reinstate", "license.relocate", "policy.create", "site.create",
        "site.update", "service_address.create",
    }  # fmt: skip
    assert [a["name"] for a in ring_members(plan)] == [
        "di.evans@acme.example",
        "eli.fox@acme.example",
    ]
    changes = [c for a in plan["actions"] if a["verb"] == "downgrade" for c in a["changes"]]
    assert {"path": "extension.features.analytics", "before": "supervisor", "after": "essentials",
            "reason": "automatic"} in changes  # fmt: skip


def ring_members(plan: dict) -> list[dict]:
    members = [a for a in plan["actions"] if a.get("ring")]
    return sorted(
        ({"name": a["resource"].partition("/")[2]} for a in members), key=lambda m: m["name"]
    )


@pytest.mark.slow
def test_globex_is_large_and_its_plan_moderate(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "globex")
    assert plan["users"] > 290
    assert 20 <= len(plan["actions"]) <= 40
    assert len(ring_members(plan)) == 2
    assert {row["country"] for row in plan["licenses"]} == {"US", "GB", "DE", "FR"}


def test_initech_takes_back_what_is_within_thirty_days_and_no_more(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "initech")
    reinstated = [a["resource"] for a in plan["actions"] if a["verb"] == "reinstate"]
    assert reinstated == ["licenses/L21", "licenses/L22"]
    suspended = {a["resource"] for a in plan["actions"] if a["verb"] == "suspend"}
    assert suspended >= {"users/mike.stone@initech.example", "users/nora.gray@initech.example"}
    assert "users/lena.moss@initech.example" in {
        a["resource"] for a in plan["actions"] if a["verb"] == "delete"
    }
    assert {"order-more", "spare-licenses"} <= {d["code"] for d in plan["diagnostics"]}


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_files_are_in_form(account: str) -> None:
    words = [licsync_program(), "fmt", "--check", f"examples/accounts/{account}"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
