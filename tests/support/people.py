"""A small account that lists of people are compared with, and the command."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from click.testing import Result

from licsync.config.loader import load
from tests.support.accounts import write_files
from tests.support.command_line import run

DAY = "2026-11-24"
NOW = ("--now", f"{DAY}T09:00:00Z")

ACCOUNT = """\
account:
  name: acme
  backend: {type: local, seed: inventory.json}
  defaults: {country: US}
  protected_users: [boss@acme.example]
  limits: {suspend: 3}
service_addresses:
  seattle: {street_name: Pine St, city: Seattle, state: WA, postal: "98101", country: US}
  london: {street_name: Fleet St, city: London, postal: EC4Y 1AA, country: GB}
sites:
  Seattle: {service_address: seattle}
  London: {service_address: london}
licenses: [{type: x2, country: US, quantity: 20}, {type: x4, country: US, quantity: 20}]
templates:
  sales-rep: {department: Sales, licenses: [x4]}
  support-agent: {department: Support, licenses: [x2]}
  lab: {policy: 8x8 Master User Template}
"""

USERS = """\
# All of us.
users:
  ada@acme.example:             # leads
    template: sales-rep
    external_id: "0042"
    first_name: Ada
    last_name: Lopez
    site: Seattle
    job_title: Lead
  bo:
    first_name: Bo
    last_name: Chen
    email: bo.chen@acme.example
    site: Seattle
    department: Support
  boss@acme.example: {first_name: Bea, last_name: Boss, site: Seattle, external_id: "1"}
  cy@acme.example:
    first_name: Zoe
    last_name: Mueller
    site: London
    offboard_on: 2026-10-01
"""

HEADINGS = "Employee ID,First name,Last name,E-mail,User name,Department,Job title,Site"
STATUS = f"{HEADINGS},Status,Termination date"

ADA, BO, BOSS, CY = "ada@acme.example", "bo", "boss@acme.example", "cy@acme.example"
ADA_ROW = f"0042,Ada,Lopez,{ADA},{ADA},Sales,Lead,Seattle"


def account(folder: Path, users: str = USERS, text: str = ACCOUNT) -> Path:
    """Write an account with an empty inventory."""
    empty = {"format_version": "1", "account": "acme"}
    files = {"account.yaml": text, "users.yaml": users, "inventory.json": json.dumps(empty)}
    return write_files(folder / "acme", files)


def listed(*rows: str, headings: str = HEADINGS) -> str:
    """Write a list with some rows."""
    return "\n".join((headings, *rows)) + "\n"


def people(
    acme: Path,
    text: str,
    *words: str | Path,
    code: int = 0,
    mapping: str = "",
    now: Sequence[str] = NOW,
) -> Result:
    """Compare a list with an account."""
    file = acme.parent / "hr.csv"
    file.write_text(text, "utf-8")
    if mapping:
        (acme.parent / "map.yaml").write_text(mapping, "utf-8")
        words = (*words, "--map", acme.parent / "map.yaml")
    return run("people", acme, "--from", file, *words, *now, code=code)


def proposed(acme: Path, text: str, *words: str | Path, **more: Any) -> dict[str, dict[str, Any]]:
    """Return the proposed values by user, and look that a second run proposes nothing."""
    found = document(acme, text, *words, **more)
    changes: dict[str, dict[str, Any]] = {}
    for proposal in found["proposals"]:
        values = changes.setdefault(f"{proposal['kind']} {proposal['user']}", {})
        values |= {change["name"]: change["after"] for change in proposal["changes"]}
    people(acme, text, *words, "--write", **more)
    assert document(acme, text, *words, **more)["proposals"] == []
    run("validate", acme)
    return changes


def document(acme: Path, text: str, *words: str | Path, **more: Any) -> dict[str, Any]:
    """Return what a list proposes, as JSON says it."""
    found: dict[str, Any] = json.loads(
        people(acme, text, *words, "--format", "json", **more).stdout
    )
    return found


def declared(acme: Path) -> dict[str, Any]:
    """Return the users that the files declare, without their templates."""
    found: dict[str, Any] = yaml.load((acme / "users.yaml").read_text("utf-8"), yaml.CBaseLoader)
    users: dict[str, Any] = found["users"]
    assert load(acme, jobs=1).desired is not None
    return users
