"""The digest of a plan is that of what will be done, wherever the files say it; a target has all of
its own entry.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")


def plan(where: Path, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        run("plan", where, "--format", "json", *words, *NOW, code=None).stdout
    )
    return found


def above(where: Path) -> None:
    for file in where.rglob("*.yaml"):
        text = file.read_text()
        file.write_text(f"# a comment\n\n{text}# another one\n")


def rename_files(where: Path) -> None:
    (where / "people").mkdir()
    for number, file in enumerate(sorted((where / "users").iterdir())):
        file.rename(where / "people" / f"z{9 - number}.yaml")


SAME: dict[str, Callable[[Path], object]] = {
    "comments and lines": above,
    "other names of files": rename_files,
    "another place of the directory": lambda where: None,
}


@pytest.mark.slow
@pytest.mark.parametrize("what", SAME)
def test_how_the_files_say_it_makes_no_difference(acme: Path, what: str) -> None:
    before = plan(acme)
    moved = acme.rename(acme.parent / "moved")
    SAME[what](moved)
    after = plan(moved)
    assert after["digest"] == before["digest"]
    assert {d["code"] for d in after["diagnostics"]} == {d["code"] for d in before["diagnostics"]}
    assert all("source" in action for action in after["actions"] if action["kind"] == "user")
    run("apply", moved, "--digest", before["digest"], *NOW)


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        "users: {someone@acme.example: {first_name: Some, last_name: One}}",
        "rules: {look: {level: warn, when: 'true', message: Look}}",
        "users: {scanner@acme.example: {department: Print}}",
    ],
)
def test_different_actions_or_diagnostics_make_another_digest(acme: Path, more: str) -> None:
    before = plan(acme)["digest"]
    (acme / "more.yaml").write_text(more + "\n")
    assert plan(acme)["digest"] != before


ADDRESS = (
    "{street_number: '1', street_name: High St, city: Denver, state: CO, postal: '80202', "
    "country: US}"
)


@pytest.mark.parametrize("slug", ["seattle", "brand-new"])
def test_a_target_has_the_addresses_that_its_own_entry_declares(tmp_path: Path, slug: str) -> None:
    run("init", tmp_path / "small")
    where = tmp_path / "small"
    document = json.loads((where / "inventory.json").read_text())
    known = {
        "street_number": "500",
        "street_name": "Pine St",
        "city": "Seattle",
        "state": "WA",
        "postal": "98101",
    }
    document["service_addresses"]["A2"] = {**known, "country": "US"}
    (where / "inventory.json").write_text(json.dumps(document))
    seattle = (
        "{street_number: '500', street_name: Pine St, city: Seattle, state: WA, "
        "postal: '98101', country: US}"
    )
    (where / "more.yaml").write_text(
        f"service_addresses: {{seattle: {seattle}, brand-new: {ADDRESS}}}\n"
    )
    users = where / "users" / "example.yaml"
    entry = (
        "last_name: Example\n    job_title: Clerk\n"
        f"    licenses: [{{type: x2, service_address: {slug}}}]\n"
    )
    users.write_text(users.read_text().replace("last_name: Example\n", entry, 1))
    name = "users/alex.example@example.com"
    narrowed = plan(where, "--target", name)
    expected = {"users/alex.example@example.com", "licenses/L1"}
    expected |= {"service_addresses/brand-new"} if slug == "brand-new" else set()
    assert {action["resource"] for action in narrowed["actions"]} == expected
    assert {a["resource"] for a in plan(where, "--exclude", name)["actions"]} <= {
        "service_addresses/brand-new"
    }
