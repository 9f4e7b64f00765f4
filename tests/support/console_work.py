"""A small account in the Admin Console whose plan has a few items for people, and its exports."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.support.accounts import inventory_document, unit, user, write_account
from tests.support.command_line import run
from tests.support.pseudo_terminal import Terminal

NOW = ("--now", "2026-11-24T09:00:00Z")
LATER = "2026-11-25T09:00:00Z"
ADA, BO, CY = (f"{name}@acme.example" for name in ("ada.lopez", "bo.chen", "cy.diaz"))
ITEMS = 4
"""How many items the work order has: a policy profile, who gets it, a title, a downgrade."""


def document() -> dict[str, Any]:
    """What the console holds before the work."""
    units = {"L1": unit("x4"), "L2": unit("x2"), "L3": unit("x2"), "L4": unit("x4")}
    named = {"first_name": "Some", "last_name": "Body"}
    users = {
        ADA: user({"L1": {"number": "1001"}}, email=ADA, job_title="Rep", **named),
        BO: user({"L4": {"number": "1002"}}, email=BO, job_title="Rep", **named),
        CY: user({"L2": {"number": "1003"}}, email=CY, job_title="Rep", **named),
    }
    return inventory_document(units, users)


def make_account(folder: Path) -> Path:
    """Write the account: ada gets a new policy, cy a title, and bo an X2 for the X4."""
    files = {
        "account": {"name": "acme", "backend": {"type": "console", "seed": "inventory.json"}},
        "policies": {"Sales": {"settings": {"disable_sms_messaging": True}}},
        "users": {
            ADA: {"policy": "Sales"},
            BO: {"licenses": [{"type": "x2"}]},
            CY: {"job_title": "Lead"},
        },
    }
    return write_account(folder / "acme", files, document())


def change_license(now: dict[str, Any], name: str, unit_id: str) -> None:
    """Let a user hold another unit in place of the one it has."""
    service = now["users"][name]["services"][0]
    now["licenses"][service["license"]] = unit(now["licenses"][service["license"]]["type"])
    now["licenses"][unit_id] |= {"status": "assigned", "user": name}
    service["license"] = unit_id


def work(now: dict[str, Any], *parts: str) -> dict[str, Any]:
    """Do parts of the work in the console: `policy`, `set`, `title`, `downgrade`."""
    if "policy" in parts:
        now["policies"]["Sales"] = {"settings": {"disable_sms_messaging": True}}
    if "set" in parts:
        now["users"][ADA]["policy"] = "Sales"
    if "title" in parts:
        now["users"][CY]["job_title"] = "Lead"
    if "downgrade" in parts:
        change_license(now, BO, "L3")
    return now


ALL = ("policy", "set", "title", "downgrade")


def export(account: Path, now: dict[str, Any], **more: Any) -> str:
    """Load what an export shows later; give what licsync says of it."""
    file = account.parent / "export.json"
    file.write_text(json.dumps(deepcopy(now) | {"as_of": LATER} | more))
    return run("inventory", "load", account, file, "--now", LATER).stderr


def refresh(account: Path, now: dict[str, Any]) -> str:
    """Read tables that another account of the same content exports; give what licsync says."""
    sandbox, tables = account.parent / "sandbox", account.parent / "tables"
    files = {"account": {"name": "acme", "backend": {"type": "local"}}}
    write_account(sandbox, files, now)
    run("inventory", "load", sandbox, sandbox / "inventory.json")
    run("export", sandbox, "--out", tables, code=None)
    return run("refresh", account, "--from", tables, "--now", LATER).stderr


def begin(account: Path) -> str:
    """Make the work order, without a terminal; give what licsync says."""
    return run("apply", account, *NOW, "--auto-approve", code=4).stderr


def begun(folder: Path) -> Path:
    """Write the account, and make its work order."""
    account = make_account(folder)
    begin(account)
    return account


def resume(account: Path) -> Terminal:
    """Go on with the order at a terminal."""
    return Terminal("apply", str(account), "--resume", *NOW)


def order_of(account: Path) -> dict[str, Any]:
    """Give the last work order, as `history` has it."""
    runs = json.loads(run("history", account, "--format", "json").stdout)["runs"]
    order: dict[str, Any] = runs[0]["work_order"]
    return order


def standings(account: Path) -> list[str]:
    """Give where each item stands."""
    return [item["standing"] for item in order_of(account)["items"]]
